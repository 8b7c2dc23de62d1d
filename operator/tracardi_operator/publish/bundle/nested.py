"""The format `json`: one object, by namespace and name. For programs of one's own.

    {"marketing": {"redis-main": {"type": "redis", "credentials": {"url": "redis.cache.svc:6379", …}}}}

No two Resources can have one name here, and every value has its type.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tracardi_operator.api.resource import Environment
from tracardi_operator.publish.bundle.rendered import Rendered, as_json
from tracardi_operator.publish.entry import Entry


def render(eldest_first: Sequence[Entry], environment: Environment) -> Rendered:
    namespaces: dict[str, dict[str, Mapping[str, object]]] = defaultdict(dict)
    for entry in eldest_first:
        content = {"type": entry.service.name, "credentials": entry.credentials[environment]}
        namespaces[entry.namespace][entry.name] = content
    return Rendered(as_json(namespaces), len(eldest_first))
