"""Pushover: the token of an application and the key of the user or group that it writes to."""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_API = "https://pushover.net/api"
_ADDRESS = Mistake(r"[^\s@]+@pomail\.net", "an e-mail gateway address of Pushover")


def _format(words: str) -> Format:
    return Format(
        words=f"{words}: 30 letters and digits",
        pattern=r"[A-Za-z0-9]{30}",
        confidence=Confidence.CONFIDENT,
        source=_API,
    )


SERVICE = ServiceType(
    name="pushover",
    title="Pushover",
    fields=(
        Field(
            name="token",
            title="API token of the application",
            sensitive=True,
            format=_format("the API token of an application"),
            mistakes=(_ADDRESS,),
            known_examples=("azGDORePK8gMaC0QOYAMyEEuzJnyUi",),
        ),
        Field(
            name="user",
            title="User or group key",
            sensitive=True,
            format=_format("the key of a user or group"),
            mistakes=(_ADDRESS, Mistake(r"[^\s@]+@[^\s@]+", "an e-mail address or user name, not the user's key")),
            known_examples=("uQiRzpo4DXghDmr9QzzfQu27cmVRsG",),
            how_to="pushover.net shows it after the log-in as Your User Key, and the keys of groups under Groups.",
        ),
    ),
    example={"token": "a0MadeUpTokenForTheDocs1234567", "user": "u0MadeUpUserKeyForTheDocs12345"},
    how_to="On pushover.net choose Create an Application/API Token, or open one that is listed there.",
    url=_API,
    tags=("pushover",),
    icon="pushover",
)
