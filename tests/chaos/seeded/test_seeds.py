"""The fixed seeds end as they should, and the checker sees what would be wrong."""

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.seeded.checker import Checker, Picture
from tests.chaos.seeded.cluster import Cluster, Document, encode
from tests.chaos.seeded.coverage import never_set, report
from tests.chaos.seeded.expectation import REVISION
from tests.chaos.seeded.history import History
from tests.chaos.seeded.journal import Written
from tests.chaos.seeded.leaks import leaked_values
from tests.chaos.seeded.play import Outcome, play
from tests.chaos.seeded.script import FIRST_REST, FIXED, Script, Step, draw
from tests.chaos.seeded.site import PASSWORD, USER
from tests.chaos.seeded.vocabulary import HERE, LOGIN, TRACARDI
from tests.tracardi.standin import Row
from tracardi_operator.devcluster import ControlPlane

pytestmark = pytest.mark.timeout(900)

STRANGER = "stranger-0"
RESOURCE = "subject"
INPUT = "subject-input"
OUTPUT = f"{RESOURCE}-production-resolved"
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CONSUMER = "reader"
FEED = "feeder"


@pytest.fixture(scope="module")
def outcomes(installed: ControlPlane) -> dict[int, Outcome]:
    return {seed: play(draw(seed), installed) for seed in FIXED}


@pytest.mark.parametrize("seed", FIXED)
def test_whatever_happens_the_cluster_ends_as_it_should_be(outcomes: dict[int, Outcome], seed: int, tell: Tell) -> None:
    outcome = outcomes[seed]
    tell(f" {outcome.steps} steps, {outcome.faults.total()} faults, {outcome.seconds:.0f} s ")
    assert outcome.violations == []
    assert outcome.writes


def test_every_field_of_the_crds_was_changed_and_took_what_fits(outcomes: dict[int, Outcome], tell: Tell) -> None:
    lines = report(change for outcome in outcomes.values() for change in outcome.changes)
    tell("\n" + "\n".join(lines) + "\n")
    assert not [line for line in lines if "-" in line.rpartition(": ")[2]]
    assert never_set(lines) == []


# The user


def test_an_object_that_goes_while_it_is_changed_stays_gone(installed: ControlPlane) -> None:
    cluster = Cluster(installed.kubeconfig, "default")
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "fleeting"}}
    cluster.create("leases", lease)

    def change(body: Document) -> None:
        body["spec"] = {"holderIdentity": "somebody"}
        cluster.delete("leases", "fleeting")

    assert cluster.change("leases", "fleeting", change) is None


# The checker


@pytest.fixture(scope="module")
def calm(installed: ControlPlane) -> Outcome:
    """A Resource, its input, two consumers and a stranger, and nothing that goes wrong."""
    data = {"token": TOKEN.encode(), "api_url": b"https://visits.example.com"}
    login = {"username": USER.encode(), "password": PASSWORD.encode()}
    resource = {"type": "matomo", "credentials": {"production": {"secretRef": {"name": INPUT}}}}
    consumer = {"from": [{"namespace": HERE}], "bundle": {"environment": "production", "format": "json"}}
    target = {"url": TRACARDI, "login": {"name": LOGIN}, "testFallback": "Nothing"}
    feed = {"from": [{"namespace": HERE}], "tracardi": target}
    steps = (
        Step("store", INPUT, {"kind": "secrets", "data": encode(data)}),
        Step("store", LOGIN, {"kind": "secrets", "data": encode(login)}),
        Step("put", RESOURCE, {"kind": "resources", "spec": resource}),
        Step("put", CONSUMER, {"kind": "resourceconsumers", "spec": consumer}),
        Step("put", FEED, {"kind": "resourceconsumers", "spec": feed}),
        FIRST_REST,
        Step("plant", STRANGER, {"how": "labelled", "near": RESOURCE}),
    )
    outcome = play(Script(0, 1, steps), installed)
    assert outcome.violations == []
    return outcome


Distort = Callable[[Picture], object]


def _set_status(seen: Picture, **status: object) -> None:
    seen.resources[RESOURCE]["status"] |= status


def _other_value(seen: Picture) -> None:
    seen.secrets[OUTPUT]["data"]["token"] = base64.b64encode(b"0" * 32).decode()


def _left_over(seen: Picture) -> None:
    seen.secrets["former"] = copy.deepcopy(seen.secrets[OUTPUT])


def _touched(seen: Picture) -> None:
    seen.secrets[STRANGER]["metadata"]["resourceVersion"] = "1"


def _other_revision(seen: Picture) -> None:
    seen.secrets[OUTPUT]["metadata"]["annotations"][REVISION] = "9"


def _older_input(seen: Picture) -> None:
    seen.secrets[INPUT]["metadata"]["resourceVersion"] += "0"


def _bad_input(seen: Picture) -> None:
    seen.secrets[INPUT]["data"]["token"] = base64.b64encode(b"<your-value>").decode()


