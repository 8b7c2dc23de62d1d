"""Logging: constant messages, what varies as fields; one JSON object a line, or lines for people."""

import asyncio
import logging
import sys
from typing import Any, Final, Literal

from pythonjsonlogger.json import JsonFormatter

from tracardi_operator.kube.errors import place

_LIBRARIES: Final = ("kopf", "aiohttp", "asyncio", "kubernetes", "urllib3")
"""At debug these write whole objects and requests; they are held to warnings, whatever the level."""

_REQUESTS_OF_KOPF: Final = "kopf._cogs.clients."
"""What it calls an error there is an attempt that is repeated, and by our settings endlessly."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def log_discreetly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for event loops: asyncio's own logs the arguments of callbacks, hence whole objects."""
    error = context.get("exception")
    logging.getLogger(__name__).error("Failure in a task or callback", extra={"cause": place(error) if error else ""})


def configure(form: Literal["json", "console"], level: str) -> None:
    """Send all logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_withhold)
    handler.setFormatter(_json() if form == "json" else _Console())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # warns that signals are not its business


def _withhold(record: logging.LogRecord) -> bool:
    """Messages of libraries quote objects and answers of the API server: told is who has trouble, and of what type."""
    if record.name.partition(".")[0] in _LIBRARIES:
        error, *_ = record.exc_info or sys.exc_info()  # else that which is being handled while this is logged
        record.msg, record.args = "Trouble in a library", None
        record.exc_info = record.exc_text = record.stack_info = None
        vars(record).update(library=record.name, cause=error.__name__ if error else "")
        if record.name.startswith(_REQUESTS_OF_KOPF):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _json() -> logging.Formatter:
    return JsonFormatter(
        "{levelname}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
    )


class _Console(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:7} {message}", "%H:%M:%S", style="{")

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        return " ".join([super().format(record), *(f"{key}={value}" for key, value in fields.items())])
