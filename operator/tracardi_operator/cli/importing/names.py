"""Names of Kubernetes objects from those that people gave in Tracardi's form."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from tracardi_operator.api.manifest import MAX_NAME
from tracardi_operator.services.shown import is_hidden
from tracardi_operator.tracardi.models import TracardiResource

_FALLBACK = "resource"
_DIGITS = (6, 12, 24)
"""Hexadecimal digits that tell namesakes apart: more where fewer do not."""


def kubernetes_names(resources: Iterable[TracardiResource]) -> dict[str, str]:
    """A valid name for each id, unique among them.

    It depends on the resources alone, not on their order. All namesakes get a suffix that is made from their id.
    """
    bases = {resource.id: _base(resource) for resource in resources}
    shared = {base for base, count in Counter(bases.values()).items() if count > 1}
    names = bases
    for digits in _DIGITS:
        names = {id_: _suffixed(base, id_, digits) if base in shared else base for id_, base in bases.items()}
        if len(set(names.values())) == len(names):
            break
    return names


def perhaps_secret(text: str) -> bool:
    """Whether one of the words looks like a credential."""
    return any(is_hidden(word) for word in text.split())


def _base(resource: TracardiResource) -> str:
    own = "" if perhaps_secret(resource.name) else _dns_label(resource.name)
    return own or ("" if perhaps_secret(resource.type) else _dns_label(resource.type)) or _FALLBACK


def _dns_label(text: str) -> str:
    """Accents are taken off; whatever else a name can't have becomes a hyphen."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:MAX_NAME].rstrip("-")


def _suffixed(base: str, id_: str, digits: int) -> str:
    suffix = hashlib.sha256(id_.encode()).hexdigest()[:digits]
    return f"{base[: MAX_NAME - digits - 1].rstrip('-')}-{suffix}"
