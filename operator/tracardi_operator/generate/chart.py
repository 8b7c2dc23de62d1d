"""What of the Helm chart is generated: copies of what is shipped otherwise too, and what documents its values.

`chart_values.json`, a JSON schema with a description and a default for every value, is the one source of
values.schema.json, values.yaml and the table in README.md.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from tracardi_operator.generate.alerts import alert_rules
from tracardi_operator.generate.dashboard import dashboard_json
from tracardi_operator.generate.documents import HEADER, MARKDOWN_HEADER, to_json, to_yaml

CHART: Final = PurePosixPath("helm/tracardi-operator")
CHART_CRDS: Final = CHART / "files/crds"
CHART_POLICIES: Final = CHART / "files/policies"
CHART_RULES: Final = CHART / "files/rules"
CHART_DASHBOARD: Final = CHART / "files/dashboard"

_SOURCES: Final = Path(__file__).parent
_WIDTH: Final = 110
_TABLE: Final = "{values}"
"""Where the table of values stands in chart_readme.md."""

Schema = Mapping[str, Any]


def chart_files(crds: Mapping[str, str], policies: Mapping[str, str]) -> dict[PurePosixPath, str]:
    """The generated files of the chart; `crds` and `policies` are texts by file name."""
    schema = json.loads((_SOURCES / "chart_values.json").read_text())
    readme = (_SOURCES / "chart_readme.md").read_text()
    return {
        CHART / "values.schema.json": to_json(schema),
        CHART / "values.yaml": "\n".join([HEADER, *_values(schema)]),
        CHART / "README.md": MARKDOWN_HEADER + "\n" + readme.replace(_TABLE, "\n".join(_rows(schema))),
        CHART_RULES / "alerts.yaml": to_yaml(alert_rules()),
        CHART_DASHBOARD / "tracardi-operator.json": dashboard_json(),
        **{CHART_CRDS / name: text for name, text in crds.items()},
        **{CHART_POLICIES / name: text for name, text in policies.items()},
    }


def _values(schema: Schema) -> Iterator[str]:
    """One block of values.yaml for each property: what it is, an example, and its default."""
    for name, value in schema["properties"].items():
        if "properties" in value:
            inner = textwrap.indent("".join(_values(value)), "  ")
            yield f"{_comment(value)}{name}:\n{inner}"
        elif "default" in value:
            yield _comment(value) + _block(name, value["default"])


def _comment(value: Schema) -> str:
    lines = textwrap.wrap(value["description"], _WIDTH)
    examples = (f"For example {_flow(example)}" for example in value.get("examples", ()))
    return "".join(f"# {line}\n" for line in (*lines, *examples))


def _block(name: str, default: object) -> str:
    return yaml.safe_dump({name: default}, sort_keys=False)


def _flow(value: object) -> str:
    return json.dumps(value)


def _rows(schema: Schema, prefix: str = "") -> Iterator[str]:
    """One row of the table for each value."""
    for name, value in schema["properties"].items():
        if "properties" in value:
            yield from _rows(value, f"{prefix}{name}.")
        elif "default" in value:
            yield f"| `{prefix}{name}` | {value['description'].replace('|', '&#124;')} | `{_flow(value['default'])}` |"
