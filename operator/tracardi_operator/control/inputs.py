"""Reading the values of inputs: one GET for each version of an object, however many Resources name it."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from cachetools import TTLCache

from tracardi_operator.api.names import CONSUMER_KIND, KIND
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.control.objects import owner_of
from tracardi_operator.control.records import OwnRecord
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.provenance import ABSENT
from tracardi_operator.resolve import Data, InputRef, Missing

_KINDS: Final = {SourceKind.SECRET: SECRETS, SourceKind.CONFIG_MAP: CONFIG_MAPS}
_CACHE_BYTES: Final = 4 * 1024 * 1024
_CACHE_SECONDS: Final = 15.0
"""Long enough for all Resources that one change wakes, short enough that no value stays in memory for nothing."""

Answer = tuple[str, Data | Missing]
_CacheKey = tuple[str, InputRef, str | None]


class InputReader:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._cache: TTLCache[_CacheKey, Answer] = TTLCache(_CACHE_BYTES, _CACHE_SECONDS, getsizeof=_size)
        self._under_way: dict[_CacheKey, asyncio.Task[Answer]] = {}

    async def read(self, record: OwnRecord, ref: InputRef, version: str | None) -> Answer:
        """The version and the data of an input. `version` is what the watch told; None if it told nothing yet."""
        if version == ABSENT:
            return ABSENT, Missing.ABSENT
        key = (record.key.namespace, ref, version)
        return self._cache.get(key) or await self._share(key)

    async def _share(self, key: _CacheKey) -> Answer:
        """Let all who ask for the same version at the same time wait for one request.

        Who knows of a later version never joins: an answer on its way may be older.
        """
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._fetch(*key[:2]))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _fetch(self, namespace: str, ref: InputRef) -> Answer:
        try:
            body = await self._client.get(_KINDS[ref.kind], namespace, ref.name)
        except NotFound:
            return ABSENT, Missing.ABSENT
        meta = body["metadata"]
        is_output = any(owner_of(ObjectMeta.decode(meta), kind) for kind in (KIND, CONSUMER_KIND))
        data = Missing.OUTPUT if is_output else decode(ref.kind, body)
        answer: Answer = (f"{meta['uid']}/{meta['resourceVersion']}", data)
        if _size(answer) <= _CACHE_BYTES:
            self._cache[namespace, ref, answer[0]] = answer
            asyncio.get_running_loop().call_later(_CACHE_SECONDS, self._cache.expire)
        return answer


def decode(kind: SourceKind, body: Mapping[str, Any]) -> dict[str, bytes]:
    """The data of a Secret or ConfigMap as bytes."""
    if kind is SourceKind.SECRET:
        return decode_base64(body.get("data"))
    text = {key: value.encode() for key, value in (body.get("data") or {}).items()}
    return text | decode_base64(body.get("binaryData"))


def decode_base64(data: Mapping[str, str] | None) -> dict[str, bytes]:
    return {key: binascii.a2b_base64(value) for key, value in (data or {}).items()}


def encode_base64(data: Mapping[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}


def _size(answer: Answer) -> int:
    _, data = answer
    return 1 if isinstance(data, Missing) else 64 + sum(len(value) for value in data.values())
