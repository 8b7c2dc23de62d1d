"""Whether a row of Tracardi is what it should be, and what a full replace of it has to give back. Pure.

Tracardi's plugins for some services store a token in the credentials after each login (`WRITTEN_BACK`). It is theirs:
no difference, and given back when the row is written for another reason. It was got with the credentials beside it, so
it goes with them: Tracardi would use a token of the old ones until that ends, be they revoked or not.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tracardi_operator.tracardi.models import TracardiResource, Values, to_body

WRITTEN_BACK: Final[Mapping[str, str]] = {"mautic": "token", "salesforce": "token"}
"""By type, the member of the credentials that plugins write (tracardi: process_engine/action/v1/connectors)."""

_DESTINATION: Final[Mapping[str, object]] = {"package": None, "init": {}, "form": {}, "pro": False}
"""What Tracardi keeps of a destination, and what it fills in (tracardi: domain/destination.py, DestinationConfig)."""


def agrees(wanted: TracardiResource, found: TracardiResource) -> bool:
    """Whether writing `wanted` would change nothing but what Tracardi keeps for itself."""
    return _comparable(merged(wanted, found)) == _comparable(found)


def merged(wanted: TracardiResource, found: TracardiResource | None) -> TracardiResource:
    """`wanted`, with what a full replace of `found` would lose and should not."""
    if found is None:
        return wanted
    written = WRITTEN_BACK.get(wanted.type, "")
    return replace(
        wanted,
        production=_with_token(wanted.production, found.production, written),
        test=_with_token(wanted.test, found.test, written),
        further=found.further,
    )


def _with_token(wanted: Values, found: Values, name: str) -> Values:
    rest = {key: value for key, value in found.items() if key != name}
    return found if wanted and name in found and _text(rest) == _text(wanted) else wanted


def _comparable(row: TracardiResource) -> str:
    """The order of tags and groups has no meaning."""
    body = to_body(row)
    destination = None if row.destination is None else _kept(row.destination)
    return _text(body | {"tags": sorted(row.tags), "groups": sorted(row.groups), "destination": destination})


def _kept(destination: Values) -> Values:
    return {name: destination.get(name, default) for name, default in _DESTINATION.items()}


def _text(content: object) -> str:
    """JSON, because in Python 1, 1.0 and True are equal."""
    return json.dumps(content, sort_keys=True)
