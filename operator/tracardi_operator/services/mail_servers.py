"""What the types `smtp-server` and `imap-server` share: providers that take no ordinary password.

Google: https://support.google.com/accounts/answer/185833. Microsoft: "Deprecation of Basic authentication in Exchange
Online" on learn.microsoft.com, which keeps SMTP out.
"""

import re
from collections.abc import Iterator
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.model import Finding, Rule, Values

_GOOGLE: Final = frozenset({"smtp.gmail.com", "imap.gmail.com", "smtp.googlemail.com", "imap.googlemail.com"})
_MICROSOFT_IMAP: Final = frozenset({"outlook.office365.com", "imap-mail.outlook.com"})
_APP_PASSWORD: Final = re.compile(r"[a-z]{4}(?: ?[a-z]{4}){3}", re.ASCII)


def password_rule(host: str) -> Rule:
    """Warns of a password that the provider at the field `host` will refuse."""

    def find(values: Values) -> Iterator[Finding]:
        server = str(values[host]).lower()
        if server in _GOOGLE and not _APP_PASSWORD.fullmatch(str(values["password"])):
            yield _doubt(
                "is no app password (16 small letters), and Google takes no other here; "
                "create one under Security → 2-Step Verification → App passwords"
            )
        if server in _MICROSOFT_IMAP:
            yield _doubt("will be refused: Microsoft takes no passwords for IMAP any more, only OAuth")

    words = (
        f"A password that the provider at {host} refuses draws a warning: Google takes app passwords alone, "
        "Microsoft none for IMAP."
    )
    return Rule((host, "password"), find, words)


def _doubt(message: str) -> Finding:
    return Finding("password", Reason.BAD_FORMAT, message, Severity.WARNING)
