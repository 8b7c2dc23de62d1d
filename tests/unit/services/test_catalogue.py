"""The catalogue as a whole: what each type must be to be usable, and how its digest follows what judges it."""

import importlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import tracardi_operator
from tests.unit.services.support import as_data, check_values, verdicts
from tests.unit.services.tracardi_defaults import FORMER_OR_COMMERCIAL, OPEN_SOURCE
from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.checks import value_rules
from tracardi_operator.cli.types import types
from tracardi_operator.services import catalogue
from tracardi_operator.services.addresses import parse_address
from tracardi_operator.services.catalogue import GENERAL_MODULES, builtin
from tracardi_operator.services.logins import needs
from tracardi_operator.services.model import Confidence, Field, Format, ServiceType

TYPES = list(builtin().values())
FIELDS = [
    pytest.param(service, field, id=f"{service.name}.{field.name}") for service in TYPES for field in service.fields
]
every_type = pytest.mark.parametrize("service", TYPES, ids=lambda service: service.name)
every_field = pytest.mark.parametrize(("service", "field"), FIELDS)


def test_every_type_that_tracardi_knows_is_there_and_listed() -> None:
    listed = json.loads(CliRunner().invoke(types, ["-o", "json"]).output)
    assert {*OPEN_SOURCE, *FORMER_OR_COMMERCIAL} - {entry["type"] for entry in listed} == set()


@every_type
def test_a_type_stands_in_the_module_of_its_name(service: ServiceType) -> None:
    module = importlib.import_module(f"tracardi_operator.services.types.{service.name.replace('-', '_')}")
    assert service == module.SERVICE


@every_type
def test_the_example_passes_all_checks_without_a_warning(service: ServiceType) -> None:
    checked = check_values(service, service.example)
    assert (verdicts(checked.problems), {**checked.values, **service.example}) == ([], checked.values)


@every_type
def test_the_example_has_all_required_fields_and_no_others_than_the_fields(service: ServiceType) -> None:
    names = {field.name for field in service.fields}
    required = {field.name for field in service.fields if field.required}
    assert required <= service.example.keys() <= names


@every_type
def test_fields_have_different_names_that_can_be_keys_of_a_secret(service: ServiceType) -> None:
    names = [name for field in service.fields for name in field.names]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", name) for name in names)


@every_type
def test_rules_and_alternatives_name_fields_of_the_type(service: ServiceType) -> None:
    named = {name for rule in service.rules for name in rule.needs} | {n for a in service.alternatives for n in a}
    assert named <= {field.name for field in service.fields}


@every_type
def test_the_words_of_a_rule_are_a_sentence_that_names_its_fields(service: ServiceType) -> None:
    for rule in service.rules:
        assert re.fullmatch(r"[^\n\\]+[^.]\.", rule.words)
        assert set(rule.needs) <= set(re.findall(r"\w+", rule.words))


@pytest.mark.parametrize(
    ("others", "words"),
    [(("realm",), "realm is needed if user is given."), (("a", "b"), "a and b are needed if user is given.")],
)
def test_what_a_field_needs_is_said_in_words(others: tuple[str, ...], words: str) -> None:
    assert needs("user", *others).words == words


@every_type
def test_fields_of_an_alternative_are_not_required_by_themselves(service: ServiceType) -> None:
    alternatives = {name for names in service.alternatives for name in names}
    assert not [field.name for field in service.fields if field.name in alternatives and field.required]


@every_type
def test_a_person_learns_where_to_get_the_credential(service: ServiceType) -> None:
    assert service.title
    assert service.url.startswith("https://")
    assert service.how_to.endswith(".")


@every_type
def test_tags_fit_into_tracardi(service: ServiceType) -> None:
    assert service.tags
    assert len(",".join(service.tags)) <= 255
    assert not any("," in tag for tag in service.tags)


@every_type
def test_binding_entries_are_what_their_names_say(service: ServiceType) -> None:
    entries = dict(service.binding(check_values(service, service.example).values)) if service.binding else {}
    host = parse_address(entries.get("host", "host"))
    assert host
    assert (host.scheme, host.port, host.path) == ("", None, "")
    assert entries.get("port", "1").isdecimal()
    assert re.fullmatch(r"[a-z]+://\S+", entries.get("uri", "a://b"))
    assert not {"type", "provider"} & entries.keys()
    assert all(entries.values())


@every_field
def test_the_format_of_a_field_accepts_its_example(service: ServiceType, field: Field) -> None:
    formats = [fmt for fmt in (field.format, field.usual) if fmt]
    text = as_data(service.example[field.name]).decode() if field.name in service.example else None
    assert text is None or all(fmt.matches(text) for fmt in formats)


@every_field
def test_a_field_is_consistent_in_itself(service: ServiceType, field: Field) -> None:
    assert field.title
    assert not (field.password and not field.sensitive)
    assert not (field.sensitive and field.default is not None)
    assert not field.choices or field.default is None or field.default in field.choices
    assert not field.how_to or field.how_to.endswith(".")
    assert field.usual is None or field.usual.confidence is Confidence.HEURISTIC


