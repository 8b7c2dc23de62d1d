"""The verdict on an environment: values only when nothing is wrong and all was checked."""

import dataclasses
from typing import Any

import pytest

from tests.unit.examples import SECRET, TOKEN, secret_ref, spec
from tracardi_operator.api.problems import Reason
from tracardi_operator.evaluate import Verdict, evaluate, evaluate_environment, unknown_type
from tracardi_operator.resolve import Data, Missing
from tracardi_operator.services.catalogue import builtin

GOOD: Data = {"token": TOKEN.encode()}
ASKING = {"environments": {"production": {"labels": {"example.org/team": "x"}}}}


def verdict(data: Data | Missing, domains: tuple[str, ...] = (), **more: Any) -> Verdict:
    return evaluate_environment(builtin()["sendgrid"], "production", spec(**more), {SECRET: data}, set(domains))


def reasons(found: Verdict) -> list[Reason]:
    return [problem.reason for problem in found.problems]


def test_good_values_are_the_verdict() -> None:
    found = verdict(GOOD)
    assert (found.values, found.problems, found.is_valid) == ({"token": TOKEN}, (), True)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Missing.ABSENT, Reason.SECRET_NOT_FOUND),
        ({}, Reason.KEY_NOT_FOUND),
        ({"token": b""}, Reason.EMPTY),
        ({"token": b"\xff"}, Reason.NOT_TEXT),
        ({"token": b"<your-api-key>"}, Reason.PLACEHOLDER),
    ],
)
def test_what_is_wrong_is_said_once_and_there_are_no_values(data: Any, reason: Reason) -> None:
    found = verdict(data)
    assert (found.values, reasons(found), found.is_valid) == (None, [reason], False)


def test_what_could_not_be_checked_is_neither_wrong_nor_valid() -> None:
    found = verdict(Missing.UNKNOWN)
    assert (found.values, found.problems, [source.name for source in found.unchecked]) == (None, (), ["sendgrid"])


def test_a_warning_leaves_the_values() -> None:
    odd = "SG." + "x.y-" * 16 + "zz"
    found = verdict({"token": odd.encode()})
    assert found.is_valid
    assert reasons(found)
    assert not any(problem.is_error for problem in found.problems)


def test_a_label_in_a_domain_that_is_not_allowed_is_an_error() -> None:
    found = verdict(GOOD, output=ASKING)
    assert (found.values, reasons(found)) == (None, [Reason.NOT_ALLOWED])
    assert "example.org/team" in found.problems[0].message


def test_a_label_in_a_domain_that_is_allowed_is_none() -> None:
    assert verdict(GOOD, domains=("example.org",), output=ASKING).is_valid


def test_every_environment_has_a_verdict_of_its_own() -> None:
    credentials = {
        "test": {"fields": {"token": secret_ref(key="missing")}},
        "production": {"fields": {"token": secret_ref()}},
    }
    found = evaluate(spec(credentials=credentials), {SECRET: GOOD}, builtin())
    assert {environment: verdict.is_valid for environment, verdict in found.items()} == {
        "production": True,
        "test": False,
    }
    assert list(found) == ["production", "test"]


def test_an_unknown_type_is_the_verdict_on_every_environment() -> None:
    found = evaluate(spec("sendgrit", environments=("production", "test")), {}, builtin())
    assert [reasons(verdict) for verdict in found.values()] == [[Reason.UNKNOWN_TYPE]] * 2


def test_a_misspelt_type_gets_a_hint() -> None:
    assert "did you mean 'sendgrid'" in unknown_type("sendgrit", builtin()).message


def test_a_verdict_does_not_show_values() -> None:
    assert TOKEN not in repr(verdict(GOOD))


def test_a_service_that_has_ended_is_told_as_a_warning() -> None:
    ended = dataclasses.replace(builtin()["sendgrid"], discontinued="SendGrid is no more")
    found = evaluate_environment(ended, "production", spec(), {SECRET: GOOD})
    assert [(p.reason, p.message, p.is_error) for p in found.problems] == [
        (Reason.DISCONTINUED, "SendGrid is no more", False)
    ]
    assert found.is_valid
