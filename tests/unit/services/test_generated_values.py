"""Values made up by Hypothesis from the formats: right ones pass, and what people do to them is refused."""

import base64
import os
import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.services.cases import field_cases
from tests.unit.services.support import as_data, check_alone, verdicts
from tracardi_operator.api.problems import Reason
from tracardi_operator.checks import value_rules
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Confidence, Field, Kind, ServiceType

CASES = field_cases()
VISIBLE = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"'`")
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\u200e\u00a0\u2003"
LOOK_ALIKES = "\u0430\u0435\u043e\u0441\uff11\u0661\u2010\u00e9"
LINE_BREAKS = ("\n", "\r\n", "\n\n", "\r")
BEYOND_FORM = {Reason.PLACEHOLDER.value, Reason.OUT_OF_RANGE.value}
"""A value of the right form may be a placeholder by accident (a bucket named `test`), or too large a number."""

Case = tuple[ServiceType, Field]


def fields(*, among: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", among, ids=lambda case: f"{case[0].name}.{case[1].name}")


ALL: list[Case] = [(service, field) for service in builtin().values() for field in service.fields]
FORMED = [(service, field) for service, field in ALL if field.format]
ONE_LINE = [(service, field) for service, field in ALL if not field.multiline and field.kind is not Kind.OBJECT]
KEYS = [(service, field) for service, field in ONE_LINE if field.is_key]
SURE = [(service, field) for service, field in KEYS if field.format and field.format.confidence is Confidence.CONFIDENT]

EXHAUSTIVE = bool(os.environ.get("TRACARDI_TEST_EXHAUSTIVE"))
quick = settings(
    max_examples=100 if EXHAUSTIVE else 6,
    derandomize=not EXHAUSTIVE,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def right(case: Case) -> st.SearchStrategy[str]:
    """Values that fit: of the pattern, or where a parser has the last word, those of the tables."""
    service, field = case
    known = CASES.get((service.name, field.name))
    if field.format and not field.format.accepts and field.kind is not Kind.OBJECT:
        return st.from_regex(re.compile(field.format.pattern, re.ASCII), fullmatch=True, alphabet=VISIBLE)
    if known:
        return st.sampled_from(known.valid)
    if field.name in service.example:
        return st.just(as_data(service.example[field.name]).decode())
    return st.from_regex(re.compile(r"[a-z][A-Za-z0-9]{19,39}"), fullmatch=True)


def judge(case: Case, value: str | bytes) -> list[tuple[str, str]]:
    return [(reason, severity) for _, reason, severity in verdicts(check_alone(*case, value))]


def draw_right(data: st.DataObject, case: Case) -> str:
    """A value that fits and that no general rule takes for something else."""
    value: str = data.draw(right(case))
    assume(not [reason for reason, severity in judge(case, value) if severity == "error"])
    return value


@fields(among=FORMED)
@quick
@given(data=st.data())
def test_a_value_of_the_right_form_is_accepted(case: Case, data: st.DataObject) -> None:
    value = data.draw(right(case))
    assume(not any(mistake.matches(value) for mistake in case[1].mistakes))
    assert {reason for reason, severity in judge(case, value) if severity == "error"} <= BEYOND_FORM


@fields(among=ONE_LINE)
@quick
@given(data=st.data(), line_break=st.sampled_from(LINE_BREAKS))
def test_a_line_break_at_the_end_is_refused(case: Case, data: st.DataObject, line_break: str) -> None:
    assert judge(case, draw_right(data, case) + line_break) == [("Whitespace", "error")]


@fields(among=ONE_LINE)
@quick
@given(data=st.data(), where=st.integers(0, 100), invisible=st.sampled_from(INVISIBLE))
def test_an_invisible_character_anywhere_is_refused(
    case: Case, data: st.DataObject, where: int, invisible: str
) -> None:
    value = draw_right(data, case)
    at = where % (len(value) + 1)
    assert judge(case, value[:at] + invisible + value[at:]) == [("Whitespace", "error")]


@fields(among=ONE_LINE)
@quick
@given(data=st.data())
def test_a_byte_order_mark_is_refused(case: Case, data: st.DataObject) -> None:
    assert judge(case, "\ufeff" + draw_right(data, case)) == [("Whitespace", "error")]


@fields(among=KEYS)
@quick
@given(data=st.data(), where=st.integers(0, 100), look_alike=st.sampled_from(LOOK_ALIKES))
def test_a_look_alike_anywhere_in_a_key_is_refused(
    case: Case, data: st.DataObject, where: int, look_alike: str
) -> None:
    value = draw_right(data, case)
    at = where % (len(value) + 1)
    (verdict,) = judge(case, value[:at] + look_alike + value[at:])
    assert verdict in {("BadFormat", "error"), ("PastedPrefix", "error")}


@fields(among=ONE_LINE)
@quick
@given(data=st.data(), marks=st.sampled_from(['""', "''", "``", "“”", "‘’"]))
def test_quotes_around_are_refused(case: Case, data: st.DataObject, marks: str) -> None:
    assert judge(case, marks[0] + draw_right(data, case) + marks[1]) == [("PastedPrefix", "error")]


@fields(among=KEYS)
@quick
@given(
    data=st.data(), prefix=st.sampled_from(["Bearer ", "token=", "api_key=", "Authorization: Basic ", "export KEY="])
)
def test_a_prefix_of_a_key_is_refused(case: Case, data: st.DataObject, prefix: str) -> None:
    value = draw_right(data, case)
    assume(" " not in value and not value.startswith("="))
    assert judge(case, prefix + value) == [("PastedPrefix", "error")]


@fields(among=[(service, field) for service, field in KEYS if field.format])
@quick
@given(data=st.data(), times=st.integers(1, 3), line_break=st.sampled_from(["", "\n"]))
def test_a_key_encoded_again_is_refused(case: Case, data: st.DataObject, times: int, line_break: str) -> None:
    value = (draw_right(data, case) + line_break).encode()
    for _ in range(times):
        value = base64.b64encode(value)
    assert judge(case, value) == [("DoubleEncoded", "error")]


@fields(among=ONE_LINE)
@quick
@given(
    name=st.from_regex(r"[A-Za-z][A-Za-z_-]{2,12}", fullmatch=True),
    form=st.sampled_from(["<{}>", "${{{}}}", "{{{{ {} }}}}", "$({})", "%{}%"]),
)
def test_a_placeholder_is_refused(case: Case, name: str, form: str) -> None:
    text = form.format(name.upper().replace("-", "_"))
    (verdict,) = judge(case, text)
    assert verdict[0] == "Placeholder"


@fields(among=SURE)
@quick
@given(data=st.data(), where=st.integers(0, 200), character=st.sampled_from("aZ9"))
def test_a_character_too_many_or_too_few_is_refused_where_the_form_is_sure(
    case: Case, data: st.DataObject, where: int, character: str
) -> None:
    form = case[1].format
    assert form
    value = draw_right(data, case)
    at = where % len(value)
    for changed in (value[:at] + character + value[at:], value[:at] + value[at + 1 :]):
        if not form.matches(changed) and not value_rules.empty(case[1], changed):
            (verdict,) = judge(case, changed)
            assert verdict[1] == "error"
            assert verdict[0] in {"BadFormat", "PastedPrefix", "Placeholder", "Contradiction"}
