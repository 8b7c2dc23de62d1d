"""The steps of users: what they write, and the journal's note of it."""

import base64
import copy
import json
from collections.abc import Callable, Mapping
from typing import Final

from tests.chaos.seeded.cluster import Cluster, Document, Refusal
from tests.chaos.seeded.expectation import PROVENANCE, annotations
from tests.chaos.seeded.journal import Journal
from tests.chaos.seeded.script import Step

_KINDS: Final = {
    "resources": ("tracardi.com/v1alpha1", "Resource"),
    "resourcetypes": ("tracardi.com/v1alpha1", "ResourceType"),
    "resourceconsumers": ("tracardi.com/v1alpha1", "ResourceConsumer"),
    "secrets": ("v1", "Secret"),
    "configmaps": ("v1", "ConfigMap"),
}
_ANNOTATION: Final = "tracardi.com/requested-at"
_MADE_UP: Final = base64.b64encode(b"somebody else's").decode()


class Users:
    """Does one step after the other. The answer says whether the API server took it."""

    def __init__(self, cluster: Cluster, journal: Journal, names: Mapping[str, str]) -> None:
        """`names`: what stands in scripts for what they can't know."""
        self._names = names
        self._cluster = cluster
        self._journal = journal

    def do(self, step: Step) -> bool:
        actions: dict[str, Callable[[Step], None]] = {
            "put": self._put,
            "delete": self._delete,
            "annotate": self._annotate,
            "store": self._store,
            "tamper": self._tamper,
            "plant": self._plant,
            "uproot": lambda step: self._remove("secrets", step.name),
        }
        try:
            actions[step.do](step)
        except Refusal as refusal:
            if refusal.code not in (400, 403, 422):
                raise
            return False
        return True

    def _put(self, step: Step) -> None:
        """`again`: if the object that is there can't become so, it is made anew."""
        kind, labels = step.args["kind"], step.args.get("labels", {})
        spec = self._here(step.args["spec"])
        new = _object(kind, step.name) | {"spec": spec}
        new["metadata"]["labels"] = labels

        def change(body: Document) -> None:
            body["spec"] = copy.deepcopy(spec)
            body["metadata"]["labels"] = labels

        try:
            self._write(kind, step.name, new, change)
        except Refusal as refusal:
            if refusal.code != 422 or not step.args.get("again"):
                raise
            self._cluster.dry_run(kind, new)
            self._remove(kind, step.name)
            self._cluster.change(kind, step.name, let_go)  # its Tracardi does not answer: nobody waits for it
            self._write(kind, step.name, new, change)

    def _here(self, spec: Document) -> Document:
        text = json.dumps(spec)
        for stand_in, name in self._names.items():
            text = text.replace(stand_in, name)
        here: Document = json.loads(text)
        return here

    def _delete(self, step: Step) -> None:
        self._remove(step.args["kind"], step.name)

    def _annotate(self, step: Step) -> None:
        kind = step.args["kind"]

        def change(body: Document) -> None:
            body["metadata"].setdefault("annotations", {})[_ANNOTATION] = step.args["value"]

        if there := self._cluster.find(kind, step.name):
            self._write(kind, step.name, there, change)

    def _store(self, step: Step) -> None:
        kind, data = step.args["kind"], step.args.get("data", {})
        if kind == "configmaps":
            data = {key: base64.b64decode(value).decode() for key, value in data.items()}
        self._write(kind, step.name, _object(kind, step.name) | {"data": data}, lambda body: body.update(data=data))

    def _tamper(self, step: Step) -> None:
        there = self._cluster.find("secrets", step.name)
        if there is None:
            return
        if step.args["how"] == "delete":
            self._remove("secrets", step.name)
        else:
            self._write("secrets", step.name, there, _TAMPERINGS[step.args["how"]])

    def _plant(self, step: Step) -> None:
        """A stranger's Secret that looks more or less like one of the operator's. One that is there stays."""
        if self._cluster.find("secrets", step.name):
            return
        body = _object("secrets", step.name) | {"data": {"token": _MADE_UP}}
        near = self._cluster.find("resources", step.args["near"]) if "near" in step.args else None
        body["metadata"] |= _disguise(step.args["how"], near)
        begun = self._journal.begin()
        try:
            created = self._cluster.create("secrets", body)
        except Refusal as refusal:
            if refusal.code != 409:  # the operator was faster
                raise
        else:
            self._journal.wrote("secrets", created, begun)

    def _write(self, kind: str, name: str, new: Document, change: Callable[[Document], None]) -> None:
        begun = self._journal.begin()
        self._journal.wrote(kind, self._cluster.put(kind, name, _fresh(new), change), begun)

    def _remove(self, kind: str, name: str) -> None:
        begun = self._journal.begin()
        if self._cluster.delete(kind, name):
            self._journal.deleted(kind, name, begun)


def _object(plural: str, name: str) -> Document:
    version, kind = _KINDS[plural]
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _fresh(body: Document) -> Document:
    """Fit to be created, should the object be gone by then."""
    metadata = {key: body["metadata"][key] for key in ("name", "labels", "annotations") if key in body["metadata"]}
    return {key: value for key, value in body.items() if key != "status"} | {"metadata": metadata}


def _disguise(how: str, near: Document | None) -> Document:
    name = near["metadata"]["name"] if near else "nobody"
    labels = {
        "app.kubernetes.io/managed-by": "tracardi-operator",
        "tracardi.com/resource": name,
        "tracardi.com/environment": "production",
    }
    owner = {"apiVersion": "tracardi.com/v1alpha1", "kind": "Resource", "name": name, "controller": True}
    if how == "labelled":
        return {"labels": labels}
    if how == "claims an owner" and near:
        return {"labels": labels, "ownerReferences": [owner | {"uid": near["metadata"]["uid"]}]}
    if how == "copy without owner":
        return {"labels": labels, "annotations": {PROVENANCE: '{"spec":"0","type":"0"}', "tracardi.com/revision": "7"}}
    return {}


def let_go(body: Document) -> None:
    """Have an object go that somebody was to clean up after."""
    body["metadata"].pop("finalizers", None)


def _set_key(body: Document) -> None:
    body["data"] = (body.get("data") or {}) | {"token": _MADE_UP}


def _drop_key(body: Document) -> None:
    data = body.get("data") or {}
    body["data"] = {key: data[key] for key in sorted(data)[1:]}


def _wipe_labels(body: Document) -> None:
    body["metadata"].pop("labels", None)


def _add_label(body: Document) -> None:
    body["metadata"].setdefault("labels", {})["seen-by"] = "somebody"


def _garble(body: Document) -> None:
    body["metadata"].setdefault("annotations", {})[PROVENANCE] = "garbled"


def _drop_provenance(body: Document) -> None:
    annotations(body).pop(PROVENANCE, None)


def _disown(body: Document) -> None:
    body["metadata"].pop("ownerReferences", None)


_TAMPERINGS: Final[dict[str, Callable[[Document], None]]] = {
    "set a key": _set_key,
    "drop a key": _drop_key,
    "wipe labels": _wipe_labels,
    "add a label": _add_label,
    "garble provenance": _garble,
    "drop provenance": _drop_provenance,
    "disown": _disown,
}
