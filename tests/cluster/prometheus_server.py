"""A real Prometheus that scrapes one address once a second, and what it answers."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.builders import Document
from tracardi_operator.devcluster.ports import free_port
from tracardi_operator.devcluster.processes import Process
from tracardi_operator.devcluster.prometheus import PrometheusTools

HOST = "127.0.0.1"
JOB = "operator"
DEADLINE = 60.0
PAUSE = 0.2
SCRAPES = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: {job}
    static_configs: [{{targets: ["{target}"]}}]
"""


class Prometheus:
    def __init__(self, address: str) -> None:
        self._address = address

    @classmethod
    @contextmanager
    def scraping(cls, port: int, rules: Path, folder: Path) -> Iterator["Prometheus"]:
        """Run while the context lasts, with these alert rules."""
        config = folder / "prometheus.yml"
        config.write_text(SCRAPES.format(rules=rules, job=JOB, target=f"{HOST}:{port}"))
        address = f"{HOST}:{free_port(HOST)}"
        server = PrometheusTools.provide().server
        flags = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}")
        with Process.start("prometheus", [server, *flags], folder / "log") as process:
            prometheus = cls(address)
            prometheus._await(process)
            yield prometheus

    def _await(self, process: Process) -> None:
        deadline = time.monotonic() + DEADLINE
        while not self._is_ready():
            process.require_running()
            assert time.monotonic() < deadline
            time.sleep(PAUSE)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._address}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def until(self, query: str) -> None:
        """Return once a query gives anything that is a number."""
        deadline = time.monotonic() + DEADLINE
        while not self._get("query", query=f"({query}) >= 0")["result"]:
            assert time.monotonic() < deadline, f"in vain: {query}"
            time.sleep(PAUSE)

    def rules(self) -> list[Document]:
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, path: str, **parameters: str) -> Any:
        url = f"http://{self._address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None
