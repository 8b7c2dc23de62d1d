"""Settings: from the environment, from flags, and which of them wins."""

from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from tracardi_operator.cli import run as command
from tracardi_operator.control import logs
from tracardi_operator.control.settings import Settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TRACARDI_OPERATOR_{name.upper()}", raising=False)


def flags(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What `tracardi-operator run` makes of its arguments."""
    made: list[Settings] = []

    async def note(settings: Settings) -> None:
        made.append(settings)

    monkeypatch.setattr(command, "_run", note)
    monkeypatch.setattr(logs, "configure", lambda form, level: None)
    result = CliRunner().invoke(command.run, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return made[0]


def test_without_anything_set_the_whole_cluster_is_served_every_minute() -> None:
    settings = Settings()
    assert (settings.namespaces, settings.resync_seconds, settings.log_format) == ((), 60.0, "json")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("NAMESPACES", "a,b", ("a", "b")),
        ("NAMESPACES", " a , b,, ", ("a", "b")),
        ("NAMESPACES", "", ()),
        ("ALLOWED_DOMAINS", "example.org", ("example.org",)),
        ("ALLOWED_HOSTS", "a.example:8686, [fd00::1]", ("a.example:8686", "[fd00::1]")),
        ("WORKERS", "4", 4),
        ("RESYNC_SECONDS", "7.5", 7.5),
        ("LOG_LEVEL", "debug", "debug"),
        ("KUBECONFIG", "/k", "/k"),
    ],
)
def test_the_environment_sets(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any) -> None:
    monkeypatch.setenv(f"TRACARDI_OPERATOR_{name}", text)
    assert getattr(Settings(), name.lower()) == value


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (("--namespaces", "a,b"), "namespaces", ("a", "b")),
        (("--allowed-domains", "example.org,example.com"), "allowed_domains", ("example.org", "example.com")),
        (("--workers", "4"), "workers", 4),
        (("--health-port", "0"), "health_port", 0),
        (("--log-format", "console"), "log_format", "console"),
    ],
)
def test_a_flag_sets(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], name: str, value: Any) -> None:
    assert getattr(flags(*arguments, monkeypatch=monkeypatch), name) == value


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACARDI_OPERATOR_WORKERS", "4")
    assert flags("--workers", "5", monkeypatch=monkeypatch).workers == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0},
        {"workers": 257},
        {"workers": "many"},
        {"resync_seconds": 0},
        {"silence_seconds": -1},
        {"health_port": 65536},
        {"log_format": "xml"},
        {"log_level": "loud"},
        {"allowed_hosts": "tracardi.example.com,https://tracardi"},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_a_wrong_flag_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(command.run, ["--workers", "0"])
    assert result.exit_code == 2
    assert "--workers:" in result.output


def test_variables_of_others_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACARDI_OPERATOR_SERVICE_HOST", "10.0.0.1")  # as Kubernetes sets them for a Service
    assert Settings() == Settings()


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("arguments", "reads"),
    [
        ((), True),
        (("--namespaces", "a,b"), False),
        (("--namespaces", "a,b", "--resource-types"), True),
        (("--no-resource-types",), False),
    ],
)
def test_resource_types_are_read_in_the_whole_cluster_or_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], reads: bool
) -> None:
    assert flags(*arguments, monkeypatch=monkeypatch).reads_types is reads
