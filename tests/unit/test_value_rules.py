"""The general rules, over the kinds of fields they tell apart."""

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.services.support import as_data, check_alone, verdicts
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Confidence, Field, Format, Kind, ServiceType

TYPES = ("airtable", "aws", "aws-s3", "clicksend", "elastic-search", "redis", "salesforce", "sendgrid", "twilio")
"""Keys with and without a known form, and passwords. What holds for all types is in services/test_generated_values."""
SENSITIVE = [(builtin()[name], field) for name in TYPES for field in builtin()[name].fields if field.sensitive]
KEYS = [(service, field) for service, field in SENSITIVE if field.is_key]
PASSWORDS = [(service, field) for service, field in SENSITIVE if field.password]


def fields(of: list[tuple[ServiceType, Field]]) -> pytest.MarkDecorator:
    cases = [pytest.param(service, field, id=f"{service.name}.{field.name}") for service, field in of]
    return pytest.mark.parametrize(("service", "field"), cases)


SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJ3//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQDm0123456789" * 2
NOT_IN_EXAMPLES = {
    ("elastic-search", "api_key"): "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==",
    ("twilio", "api_key_secret"): "MadeUpSecretForTheDocs0123456789",
    ("aws", "session_token"): SESSION_TOKEN,
    ("aws-s3", "session_token"): SESSION_TOKEN,
}


def good(service: ServiceType, field: Field) -> str:
    """A value that passes."""
    return NOT_IN_EXAMPLES.get((service.name, field.name)) or as_data(service.example[field.name]).decode()


def judge(field: Field, text: str | bytes) -> list[tuple[str, str]]:
    """Reasons and severities of a value of a field that stands alone."""
    service = ServiceType("sample", "Sample", (field,), {}, "Ask.", "https://example.com")
    return [(reason, severity) for _, reason, severity in verdicts(check_alone(service, field, text))]


KEY = Field("key", "Key", sensitive=True)
PASSWORD = Field("password", "Password", sensitive=True, password=True)
NAME = Field("name", "Name")

EDITS: dict[str, tuple[str, str]] = {
    "a line break at the end": ("{}\n", "Whitespace"),
    "a DOS line break at the end": ("{}\r\n", "Whitespace"),
    "a line break at the beginning": ("\n{}", "Whitespace"),
    "a byte order mark": ("\ufeff{}", "Whitespace"),
    "a zero-width space at the end": ("{}\u200b", "Whitespace"),
    "a zero-width joiner at the beginning": ("\u200d{}", "Whitespace"),
    "a no-break space at the end": ("{}\u00a0", "Whitespace"),
    "a right-to-left mark": ("\u200f{}", "Whitespace"),
    "a line separator": ("{}\u2028", "Whitespace"),
    "a NUL at the end": ("{}\0", "NotText"),
    "an escape character": ("\x1b[0m{}", "NotText"),
    "double quotes": ('"{}"', "PastedPrefix"),
    "single quotes": ("'{}'", "PastedPrefix"),
    "backticks": ("`{}`", "PastedPrefix"),
    "typographic quotes": ("“{}”", "PastedPrefix"),
}
KEY_EDITS: dict[str, tuple[str, str]] = {
    "spaces around": (" {} ", "Whitespace"),
    "a tab at the end": ("{}\t", "Whitespace"),
    "a space within": ("{} x", "Whitespace"),
    "Bearer": ("Bearer {}", "PastedPrefix"),
    "bearer in lower case": ("bearer {}", "PastedPrefix"),
    "Basic": ("Basic {}", "PastedPrefix"),
    "ApiKey": ("ApiKey {}", "PastedPrefix"),
    "a whole header": ("Authorization: Bearer {}", "PastedPrefix"),
    "a header of its own": ("X-Api-Key: {}", "PastedPrefix"),
    "token_auth": ("token_auth={}", "PastedPrefix"),
    "an environment variable": ("export API_KEY={}", "PastedPrefix"),
    "YAML": ("api_key: {}", "PastedPrefix"),
    "a URL": ("https://api.example.com/v1/{}", "PastedPrefix"),
    "a Cyrillic look-alike": ("{}\u0430", "BadFormat"),
    "a full-width digit": ("{}\uff11", "BadFormat"),
}
PLACEHOLDERS = [
    "<token>",
    "<your-api-key>",
    "<API-token>",
    "<pulsar://localhost:6650>",
    "$API_KEY",
    "${API_KEY}",
    "${{ secrets.API_KEY }}",
    "$(API_KEY)",
    "{{ api_key }}",
    "{{.Values.apiKey}}",
    "%API_KEY%",
    "none",
    "null",
    "undefined",
    "N/A",
    "xxxx",
    "XXXXXXXXXXXXXXXX",
    "********",
    "....",
]
"""What no field may have, a password neither."""
WORDS = ["changeme", "change-me", "REPLACE_ME", "your-api-key", "YOUR TOKEN HERE", "$api_key", "my-secret-token"]
WORDS += ["todo", "TBD", "dummy", "example", "sample", "test", "secret", "password", "token", "guest", "ApiKey"]
WORDS += ["api-key", "00000000", "<url>:<port>", "sk-${KEY}-1"]
"""What a person might just have chosen as a password."""


