"""What can be set, each by a flag of `tracardi-operator run` or an environment variable `TRACARDI_OPERATOR_*`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tracardi_operator.control.consumers.destinations import parse_allowed


def _split(text: object) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def _checked(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        parse_allowed(host)
    return hosts


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Separated by commas."""

Hosts = Annotated[Names, AfterValidator(_checked)]


class Settings(BaseSettings):
    """Names and descriptions are those of the flags."""

    model_config = SettingsConfigDict(env_prefix="TRACARDI_OPERATOR_", extra="ignore")

    kubeconfig: str | None = Field(
        None, description="kubeconfig file; without it KUBECONFIG, ~/.kube/config, in-cluster"
    )
    context: str | None = Field(None, description="context of the kubeconfig")
    namespaces: Names = Field((), description="namespaces to serve, separated by commas; without it the whole cluster")
    resource_types: bool | None = Field(
        None,
        description="read ResourceTypes, which needs rights in the whole cluster [default: unless --namespaces is set]",
    )
    workers: int = Field(16, ge=1, le=256, description="Resources worked on at once, and requests under way at once")
    resync_seconds: float = Field(60.0, gt=0, description="seconds between two comparisons of everything")
    relist_seconds: float = Field(
        600.0,
        gt=0,
        description="seconds between two metadata lists of Secrets and ConfigMaps, for lost events",
    )
    silence_seconds: float = Field(90.0, gt=0, description="seconds without a byte after which a watch counts as dead")
    allowed_domains: Names = Field(
        (), description="domains of labels and annotations that Resources may ask for on their outputs"
    )
    allowed_hosts: Hosts = Field(
        (),
        description="hosts, each as host or host:port, that ResourceConsumers may send credentials to besides Services "
        "of their own namespace",
    )
    leader_election: bool = Field(False, description="work only while holding the Lease; needed with several replicas")
    lease_namespace: str = Field("", description="namespace of the Lease; without it the operator's own")
    health_host: str = Field("0.0.0.0", description="address of /healthz, /readyz and /metrics")  # noqa: S104
    health_port: int = Field(
        8080, ge=0, le=65535, description="port of /healthz, /readyz and /metrics; 0: any free one"
    )
    log_format: Literal["json", "console"] = Field("json", description="one JSON object a line, or lines for people")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severity that is logged")

    @property
    def reads_types(self) -> bool:
        return not self.namespaces if self.resource_types is None else self.resource_types
