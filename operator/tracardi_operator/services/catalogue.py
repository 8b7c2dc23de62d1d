"""The service types that the operator knows, found by their files."""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from tracardi_operator import services
from tracardi_operator.services.model import ServiceType

_PACKAGE: Final = "tracardi_operator"
_DIGEST_CHARACTERS: Final = 16
GENERAL_MODULES: Final = (
    "checks/__init__",
    "checks/conversion",
    "checks/form_rules",
    "checks/remedies",
    "checks/value_rules",
    "publish/secret",
    "resolve",
)
"""The modules beside `services` that decide what is published and what is said about it."""


@cache
def builtin() -> Mapping[str, ServiceType]:
    """All built-in types by name, in alphabetical order, each with its digest."""
    names = sorted(module.name for module in pkgutil.iter_modules(services.__path__))
    modules = {name: importlib.import_module(f"{services.__name__}.{name}") for name in names}
    types = {name: module.SERVICE for name, module in modules.items() if hasattr(module, "SERVICE")}
    shared = _shared_source(name for name in names if name not in types)
    known = (replace(service, digest=_digest(shared, _source(f"services/{name}"))) for name, service in types.items())
    return MappingProxyType({service.name: service for service in sorted(known, key=lambda service: service.name)})


def _shared_source(helpers: Iterable[str]) -> str:
    return "".join([*(_source(f"services/{name}") for name in helpers), *(_source(name) for name in GENERAL_MODULES)])


def _source(module: str) -> str:
    return files(_PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8")


def _digest(shared: str, own: str) -> str:
    """Identifies all that judges a type: its own file, the shared files of the package and the general checks.

    The source text stands for them, so a changed comment counts as a change: that costs one more look at the inputs
    after an upgrade, whereas a missed change would leave a wrong verdict standing.
    """
    return hashlib.sha256(f"{shared}\0{own}".encode()).hexdigest()[:_DIGEST_CHARACTERS]
