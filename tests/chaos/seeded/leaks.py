"""Whether a value of a Secret can be found where it does not belong."""

import json
import re
from collections.abc import Iterator, Mapping

from tests.chaos.seeded.cluster import Cluster, Document, decode
from tests.chaos.seeded.expectation import is_written_by_operator
from tests.chaos.seeded.journal import Journal
from tests.chaos.seeded.types import BUILTIN
from tests.chaos.seeded.vocabulary import OWN_SPEC
from tests.sentinels import WINDOW, found, traces_of

_TOKEN = re.compile(rf"[A-Za-z0-9+/=_.~-]{{{WINDOW},}}")


def leaks(journal: Journal, logs: str, metrics: str, cluster: Cluster) -> list[str]:
    """Where a part of a value stands: in logs, metrics, Events, status, or the metadata of an object."""
    kinds = ("resources", "resourceconsumers", "secrets", "events")
    bodies = [_shown(body) for plural in kinds for body in cluster.list(plural)]
    return leaked_values(journal, {"the logs": logs, "the metrics": metrics, "the cluster": json.dumps(bodies)})


def leaked_values(journal: Journal, places: Mapping[str, str]) -> list[str]:
    """The texts, by the names of their places, in which a part of a value of a Secret stands."""
    traces = traces_of(_sensitive_values(journal)) - _words_of_specs(journal)
    return [
        f"a value, or a part of it, stands in {place}"
        for place, text in places.items()
        if any(found(token, traces) for token in set(_TOKEN.findall(text)))
    ]


def _sensitive_values(journal: Journal) -> Iterator[str]:
    """Those that were made up; the few words that are the same in every run stand in messages too."""
    sensitive = _sensitive_names()
    for written in journal.users:
        if written.plural == "secrets" and written.body and not is_written_by_operator(written.body):
            texts = {key: value.decode(errors="ignore") for key, value in decode(written.body).items()}
            yield from (text for key, text in texts.items() if key in sensitive and len(text) > 2 * WINDOW)


def _sensitive_names() -> set[str]:
    of_types = {name for service in BUILTIN.values() for name, each in service.fields.items() if each.sensitive}
    return of_types | {each["name"] for each in OWN_SPEC["fields"] if each.get("sensitive")}


def _words_of_specs(journal: Journal) -> set[str]:
    """What authors put where all can read it."""
    specs = json.dumps([each.body["spec"] for each in journal.users if each.body and "spec" in each.body])
    return {specs[start : start + WINDOW] for start in range(len(specs) - WINDOW + 1)}


def _shown(body: Document) -> Document:
    return {key: value for key, value in body.items() if key not in ("data", "spec")}
