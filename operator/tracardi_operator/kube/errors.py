"""What can go wrong between us and the API server.

    Exception
     ├── ApiError                     the API server answered, and not with success
     │    ├── BadRequest              400
     │    ├── Unauthorized            401
     │    ├── Forbidden               403
     │    ├── NotFound                404
     │    ├── AlreadyExists           409, reason AlreadyExists
     │    ├── Conflict                409, any other: a precondition failed
     │    ├── Gone                    410: the resourceVersion or continue token is too old
     │    ├── TooLarge                413
     │    ├── Invalid                 422
     │    ├── TooManyRequests         429
     │    └── ServerError             5xx
     │         └── VersionTooLarge    the server has not reached the resourceVersion that was asked for
     └── Unreachable                  no answer, or one that broke off or can't be read
          ├── Silent                  a stream that brought not one byte for its time
          └── BadConfiguration        no usable kubeconfig, service account or credentials

No exception carries text from a body: a Status' message may quote the value that it refuses, and an admission webhook
writes its own. What is left are the verb, the path without its query, the code, and a reason out of a fixed list.
"""

# ruff: noqa: N818 (the names say what is the case, as the Status' reasons do)

import json
import logging
from collections.abc import Mapping
from typing import Any

_REASONS = frozenset(
    {
        "AlreadyExists",
        "BadRequest",
        "Conflict",
        "Expired",
        "Forbidden",
        "Gone",
        "InternalError",
        "Invalid",
        "MethodNotAllowed",
        "NotAcceptable",
        "NotFound",
        "RequestEntityTooLarge",
        "ServerTimeout",
        "ServiceUnavailable",
        "StoreReadError",
        "Timeout",
        "TooManyRequests",
        "Unauthorized",
        "UnsupportedMediaType",
    }
)
"""`metav1.StatusReason` of k8s.io/apimachinery."""


class ApiError(Exception):
    """`reason` is the Status' own where Kubernetes defines it, else empty; `retry_after` is in seconds."""

    def __init__(self, verb: str, path: str, status: int, reason: str = "", retry_after: float | None = None) -> None:
        super().__init__(verb, path, status, reason)
        self.verb = verb
        self.path = path
        self.status = status
        self.reason = reason
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.verb} {self.path}: {self.status} {self.reason}".rstrip()


class BadRequest(ApiError):
    pass


class Unauthorized(ApiError):
    def __str__(self) -> str:
        return f"{super().__str__()}; the API server does not accept the operator's credentials (an expired token?)"


class Forbidden(ApiError):
    pass


class NotFound(ApiError):
    pass


class AlreadyExists(ApiError):
    pass


class Conflict(ApiError):
    pass


class Gone(ApiError):
    pass


class TooLarge(ApiError):
    pass


class Invalid(ApiError):
    pass


class TooManyRequests(ApiError):
    pass


class ServerError(ApiError):
    pass


class VersionTooLarge(ServerError):
    pass


class Unreachable(Exception):
    pass


class Silent(Unreachable):
    pass


class BadConfiguration(Unreachable):
    pass


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    422: Invalid,
    429: TooManyRequests,
}


def severity(error: BaseException) -> int:
    """How serious a log takes what keeps a list or watch from going on. Without credentials none comes again."""
    return logging.ERROR if isinstance(error, Unauthorized) else logging.WARNING


def place(error: BaseException) -> str:
    """The type of an exception and where it was raised. Its message may quote what it stumbled over."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + where


def from_response(verb: str, path: str, status: int, body: bytes, retry_after: str | None) -> ApiError:
    """The error that a response with this code, body and Retry-After header stands for."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):  # nested too deeply
        answer = None
    return from_status(verb, path, status, answer if isinstance(answer, dict) else {}, _seconds(retry_after))


def from_status(
    verb: str, path: str, code: int, status: Mapping[str, Any], retry_after: float | None = None
) -> ApiError:
    """The error that a `metav1.Status` stands for, be it the body of a response or an ERROR event of a watch."""
    if retry_after is None:
        retry_after = _seconds(_details(status).get("retryAfterSeconds"))
    reason = str(status.get("reason"))
    return _class(code, status)(verb, path, code, reason if reason in _REASONS else "", retry_after)


def _class(code: int, status: Mapping[str, Any]) -> type[ApiError]:
    causes = _details(status).get("causes") or ()
    if any(isinstance(cause, dict) and cause.get("reason") == "ResourceVersionTooLarge" for cause in causes):
        return VersionTooLarge
    if status.get("reason") == "AlreadyExists":
        return AlreadyExists
    if code >= 500:
        return ServerError
    return _BY_STATUS.get(code, ApiError)


def _details(status: Mapping[str, Any]) -> Mapping[str, Any]:
    details = status.get("details")
    return details if isinstance(details, dict) else {}


def _seconds(text: object) -> float | None:
    """Whole seconds, the only form of Retry-After that an API server sends."""
    return float(text) if isinstance(text, int | str) and str(text).isascii() and str(text).isdigit() else None
