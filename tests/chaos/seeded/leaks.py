"""Whether a value of a Secret can be found where it does not belong."""

import json
import re
from collections.abc import Iterable, Iterator

from tests.chaos.seeded.cluster import Cluster, Document, decode
from tests.chaos.seeded.expectation import is_written_by_operator
from tests.chaos.seeded.journal import Journal
from tests.chaos.seeded.types import BUILTIN, Field
from tests.chaos.seeded.vocabulary import OWN_SPEC
from tests.sentinels import WINDOW, found, traces_of

_TOKEN = re.compile(rf"[A-Za-z0-9+/=_.~-]{{{WINDOW},}}")


def leaks(journal: Journal, logs: str, metrics: str, cluster: Cluster) -> Iterator[str]:
    """Where a part of a value stands: in logs, metrics, Events, status, or the metadata of an object."""
    traces = traces_of(_sensitive_values(journal)) - _known_words(journal)
    bodies = [body for plural in ("resources", "secrets", "events") for body in cluster.list(plural)]
    places = {"the logs": logs, "the metrics": metrics, "the cluster": json.dumps([_shown(body) for body in bodies])}
    for place, text in places.items():
        for token in set(_TOKEN.findall(text)):
            if found(token, traces):
                yield f"a value, or a part of it, stands in {place}"
                break


def _sensitive_values(journal: Journal) -> Iterator[str]:
    sensitive = set(_sensitive_names())
    for written in journal.users:
        if written.plural == "secrets" and written.body and not is_written_by_operator(written.body):
            for key, value in decode(written.body).items():
                text = value.decode(errors="ignore")
                if key in sensitive and len(text) > 2 * WINDOW and text.isalnum():
                    yield text


def _sensitive_names() -> Iterator[str]:
    fields: Iterable[tuple[str, Field]] = (each for service in BUILTIN.values() for each in service.fields.items())
    yield from (name for name, definition in fields if definition.sensitive)
    yield from (each["name"] for each in OWN_SPEC["fields"] if each.get("sensitive"))


def _known_words(journal: Journal) -> set[str]:
    """What stands in specs, where their authors put it."""
    specs = json.dumps([each.body["spec"] for each in journal.users if each.plural == "resources" and each.body])
    return {specs[start : start + WINDOW] for start in range(len(specs) - WINDOW + 1)}


def _shown(body: Document) -> Document:
    return {key: value for key, value in body.items() if key not in ("data", "spec")}
