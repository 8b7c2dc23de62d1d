"""An answer may come after news that is younger than it: of two that contradict each other, the younger is believed."""

from typing import Any

import pytest

from tracardi_operator.api.problems import SourceKind
from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.provenance import ABSENT
from tracardi_operator.resolve import InputRef

KEY = Key("shop", "mail")
OUTPUT = "mail-production-resolved"
INPUT = InputRef(SourceKind.SECRET, "mail")


def _resource(uid: str, version: int) -> dict[str, Any]:
    field = {"valueFrom": {"secretKeyRef": {"name": INPUT.name, "key": "api-key"}}}
    return {
        "metadata": {"namespace": KEY.namespace, "name": KEY.name, "uid": uid, "resourceVersion": str(version)},
        "spec": {"type": "sendgrid", "credentials": {"production": {"fields": {"token": field}}}},
    }


def _secret(name: str, uid: str, version: int, owner: str | None = None) -> ObjectMeta:
    owners = [{"apiVersion": "tracardi.com/v1alpha1", "kind": "Resource", "name": KEY.name, "uid": owner}]
    return ObjectMeta.decode(
        {
            "namespace": KEY.namespace,
            "name": name,
            "uid": uid,
            "resourceVersion": str(version),
            "ownerReferences": [owners[0] | {"controller": True}] if owner else [],
        }
    )


@pytest.fixture
def store() -> Store:
    store = Store(lambda _: None)
    store.take_in(_resource("new", 10))
    return store


def _record(store: Store) -> Record:
    record = store.record(KEY)
    assert record is not None
    return record


def test_an_output_whose_deletion_is_known_does_not_come_back_with_the_answer_to_its_creation(store: Store) -> None:
    created = _secret(OUTPUT, "output", 20, owner="new")
    store.observe(SECRETS, created)
    store.forget(SECRETS, _secret(OUTPUT, "output", 21, owner="new"))
    store.observe(SECRETS, created)
    assert store.output(KEY.namespace, OUTPUT) is None


def test_an_output_of_a_resource_that_is_gone_too_does_not_come_back(store: Store) -> None:
    created = _secret(OUTPUT, "output", 20, owner="new")
    store.observe(SECRETS, created)
    store.drop(KEY, "new")
    store.forget(SECRETS, _secret(OUTPUT, "output", 21, owner="new"))
    store.observe(SECRETS, created)
    assert store.output(KEY.namespace, OUTPUT) is None


def test_an_output_made_anew_is_taken_in(store: Store) -> None:
    store.observe(SECRETS, _secret(OUTPUT, "output", 20, owner="new"))
    store.forget(SECRETS, _secret(OUTPUT, "output", 21, owner="new"))
    store.observe(SECRETS, _secret(OUTPUT, "again", 22, owner="new"))
    assert store.output(KEY.namespace, OUTPUT) is not None


def test_what_was_deleted_may_be_there_again_after_the_cluster_was_restored(store: Store) -> None:
    before = _secret(OUTPUT, "output", 20, owner="new")
    store.observe(SECRETS, before)
    store.forget(SECRETS, _secret(OUTPUT, "output", 21, owner="new"))
    store.rewind(SECRETS, None)
    store.observe(SECRETS, before)
    assert store.output(KEY.namespace, OUTPUT) is not None


def test_an_input_whose_deletion_is_known_stays_absent_when_it_is_read_late(store: Store) -> None:
    store.observe(SECRETS, _secret(INPUT.name, "input", 20))
    store.forget(SECRETS, _secret(INPUT.name, "input", 21))
    store.learn(_record(store), INPUT, "input/20")
    assert store.version(_record(store), INPUT) == ABSENT


def test_an_input_that_has_appeared_is_not_absent_when_it_was_looked_for_too_early(store: Store) -> None:
    store.observe(SECRETS, _secret(INPUT.name, "input", 20))
    store.learn(_record(store), INPUT, ABSENT)
    assert store.version(_record(store), INPUT) == "input/20"


def test_an_input_that_nothing_is_known_of_is_learned_to_be_absent(store: Store) -> None:
    store.learn(_record(store), INPUT, ABSENT)
    assert store.version(_record(store), INPUT) == ABSENT


def test_a_late_word_of_a_deleted_resource_does_not_replace_the_one_made_anew(store: Store) -> None:
    store.take_in(_resource("old", 9))
    store.drop(KEY, "old")
    assert _record(store).uid == "new"