@every_field
def test_formats_name_their_source_and_read_after_expected(service: ServiceType, field: Field) -> None:
    formats = [fmt for fmt in (field.format, field.usual) if fmt]
    assert all(fmt.source and fmt.words and not fmt.words.endswith(".") for fmt in formats)


@every_field
def test_no_value_keeps_a_pattern_busy(service: ServiceType, field: Field) -> None:
    patterns = [part.pattern for part in (field.format, field.usual, *field.mistakes) if part]
    beginnings = {"", "https://", *(str(service.example.get(field.name, ""))[:length] for length in (1, 4, 6))}
    texts = [beginning + attack for beginning in beginnings for attack in ATTACKS]
    assert [pattern for pattern in patterns if is_slow(pattern, texts)] == []


@pytest.mark.parametrize("pattern", [value_rules._SCHEME, value_rules._ASSIGNMENT, value_rules._UNRESOLVED])
def test_no_value_keeps_a_general_rule_busy(pattern: re.Pattern[str]) -> None:
    assert not is_slow(pattern, [f"{word}{attack}" for word in ("", "key", "bearer ", "<", "${") for attack in ATTACKS])


def test_the_measure_of_patterns_knows_a_slow_one() -> None:
    assert is_slow(r"[A-Za-z]*a[A-Za-z]*", ATTACKS)


ATTACKS = [
    f"{unit * (8192 // len(unit))}\0" for unit in ("a", "A", "0", "X", "-", ".", "/", "=", "a.", "a-", "<", "{{", " ")
]
TIMES_A_SCAN = 1000
"""A quadratic match of such a text takes tens of thousands of times as long as looking at each character once."""


def is_slow(pattern: str | re.Pattern[str], texts: Iterable[str]) -> bool:
    compiled = re.compile(pattern, re.ASCII) if isinstance(pattern, str) else pattern
    scan = re.compile(r"[^!]*")
    return any(_cost(compiled, text) > TIMES_A_SCAN * _cost(scan, text) for text in texts)


def _cost(pattern: re.Pattern[str], text: str) -> int:
    """CPU time of a full match, the best of three."""
    costs = []
    for _ in range(3):
        start = time.process_time_ns()
        pattern.fullmatch(text)
        costs.append(time.process_time_ns() - start)
    return min(costs)


def test_digests_are_short_and_differ_between_types() -> None:
    digests = [service.digest for service in TYPES]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch(r"[0-9a-f]{16}", digest) for digest in digests)


@pytest.fixture
def copied_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The sources as a digest reads them, in a folder where a test may change them."""
    package = Path(tracardi_operator.__file__).parent
    for source in [*package.glob("services/**/*.py"), *(package / f"{module}.py" for module in GENERAL_MODULES)]:
        copy = tmp_path / source.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    monkeypatch.setattr(catalogue, "files", lambda _: tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """The next look at the catalogue reads the sources anew."""
    builtin.cache_clear()
    catalogue._shared.cache_clear()


def changed(folder: Path, module: str) -> set[str]:
    """The types whose digest changes with the text of a module."""
    before = dict(builtin())
    with (folder / module).open("a") as source:
        source.write("\n# another line\n")
    forget()
    return {name for name, service in builtin().items() if service.digest != before[name].digest}


def test_a_digest_is_the_same_as_long_as_nothing_changes(copied_sources: Path) -> None:
    before = {name: service.digest for name, service in builtin().items()}
    forget()
    assert {name: service.digest for name, service in builtin().items()} == before


def test_a_digest_changes_with_its_types_own_file_alone(copied_sources: Path) -> None:
    assert changed(copied_sources, "services/types/redis.py") == {"redis"}


@pytest.mark.parametrize("helper", ["model", "formats", "addresses", "bindings", "aws_keys", "logins"])
def test_all_digests_change_with_a_shared_file(copied_sources: Path, helper: str) -> None:
    assert changed(copied_sources, f"services/{helper}.py") == set(builtin())


@pytest.mark.parametrize("module", GENERAL_MODULES)
def test_all_digests_change_with_the_general_checks(copied_sources: Path, module: str) -> None:
    assert changed(copied_sources, f"{module}.py") == set(builtin())


def test_the_general_modules_are_all_of_the_checks() -> None:
    package = Path(tracardi_operator.__file__).parent
    checks = {f"checks/{module.stem}" for module in (package / "checks").glob("*.py")}
    assert checks < set(GENERAL_MODULES)


@pytest.mark.parametrize(("pattern", "text"), [(r"a", "a\n"), (r"\d", "\u0663"), (r"\w", "\u0430")])
def test_a_format_is_a_full_match_over_ascii(pattern: str, text: str) -> None:
    assert not Format("", pattern, Confidence.CONFIDENT, "").matches(text)


def test_an_unknown_name_is_told_the_nearest_known_one() -> None:
    assert did_you_mean("sendgird", builtin()) == " (did you mean 'sendgrid'?)"
    assert did_you_mean("zzz", builtin()) == ""
