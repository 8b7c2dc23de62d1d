"""Telegram: a bot's token and the chat it writes to. The token becomes part of a URL path."""

from tracardi_operator.api.problems import Reason
from tracardi_operator.services.model import (
    AirflowConnection,
    Confidence,
    Field,
    Format,
    Kind,
    Mistake,
    ServiceType,
    Values,
)

_LARGEST_ID = 2**52
"""Chat ids have at most 52 significant bits (Bot API, Chat)."""


def _airflow(values: Values) -> AirflowConnection:
    """The hook reads the chat as the host."""
    return AirflowConnection("telegram", host=str(values["chat_id"]), password=str(values["bot_token"]))


SERVICE = ServiceType(
    name="telegram",
    title="Telegram",
    fields=(
        Field(
            name="bot_token",
            title="Bot token",
            sensitive=True,
            format=Format(
                words="a bot token: the bot's number, a colon and 35 letters, digits, _ or -",
                pattern=r"[0-9]{5,16}:[A-Za-z0-9_-]{35}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/telegrambottoken, gitleaks telegram",
            ),
            mistakes=(
                Mistake(
                    r"bot[0-9]{5,16}:[A-Za-z0-9_-]+",
                    "a token with the 'bot' that the URL puts before it",
                    reason=Reason.PASTED_PREFIX,
                ),
                Mistake(r"[0-9]{5,16}", "the bot's number alone; what follows the colon is missing"),
                Mistake(r"[A-Za-z0-9_-]{35}", "the second half of a token; the bot's number and the colon are missing"),
                Mistake(r"@?[A-Za-z0-9_]{3,28}[Bb][Oo][Tt]", "the bot's user name, not its token"),
            ),
            known_examples=(
                "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
                "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
            ),
        ),
        Field(
            name="chat_id",
            title="Chat id",
            kind=Kind.INTEGER,
            minimum=-_LARGEST_ID,
            maximum=_LARGEST_ID,
            format=Format(
                words="the number of a chat, below zero for groups and channels",
                pattern=r"-?[1-9][0-9]{0,18}",
                confidence=Confidence.CONFIDENT,
                source="Tracardi telegram.py; https://core.telegram.org/bots/api",
            ),
            mistakes=(
                Mistake(
                    r"@[A-Za-z0-9_]+",
                    "the public @name of a channel, which Tracardi can't use; it needs the channel's number",
                ),
                Mistake(r"(?:https?://)?t\.me/.*", "a link to a chat, not the chat's number"),
            ),
            how_to="Write to the bot, or add it to the chat, and read chat.id from the Bot API's getUpdates.",
        ),
    ),
    example={"bot_token": "7123456789:AAMadeUp_Token-For-Docs-Only_123456", "chat_id": -1001234567890},
    how_to="BotFather (@BotFather in Telegram) gives the token of a bot with /newbot or /token.",
    url="https://core.telegram.org/bots/api",
    tags=("telegram",),
    airflow=_airflow,
)
