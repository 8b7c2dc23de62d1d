"""What can go wrong between us and Tracardi.

    TracardiError
     ├── Refused             it answered, and not with success
     │    ├── LoginFailed    it does not know this user with this password
     │    ├── Unauthorized   401, also with the token of a new login
     │    ├── Forbidden      403
     │    ├── Redirected     3xx
     │    ├── Throttled      429
     │    └── ServerError    5xx
     ├── Unintelligible      success, but not what this API answers
     └── Unreachable         no answer, or one that broke off
          └── Untrusted      its certificate was not accepted

No exception carries text of a body, a header or the address: what is left are method, path without query, and status.
"""

# ruff: noqa: N818 (the names say what is the case)


class TracardiError(Exception):
    """`what` says what was asked of it, as "GET /resources"."""

    advice = ""

    def __init__(self, what: str, words: str = "") -> None:
        super().__init__(what, words)
        self.what = what
        self.words = words

    def __str__(self) -> str:
        return f"{self.what}: {self.words}" + (f"; {self.advice}" if self.advice else "")


class Refused(TracardiError):
    """`retry_after` is in seconds, if Tracardi asked for it."""

    def __init__(self, what: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(what, f"Tracardi answered {status}")
        self.status = status
        self.retry_after = retry_after


class LoginFailed(Refused):
    advice = "it does not accept this user name with this password"


class Unauthorized(Refused):
    advice = "it does not accept its own new token: something else logs this user out; use a user of your own"


class Forbidden(Refused):
    advice = "the user needs the role developer or admin, and the API must run with EXPOSE_GUI_API=yes"


class Redirected(Refused):
    advice = "redirects are not followed, for they would take the login elsewhere; give the address of the API itself"


class Throttled(Refused):
    advice = "too many requests"


class ServerError(Refused):
    advice = "what went wrong stands in Tracardi's own log"


class Unintelligible(TracardiError):
    advice = "is this the address of Tracardi's API (not of its GUI)?"


class Unreachable(TracardiError):
    pass


class Untrusted(Unreachable):
    advice = "give the certificate of the authority that issued it"


_CLASSES: dict[int, type[Refused]] = {401: Unauthorized, 403: Forbidden, 429: Throttled}


def refused(what: str, status: int, retry_after: float | None) -> Refused:
    """The exception for a status that is not success."""
    if status in _CLASSES:
        kind = _CLASSES[status]
    elif status >= 500:
        kind = ServerError
    else:
        kind = Redirected if 300 <= status < 400 else Refused
    return kind(what, status, retry_after)
