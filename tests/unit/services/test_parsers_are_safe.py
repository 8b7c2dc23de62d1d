"""What users write is parsed without opening a file or resolving a name, and in bounded time."""

import base64
import gc
import subprocess
import sys
import time

import pytest

from tests.unit.services.support import check_alone
from tracardi_operator.checks.value_rules import MAX_BYTES
from tracardi_operator.services.catalogue import builtin

WATCHED = r"""
import os, socket, sys
from tests.unit.services.cases import field_cases
from tests.unit.services.support import check_alone, check_values
from tests.unit.services.test_parsers_are_safe import HOSTILE
from tracardi_operator.services.catalogue import builtin

inputs = [(builtin()[name], builtin()[name].field(field), cases) for (name, field), cases in field_cases().items()]
for service in builtin().values():  # what is imported or compiled at the first use is there from here on
    check_values(service, service.example)
events = []
sys.addaudithook(lambda event, _: events.append(event))
for service, field, cases in inputs:
    for value in (*cases.valid, *(value for value, *_ in cases.wrong)):
        check_alone(service, field, value)
for name, field, value in HOSTILE:
    check_alone(builtin()[name], builtin()[name].field(field), value)
quiet = {event for event in events if event.startswith(("open", "os.", "socket.", "subprocess.", "import", "ctypes."))}
events.clear()
open(os.devnull).close()
socket.getaddrinfo("127.0.0.1", 80)
print(sorted(quiet), sorted({"open", "socket.getaddrinfo"} & set(events)))
"""
"""Prints what the checks did to the machine, and whether the watch would have seen it."""

HOSTILE = [
    ("mongodb", "uri", "mongodb://a:b@db/?tlsCertificateKeyFile=/etc/passwd"),
    ("mongodb", "uri", "mongodb://a:b@db/?tlsCAFile=/etc/passwd&tls=true"),
    ("mongodb", "uri", "mongodb://a:b@db/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s"),
    ("mongodb", "uri", "mongodb+srv://a:b@cluster.example.net/"),
    ("mongodb", "uri", "mongodb://%2Ftmp%2Fmongodb.sock"),
    ("rabbitmq", "uri", "amqps://a:b@rabbitmq/?cacertfile=/etc/passwd"),
    ("apache-pulsar", "token", "file:///etc/passwd"),
    ("apache-pulsar", "host", "pulsar://name.example.net:6650"),
    ("kafka", "broker", "name.example.net:9092"),
    ("api", "url", "file:///etc/passwd"),
    ("api", "url", "https://name.example.net/"),
]


def test_no_check_opens_a_file_or_resolves_a_name() -> None:
    run = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[] ['open', 'socket.getaddrinfo']", "")


def encoded(data: str) -> str:
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


HEADER = '{"alg":"HS256"}'


def jwt_with(claims: str) -> str:
    return f"{encoded(HEADER)}.{encoded(claims)}.bWFkZXVw"


def filled(beginning: str, unit: str, end: str = "") -> str:
    """As large as a value may be."""
    return beginning + unit * ((MAX_BYTES - len(beginning) - len(end)) // len(unit)) + end


def uris(scheme: str) -> dict[str, str]:
    return {
        "hosts": filled(f"{scheme}://a:b@h", ",h:1"),
        "hosts without login": filled(f"{scheme}://h", ",h"),
        "at signs": filled(f"{scheme}://", "@"),
        "colons": filled(f"{scheme}://", "a:"),
        "colons before a host": filled(f"{scheme}://", "a:", "@h"),
        "escapes": filled(f"{scheme}://", "%41", ":b@h"),
        "broken escapes": filled(f"{scheme}://", "%", ":b@h"),
        "broken escapes without host": filled(f"{scheme}://", "%4"),
        "slashes": filled(f"{scheme}://a:b", "/", "@"),
        "a path": filled(f"{scheme}://h/", "%2F"),
        "options": filled(f"{scheme}://h/?a=b", "&a=b"),
        "names of files": filled(f"{scheme}://h/?a=b", "&file"),
        "semicolons": filled(f"{scheme}://h/?", ";"),
        "labels": filled(f"{scheme}://", "a."),
        "brackets": filled(f"{scheme}://", "["),
        "an address": filled(f"{scheme}://[", "::", "]"),
    }


def attacks() -> dict[tuple[str, str], dict[str, str]]:
    nested = {"lists": jwt_with("[" * 40_000), "objects": jwt_with('{"a":' * 9_000), "digits": jwt_with("9" * 40_000)}
    dots = {"dots": filled("", "a."), "a long claim": jwt_with('{"a":"' + "b" * 40_000 + '"}')}
    objects = {
        "nested": '{"a":' * 9_000 + "1" + "}" * 9_000,
        "names": filled('{"a":""', ',"a":""', "}"),
        "braces": filled("{", "}"),
    }
    return {
        ("mongodb", "uri"): uris("mongodb"),
        ("rabbitmq", "uri"): uris("amqp"),
        ("apache-pulsar", "host"): uris("pulsar"),
        ("apache-pulsar", "token"): nested | dots,
        ("kafka", "broker"): {
            "brokers": filled("h:1", ",h:1"),
            "spaces": filled("h:1", " "),
            "colons": filled("h", ":1"),
        },
        ("api", "url"): uris("http"),
        ("api", "headers"): objects,
        ("smtp-server", "smtp"): {"labels": filled("", "a."), "colons": filled("", ":"), "digits": filled("", "1.")},
    }


ATTACKS = [(*key, title, value) for key, table in attacks().items() for title, value in table.items()]
TIMES_A_PLAIN_ONE = 60
"""Options of a URI, each decoded and looked up, take 12 on a quiet machine. A pass for each takes thousands."""


@pytest.mark.parametrize(
    ("service", "field", "value"), [pytest.param(s, f, value, id=f"{s}.{f} {title}") for s, f, title, value in ATTACKS]
)
def test_no_value_takes_many_times_as_long_as_a_plain_one_of_its_size(service: str, field: str, value: str) -> None:
    plain = "abcdefghij" * (len(value) // 10)
    rounds = [(cost_of(service, field, value), cost_of(service, field, plain)) for _ in range(5)]  # side by side
    best, best_plain = map(min, zip(*rounds, strict=True))
    assert best <= TIMES_A_PLAIN_ONE * best_plain


def test_a_format_by_itself_has_an_answer_to_all_of_them() -> None:
    formats = [(builtin()[service].field(field), value) for service, field, _, value in ATTACKS]
    answers = [definition.format.matches(value) for definition, value in formats if definition and definition.format]
    assert len(answers) == len(ATTACKS)


def cost_of(service: str, field: str, value: str) -> int:
    """CPU time of a check, without the garbage of all tests: to collect it costs more."""
    definition = builtin()[service].field(field)
    assert definition
    gc.disable()
    try:
        start = time.process_time_ns()
        check_alone(builtin()[service], definition, value)
        return time.process_time_ns() - start
    finally:
        gc.enable()
