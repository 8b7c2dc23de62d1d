"""What a consumer may take."""

from typing import Any

import pytest

from tracardi_operator.api.consumer import LabelSelector, ResourceConsumerSpec
from tracardi_operator.selection import matches, takes

LABELS = {"app": "shop", "tier": "web"}
BUNDLE = {"environment": "production", "format": "json"}


def spec(*sources: dict[str, Any]) -> ResourceConsumerSpec:
    return ResourceConsumerSpec.model_validate({"from": sources, "bundle": BUNDLE})


def expression(operator: str, key: str = "app", *values: str) -> dict[str, Any]:
    found: dict[str, Any] = {"key": key, "operator": operator}
    return {"matchExpressions": [found | ({"values": list(values)} if values else {})]}


SELECTORS: dict[str, tuple[dict[str, Any], bool]] = {
    "an empty one selects everything": ({}, True),
    "a label that is so": ({"matchLabels": {"app": "shop"}}, True),
    "a label that is otherwise": ({"matchLabels": {"app": "crm"}}, False),
    "a label that is not there": ({"matchLabels": {"zone": "a"}}, False),
    "all labels must be so": ({"matchLabels": {"app": "shop", "tier": "db"}}, False),
    "In": (expression("In", "app", "crm", "shop"), True),
    "not In": (expression("In", "app", "crm"), False),
    "In without the label": (expression("In", "zone", "a"), False),
    "NotIn": (expression("NotIn", "app", "crm"), True),
    "not NotIn": (expression("NotIn", "app", "shop"), False),
    "NotIn without the label": (expression("NotIn", "zone", "a"), True),
    "Exists": (expression("Exists"), True),
    "not Exists": (expression("Exists", "zone"), False),
    "DoesNotExist": (expression("DoesNotExist", "zone"), True),
    "not DoesNotExist": (expression("DoesNotExist"), False),
    "labels and expressions": ({"matchLabels": {"app": "shop"}, **expression("DoesNotExist", "tier")}, False),
}


@pytest.mark.parametrize(("selector", "selected"), SELECTORS.values(), ids=SELECTORS)
def test_selectors_select_as_those_of_kubernetes(selector: dict[str, Any], *, selected: bool) -> None:
    assert matches(LabelSelector.model_validate(selector), LABELS) is selected


CONSENT: dict[str, tuple[str, str, set[str], bool]] = {
    "the own namespace": ("data", "data", set(), True),
    "both halves": ("shop", "shop", {"data"}, True),
    "the producer's half alone": ("shop", "crm", {"data"}, False),
    "the consumer's half alone": ("shop", "shop", {"crm"}, False),
    "neither": ("shop", "crm", set(), False),
    "the own namespace is not named": ("data", "shop", {"data"}, False),
}


@pytest.mark.parametrize(("where", "named", "allowed", "taken"), CONSENT.values(), ids=CONSENT)
def test_across_namespaces_both_must_name_each_other(where: str, named: str, allowed: set[str], *, taken: bool) -> None:
    """A consumer in `data`."""
    assert takes("data", spec({"namespace": named}), where, LABELS, allowed) is taken


def test_each_source_has_a_selector_of_its_own() -> None:
    taking = spec({"namespace": "shop", "selector": {"matchLabels": {"app": "crm"}}}, {"namespace": "data"})
    assert not takes("data", taking, "shop", LABELS, {"data"})
    assert takes("data", taking, "data", LABELS, set())
