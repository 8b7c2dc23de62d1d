"""Kubeconfig files with everything in them."""

import base64
from dataclasses import dataclass, field
from typing import Self

import yaml

from tracardi_operator.devcluster.certificates import Pair

CONTEXT = "tracardi-dev"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a user proves who they are: the `user` part of a kubeconfig."""

    user: str
    fields: dict[str, str] = field(repr=False)

    @classmethod
    def of_certificate(cls, user: str, pair: Pair) -> Self:
        return cls(user, {"client-certificate-data": encoded(pair.certificate), "client-key-data": encoded(pair.key)})

    @classmethod
    def of_token(cls, user: str, token: str) -> Self:
        return cls(user, {"token": token})


def kubeconfig(server: str, authority: bytes, credentials: Credentials, namespace: str = "default") -> bytes:
    """One cluster, one user, one context, in YAML. `authority`, in PEM, signed the server's certificate."""
    cluster = {"server": server, "certificate-authority-data": encoded(authority)}
    context = {"cluster": CONTEXT, "user": credentials.user, "namespace": namespace}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": credentials.user, "user": credentials.fields}],
        "contexts": [{"name": CONTEXT, "context": context}],
        "current-context": CONTEXT,
    }
    return yaml.safe_dump(content, sort_keys=False).encode()


def encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
