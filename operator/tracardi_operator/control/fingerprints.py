"""Recognising the data of an output without keeping it."""

import hashlib
import secrets
from collections.abc import Mapping

from cachetools import LRUCache

from tracardi_operator.plan import Observed

_REMEMBERED = 50_000
"""Outputs; one that was forgotten costs one read at its next change."""


class Fingerprints:
    """Keyed hashes of what outputs hold. The key is known to this process alone and never written anywhere."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: LRUCache[str, tuple[str, bytes]] = LRUCache(_REMEMBERED)

    def of(self, data: Mapping[str, bytes]) -> bytes:
        digest = hashlib.blake2b(key=self._key, digest_size=16)
        for name, value in sorted(data.items()):
            digest.update(b"%d:%s%d:%s" % (len(name), name.encode(), len(value), value))
        return digest.digest()

    def remember(self, output: Observed, fingerprint: bytes) -> None:
        self._known[output.meta.uid] = (output.meta.resource_version, fingerprint)

    def is_known(self, output: Observed, fingerprint: bytes) -> bool:
        """Whether the output held this data when it was last written or examined."""
        return self._known.get(output.meta.uid, ("", b""))[1] == fingerprint

    def recall(self, output: Observed) -> bytes | None:
        """The fingerprint of the output's present data, unless it was touched since."""
        version, fingerprint = self._known.get(output.meta.uid, ("", b""))
        return fingerprint if version == output.meta.resource_version else None
