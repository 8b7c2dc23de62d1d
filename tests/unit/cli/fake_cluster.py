"""A fake API server that holds objects of ours and says who may do what, and objects to put into it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from click.testing import CliRunner, Result

from tests.unit.kube.fake import FakeApi, Object, refusal
from tracardi_operator.cli import main

CREATED = "2026-01-01T00:00:00Z"
TIME = "2026-01-02T00:00:00Z"
Run = Callable[..., Any]

_PLURALS = {
    "Resource": "resources",
    "ResourceConsumer": "resourceconsumers",
    "ResourceType": "resourcetypes",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
}


class FakeCluster(FakeApi):
    """Answers SubjectAccessReviews; everything else is as in FakeApi."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed: set[tuple[str, str, str, str]] = set()
        """User, verb, plural of the kind, name (empty: all)."""
        self.questions: list[Object] = []

    def add(self, *bodies: Object) -> None:
        for body in bodies:
            metadata = body["metadata"]
            plural = _PLURALS[body["kind"]]
            versions = {"uid": metadata["name"], "resourceVersion": "1"}
            key = plural, metadata.get("namespace", ""), metadata["name"]
            self.objects[key] = body | {"metadata": metadata | versions}

    def refuse(self, plural: str, code: int, reason: str) -> None:
        """Answer whatever is asked of a kind with this error."""
        self.faults.append(lambda request: refusal(code, reason) if request.path.endswith(f"/{plural}") else None)

    async def _create(self, request: web.BaseRequest, plural: str, namespace: str) -> web.StreamResponse:
        body = await request.json()
        self.questions.append(body["spec"])
        about = body["spec"]["resourceAttributes"]
        asked = (body["spec"]["user"], about["verb"], about["resource"], about.get("name", ""))
        return web.json_response(body | {"status": {"allowed": asked in self.allowed}}, status=201)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[FakeCluster, Run]]:
    """A cluster, and what runs a command against it; its namespace is `home`."""
    cluster = FakeCluster()
    async with cluster.serve():
        kubeconfig = cluster.kubeconfig(folder / "kubeconfig")

        async def run(name: str, *arguments: str, **options: Any) -> Result:
            command = [name, "--kubeconfig", kubeconfig, *arguments]
            return await asyncio.to_thread(CliRunner().invoke, main, command, catch_exceptions=False, **options)

        yield cluster, run


def resource(name: str, namespace: str = "home", status: Object | None = None, **spec: Any) -> Object:
    token = {"valueFrom": {"secretKeyRef": {"name": "mail", "key": "api-key"}}}
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "Resource",
        "metadata": {"namespace": namespace, "name": name, "generation": 2, "creationTimestamp": CREATED},
        "spec": {"type": "sendgrid", "credentials": {"production": {"fields": {"token": token}}}} | spec,
        "status": status or {"observedGeneration": -1},
    }


def consumer(name: str, namespace: str = "home", status: Object | None = None, **spec: Any) -> Object:
    """One that takes from its own namespace; without a target in `spec` into a bundle."""
    target = {} if "tracardi" in spec else {"bundle": {"environment": "production", "format": "json"}}
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "ResourceConsumer",
        "metadata": {"namespace": namespace, "name": name, "generation": 2, "creationTimestamp": CREATED},
        "spec": {"from": [{"namespace": namespace}]} | target | spec,
        "status": status or {"observedGeneration": -1},
    }


def delivered(ready: Object, *omitted: Object, resources: int = 3) -> Object:
    return {
        "observedGeneration": 2,
        "conditions": [ready],
        "resources": resources,
        "omitted": list(omitted),
        "revision": 7,
        "lastChange": TIME,
        "bundle": {"name": "all-bundle", "resourceVersion": "9"},
    }


def resource_type(name: str, status: Object) -> Object:
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "ResourceType",
        "metadata": {"name": name, "generation": 1, "creationTimestamp": CREATED},
        "spec": {"fields": [{"name": "token"}]},
        "status": status,
    }


def condition(status: str, reason: str, message: str = "words") -> Object:
    return {"type": "Ready", "status": status, "lastTransitionTime": TIME, "reason": reason, "message": message}


def ready(revision: int = 3, *problems: Object, generation: int = 2) -> Object:
    environment: Object = {"ready": True, "revision": revision, "problems": list(problems)}
    return _status(condition("True", "Ready", "all environments are published"), environment, generation)


def broken(*problems: Object, stale: bool = False) -> Object:
    environment: Object = {"ready": False, "problems": list(problems)}
    if stale:
        output = {"name": "mail-production-resolved", "resourceVersion": "7"}
        environment |= {"revision": 4, "stale": True, "since": TIME, "output": output}
    return _status(condition("False", problems[0]["reason"]), environment)


def held(status: str, reason: str, message: str) -> Object:
    """What was found earlier stays in it."""
    return broken(problem("Placeholder", "of the past")) | {"conditions": [condition(status, reason, message)]}


def problem(reason: str, message: str, severity: str = "error") -> Object:
    source = {"kind": "Secret", "name": "mail", "key": "api-key"}
    return {"field": "token", "reason": reason, "severity": severity, "message": message, "source": source}


def _status(ready: Object, production: Object, generation: int = 2) -> Object:
    return {"observedGeneration": generation, "conditions": [ready], "environments": {"production": production}}


def data(result: Result) -> Any:
    return json.loads(result.stdout)
