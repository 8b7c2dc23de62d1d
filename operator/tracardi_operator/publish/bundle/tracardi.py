"""The format `tracardi`: the pre-configuration map of Tracardi 1.0.1 or later, by id of the resource.

    {"0f6c…": {"id": "0f6c…", "type": "redis", "credentials": {"production": {…}, "test": {}}, "locked": true, …}}

Who reads it is closed source: the form is that of the documentation (preconfiguration) and was never tried on it.
The credentials of the other environment stay empty: a Secret of production holds nothing else, and production's are
not used for tests unnoticed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tracardi_operator.api.resource import Environment
from tracardi_operator.publish.bundle.rendered import Rendered, as_json, by_name
from tracardi_operator.publish.entry import Entry
from tracardi_operator.publish.tracardi_rows import mark, want
from tracardi_operator.tracardi.models import to_body

_MARK: Final = mark("bundle")
"""So that a consumer which writes by the REST API takes these rows for another's."""


def render(eldest_first: Sequence[Entry], environment: Environment) -> Rendered:
    alone = [replace(e, credentials={environment: e.credentials[environment]}) for e in eldest_first]
    wanted = want(alone, _MARK, "Nothing")
    rows = {id_: {**to_body(row), "locked": True} for id_, row in wanted.rows.items()}
    return Rendered(as_json(rows), len(rows), by_name(wanted.omitted))
