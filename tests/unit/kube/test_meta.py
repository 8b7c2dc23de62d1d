from tracardi_operator.kube.meta import ObjectMeta, OwnerReference

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

FULL = {
    "namespace": "shop",
    "name": "a",
    "uid": "u",
    "resourceVersion": "7",
    "labels": {"l": "1"},
    "annotations": {"kept": "2", LAST_APPLIED: '{"data": {"token": "SENTINEL"}}'},
    "managedFields": [{"fieldsV1": {"f:data": {"f:SENTINEL": {}}}}],
    "ownerReferences": [
        {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "o", "controller": True, "blockOwnerDeletion": False}
    ],
    "finalizers": ["example.com/f"],
    "deletionTimestamp": "2026-01-01T00:00:00Z",
}


def test_what_may_hold_a_value_is_dropped_while_decoding() -> None:
    assert "SENTINEL" not in repr(ObjectMeta.decode(FULL))


def test_everything_else_is_kept() -> None:
    assert ObjectMeta.decode(FULL) == ObjectMeta(
        namespace="shop",
        name="a",
        uid="u",
        resource_version="7",
        labels={"l": "1"},
        annotations={"kept": "2"},
        owner_references=(OwnerReference("v1", "Pod", "p", "o", controller=True, block_owner_deletion=False),),
        finalizers=("example.com/f",),
        deletion="2026-01-01T00:00:00Z",
    )


def test_decoding_changes_nothing_in_what_it_was_given() -> None:
    ObjectMeta.decode(FULL)
    assert LAST_APPLIED in FULL["annotations"]


def test_what_is_absent_is_empty() -> None:
    meta = ObjectMeta.decode({"name": "a", "uid": "u", "resourceVersion": "7"})
    assert (meta.key, meta.labels, meta.annotations, meta.owner_references) == (("", "a"), {}, {}, ())


def test_owner_is_encoded_as_it_was_decoded() -> None:
    assert [owner.encode() for owner in ObjectMeta.decode(FULL).owner_references] == FULL["ownerReferences"]
