"""What Python shows of objects and exceptions that hold values: logs and tracebacks are made of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.sentinels import found, made_up, traces_of
from tracardi_operator.api.problems import Source, SourceKind
from tracardi_operator.api.resource import ResourceSpec
from tracardi_operator.api.status import ResourceStatus
from tracardi_operator.checks import Raw, check
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.store import Store
from tracardi_operator.evaluate import evaluate
from tracardi_operator.kube.errors import from_response
from tracardi_operator.plan import Desired, View
from tracardi_operator.provenance import Provenance
from tracardi_operator.publish.secret import render_output
from tracardi_operator.resolve import InputRef, resolve
from tracardi_operator.services.catalogue import builtin

SENDGRID = builtin()["sendgrid"]
VALUE = f"SG.{made_up(22)}.{made_up(43)}"
DATA = {"token": VALUE.encode()}
REF = InputRef(SourceKind.SECRET, "mail")
RAW = Raw(VALUE.encode(), Source(SourceKind.SECRET, "mail", "token"))
SPEC = ResourceSpec.model_validate({"type": "sendgrid", "credentials": {"production": {"secretRef": {"name": "mail"}}}})
PROVENANCE = Provenance("spec", "type", ())
OUTPUT = render_output("mail", SPEC, "production", SENDGRID, {"token": VALUE})
METADATA = {"namespace": "shop", "name": "mail", "uid": "uid", "resourceVersion": "1"}


def _record() -> object:
    spec = {"type": "sendgrid", "credentials": {"production": {"fields": {"token": {"value": VALUE}}}}}
    store = Store(lambda _: None)
    store.take_in({"metadata": METADATA, "spec": spec})
    return [store.record(key) for key in store]


HOLDERS: dict[str, Callable[[], object]] = {
    "a raw value": lambda: RAW,
    "a resolution": lambda: resolve(SENDGRID, "production", SPEC.credentials["production"], {REF: DATA}),
    "checked values": lambda: check(SENDGRID, "production", {"token": RAW}),
    "a verdict": lambda: evaluate(SPEC, {REF: DATA}, builtin()),
    "an output": lambda: OUTPUT,
    "a desired output": lambda: Desired(OUTPUT, b"", PROVENANCE, 1),
    "a view": lambda: View("production", PROVENANCE, {REF: DATA}, None, None, None, intact=False, previous=None),
    "a record": _record,
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_an_object_that_holds_a_value_does_not_show_it(holder: str) -> None:
    shown = repr(HOLDERS[holder]())
    assert found(shown, traces_of([VALUE])) == set()


def _status(problem: dict[str, object]) -> dict[str, object]:
    return {"observedGeneration": 1, "environments": {"production": {"ready": False, "problems": [problem]}}}


FAILURES: dict[str, Callable[[], object]] = {
    "a spec that can't be read": lambda: ResourceSpec.model_validate({"type": [VALUE], "credentials": VALUE}),
    "a literal of a wrong kind": lambda: ResourceSpec.model_validate(
        {"type": "sendgrid", "credentials": {"production": {"fields": {"token": {"value": [VALUE]}}}}}
    ),
    "a status that can't be read": lambda: ResourceStatus.model_validate(
        _status({"reason": [VALUE], "field": {VALUE}})
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_an_exception_does_not_quote_what_it_is_about(failure: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # its words are the subject
        FAILURES[failure]()
    assert found(str(raised.value) + repr(raised.value), traces_of([VALUE])) == set()


@pytest.mark.parametrize("code", [400, 403, 409, 413, 422, 500])
def test_an_error_of_the_api_server_tells_nothing_of_the_object_that_was_sent(code: int) -> None:
    data = encode_base64({"token": VALUE})
    quoting = {"kind": "Status", "message": f"invalid: {json.dumps(data)}, {VALUE}", "reason": VALUE}
    error = from_response("update", "/api/v1/namespaces/shop/secrets/mail", code, json.dumps(quoting).encode(), VALUE)
    told = f"{error} {error!r} {error.args} {vars(error)}"
    assert "secrets/mail" in told
    assert found(told, traces_of([VALUE])) == set()


def test_an_answer_that_is_nested_too_deeply_is_an_error_of_the_api_server_like_any_other() -> None:
    assert from_response("get", "/x", 500, b"[" * 100_000, None).status == 500


def test_the_sentinels_of_these_tests_are_found_where_they_are() -> None:
    now = datetime.now(UTC)
    assert found(f"{now} {VALUE[5:20]}", traces_of([VALUE])) != set()
    assert found(json.dumps(encode_base64({"a": f"x{VALUE}"})), traces_of([VALUE])) != set()
    assert found(str(now), traces_of([VALUE])) == set()
