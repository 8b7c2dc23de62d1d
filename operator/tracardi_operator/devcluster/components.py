"""The files and command lines of etcd, kube-apiserver and kube-controller-manager."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from tracardi_operator.devcluster import certificates
from tracardi_operator.devcluster.certificates import Authority, write_private
from tracardi_operator.devcluster.kubeconfig import Credentials, kubeconfig

HOST = "127.0.0.1"
ISSUER = "https://kubernetes.default.svc"
SERVER_NAMES = (HOST, "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
ADMIN_GROUP = "system:masters"
CONTROLLER_MANAGER = "system:kube-controller-manager"
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "validatingadmissionpolicy-status-controller",
)
"""What a control plane without nodes needs, by the names that `--controllers` takes."""
CONTROLLER_ACCOUNTS = (
    "clusterrole-aggregation-controller",
    "generic-garbage-collector",
    "namespace-controller",
    "root-ca-cert-publisher",
    "service-account-controller",
    "validatingadmissionpolicy-status-controller",
)
"""The ServiceAccounts in kube-system under which they act."""
AUDIT_LOG_MEGABYTES = 500
ETCD_SOCKET = "unix://client.sock:0"
ETCD_PEER_SOCKET = "unix://peer.sock:0"
"""Relative to the working directory, as the path of a socket may have some 100 bytes only. In a folder that is closed
to other users they need no TLS, which would cost the start a second. etcd insists on the form host:port.
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files of a control plane are."""

    directory: Path

    @property
    def pki(self) -> Path:
        return self.directory / "pki"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def audit_log(self) -> Path:
        return self.logs / "audit.jsonl"

    @property
    def audit_policy(self) -> Path:
        return self.directory / "audit-policy.yaml"

    @property
    def admin_kubeconfig(self) -> Path:
        return self.directory / "kubeconfig"

    @property
    def controller_kubeconfig(self) -> Path:
        return self.pki / "controller-manager.kubeconfig"

    @property
    def users(self) -> Path:
        return self.directory / "users"

    @property
    def etcd(self) -> Path:
        """Etcd's data and sockets, and the working directory of the processes that speak through these."""
        return self.directory / "etcd"

    def create(self) -> None:
        for directory in (self.directory, self.pki, self.logs, self.users, self.etcd):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def url(port: int) -> str:
    return f"https://{HOST}:{port}"


def write_files(layout: Layout, authority: Authority, port: int) -> None:
    """Everything that the components read."""
    write_private(layout.pki / "ca.crt", authority.certificate)
    authority.server("kube-apiserver", SERVER_NAMES).write(layout.pki, "apiserver")
    write_service_account_keys(layout.pki)
    write_private(layout.audit_policy, yaml.safe_dump(audit_policy()).encode())
    admin = authority.client("admin", [ADMIN_GROUP])
    admin.write(layout.pki, "admin")
    write_kubeconfig(layout.admin_kubeconfig, authority, port, Credentials.of_certificate("admin", admin))
    manager = Credentials.of_certificate(CONTROLLER_MANAGER, authority.client(CONTROLLER_MANAGER))
    write_kubeconfig(layout.controller_kubeconfig, authority, port, manager)


def write_kubeconfig(
    path: Path, authority: Authority, port: int, credentials: Credentials, namespace: str = "default"
) -> None:
    write_private(path, kubeconfig(url(port), authority.certificate, credentials, namespace))


def write_service_account_keys(pki: Path) -> None:
    key = certificates.new_key()
    write_private(pki / "service-accounts.key", certificates.private_pem(key))
    write_private(pki / "service-accounts.pub", certificates.public_pem(key))


def audit_policy() -> dict[str, object]:
    """Everything at level Metadata, but for health checks and the control plane's talk with itself."""
    accounts = [f"system:serviceaccount:kube-system:{name}" for name in CONTROLLER_ACCOUNTS]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*"]},
            {"level": "None", "users": ["system:apiserver", CONTROLLER_MANAGER]},
            # their writes stay: who deleted an object is worth knowing
            {"level": "None", "users": accounts, "verbs": ["get", "list", "watch"]},
            {"level": "Metadata"},
        ],
    }


def etcd_command(binary: Path) -> list[str]:
    """To be run in `Layout.etcd`."""
    return [
        str(binary),
        "--name=dev",
        "--data-dir=data",
        f"--listen-client-urls={ETCD_SOCKET}",
        f"--advertise-client-urls={ETCD_SOCKET}",
        f"--listen-peer-urls={ETCD_PEER_SOCKET}",
        f"--initial-advertise-peer-urls={ETCD_PEER_SOCKET}",
        f"--initial-cluster=dev={ETCD_PEER_SOCKET}",
        # survives the death of any process; only a crash of the machine loses data
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver_command(binary: Path, layout: Layout, port: int) -> list[str]:
    """To be run in `Layout.etcd`."""
    pki = layout.pki
    return [
        str(binary),
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        # without these two it looks for an address of the network and fails where there is none
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",
        f"--etcd-servers={ETCD_SOCKET.replace('//', '')}",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={pki}/service-accounts.pub",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--audit-policy-file={layout.audit_policy}",
        f"--audit-log-path={layout.audit_log}",
        f"--audit-log-maxsize={AUDIT_LOG_MEGABYTES}",
        "--audit-log-maxbackup=1",
        "--profiling=false",
    ]


def controller_manager_command(binary: Path, layout: Layout) -> list[str]:
    return [
        str(binary),
        f"--kubeconfig={layout.controller_kubeconfig}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={layout.pki}/service-accounts.key",
        f"--root-ca-file={layout.pki}/ca.crt",
        "--leader-elect=false",
        # nobody asks it anything
        "--secure-port=0",
        # the default of 20 a second makes a test that deletes thousands of owners wait for minutes
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
    ]
