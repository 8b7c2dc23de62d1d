"""What a consumer needs to reach its Tracardi: the login and the authorities to trust, from the objects it names."""

from typing import Final

from cachetools import LRUCache

from tracardi_operator.api.consumer import LoginRef, TracardiTarget
from tracardi_operator.api.problems import Problem, Reason, Source, SourceKind
from tracardi_operator.api.resource import RequiredKeyRef
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.inputs import InputReader
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.records import ConsumerRecord
from tracardi_operator.resolve import Data, InputRef, Missing
from tracardi_operator.tracardi.client import Login

_NOT_FOUND: Final = {
    SourceKind.SECRET: Reason.SECRET_NOT_FOUND,
    SourceKind.CONFIG_MAP: Reason.CONFIG_MAP_NOT_FOUND,
}


_REMEMBERED: Final = 1024


class LoginReader:
    """Reads once for each version of an object, so that a resync reads no value: the session holds them anyway."""

    def __init__(self, store: KindStore[ConsumerRecord], reader: InputReader) -> None:
        self._store = store
        self._reader = reader
        self._known: LRUCache[tuple[str, Source], tuple[str, str]] = LRUCache(_REMEMBERED)
        """Version and text, by uid of the consumer."""

    async def login(self, consumer: ConsumerRecord, ref: LoginRef) -> Login:
        """Raises `DeliveryFailed` if it is not there, or is no text."""
        where = InputRef(SourceKind.SECRET, ref.name)
        username = await self._line(consumer, where, ref.username_key or "username")
        return Login(username, await self._line(consumer, where, ref.password_key or "password"))

    async def authorities(self, consumer: ConsumerRecord, target: TracardiTarget) -> str | None:
        """PEM certificates, or None for those of the system. Raises `DeliveryFailed` like `login`."""
        if target.tls is None:
            return None
        if key := target.tls.ca.secret_key_ref:
            return await self._from_key(consumer, SourceKind.SECRET, key)
        key = target.tls.ca.config_map_key_ref
        return await self._from_key(consumer, SourceKind.CONFIG_MAP, key) if key else None

    def forget(self, uid: str) -> None:
        """The consumer is gone."""
        for known in [each for each in self._known if each[0] == uid]:
            del self._known[known]

    async def _from_key(self, consumer: ConsumerRecord, kind: SourceKind, key: RequiredKeyRef) -> str:
        return await self._text(consumer, InputRef(kind, key.name), key.key)

    async def _line(self, consumer: ConsumerRecord, ref: InputRef, key: str) -> str:
        text = await self._text(consumer, ref, key)
        if text != text.strip("\r\n"):
            source = Source(ref.kind, ref.name, key)
            message = f"{source} begins or ends with a line break, which echo and most editors add; store it without"
            raise _failed(Reason.WHITESPACE, message, source)
        return text

    async def _text(self, consumer: ConsumerRecord, ref: InputRef, key: str) -> str:
        source = Source(ref.kind, ref.name, key)
        version, text = self._known.get((consumer.uid, source), ("", ""))
        if not version or version != self._store.version(consumer, ref):
            version, text = await self._read_text(consumer, ref, source)
            self._known[consumer.uid, source] = version, text
        return text

    async def _read_text(self, consumer: ConsumerRecord, ref: InputRef, source: Source) -> tuple[str, str]:
        """The version of the object too."""
        key = source.key
        version, data = await self._data(consumer, ref)
        value = data.get(key or "")
        if value is None:
            raise _failed(Reason.KEY_NOT_FOUND, f"{ref.kind} {ref.name!r} has no key {key!r}; add it", source)
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = None
        if text is None or "\0" in text:
            raise _failed(Reason.NOT_TEXT, f"{source} is not text", source)
        if not text.strip():
            raise _failed(Reason.EMPTY, f"{source} is empty", source)
        return version, text

    async def _data(self, consumer: ConsumerRecord, ref: InputRef) -> tuple[str, Data]:
        version, data = await self._reader.read(consumer, ref, self._store.version(consumer, ref))
        self._store.learn(consumer, ref, version)
        if data is Missing.OUTPUT:
            message = f"Secret {ref.name!r} is an output of this operator; name the Secret that it is made from"
            raise _failed(Reason.NOT_ALLOWED, message, Source(ref.kind, ref.name))
        if isinstance(data, Missing):
            message = f"there is no {ref.kind} {ref.name!r} in namespace {consumer.key.namespace!r}; create it"
            raise _failed(_NOT_FOUND[ref.kind], message, Source(ref.kind, ref.name))
        return version, data


def _failed(reason: Reason, message: str, source: Source) -> DeliveryFailed:
    return DeliveryFailed(Problem(reason, message, source=source))
