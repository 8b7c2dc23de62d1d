"""`lint` on one stream of 10,000 Resources: its time as a ratio to parsing the same YAML with libyaml.

The aim is 2; the limit is wide, since the machine may be busy with others. CPU time, the least of interleaved runs.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tracardi_operator.cli import main
from tracardi_operator.services.catalogue import builtin

COUNT = 10_000
RUNS = 3
LIMIT = 4.0

TOKEN = str(builtin()["sendgrid"].example["token"])

RESOURCE = """\
---
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata:
  name: main-{index}
  namespace: marketing
spec:
  type: sendgrid
  credentials:
    production:
      fields:
        token:
          valueFrom:
            secretKeyRef:
              name: live-{index}
              key: api-key
    test:
      secretRef:
        name: sandbox-{index}
"""
SECRETS = "".join(
    f"""\
---
apiVersion: v1
kind: Secret
metadata:
  name: {name}-{{index}}
  namespace: marketing
stringData:
  {key}: {TOKEN}
"""
    for name, key in (("live", "api-key"), ("sandbox", "token"))
)


@pytest.mark.parametrize(
    ("template", "summary"),
    [
        (RESOURCE, f"{COUNT} Resources: nothing wrong; {2 * COUNT} references unchecked (not among the files)"),
        (RESOURCE + SECRETS, f"{COUNT} Resources: nothing wrong"),
    ],
    ids=["alone", "with their Secrets"],
)
def test_lint_takes_little_longer_than_parsing_the_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], template: str, summary: str
) -> None:
    text = "".join(template.format(index=index) for index in range(COUNT))
    file = tmp_path / "stream.yaml"
    file.write_text(text)

    def lint() -> None:
        result = CliRunner().invoke(main, ["lint", str(file)])
        assert result.stdout.splitlines()[-1] == summary

    def parse() -> None:
        for _ in yaml.load_all(text, Loader=yaml.CSafeLoader):
            pass

    seconds, bare = _least(lint, parse)
    with capsys.disabled():
        print(f"\nlint of {COUNT}: {seconds:.2f} s of CPU, libyaml {bare:.2f} s, ratio {seconds / bare:.2f}")
    assert seconds / bare < LIMIT


def _least(*functions: Callable[[], None]) -> tuple[float, ...]:
    """The least CPU seconds of each, run in turn."""
    runs = [[_seconds(function) for function in functions] for _ in range(RUNS)]
    return tuple(min(times) for times in zip(*runs, strict=True))


def _seconds(function: Callable[[], None]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start
