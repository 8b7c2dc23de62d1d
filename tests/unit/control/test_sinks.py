"""Whom a reflector tells."""

from tests.unit.examples import meta
from tracardi_operator.control.sinks import Sinks
from tracardi_operator.kube.kinds import SECRETS


def test_caches_are_told_what_is_gone() -> None:
    told: list[str] = []
    Sinks([], [told.append]).forget(SECRETS, meta(uid="gone"))
    assert told == ["gone"]
