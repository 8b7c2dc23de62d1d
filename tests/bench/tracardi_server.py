"""A stand-in of Tracardi as a process of its own, so that it does not share the CPU of who measures."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from tests.bench.results import ROOT
from tests.tracardi.serving import serving
from tests.tracardi.standin import Tracardi

HOST = "127.0.0.1"
USER, PASSWORD = "operator", "made-up-Passphrase-7"
PRODUCTION, STAGING = "production", "staging"


@contextmanager
def tracardi_process() -> Iterator[str]:
    """Its address, until the end of the block."""
    command = [sys.executable, "-m", "tests.bench.tracardi_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


class TracardiSession:
    """Bare requests, once logged in. Rows are written and deleted in the production context."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session
        self._token = ""

    async def log_in(self) -> None:
        form = {"username": USER, "password": PASSWORD}
        self._token = (await self._send("POST", "/user/token", data=form))["access_token"]

    async def rows(self, context: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._send("GET", "/resources", context))["result"]
        return found

    async def save(self, row: dict[str, Any]) -> None:
        await self._send("POST", "/resource", json=row)

    async def delete(self, row_id: str) -> None:
        await self._send("DELETE", f"/resource/{row_id}")

    async def _send(self, method: str, path: str, context: str = PRODUCTION, **content: Any) -> Any:
        headers = {"x-context": context, "Authorization": f"Bearer {self._token}"}
        async with self._session.request(method, self.url + path, headers=headers, **content) as answer:
            answer.raise_for_status()
            return await answer.json()


def _serve() -> None:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    with serving(tracardi) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve()
