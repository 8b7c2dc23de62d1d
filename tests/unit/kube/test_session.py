"""Where the API server is found, and as whom we speak to it."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from tests.unit.kube.fake import FakeApi, refusal
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import BadConfiguration, Unauthorized
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.session import Connection, connect


def accept_only(api: FakeApi, token: str) -> None:
    api.put("secrets", "shop", "a")
    api.faults.append(
        lambda request: (
            None if request.headers.get("Authorization") == f"Bearer {token}" else refusal(401, "Unauthorized")
        )
    )


async def read_secret(connection: Connection) -> None:
    async with connection.session() as session:
        await Client(connection, session).get(SECRETS, "shop", "a")


def exec_plugin(path: Path, tokens: Path) -> dict[str, object]:
    """A plugin that hands out the tokens of a file, one a call, each valid for long."""
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    answer = json.dumps(credential | {"status": {"token": "%s", "expirationTimestamp": "2999-01-01T00:00:00Z"}})
    path.write_text(f"#!/bin/sh\nprintf '{answer}' \"$(head -n1 {tokens})\"\nsed -i 1d {tokens}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path)}


async def test_kubeconfig_gives_server_namespace_and_token(api: FakeApi, tmp_path: Path) -> None:
    connection = await connect(api.kubeconfig(tmp_path / "kubeconfig", token="t1"))
    assert (connection.server, connection.namespace) == (api.url, "home")
    assert await connection.authorization() == {"Authorization": "Bearer t1"}


async def test_environment_names_the_kubeconfig(api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", api.kubeconfig(tmp_path / "kubeconfig"))
    assert (await connect()).server == api.url


async def test_nothing_to_go_by_is_a_bad_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(BadConfiguration, match="neither a kubeconfig nor a service account"):
        await connect()


async def test_named_kubeconfig_that_is_missing_is_a_bad_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="no such kubeconfig"):
        await connect(str(tmp_path / "none"))


async def test_broken_kubeconfig_is_not_quoted(tmp_path: Path) -> None:
    broken = {"current-context": "c", "users": [{"name": "u", "user": {"token": "SENTINEL"}}], "contexts": [{}]}
    (tmp_path / "kubeconfig").write_text(json.dumps(broken))
    with pytest.raises(BadConfiguration) as caught:
        await connect(str(tmp_path / "kubeconfig"))
    assert "SENTINEL" not in str(caught.value)


async def test_token_that_was_replaced_in_its_file_is_read_again_after_401(api: FakeApi, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    connection = await connect(api.kubeconfig(tmp_path / "kubeconfig", tokenFile=str(token)))
    token.write_text("new")
    accept_only(api, "new")
    await read_secret(connection)
    assert connection.renewals == 1


async def test_exec_plugin_is_asked_again_after_401(api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("old\nnew\n")
    plugin = exec_plugin(tmp_path / "plugin", tmp_path / "tokens")
    connection = await connect(api.kubeconfig(tmp_path / "kubeconfig", exec=plugin))
    accept_only(api, "new")
    await read_secret(connection)


async def test_credentials_are_renewed_once_for_all_requests_that_were_refused(
    connection: Connection, api: FakeApi
) -> None:
    api.barrier = asyncio.Barrier(5)  # so that all have been sent before the first is refused
    accept_only(api, "another")
    async with connection.session() as session:
        client = Client(connection, session)
        results = await asyncio.gather(*(client.get(SECRETS, "shop", "a") for _ in range(5)), return_exceptions=True)
    assert {type(result) for result in results} == {Unauthorized}
    assert connection.renewals == 1


async def test_connection_that_was_refused_is_not_kept(connection: Connection, api: FakeApi) -> None:
    """It would go on presenting the old client certificate."""
    api.put("secrets", "shop", "a")
    async with connection.session() as session:
        client = Client(connection, session)
        api.faults.append(lambda request: refusal(401, "Unauthorized"))
        with pytest.raises(Unauthorized):
            await client.get(SECRETS, "shop", "a")
        api.faults.clear()
        await client.get(SECRETS, "shop", "a")
    assert api.peers[-1] not in api.peers[:-1]


async def test_connections_are_kept_otherwise(connection: Connection, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    async with connection.session() as session:
        for _ in range(3):
            await Client(connection, session).get(SECRETS, "shop", "a")
    assert len(set(api.peers)) == 1


async def test_body_is_sent_again_after_renewal(api: FakeApi, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    connection = await connect(api.kubeconfig(tmp_path / "kubeconfig", tokenFile=str(token)))
    token.write_text("new")
    accept_only(api, "new")
    async with connection.session() as session:
        created = await Client(connection, session).create(SECRETS, "shop", {"metadata": {"name": "b"}, "type": "x"})
    assert created["type"] == "x"


async def test_credentials_that_can_no_longer_be_read_are_unreachable(api: FakeApi, tmp_path: Path) -> None:
    connection = await connect(api.kubeconfig(tmp_path / "kubeconfig"))
    (tmp_path / "kubeconfig").unlink()
    accept_only(api, "other")
    with pytest.raises(BadConfiguration):
        await read_secret(connection)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_unusable_authority_is_a_bad_configuration(tmp_path: Path, content: str | None) -> None:
    authority = tmp_path / "ca.crt"
    if content:
        authority.write_text(content)
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority": str(authority)}
    kubeconfig = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": {}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    with pytest.raises(BadConfiguration):
        await connect(str(tmp_path / "kubeconfig"))
