"""The cluster as its users write it and as the checker reads it: JSON, by the official client for Python."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import urllib3
from kubernetes import client, config

Document = dict[str, Any]

TIMEOUT: Final = (2.0, 5.0)
"""Seconds to connect and to wait for an answer."""
PATIENCE: Final = 90.0
"""Seconds for which a request is repeated while nobody answers."""
PAUSE: Final = 0.1
_OWN: Final = "apis/tracardi.com/v1alpha1"
_RBAC: Final = "apis/rbac.authorization.k8s.io/v1"
PATHS: Final = {
    "namespaces": "api/v1/{plural}",
    "secrets": "api/v1/namespaces/{namespace}/{plural}",
    "configmaps": "api/v1/namespaces/{namespace}/{plural}",
    "events": "api/v1/namespaces/{namespace}/{plural}",
    "resources": _OWN + "/namespaces/{namespace}/{plural}",
    "resourceconsumers": _OWN + "/namespaces/{namespace}/{plural}",
    "resourcetypes": _OWN + "/{plural}",
    "leases": "apis/coordination.k8s.io/v1/namespaces/{namespace}/{plural}",
    "clusterroles": _RBAC + "/{plural}",
}


class Refusal(Exception):  # noqa: N818  # it names the state of affairs
    """The API server answered, and not with success."""

    def __init__(self, code: int, body: bytes) -> None:
        super().__init__(code, body[:600].decode(errors="replace"))
        self.code = code


class Cluster:
    """Everything in one namespace, or outside of any. Requests that nobody answers are repeated for a while."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._api: client.ApiClient = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
        self.namespace = namespace

    def close(self) -> None:
        self._api.rest_client.pool_manager.clear()

    def find(self, plural: str, name: str) -> Document | None:
        try:
            return self._request("GET", self._path(plural, name))
        except Refusal as refusal:
            if refusal.code != 404:
                raise
            return None

    def list(self, plural: str) -> list[Document]:
        items: list[Document] = self._request("GET", self._path(plural))["items"]
        return items

    def version(self, plural: str) -> str:
        """The present resourceVersion of all objects of a kind."""
        version: str = self._request("GET", self._path(plural) + "?limit=1")["metadata"]["resourceVersion"]
        return version

    def create(self, plural: str, body: Document) -> Document:
        return self._request("POST", self._path(plural), body)

    def dry_run(self, plural: str, body: Document) -> None:
        """Raises Refusal if it could not be created, were there none of its name."""
        metadata = {"name": body["metadata"]["name"] + "-x"}
        self._request("POST", self._path(plural) + "?dryRun=All", body | {"metadata": metadata})

    def put(self, plural: str, name: str, new: Document, change: Callable[[Document], None]) -> Document:
        """Create an object, or change the one that is there; repeated until nobody writes in between."""
        while True:
            if there := self.change(plural, name, change):
                return there
            try:
                return self.create(plural, new)
            except Refusal as refusal:
                if refusal.code != 409:
                    raise

    def change(self, plural: str, name: str, change: Callable[[Document], None]) -> Document | None:
        """Change the object that is there, if there is one; repeated until nobody writes in between."""
        while body := self.find(plural, name):
            before = json.dumps(body)
            change(body)
            if json.dumps(body) == before:
                return body
            try:
                return self._request("PUT", self._path(plural, name), body)
            except Refusal as refusal:
                if refusal.code not in (404, 409):
                    raise
        return None

    def delete(self, plural: str, name: str, uid: str = "", version: str = "") -> bool:
        """Whether there was something to be deleted: this very object, in this very state, if that is said."""
        asked = {"uid": uid, "resourceVersion": version}
        body = {"preconditions": {key: value for key, value in asked.items() if value}}
        try:
            self._request("DELETE", self._path(plural, name), body)
        except Refusal as refusal:
            if refusal.code not in (404, 409):
                raise
            return False
        return True

    def delete_all(self, plural: str) -> None:
        self._request("DELETE", self._path(plural))

    def _path(self, plural: str, name: str = "") -> str:
        path = PATHS[plural].format(namespace=self.namespace, plural=plural)
        return f"/{path}/{name}" if name else f"/{path}"

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Document:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._ask(method, path, body)
            except (urllib3.exceptions.HTTPError, _Unserved):
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> Document:
        url = self._api.configuration.host + path
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            answer = self._api.call_api(method, url, headers, body, _request_timeout=TIMEOUT)
        except client.ApiException as error:
            raise _Unserved(error.status, b"") from None
        content: bytes = answer.read()  # type: ignore[no-untyped-call]
        if answer.status in (429, 500, 502, 503, 504):  # nothing of ours: the server is starting, or etcd is paused
            raise _Unserved(answer.status, content)
        if answer.status >= 300:
            raise Refusal(answer.status, content)
        document: Document = json.loads(content)
        return document


class _Unserved(Refusal):
    """The server can't serve anybody at the moment."""


def encode(data: Mapping[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in data.items()}


def decode(body: Mapping[str, Any]) -> dict[str, bytes]:
    """What a Secret holds."""
    return {key: base64.b64decode(value) for key, value in (body.get("data") or {}).items()}
