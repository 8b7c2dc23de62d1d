"""What output Secrets hold, for those who deliver it: fed by our own writes, read once where it is not known."""

import json
from typing import Any, Final

from cachetools import LRUCache

from tracardi_operator.api.names import ANNOTATION_PROVENANCE, DOCUMENT_KEY
from tracardi_operator.control.inputs import decode_base64
from tracardi_operator.control.store import Store
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Observed
from tracardi_operator.publish.entry import Values

_CACHE_BYTES: Final = 32 * 1024 * 1024
"""Some 50,000 Resources of usual size."""

_Version = tuple[int, int]


class Documents:
    """Of each output the latest, by revision and provenance: an edit by hand, or by others of its labels, makes no
    other document. A revision that somebody put there by hand leads to none.
    """

    def __init__(self, client: Client, store: Store) -> None:
        self._client = client
        self._store = store
        self._cache: LRUCache[str, tuple[_Version, bytes]] = LRUCache(_CACHE_BYTES, getsizeof=lambda each: len(each[1]))

    def offer(self, output: Observed, document: str) -> None:
        """What we have just written."""
        self._keep(output, document.encode())

    def forget(self, uid: str) -> None:
        """An output is gone."""
        self._cache.pop(uid, None)

    def find(self, output: Observed) -> Values | None:
        version, content = self._cache.get(output.meta.uid, (None, b""))
        return _load(content) if version == _version(output) else None

    async def read(self, output: Observed) -> Values | None:
        """With one GET; None if it holds no document of ours, or is no longer as it is known: the store learns that."""
        try:
            body = await self._client.get(SECRETS, output.meta.namespace, output.name)
        except NotFound:
            self._store.forget_output(output.meta.namespace, output.name, output.meta.uid)
            return None
        read = ObjectMeta.decode(body["metadata"])
        if read.version != output.meta.version:
            self._store.observe(SECRETS, read)
            return None
        content = decode_base64(body.get("data")).get(DOCUMENT_KEY)
        values = _load(content) if content else None
        if content and values is not None:
            self._keep(output, content)
        return values

    def _keep(self, output: Observed, content: bytes) -> None:
        if len(content) <= _CACHE_BYTES:
            self._cache[output.meta.uid] = _version(output), content


def _version(output: Observed) -> _Version:
    return output.revision, hash(output.meta.annotations.get(ANNOTATION_PROVENANCE))


def _load(content: bytes) -> Values | None:
    try:
        values: Any = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
