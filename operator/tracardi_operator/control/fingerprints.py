"""Recognising the data of an output without keeping it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cachetools import LRUCache

from tracardi_operator.plan import Observed

_REMEMBERED = 50_000
"""Outputs; one that was forgotten costs one read at its next change."""


@dataclass(frozen=True, slots=True)
class _Known:
    version: str
    present: bytes
    written: bytes | None


class Fingerprints:
    """Keyed hashes of what outputs hold. The key is known to this process alone and never written anywhere."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: LRUCache[str, _Known] = LRUCache(_REMEMBERED)

    def of(self, data: Mapping[str, bytes]) -> bytes:
        digest = hashlib.blake2b(key=self._key, digest_size=16)
        for name, value in sorted(data.items()):
            digest.update(b"%d:%s%d:%s" % (len(name), name.encode(), len(value), value))
        return digest.digest()

    def wrote(self, output: Observed, fingerprint: bytes) -> None:
        """The output holds what it should."""
        self._known[output.meta.uid] = _Known(output.meta.resource_version, fingerprint, fingerprint)

    def examined(self, output: Observed, fingerprint: bytes) -> None:
        """The output was read, and may have been edited by hand."""
        before = self._known.get(output.meta.uid)
        written = before.written if before else None
        self._known[output.meta.uid] = _Known(output.meta.resource_version, fingerprint, written)

    def forget(self, uid: str) -> None:
        """An output is gone."""
        self._known.pop(uid, None)

    def present(self, output: Observed) -> bytes | None:
        """The fingerprint of the output's present data, if nobody touched it since it was written or examined."""
        known = self._known.get(output.meta.uid)
        return known.present if known and known.version == output.meta.resource_version else None

    def is_as_written(self, output: Observed) -> bool:
        """Whether this process wrote the output as it is, and nobody touched it since."""
        known = self._known.get(output.meta.uid)
        return known is not None and known.version == output.meta.resource_version and known.present == known.written

    def is_intact(self, output: Observed) -> bool | None:
        """Whether an examined output holds what was last written; None if this process never wrote it."""
        known = self._known.get(output.meta.uid)
        return known.present == known.written if known and known.written else None