@fields(SENSITIVE)
@pytest.mark.parametrize(("edit", "reason"), EDITS.values(), ids=EDITS.keys())
def test_what_no_credential_has_is_refused(service: ServiceType, field: Field, edit: str, reason: str) -> None:
    problems = check_alone(service, field, edit.format(good(service, field)))
    assert verdicts(problems) == [(field.name, reason, "error")]


@fields(KEYS)
@pytest.mark.parametrize(("edit", "reason"), KEY_EDITS.values(), ids=KEY_EDITS.keys())
def test_what_no_key_has_is_refused(service: ServiceType, field: Field, edit: str, reason: str) -> None:
    problems = check_alone(service, field, edit.format(good(service, field)))
    assert verdicts(problems) == [(field.name, reason, "error")]


@fields(SENSITIVE)
@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_placeholders_are_refused(service: ServiceType, field: Field, placeholder: str) -> None:
    assert verdicts(check_alone(service, field, placeholder)) == [(field.name, "Placeholder", "error")]


@fields(KEYS)
@pytest.mark.parametrize("word", WORDS)
def test_words_are_no_keys(service: ServiceType, field: Field, word: str) -> None:
    assert verdicts(check_alone(service, field, word)) == [(field.name, "Placeholder", "error")]


@fields(PASSWORDS)
@pytest.mark.parametrize("word", WORDS)
def test_words_are_weak_passwords(service: ServiceType, field: Field, word: str) -> None:
    assert verdicts(check_alone(service, field, word)) == [(field.name, "Placeholder", "warning")]


@fields(KEYS)
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_key_encoded_twice_is_refused(service: ServiceType, field: Field, ending: str) -> None:
    twice = base64.b64encode(f"{good(service, field)}{ending}".encode())
    assert verdicts(check_alone(service, field, twice)) == [(field.name, "DoubleEncoded", "error")]


@fields(PASSWORDS)
def test_a_password_that_may_be_encoded_twice_only_warns(service: ServiceType, field: Field) -> None:
    twice = base64.b64encode(good(service, field).encode())
    assert verdicts(check_alone(service, field, twice)) == [(field.name, "DoubleEncoded", "warning")]


@fields(SENSITIVE)
@pytest.mark.parametrize("nothing", ["", " ", "\n", "\t\r\n", "\u00a0"])
def test_nothing_is_empty(service: ServiceType, field: Field, nothing: str) -> None:
    assert verdicts(check_alone(service, field, nothing)) == [(field.name, "Empty", "error")]


@fields(SENSITIVE)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_other_encodings_are_not_text(service: ServiceType, field: Field, encoding: str) -> None:
    data = good(service, field).encode(encoding)
    assert verdicts(check_alone(service, field, data)) == [(field.name, "NotText", "error")]


@fields(SENSITIVE)
def test_a_huge_value_is_refused_before_any_pattern_is_tried(
    service: ServiceType, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Format, "matches", lambda *_: pytest.fail("a pattern was tried"))
    assert verdicts(check_alone(service, field, b"a" * 65537)) == [(field.name, "BadFormat", "error")]


@fields(SENSITIVE)
def test_a_line_break_is_more_telling_than_anything_it_causes(service: ServiceType, field: Field) -> None:
    assert verdicts(check_alone(service, field, '"Bearer short"\n')) == [(field.name, "Whitespace", "error")]


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "p\u00e4ssw\u00f6rter-7", "aaaaaaaaaa1", "a<b", "$ecret!", "x{y}z", "key", "1=2"],
)
def test_passwords_may_be_odd(password: str) -> None:
    assert judge(PASSWORD, password) == []


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        (" made-up-7", "Whitespace"),
        ("made-up-7 ", "Whitespace"),
        ("made<up>7", "Placeholder"),
        ("$made_up", "Placeholder"),
        ("Bearer made-up-7", "PastedPrefix"),
        ("password=made-up-7", "PastedPrefix"),
        ("redis://redis:6379", "PastedPrefix"),
    ],
)
def test_what_a_password_could_just_be_only_warns(password: str, reason: str) -> None:
    assert judge(PASSWORD, password) == [(reason, "warning")]


