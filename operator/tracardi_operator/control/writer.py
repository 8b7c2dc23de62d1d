"""Writing: outputs by POST, PUT and DELETE with preconditions, status by server-side apply.

A PUT names the uid and resourceVersion that it replaces: it can't overwrite a stranger, and a write of a deposed
leader fails. It also removes keys that were added by hand.
"""

import logging
from typing import Any, Final

from tracardi_operator.api.names import API_VERSION, MANAGER
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import Model
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.later import Later
from tracardi_operator.control.records import Key, OwnRecord
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unauthorized,
)
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Desired, Observed, carried_over

_REFUSALS: Final = (BadRequest, Forbidden, Invalid, TooLarge)
"""An admission webhook that sets no code of its own, as those of Kyverno, denies with 400."""
_NOT_TAKEN: Final = (
    "it may be too large, have labels or annotations of a wrong form, or be held up by a quota, an admission webhook "
    "or a namespace that is being deleted"
)
_NOT_DELETED: Final = "an admission webhook or policy may forbid it, or the operator may lack the right to"

log = logging.getLogger(__name__)


class Outdated(Later):
    """What a decision was made from is no longer so: the store has been brought up to date, decide anew."""


class Refused(Later):
    """The API server does not take an output, and says so in a way that repeating won't change at once."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class Writer:
    """Of what one of our kinds publishes in the cluster."""

    def __init__(self, client: Client, store: KindStore[Any], fingerprints: Fingerprints) -> None:
        self._client = client
        self._store = store
        self._fingerprints = fingerprints
        self._without_right: set[Key] = set()
        """Whose status was refused for want of rights, and none since."""

    @property
    def status_is_forbidden(self) -> bool:
        """Whether a status waits that was refused for want of rights."""
        return any(self._store.record(key) for key in self._without_right)

    async def write(self, record: OwnRecord, desired: Desired, current: Observed | None) -> Observed:
        """Create or replace an output. Raises `Outdated` or `Refused`."""
        namespace, name = record.key.namespace, desired.secret.name
        body = output_body(record, desired, current)
        try:
            if current is None:
                answer = await self._client.create(SECRETS, namespace, body)
            else:
                answer = await self._client.replace(SECRETS, namespace, name, body)
        except (AlreadyExists, Conflict, NotFound) as error:
            await self._look(namespace, name, current)
            raise Outdated from error
        except _REFUSALS as error:
            raise Refused(_refusal(f"take Secret {name!r}", error, _NOT_TAKEN)) from error
        # What was written, and not what the store may know already: an edit by hand right after it is to be put right.
        output = Observed(ObjectMeta.decode(answer["metadata"]))
        self._store.observe_own_output(record, output.meta)
        self._fingerprints.wrote(output, desired.fingerprint)
        return output

    async def remove(self, record: OwnRecord, output: Observed) -> None:
        """Delete an output, unless somebody has made another of it meanwhile. Raises `Outdated` or `Refused`."""
        namespace = record.key.namespace
        await self.confirm(record)
        try:
            await self._client.delete(
                SECRETS, namespace, output.name, uid=output.meta.uid, resource_version=output.meta.resource_version
            )
        except NotFound:
            pass
        except Conflict as error:
            await self._look(namespace, output.name, output)
            raise Outdated from error
        except _REFUSALS as error:
            raise Refused(_refusal(f"delete Secret {output.name!r}", error, _NOT_DELETED)) from error
        self._store.forget_output(namespace, output.name, output.meta.uid)

    async def write_status(self, record: OwnRecord, status: Model) -> bool:
        """Server-side apply to the version that was examined: one made anew under the same name is not touched.

        The uid would not do: API servers ignore it here. False if it is not found. Raises `Outdated`.
        """
        body = {
            "apiVersion": API_VERSION,
            "kind": record.kind.kind,
            "metadata": {
                "name": record.key.name,
                "namespace": record.key.namespace,
                "resourceVersion": str(record.resource_version),
            },
            "status": status.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        try:
            answer = await self._client.apply_status(
                record.kind, record.key.namespace, record.key.name, body, field_manager=MANAGER
            )
        except NotFound:
            await self._forget_if_gone(record)
            return False
        except Conflict as error:
            raise Outdated from error
        except Forbidden:
            self._note_forbidden(record)
            raise
        except Unauthorized:  # what was forbidden was so to credentials that are no longer accepted
            self._without_right.clear()
            raise
        self._without_right.clear()
        self._store.observe_own_status(record, answer["status"], answer["metadata"]["resourceVersion"])
        return True

    def leave_status(self, record: OwnRecord) -> None:
        """It says already what it should: perhaps another replica wrote it."""
        self._without_right.discard(record.key)

    def _note_forbidden(self, record: OwnRecord) -> None:
        if not self.status_is_forbidden:
            log.error("Status may not be written: run as the ServiceAccount that the operator was installed for")
        self._without_right.add(record.key)

    async def confirm(self, record: OwnRecord) -> None:
        """Look whether the object is as it is known: the watch may be behind, or dead. Raises `Outdated`."""
        try:
            body = await self._client.get(record.kind, record.key.namespace, record.key.name)
        except NotFound:
            self._store.drop(record.key, record.uid, for_good=False)
            raise Outdated from None
        self._store.take_in(body)
        if (body["metadata"]["uid"], body["metadata"]["generation"]) != (record.uid, record.generation):
            raise Outdated

    async def _forget_if_gone(self, record: OwnRecord) -> None:
        """The watch may be dead, and it would be published again each time that its output is collected.

        Asked, because the status of a Resource left behind in a namespace that is gone can't be written either.
        """
        try:
            await self._client.get(record.kind, record.key.namespace, record.key.name, metadata_only=True)
        except NotFound:
            self._store.drop(record.key, record.uid, for_good=False)

    async def _look(self, namespace: str, name: str, known: Observed | None) -> None:
        """Bring the store up to date about one Secret, without reading its data."""
        try:
            answer = await self._client.get(SECRETS, namespace, name, metadata_only=True)
        except NotFound:
            if known is not None:
                self._store.forget_output(namespace, name, known.meta.uid)
        else:
            self._store.observe(SECRETS, ObjectMeta.decode(answer["metadata"]))


def output_body(record: OwnRecord, desired: Desired, current: Observed | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": desired.secret.name, "namespace": record.key.namespace}
    if current is None:
        metadata |= {"labels": desired.secret.labels, "annotations": desired.annotations()}
        metadata["ownerReferences"] = [_owner(record)]
    else:
        labels, annotations = carried_over(current, desired)
        metadata |= {"uid": current.meta.uid, "resourceVersion": current.meta.resource_version}
        metadata |= {"labels": labels, "annotations": annotations, "finalizers": list(current.meta.finalizers)}
        others = [owner.encode() for owner in current.meta.owner_references if owner.uid != record.uid]
        metadata["ownerReferences"] = [*others, _owner(record)]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": desired.secret.type,
        "data": encode_base64(desired.secret.data),
    }


def _owner(record: OwnRecord) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": record.kind.kind,
        "name": record.key.name,
        "uid": record.uid,
        "controller": True,
    }


def _refusal(what: str, error: ApiError, causes: str) -> Problem:
    return Problem(Reason.REJECTED, f"the API server does not {what} ({error.status} {error.reason}); {causes}")