def _poorer_bundle(seen: Picture) -> None:
    seen.secrets[f"{CONSUMER}-bundle"]["data"]["resources.json"] = base64.b64encode(b"{}").decode()


DISTORTIONS: dict[str, Distort] = {
    "another value": _other_value,
    "no output": lambda seen: seen.secrets.pop(OUTPUT),
    "an output too many": _left_over,
    "an output of a Resource that is gone": lambda seen: seen.resources.pop(RESOURCE),
    "a stranger's Secret touched": _touched,
    "a stranger's Secret removed": lambda seen: seen.secrets.pop(STRANGER),
    "a label lost": lambda seen: seen.secrets[OUTPUT]["metadata"]["labels"].popitem(),
    "another revision": _other_revision,
    "made from an older input": _older_input,
    "ready on a bad input": _bad_input,
    "status about an older spec": lambda seen: _set_status(seen, observedGeneration=0),
    "no condition": lambda seen: _set_status(seen, conditions=[]),
    "no binding": lambda seen: _set_status(seen, binding={}),
    "a receiver too many": lambda seen: _set_status(seen, consumers=["elsewhere/other"]),
    "a bundle that lacks a Resource": _poorer_bundle,
    "no bundle": lambda seen: seen.secrets.pop(f"{CONSUMER}-bundle"),
}


@pytest.mark.parametrize("name", DISTORTIONS)
def test_the_checker_sees(calm: Outcome, name: str) -> None:
    assert calm.seen
    assert calm.journal
    assert calm.site
    checker = Checker(calm.journal, calm.site)
    assert checker.violations(calm.seen) == []
    seen = copy.deepcopy(calm.seen)
    DISTORTIONS[name](seen)
    assert checker.violations(seen)


def _too_many(rows: dict[tuple[str, bool], Row]) -> None:
    id_, production = next(iter(rows))
    rows["former", production] = copy.deepcopy(rows[id_, production])


def _other_credentials(rows: dict[tuple[str, bool], Row]) -> None:
    next(iter(rows.values()))["credentials"]["production"]["token"] = "another"


@pytest.mark.parametrize("change", [_too_many, _other_credentials, lambda rows: rows.popitem()])
def test_the_checker_sees_what_is_wrong_in_tracardi(
    calm: Outcome, change: Callable[[dict[tuple[str, bool], Row]], object]
) -> None:
    assert calm.seen
    assert calm.journal
    assert calm.site
    site = copy.copy(calm.site)
    site.tracardi = copy.copy(calm.site.tracardi)
    site.tracardi.rows = copy.deepcopy(calm.site.tracardi.rows)
    checker = Checker(calm.journal, site)
    assert checker.violations(calm.seen) == []
    change(site.tracardi.rows)
    assert checker.violations(calm.seen)


def _history(calm: Outcome, change: Callable[[list[Written]], object]) -> list[str]:
    """What is said of all that the operator wrote, after a change of it."""
    assert calm.journal
    other = copy.copy(calm.journal)
    other.operator = list(calm.journal.operator)
    change(other.operator)
    return History(other).violations()


def _output(written: list[Written]) -> Written:
    return next(each for each in written if each.name == OUTPUT)


def _again(written: list[Written], change: Callable[[Document], object]) -> None:
    """The output is written once more, in another way."""
    first = _output(written)
    body = copy.deepcopy(first.body)
    assert body
    change(body)
    replaced = body["metadata"]["resourceVersion"]
    body["metadata"]["resourceVersion"] += "0"
    written.append(replace(first, number=10**6, body=body, replaced=replaced))


def _garbled(body: Document) -> None:
    body["data"]["token"] = base64.b64encode(b"1" * 32).decode()


def _raised(body: Document) -> None:
    body["metadata"]["annotations"][REVISION] = "2"


def test_the_checker_sees_what_was_wrong_on_the_way(calm: Outcome) -> None:
    assert _history(calm, lambda written: None) == []
    assert _history(calm, lambda written: _again(written, _garbled))
    assert _history(calm, lambda written: _again(written, _raised))


def test_the_checker_sees_the_removal_of_what_is_asked_for(calm: Outcome) -> None:
    def remove(written: list[Written]) -> None:
        body = _output(written).body
        assert body
        written.append(Written(10**6, "secrets", OUTPUT, None, uid=body["metadata"]["uid"]))

    assert _history(calm, remove)


@pytest.mark.parametrize("text", [TOKEN, json.dumps({"a": TOKEN[4:14]}), base64.b64encode(TOKEN.encode()).decode()])
def test_the_checker_sees_a_value_or_a_part_of_it(calm: Outcome, text: str) -> None:
    assert calm.journal
    assert leaked_values(calm.journal, {"the logs": f"wrote {text}"})
    assert not leaked_values(calm.journal, {"the logs": "wrote an output"})
