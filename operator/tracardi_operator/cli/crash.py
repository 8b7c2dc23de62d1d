"""What is said of an exception that nobody expected: its type and place. Its own text may hold a value. Pure."""

import traceback
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

from tracardi_operator import __version__

EXIT_CODE: Final = 3
_PACKAGE: Final = PurePath(__file__).parents[1]


def describe(error: BaseException, *, with_places: bool) -> Iterator[str]:
    """One line; `with_places` adds the way to it, without any value."""
    cause = _innermost(error)
    if with_places:
        yield from (line.rstrip() for line in traceback.format_tb(cause.__traceback__))
    yield (
        f"Error: an unexpected {type(cause).__name__} in {_place(cause)} of tracardi-operator {__version__}; nothing "
        "is said about your files. Please report this line, and what `tracardi-operator --debug …` adds to it; neither "
        "holds a value"
    )


def _innermost(error: BaseException) -> BaseException:
    return _innermost(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _place(error: BaseException) -> str:
    """The last one within this package."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if PurePath(frame.filename).is_relative_to(_PACKAGE)]
    return next((f"{PurePath(f.filename).relative_to(_PACKAGE)}:{f.lineno}" for f in reversed(own)), "an unknown place")
