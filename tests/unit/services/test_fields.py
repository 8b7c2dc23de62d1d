"""Each field that has a form: values that pass, and values that are wrong in at least five different ways."""

import pytest

from tests.unit.services.cases import field_cases
from tests.unit.services.support import check_alone, verdicts
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Kind

CASES = field_cases()
VALID = [(*key, value) for key, cases in CASES.items() for value in cases.valid]
WRONG = [(*key, *wrong) for key, cases in CASES.items() for wrong in cases.wrong]


def has_a_form(service: str, field: str) -> bool:
    definition = builtin()[service].field(field)
    assert definition
    return bool(definition.format or definition.choices or definition.kind is not Kind.STRING)


def test_every_field_with_a_form_has_one_valid_and_five_different_wrong_values() -> None:
    formed = {(s.name, f.name) for s in builtin().values() for f in s.fields if has_a_form(s.name, f.name)}
    poor = [key for key, cases in CASES.items() if not cases.valid or len({value for value, *_ in cases.wrong}) < 5]
    assert (set(CASES), poor) == (formed, [])


@pytest.mark.parametrize(("service", "field", "value"), VALID)
def test_a_right_value_has_no_problem(service: str, field: str, value: str) -> None:
    definition = builtin()[service].field(field)
    assert definition
    assert verdicts(check_alone(builtin()[service], definition, value)) == []


@pytest.mark.parametrize(("service", "field", "value", "reason", "severity"), WRONG)
def test_a_wrong_value_has_one_problem_with_the_telling_reason(
    service: str, field: str, value: str | bytes, reason: str, severity: str
) -> None:
    definition = builtin()[service].field(field)
    assert definition
    assert verdicts(check_alone(builtin()[service], definition, value)) == [(field, reason, severity)]
