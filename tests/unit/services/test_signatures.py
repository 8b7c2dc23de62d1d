"""What is pasted into the field of another service, and what it is called then."""

import pytest

from tests.unit.services.cases import field_cases
from tests.unit.services.support import check_alone, verdicts
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Confidence, Field, Format, ServiceType
from tracardi_operator.services.signatures import SIGNATURES, looks_like_a_value, recognise

HEX = "0123456789abcdef"
LOOKS = {
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpQ\n-----END RSA PRIVATE KEY-----\n": "a private key in PEM form",
    "-----BEGIN CERTIFICATE-----\nMIIEpQ\n-----END CERTIFICATE-----": "a certificate",
    '{\n  "type": "service_account"\n}': "a JSON document",
    "ssh-ed25519 AAAAC3NzaMadeUp ann@example.com": "a public SSH key",
    "https://hooks.slack.com/services/T0MADEUP/B0MADEUP/madeup": "a Slack webhook URL",
    "https://discord.com/api/webhooks/123456789012345678/madeup": "a Discord webhook URL",
    "https://hooks.zapier.com/hooks/catch/1/madeup": "a Zapier webhook URL",
    "mongodb+srv://ann:madeup@db/crm": "a connection string of MongoDB",
    "amqps://ann:madeup@queue/crm": "an AMQP URI",
    "rediss://ann:madeup@cache:6379/0": "the URL of a Redis server",
    "postgresql://ann:madeup@db:5432/crm": "the connection string of a database",
    "xoxb-1234567890-madeupmadeupmadeup": "a Slack token",
    f"ghp_{HEX * 2}abcd": "a GitHub token",
    "glpat-madeUpMadeUpMadeUp": "a GitLab token",
    "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA": "a SendGrid API key",
    "AKIAMADEUPKEYFORDOCS": "the id of an AWS access key",
    f"AC{HEX * 2}": "a Twilio Account SID",
    f"SK{HEX * 2}": "the SID of a Twilio API key",
    f"patMadeUpForDocs1.{HEX * 4}": "an Airtable token",
    "pat-eu1-01234567-89ab-cdef-0123-456789abcdef": "a HubSpot token",
    "123456789:AAMadeUpTokenForTheDocs_0123456789-": "a Telegram bot token",
    "AIzaMadeUpKeyForTheDocs_0123456789-abcd": "a Google API key",
    "GOCSPX-MadeUpForTheDocs0123456": "a Google OAuth client secret",
    "sk-ant-madeupmadeupmadeup": "an Anthropic API key",
    "sk-proj-MadeUpT3BlbkFJMadeUp": "an OpenAI API key",
    "hf_MadeUpTokenForTheDocsOnlyXyzAbcdef": "a Hugging Face token",
    f"{HEX * 2}-us21": "a Mailchimp API key",
    f"sk_live_{HEX}": "a Stripe key",
    "3MVG9" + "MadeUpConsumerKey_0123456789." * 3: "the consumer key of a Salesforce connected app",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYWRlLXVwIn0.": "a JWT",
    "ann@example.com": "an e-mail address",
}

UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


def service(confidence: Confidence | None) -> ServiceType:
    fmt = Format("a UUID", UUID, confidence, "made up") if confidence else None
    return ServiceType("sample", "Sample", (Field("id", "Id", format=fmt),), {}, "Ask.", "https://example.com")


def found(confidence: Confidence | None, value: str) -> list[tuple[str, str]]:
    sample = service(confidence)
    return [(problem.severity.value, problem.message) for problem in check_alone(sample, sample.fields[0], value)]


def test_each_signature_is_the_first_to_recognise_its_own_looks() -> None:
    assert [s.words for value in LOOKS if (s := recognise(value))] == [s.words for s in SIGNATURES]
    assert list(LOOKS.values()) == [s.words for s in SIGNATURES]


@pytest.mark.parametrize("value", [HEX * 2, "made-up-Passphrase-7", "sendgrid", "a.b.c", "https://example.com/x"])
def test_what_has_no_looks_is_not_recognised(value: str) -> None:
    assert recognise(value) is None


def test_where_the_form_is_known_a_thing_of_another_service_is_refused_by_its_name() -> None:
    ((severity, message),) = found(Confidence.CONFIDENT, "xoxb-1234567890-madeupmadeupmadeup")
    assert (severity, message.startswith("looks like a Slack token; expected a UUID")) == ("error", True)


def test_a_damaged_value_is_not_told_apart_from_what_it_should_be() -> None:
    sendgrid = builtin()["sendgrid"]
    (problem,) = check_alone(sendgrid, sendgrid.fields[0], "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVz")
    assert problem.message.startswith(
        "looks like a SendGrid API key that is not whole, or was changed; expected an API"
    )


FITTING = [
    pytest.param(service.field(name), value, id=f"{service.name}.{name}")
    for (type_name, name), cases in field_cases().items()
    for service in [builtin()[type_name]]
    for value in cases.valid
    if recognise(value)
]
OF_MANY = {"an e-mail address"}


@pytest.mark.parametrize(("field", "value"), FITTING)
def test_the_words_of_a_format_bear_the_mark_of_what_it_expects(field: Field, value: str) -> None:
    """So that a damaged value of the right service is not called a thing of another one."""
    signature = recognise(value)
    assert signature
    assert field.format is None or signature.words in OF_MANY or signature.mark in field.format.words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sendgrid-production-credentials-2026", False),
        ("marketingcredentialsproduction", False),
        ("api-key", False),
        ("sendgrid-7h8g9f2k4m", False),
        (HEX * 2, True),
        ("a1B2c3D4e5F6g7H8i9J0k1L2", True),
        ("01234567-89ab-cdef-0123-456789abcdef", True),
        ("SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA", True),
    ],
)
def test_a_name_that_looks_like_a_value(name: str, value: bool) -> None:
    assert looks_like_a_value(name) is value


def test_where_the_form_is_a_guess_it_only_warns() -> None:
    ((severity, message),) = found(Confidence.HEURISTIC, "xoxb-1234567890-madeupmadeupmadeup")
    assert (severity, "looks like a Slack token" in message) == ("warning", True)


def test_where_no_form_is_known_everything_is_at_home() -> None:
    assert found(None, "xoxb-1234567890-madeupmadeupmadeup") == []


@pytest.mark.parametrize("name", builtin())
def test_the_values_of_a_type_are_at_home_in_it(name: str) -> None:
    own = builtin()[name]
    assert [
        verdicts(check_alone(own, field, own.example[field.name])) for field in own.fields if field.name in own.example
    ] == [[] for field in own.fields if field.name in own.example]
