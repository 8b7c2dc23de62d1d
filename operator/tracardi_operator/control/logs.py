"""Logging: constant messages, what varies as fields; one JSON object a line, or lines for people."""

import logging
import sys
from typing import Final, Literal

from pythonjsonlogger.json import JsonFormatter

_LIBRARIES: Final = ("kopf", "aiohttp", "asyncio", "kubernetes", "urllib3")
"""At debug these write whole objects and requests; they are held to warnings, whatever the level."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(form: Literal["json", "console"], level: str) -> None:
    """Send all logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if form == "json" else _Console())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # warns that signals are not its business


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
