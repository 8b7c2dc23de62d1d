"""No value is costly to check: what a tenant stores in a Secret must not hold up the others."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.unit.services.support import as_data, check_alone
from tests.unit.services.test_signatures import LOOKS
from tracardi_operator.checks.value_rules import MAX_BYTES
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, Format, Mistake, ServiceType
from tracardi_operator.services.signatures import SIGNATURES, Signature

MOST = 20
"""Times a plain value of the same size, minimum of five runs each (issue 5)."""
RUNS = 5
REPEATED = [
    *("a.", "a-", "-", ".", "_", "/", "@", ":", "://", "a:b@", "%41", "%", "=", "a=", ",", "a,b:1,", " ", "\t", "\n"),
    *("<", "<a", "${", "{{", "}}", '"', "\\", '{"a":', "[", "9", "0.", "eyJ", "xxx ", "key=", "\u00e9", "\u200b"),
    *(",a", "AB", "T3BlbkFJ", "file", "webhooks/", "&a=", "AAAA "),
]
SAMPLE = ServiceType("sample", "Sample", (Field("key", "Key", sensitive=True),), {}, "Ask.", "https://example.com")


def forms() -> dict[str, tuple[Format | Mistake, bytes]]:
    """Each different form of the catalogue by its pattern, with a value that begins as it expects."""
    return {
        form.pattern: (form, as_data(service.example.get(field.name, "k")))
        for service in builtin().values()
        for field in service.fields
        for form in (field.format, field.usual, *field.mistakes)
        if form
    }


def hostile(beginning: bytes) -> list[str]:
    """What makes a pattern go back: its own beginning, one thing over and over, and an end that can't match."""
    start = beginning.decode()
    values = [f"{before}{unit * MAX_BYTES}"[: MAX_BYTES - 1] for unit in (*REPEATED, start) for before in ("", start)]
    return [*values, *(value + end for value in values for end in ("!", "@", "\nx"))]


@pytest.fixture(scope="module")
def plain() -> float:
    """Seconds for a plain value of the greatest size that is looked at."""
    return seconds(lambda: check_alone(SAMPLE, SAMPLE.fields[0], b"a" * MAX_BYTES), RUNS)


def seconds(work: Callable[[], object], runs: int) -> float:
    """Of processor time, so that the neighbours on this machine don't count."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


SIGNED = {words: text for text, words in LOOKS.items()}


def is_slow(work: Callable[[], object], limit: float) -> bool:
    return seconds(work, 1) > limit and seconds(work, RUNS) > limit


@pytest.mark.parametrize(("form", "beginning"), forms().values(), ids=lambda value: None)
def test_no_form_costs_more_than_a_few_plain_values(form: Format | Mistake, beginning: bytes, plain: float) -> None:
    slow = [value[:20] for value in hostile(beginning) if is_slow(partial(form.matches, value), (MOST - 1) * plain)]
    assert slow == []


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda signature: signature.words)
def test_no_signature_costs_more_than_a_few_plain_values(signature: Signature, plain: float) -> None:
    beginning = SIGNED[signature.words].encode()
    values = [*hostile(beginning[:4]), *hostile(beginning[:12]), *hostile(beginning)]
    assert [v[:20] for v in values if is_slow(partial(signature.pattern.fullmatch, v), (MOST - 1) * plain)] == []


KINDS = [
    Field("key", "Key", sensitive=True),
    Field("name", "Name"),
    Field("pem", "PEM", sensitive=True, multiline=True),
]


@pytest.mark.parametrize("field", KINDS, ids=lambda field: field.name)
def test_no_value_costs_more_than_a_few_plain_ones_in_the_general_rules(field: Field, plain: float) -> None:
    work = [partial(check_alone, SAMPLE, field, value) for value in hostile(b"k")]
    assert [value.args[2][:20] for value in work if is_slow(value, MOST * plain)] == []


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 1 << 20])
def test_a_larger_value_costs_no_more_than_a_plain_one(size: int, plain: float) -> None:
    assert not is_slow(partial(check_alone, SAMPLE, SAMPLE.fields[0], b'{"a":' * (size // 5)), MOST * plain)
