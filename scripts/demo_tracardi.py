"""The Tracardi of `make demo`: the stand-in of the tests, as a process of its own, and a person who works in it."""

import contextlib
import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracardi_operator.devcluster.components import HOST
from tracardi_operator.devcluster.ports import free_port
from tracardi_operator.devcluster.processes import Process

ROOT = Path(__file__).parents[1]
CONTEXTS = ("production", "staging")
INSTALLATION_TOKEN = "tracardi"
"""That of every Tracardi for which nobody chose another one."""
ADMIN, TRACARDI_USER = "admin", "tracardi-operator"


class Tracardi:
    """Within `running()` it answers at `url`, and has an admin and a user for the operator."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._port = free_port(HOST)
        self._admin_password = secrets.token_urlsafe(16)
        self.password = secrets.token_urlsafe(16)
        """Of the operator's user."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        command = [sys.executable, "-m", "tests.tracardi", str(self._port)]
        with Process.start("the stand-in of Tracardi", command, self._log, directory=ROOT):
            yield

    def is_there(self) -> bool:
        """Without a login it refuses to tell anything, and so tells that it is there."""
        try:
            self._call("GET", "/resources")
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def set_up(self) -> None:
        """What the GUI does at its first start, and what an admin does there for the operator."""
        login = {"username": ADMIN, "password": self._admin_password}
        self._call("POST", "/install", {**login, "token": INSTALLATION_TOKEN, "needs_admin": True})
        user = {"email": TRACARDI_USER, "password": self.password, "full_name": "The operator", "roles": ["developer"]}
        self._call("POST", "/user", user, self._log_in())

    def resources(self, context: str) -> dict[str, dict[str, Any]]:
        """By name."""
        found = self._call("GET", "/resources", None, self._log_in() | {"x-context": context})["result"]
        return {resource["name"]: resource for resource in found}

    def edit(self, name: str, context: str, **changes: Any) -> None:
        """As the form of the GUI does it: all of the resource is sent back."""
        resource = self.resources(context)[name]
        self._call("POST", "/resource", resource | changes, self._log_in() | {"x-context": context})

    def _log_in(self) -> dict[str, str]:
        form = urllib.parse.urlencode({"username": ADMIN, "password": self._admin_password}).encode()
        with urllib.request.urlopen(f"{self.url}/user/token", form, timeout=5) as answer:  # noqa: S310
            return {"Authorization": f"Bearer {json.load(answer)['access_token']}"}

    def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}{path}",
            json.dumps(body).encode() if body else None,
            {"Content-Type": "application/json", **(headers or {})},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return json.load(answer)
