"""Rules between the fields of a type: what contradicts, what needs what, and what Tracardi can't do."""

import pytest

from tests.unit.services.cases import Bound, Together, binding_cases, rule_cases
from tests.unit.services.cases.twilio import ACCOUNT, API_KEY_SID
from tests.unit.services.support import as_raw, check_type, check_values, verdicts
from tracardi_operator.checks import check
from tracardi_operator.services.catalogue import builtin

RULES = rule_cases()
BINDINGS = binding_cases()


@pytest.mark.parametrize(("service", "case"), RULES.values(), ids=RULES.keys())
def test_rules_between_fields(service: str, case: Together) -> None:
    assert verdicts(check_type(service, **case.values)) == case.verdicts


def test_all_rules_stay_silent_when_nothing_can_be_checked() -> None:
    settled = {s.name: frozenset(f.name for f in s.fields) for s in builtin().values()}
    assert [check(s, "test", {}, settled[s.name]).problems for s in builtin().values()] == [()] * len(builtin())


@pytest.mark.parametrize("settled", ["auth_token", "api_key_sid", "api_key_secret"])
def test_a_settled_field_leaves_the_choice_between_alternatives_open(settled: str) -> None:
    raw = as_raw({**ACCOUNT, **API_KEY_SID})
    assert check(builtin()["twilio"], "production", raw, frozenset({settled})).problems == ()


@pytest.mark.parametrize(("service", "case"), BINDINGS.values(), ids=BINDINGS.keys())
def test_bindings(service: str, case: Bound) -> None:
    definition = builtin()[service]
    assert definition.binding
    assert dict(definition.binding(check_values(definition, case.values).values)) == case.entries
