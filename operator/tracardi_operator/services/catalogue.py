"""The service types that the operator knows, found by their files."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from tracardi_operator import services
from tracardi_operator.api.digests import short_digest
from tracardi_operator.services import types
from tracardi_operator.services.model import ServiceType

_PACKAGE: Final = "tracardi_operator"
GENERAL_MODULES: Final = (
    "checks/__init__",
    "checks/conversion",
    "checks/form_rules",
    "checks/remedies",
    "checks/value_rules",
    "custom",
    "publish/secret",
    "resolve",
)
"""The modules beside `services` that decide what is published and what is said about it."""


@cache
def builtin() -> Mapping[str, ServiceType]:
    """All built-in types by name, in alphabetical order, each with its digest."""
    names = sorted(module.name for module in pkgutil.iter_modules(types.__path__))
    known = (replace(_load(name), digest=digest(_source(f"services/types/{name}"))) for name in names)
    return MappingProxyType({service.name: service for service in sorted(known, key=lambda service: service.name)})


def _load(module: str) -> ServiceType:
    service: ServiceType = importlib.import_module(f"{types.__name__}.{module}").SERVICE
    return service


def _shared_modules() -> list[str]:
    """What the files of the types are made with."""
    return sorted(f"services/{module.name}" for module in pkgutil.iter_modules(services.__path__) if not module.ispkg)


def _source(module: str) -> str:
    return files(_PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8")


def digest(own: str) -> str:
    """Identifies all that judges a type: what itself says, the shared files of the package and the general checks.

    The source text stands for them, so a changed comment counts as a change: that costs one more look at the inputs
    after an upgrade, whereas a missed change would leave a wrong verdict standing.
    """
    return short_digest(f"{_shared()}\0{own}")


@cache
def _shared() -> str:
    return "".join(_source(name) for name in (*_shared_modules(), *GENERAL_MODULES))
