"""What is right and wrong about the values of each service type, as data: one module a type, named as the type's own.

`FIELDS` has the cases of each field that has a form, by its name. Where there are any, `RULES` has those of the rules
between fields and `BINDINGS` those of the Service Binding entries, by titles that state a claim. Values are made up.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tracardi_operator.services.model import Value

Verdicts = list[tuple[str, str, str]]
"""Field, reason, severity."""


@dataclass(frozen=True)
class Cases:
    """Values of one field."""

    valid: tuple[str, ...]
    invalid: tuple[tuple[str | bytes, str], ...]
    """Value and reason of an error."""
    doubtful: tuple[tuple[str, str], ...] = ()
    """Value and reason of a warning."""

    @property
    def wrong(self) -> tuple[tuple[str | bytes, str, str], ...]:
        errors = tuple((value, reason, "error") for value, reason in self.invalid)
        return errors + tuple((value, reason, "warning") for value, reason in self.doubtful)


@dataclass(frozen=True)
class Together:
    """Values of several fields of one environment, and what is found."""

    values: dict[str, Value]
    verdicts: Verdicts


@dataclass(frozen=True)
class Bound:
    """Values of one environment, and the Service Binding entries that are made of them."""

    values: dict[str, Value]
    entries: dict[str, str]


def field_cases() -> dict[tuple[str, str], Cases]:
    """By type and field."""
    return {(service, field): cases for service, module in _modules() for field, cases in module.FIELDS.items()}


def rule_cases() -> dict[str, tuple[str, Together]]:
    """By type and title; the type and the case."""
    return _titled("RULES")


def binding_cases() -> dict[str, tuple[str, Bound]]:
    """By type and title; the type and the case."""
    return _titled("BINDINGS")


def _titled(name: str) -> dict[str, tuple[str, Any]]:
    tables = ((service, getattr(module, name, {})) for service, module in _modules())
    return {f"{service}: {title}": (service, case) for service, table in tables for title, case in table.items()}


def _modules() -> Iterator[tuple[str, ModuleType]]:
    for info in pkgutil.iter_modules(__path__):
        service = importlib.import_module(f"tracardi_operator.services.types.{info.name}").SERVICE
        yield service.name, importlib.import_module(f"{__name__}.{info.name}")