def test_an_error_of_a_password_silences_its_warnings() -> None:
    assert judge(PASSWORD, " ${PASSWORD}'\u200b ") == [("Whitespace", "error")]


@pytest.mark.parametrize(
    "name", ["test", "todo", "guest", "example", "token", "00000000", "logs-000000000000", "Bearer x"]
)
def test_names_may_be_words(name: str) -> None:
    assert judge(NAME, name) == []


@pytest.mark.parametrize("name", ["<name>", "${NAME}", "changeme", "your-name", "xxxx", "none"])
def test_names_may_not_be_placeholders(name: str) -> None:
    assert judge(NAME, name) == [("Placeholder", "error")]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("ghp_xxxxxxxxxxxxxxxxxxxx", [("Placeholder", "error")]),
        ("abcdaaaaaaaa", [("Placeholder", "error")]),
        ("abcdaaaaaaab", []),
        ("//////////" + "abcdefghij" * 10, []),
    ],
)
def test_a_key_with_a_long_run_of_one_character_is_a_placeholder(key: str, expected: list[tuple[str, str]]) -> None:
    assert judge(KEY, key) == expected


def test_a_field_of_several_lines_may_have_line_breaks() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n"
    assert judge(Field("pem", "Key", sensitive=True, multiline=True), pem) == []


def test_a_url_may_be_a_secret_where_its_format_says_so() -> None:
    webhook = Format("a webhook", r"https://hooks\.example\.com/\S+", Confidence.CONFIDENT, "made up")
    assert judge(Field("url", "URL", sensitive=True, format=webhook), "https://hooks.example.com/services/T1") == []


OBJECT = Field("headers", "Headers", kind=Kind.OBJECT)


@pytest.mark.parametrize("text", ["{}", '{"a": "ä"}', '{\n  "a": [1, true, null]\n}\n'])
def test_an_object_is_json(text: str) -> None:
    assert judge(OBJECT, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "a: b",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": [-1e999]}',
        '{"a": 1',
        "[" * 60000,
        '{"a": ' + "9" * 60000 + "}",
        "1",
    ],
)
def test_what_is_no_json_object_is_refused(text: str) -> None:
    assert judge(OBJECT, text) == [("BadFormat", "error")]


@fields([(service, field) for service in builtin().values() for field in service.fields])
@settings(max_examples=30, database=None)
@given(value=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "ignore"))))
def test_any_bytes_get_a_verdict(service: ServiceType, field: Field, value: bytes) -> None:
    assert all(problem.field == field.name for problem in check_alone(service, field, value))


# Messages


ONE, OTHER = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA", "k7Q-zz9_Lm" * 4
ALL_FIELDS = [(service, field) for service in builtin().values() for field in service.fields]
ALL_EDITS = [edit for edit, _ in (EDITS | KEY_EDITS).values()]


def pieces(text: str) -> set[str]:
    return {text[start : start + 5] for start in range(len(text) - 4)}


@fields(ALL_FIELDS)
def test_no_message_holds_five_characters_of_the_value(service: ServiceType, field: Field) -> None:
    """Pieces that the message for another value has too are words of the message itself."""
    leaks = set()
    for edit in ["{}", *ALL_EDITS]:
        told, told_of_another = (
            {problem.message for problem in check_alone(service, field, edit.format(value))} for value in (ONE, OTHER)
        )
        own_words = set().union(*map(pieces, told_of_another))
        leaks |= {piece for piece in pieces(ONE) for message in told if piece in message and piece not in own_words}
    assert leaks == set()


@fields(ALL_FIELDS)
def test_messages_do_not_tell_lengths(service: ServiceType, field: Field) -> None:
    """Two values that differ in length alone have the same messages."""
    short, long = (check_alone(service, field, ("k7Q-zz9_Lm!" * n)) for n in (5, 13))
    assert [problem.message for problem in short] == [problem.message for problem in long]


@fields(ALL_FIELDS)
def test_a_refused_value_is_told_what_was_expected_and_where_to_get_it(service: ServiceType, field: Field) -> None:
    for problem in check_alone(service, field, "k7Q-zz9_Lm!" * 20):
        assert "expected" in problem.message or "looks like" in problem.message
        assert service.url in problem.message or field.choices or field.kind is not Kind.STRING


@pytest.mark.parametrize(("service", "field"), [("sendgrid", "token"), ("redis", "password")])
def test_a_value_stored_wrongly_comes_with_the_command_that_repairs_it(service: str, field: str) -> None:
    definition = builtin()[service].field(field)
    assert definition
    (problem,) = check_alone(builtin()[service], definition, f"{ONE}\n")
    assert re.search(rf"read -rs VALUE .*\"{field}\".* kubectl patch secret input ", problem.message)
