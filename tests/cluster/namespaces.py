"""Namespaces made and removed by bare requests: kubectl takes a hundred times as long, and every test needs one."""

import http.client
import json
import ssl
from contextlib import closing
from urllib.parse import urlsplit

from tracardi_operator.devcluster import ControlPlane

PATH = "/api/v1/namespaces"


class Namespaces:
    def __init__(self, control_plane: ControlPlane) -> None:
        self._server = urlsplit(control_plane.url).netloc
        pki = control_plane.directory / "pki"
        self._tls = ssl.create_default_context(cafile=pki / "ca.crt")
        self._tls.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def create(self, name: str) -> None:
        self._request("POST", PATH, {"metadata": {"name": name}})

    def delete(self, name: str) -> None:
        """Begin to: its objects go in the background."""
        self._request("DELETE", f"{PATH}/{name}")

    def _request(self, method: str, path: str, body: dict[str, object] | None = None) -> None:
        connection = http.client.HTTPSConnection(self._server, context=self._tls, timeout=30)
        with closing(connection):
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status < 300, answer.read()
