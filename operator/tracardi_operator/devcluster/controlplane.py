"""A real Kubernetes control plane without nodes: etcd, kube-apiserver and kube-controller-manager on 127.0.0.1."""

import contextlib
import http.client
import json
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from tracardi_operator.devcluster import components
from tracardi_operator.devcluster.certificates import Authority
from tracardi_operator.devcluster.components import HOST, Layout
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.kubeconfig import Credentials
from tracardi_operator.devcluster.ports import free_port
from tracardi_operator.devcluster.processes import Process, tail
from tracardi_operator.devcluster.progress import OnProgress
from tracardi_operator.devcluster.toolchain import APISERVER, CONTROLLER_MANAGER, ETCD, Toolchain

READY_WITHIN = 60.0
"""Seconds until the API server must be ready."""
POLL = 0.03
PORT_TAKEN = "address already in use"
STARTS = 3
"""How often to start on a new port when somebody took ours."""
VALID_FOR = "24h"


class ControlPlane:
    """A running control plane. Leave the `with` block, call `stop()` or end the process, and it is gone.

    The garbage collector learns of new kinds within 30 seconds: after the deletion of an owner whose
    CustomResourceDefinition is younger than that, its dependents may stay for so long.
    """

    def __init__(self, directory: Path, tools: Toolchain, *, temporary: bool) -> None:
        self._layout = Layout(directory)
        self.tools = tools
        self._temporary = temporary
        self._authority = Authority.create("kubernetes-ca")
        self._port = 0
        self._processes: dict[str, Process] = {}

    @classmethod
    def start(cls, directory: Path | None = None, on_progress: OnProgress | None = None) -> Self:
        """Start a control plane and return when the API server is ready.

        Binaries that are missing are built first, which takes minutes and is reported to `on_progress`, by default
        on standard error. `directory` receives data, logs and certificates, and stays; objects that an earlier
        control plane stored there are there again. Without it, all is in a temporary folder that goes with the
        control plane. Raises ControlPlaneError.
        """
        tools = Toolchain.provide(on_progress)
        folder = Path(tempfile.mkdtemp(prefix="tracardi-dev-")) if directory is None else directory.absolute()
        plane = cls(folder, tools, temporary=directory is None)
        try:
            plane._start()
        except BaseException:
            plane.stop()
            raise
        return plane

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def directory(self) -> Path:
        return self._layout.directory

    def audit_events(self) -> list[dict[str, Any]]:
        """What the audit log holds so far, without the line that is just being written."""
        whole_lines = self.audit_log.read_text().split("\n")[:-1]
        return [json.loads(line) for line in whole_lines]

    @property
    def url(self) -> str:
        return components.url(self._port)

    @property
    def kubeconfig(self) -> Path:
        """Credentials of a cluster administrator."""
        return self._layout.admin_kubeconfig

    @property
    def audit_log(self) -> Path:
        """JSON lines of audit.k8s.io/v1, level Metadata. A line may come moments after the response it is about."""
        return self._layout.audit_log

    @property
    def logs(self) -> Path:
        """The folder with the log of each component."""
        return self._layout.logs

    @property
    def apiserver_pid(self) -> int:
        return self._processes[APISERVER].pid

    @property
    def pids(self) -> dict[str, int]:
        """The process ids by component."""
        return {name: process.pid for name, process in self._processes.items()}

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - as in subprocess.run
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as cluster administrator. A failure raises CalledProcessError with kubectl's words as a note."""
        # a cache of its own: an earlier control plane with other kinds may have had the same port
        options = [f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.directory / 'kubectl-cache'}"]
        command = [str(self.tools.kubectl), *options, *arguments]
        done = subprocess.run(command, input=input, capture_output=True, text=True, check=False)  # noqa: S603
        if check and done.returncode:
            error = subprocess.CalledProcessError(done.returncode, ["kubectl", *arguments], done.stdout, done.stderr)
            error.add_note(done.stderr)
            raise error
        return done

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """A kubeconfig with a fresh token, good for a day, of a ServiceAccount that exists."""
        answer = self.kubectl("create", "token", name, "--namespace", namespace, "--duration", VALID_FOR)
        credentials = Credentials.of_token(f"system:serviceaccount:{namespace}:{name}", answer.stdout.strip())
        return self._write_kubeconfig(f"{namespace}.{name}", credentials, namespace)

    def user_kubeconfig(self, user: str, groups: Iterable[str] = ()) -> Path:
        """A kubeconfig with a client certificate for `user` in `groups`, who has no rights but those given to them."""
        credentials = Credentials.of_certificate(user, self._authority.client(user, groups))
        return self._write_kubeconfig(f"user.{user}", credentials)

    def stop_apiserver(self) -> None:
        """Terminate the API server; etcd and the controllers stay."""
        self._processes[APISERVER].stop()

    def kill_apiserver(self) -> None:
        """End the API server by SIGKILL; etcd and the controllers stay."""
        self._processes[APISERVER].kill()

    def start_apiserver(self) -> None:
        """Start the stopped API server with the same port, certificates and data; returns when it is ready."""
        command = components.apiserver_command(self.tools.apiserver, self._layout, self._port)
        self._launch(APISERVER, command)
        self._await_ready()

    @contextlib.contextmanager
    def at_rest(self) -> Iterator[Path]:
        """The folder of all that is stored, while nothing uses it: to be copied, or to be replaced by a copy."""
        self.stop_apiserver()
        self._processes[ETCD].stop()
        try:
            yield self._layout.etcd / "data"
        finally:
            self._launch(ETCD, components.etcd_command(self.tools.etcd))
            self.start_apiserver()

    def stop(self) -> None:
        """End all processes. Can be called again."""
        self._stop_processes()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def require_running(self) -> None:
        """Raise ControlPlaneError if a process has died, with its last words."""
        for process in self._processes.values():
            process.require_running()

    def _start(self) -> None:
        for attempt in range(1, STARTS + 1):
            try:
                self._start_on(free_port(HOST))
            except ControlPlaneError as error:
                self._stop_processes()
                if PORT_TAKEN not in str(error) or attempt == STARTS:
                    raise
            else:
                break

    def _start_on(self, port: int) -> None:
        self._port = port
        self._layout.create()
        components.write_files(self._layout, self._authority, port)
        self._launch(ETCD, components.etcd_command(self.tools.etcd))
        self.start_apiserver()
        command = components.controller_manager_command(self.tools.controller_manager, self._layout)
        self._launch(CONTROLLER_MANAGER, command)

    def _launch(self, name: str, command: list[str]) -> None:
        log = self._layout.logs / f"{name}.log"
        self._processes[name] = Process.start(name, command, log, directory=self._layout.etcd)

    def _stop_processes(self) -> None:
        for process in reversed(self._processes.values()):
            process.stop()

    def _await_ready(self) -> None:
        context = self._tls_context()
        deadline = time.monotonic() + READY_WITHIN
        while not self._is_ready(context):
            self.require_running()
            if time.monotonic() > deadline:
                log = self._processes[APISERVER].log
                raise ControlPlaneError(f"kube-apiserver is not ready after {READY_WITHIN:.0f} s:\n{tail(log)}")
            time.sleep(POLL)

    def _is_ready(self, context: ssl.SSLContext) -> bool:
        connection = http.client.HTTPSConnection(HOST, self._port, context=context, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        return False

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._layout.pki / "ca.crt")
        context.load_cert_chain(self._layout.pki / "admin.crt", self._layout.pki / "admin.key")
        return context

    def _write_kubeconfig(self, name: str, credentials: Credentials, namespace: str = "default") -> Path:
        path = self._layout.users / f"{name.replace('/', '_')}.kubeconfig"
        components.write_kubeconfig(path, self._authority, self._port, credentials, namespace)
        return path
