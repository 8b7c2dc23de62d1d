"""The catalogue as a whole: what each type must be to be usable, and how its digest follows what judges it."""

import importlib
import re
import re._constants as sre  # the parser's names have no public module
import re._parser as sre_parser
from collections.abc import Iterator
from pathlib import Path

import pytest

import tracardi_operator
from tests.unit.services.support import as_data, check_values, verdicts
from tracardi_operator.services import catalogue
from tracardi_operator.services.addresses import parse_address
from tracardi_operator.services.catalogue import GENERAL_MODULES, builtin, did_you_mean
from tracardi_operator.services.model import Confidence, Field, Format, ServiceType

TYPES = list(builtin().values())
FIELDS = [
    pytest.param(service, field, id=f"{service.name}.{field.name}") for service in TYPES for field in service.fields
]
every_type = pytest.mark.parametrize("service", TYPES, ids=lambda service: service.name)
every_field = pytest.mark.parametrize(("service", "field"), FIELDS)


def test_the_types_of_the_first_release_are_there_in_alphabetical_order() -> None:
    assert list(builtin()) == [
        "airtable",
        "aws",
        "aws-s3",
        "clicksend",
        "elastic-search",
        "matomo",
        "redis",
        "salesforce",
        "salesforce-oauth",
        "sendgrid",
        "telegram",
        "twilio",
    ]


@every_type
def test_a_type_stands_in_the_module_of_its_name(service: ServiceType) -> None:
    module = importlib.import_module(f"tracardi_operator.services.{service.name.replace('-', '_')}")
    assert module.SERVICE == service


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
    names = [field.name for field in service.fields]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@every_type
def test_rules_and_alternatives_name_fields_of_the_type(service: ServiceType) -> None:
    named = {name for rule in service.rules for name in rule.needs} | {n for a in service.alternatives for n in a}
    assert named <= {field.name for field in service.fields}


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
def test_patterns_are_matched_in_linear_time(service: ServiceType, field: Field) -> None:
    """No unbounded repeat within another, no two unbounded repeats of the same characters in a row, no look-around."""
    patterns = [part.pattern for part in (field.format, field.usual, *field.mistakes) if part]
    assert [pattern for pattern in patterns if not is_linear(pattern)] == []


@pytest.mark.parametrize("pattern", [r"(?:a+)+", r"(?:a*b?)*c", r"(?=a)a", r"(a)\1", r"(?:a+|b)*", r".*a.*"])
def test_the_test_of_patterns_knows_the_bad_ones(pattern: str) -> None:
    assert not is_linear(pattern)


def is_linear(pattern: str) -> bool:
    return not any(_flaws(sre_parser.parse(pattern, re.ASCII), inside=False))


def _flaws(parsed: sre_parser.SubPattern, inside: bool) -> Iterator[str]:
    unbounded = 0
    for operation, argument in parsed:
        if operation in (sre.ASSERT, sre.ASSERT_NOT, sre.GROUPREF, sre.AT):
            yield str(operation)
        elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            endless = argument[1] is sre.MAXREPEAT
            unbounded += endless and _is_any(argument[2])
            if (endless and inside) or unbounded > 1:
                yield "nested or repeated"
            yield from _flaws(argument[2], inside or (endless and not _is_delimited(argument[2])))
        elif operation is sre.SUBPATTERN:
            yield from _flaws(argument[3], inside)
        elif operation is sre.BRANCH:
            for branch in argument[1]:
                yield from _flaws(branch, inside)


def _is_any(parsed: sre_parser.SubPattern) -> bool:
    return [operation for operation, _ in parsed] == [sre.ANY]


def _is_delimited(parsed: sre_parser.SubPattern) -> bool:
    """A group that begins with a literal, as `(?:\\.[a-z]{1,63})*` does, can match in one way only."""
    return parsed[0][0] is sre.LITERAL and len(parsed) > 1


def test_digests_are_short_and_differ_between_types() -> None:
    digests = [service.digest for service in TYPES]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch(r"[0-9a-f]{16}", digest) for digest in digests)


@pytest.fixture
def copied_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The sources as a digest reads them, in a folder where a test may change them."""
    package = Path(tracardi_operator.__file__).parent
    for source in [*package.glob("*.py"), *package.glob("services/*.py")]:
        copy = tmp_path / source.relative_to(package)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(source.read_bytes())
    monkeypatch.setattr(catalogue, "files", lambda _: tmp_path)
    builtin.cache_clear()
    yield tmp_path
    builtin.cache_clear()


def changed(folder: Path, module: str) -> set[str]:
    """The types whose digest changes with the text of a module."""
    before = dict(builtin())
    with (folder / module).open("a") as source:
        source.write("\n# another line\n")
    builtin.cache_clear()
    return {name for name, service in builtin().items() if service.digest != before[name].digest}


def test_a_digest_is_the_same_as_long_as_nothing_changes(copied_sources: Path) -> None:
    before = {name: service.digest for name, service in builtin().items()}
    builtin.cache_clear()
    assert {name: service.digest for name, service in builtin().items()} == before


def test_a_digest_changes_with_its_types_own_file_alone(copied_sources: Path) -> None:
    assert changed(copied_sources, "services/redis.py") == {"redis"}


@pytest.mark.parametrize("helper", ["model", "formats", "addresses", "bindings", "aws_keys"])
def test_all_digests_change_with_a_shared_file(copied_sources: Path, helper: str) -> None:
    assert changed(copied_sources, f"services/{helper}.py") == set(builtin())


@pytest.mark.parametrize("module", GENERAL_MODULES)
def test_all_digests_change_with_the_general_checks(copied_sources: Path, module: str) -> None:
    assert changed(copied_sources, f"{module}.py") == set(builtin())


def test_the_general_modules_are_all_that_the_checks_import() -> None:
    package = Path(tracardi_operator.__file__).parent
    text = "".join((package / f"{module}.py").read_text() for module in GENERAL_MODULES)
    imported = set(re.findall(r"from tracardi_operator\.([a-z_]+) import", text))
    imported |= set(re.findall(r"from tracardi_operator import (\w+), (\w+)", text)[0])
    assert imported - set(GENERAL_MODULES) == set()


@pytest.mark.parametrize(("pattern", "text"), [(r"a", "a\n"), (r"\d", "\u0663"), (r"\w", "\u0430")])
def test_a_format_is_a_full_match_over_ascii(pattern: str, text: str) -> None:
    assert not Format("", pattern, Confidence.CONFIDENT, "").matches(text)


def test_an_unknown_name_is_told_the_nearest_known_one() -> None:
    assert did_you_mean("sendgird", builtin()) == " (did you mean 'sendgrid'?)"
    assert did_you_mean("zzz", builtin()) == ""
