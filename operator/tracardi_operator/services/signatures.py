"""Values that tell by their looks what they are: what people paste into the field of another service.

The prefixes are those that the vendors chose so that scanners find leaked keys; trufflehog and gitleaks name the same.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Signature:
    pattern: re.Pattern[str]
    words: str
    """What it is, to follow "looks like"."""
    mark: str = ""
    """What the words of a format have if it expects this very thing."""


def _signature(pattern: str, words: str, mark: str = "") -> Signature:
    return Signature(re.compile(pattern, re.ASCII), words, mark)


SIGNATURES: Final = (
    _signature(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*", "a private key in PEM form", "PRIVATE KEY"),
    _signature(r"-----BEGIN CERTIFICATE-----[\s\S]*", "a certificate"),
    _signature(r"\{\s*\"[\s\S]*\}", "a JSON document", "JSON"),
    _signature(r"ssh-(?:rsa|ed25519) [A-Za-z0-9+/=]+(?:\s[\s\S]*)?", "a public SSH key"),
    _signature(r"https://hooks\.slack\.com/.+", "a Slack webhook URL", "hooks.slack.com"),
    _signature(
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/.+", "a Discord webhook URL", "discord.com"
    ),
    _signature(r"https://hooks\.zapier\.com/.+", "a Zapier webhook URL", "hooks.zapier.com"),
    _signature(r"mongodb(?:\+srv)?://.+", "a connection string of MongoDB", "mongodb://"),
    _signature(r"(?:py)?amqps?://.+", "an AMQP URI", "amqp://"),
    _signature(r"rediss?://.+", "the URL of a Redis server", "redis://"),
    _signature(r"(?:postgres(?:ql)?|mysql)://.+", "the connection string of a database"),
    _signature(r"xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+", "a Slack token", "'xoxb-'"),
    _signature(r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}", "a GitHub token", "'ghp_'"),
    _signature(r"glpat-[\w.-]{16,}", "a GitLab token"),
    _signature(r"SG\.[\w-]{8,}\.[\w-]{16,}", "a SendGrid API key", "'SG.'"),
    _signature(r"(?:AKIA|ASIA)[A-Z0-9]{16}", "the id of an AWS access key", "'AKIA'"),
    _signature(r"AC[0-9a-f]{32}", "a Twilio Account SID", "'AC'"),
    _signature(r"SK[0-9a-f]{32}", "the SID of a Twilio API key", "'SK'"),
    _signature(r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}", "an Airtable token", "'pat'"),
    _signature(r"pat-[a-z]{2}[0-9]-[0-9A-Fa-f-]{36}", "a HubSpot token", "'pat-'"),
    _signature(r"[0-9]{6,16}:[\w-]{35}", "a Telegram bot token", "the bot's number"),
    _signature(r"AIza[\w-]{35}", "a Google API key"),
    _signature(r"GOCSPX-[\w-]{20,}", "a Google OAuth client secret"),
    _signature(r"sk-ant-[\w-]{16,}", "an Anthropic API key"),
    _signature(r"sk-(?=[\w-]*T3BlbkFJ[\w-])[\w-]+", "an OpenAI API key", "'sk-'"),
    _signature(r"hf_[A-Za-z0-9]{30,}", "a Hugging Face token", "'hf_'"),
    _signature(r"[0-9a-f]{32}-us[0-9]{1,2}", "a Mailchimp API key", "'-us'"),
    _signature(r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", "a Stripe key"),
    _signature(r"3MVG9[\w.+/=]{40,}", "the consumer key of a Salesforce connected app", "3MVG9"),
    _signature(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*", "a JWT", "JWT"),
    _signature(r"[^\s@:/]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", "an e-mail address"),
)
"""The first that matches counts."""


def recognise(text: str) -> Signature | None:
    """What a value is by its looks, whatever field it stands in."""
    return next((signature for signature in SIGNATURES if signature.pattern.fullmatch(text)), None)


_VALUE: Final = re.compile(
    r"(?=(?:[^0-9]*[0-9]){4})(?=.*[A-Za-z])[A-Za-z0-9+/=_]{24,}|[0-9A-Fa-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def looks_like_a_value(name: str) -> bool:
    """Whether a credential may stand where the name of an object, key or type belongs. Such a name is not repeated."""
    return bool(_VALUE.fullmatch(name)) or recognise(name) is not None


def quoted(name: str) -> str:
    """A name to follow what it is the name of: "no field 'tokn'"; one that looks like a value is not repeated."""
    return "of this name (not shown: it looks like a value)" if looks_like_a_value(name) else repr(name)
