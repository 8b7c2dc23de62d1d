"""`dev`: a Kubernetes control plane of one's own."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

try:
    from tracardi_operator.devcluster import ControlPlaneError, background
except ModuleNotFoundError as error:
    raise click.ClickException(f"dev needs {error.name}: pip install 'tracardi-operator[dev]'") from None

_NOT_RUNNING = 1
_Command = TypeVar("_Command", bound=Callable[..., object])

_EPILOG = """
\b
From nothing to a checked Resource, in a checkout of tracardi-operator:
  tracardi-operator dev up
  export KUBECONFIG=~/.local/state/tracardi-operator/dev/kubeconfig
  kubectl apply -k crds
  tracardi-operator run                 in another terminal
  kubectl apply -k manifests/samples
  kubectl get resources.tracardi.com -A
  tracardi-operator dev down
"""
_UP_EPILOG = """
\b
Where the binaries come from, the first that has them:
  $KUBEBUILDER_ASSETS   a folder with etcd, kube-apiserver and kube-controller-manager
  $PATH                 the same three
  the cache             ~/.cache/tracardi-operator/controlplane
  Go                    builds them into the cache: once, some minutes, 4 GB in Go's own caches.
                        pip install 'tracardi-operator[dev]' brings Go and kubectl

\b
Exit code:
  0  it is up (also if it was already)
  1  it could not be started; the message says why
"""
_STATUS_EPILOG = """
\b
Exit code:
  0  running
  1  not running
"""


class _Group(click.Group):
    """Tells errors of the control plane as messages, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ControlPlaneError as error:
            raise click.ClickException(str(error)) from None


def _in_directory(command: _Command) -> _Command:
    return click.option(
        "--directory",
        type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
        default=background.default_directory,
        show_default="~/.local/state/tracardi-operator/dev",
        help="Where it keeps data, logs and certificates. Several can run, each in its own.",
    )(command)


@click.group(cls=_Group, epilog=_EPILOG)
def dev() -> None:
    """Run a Kubernetes control plane of your own to try things on.

    It is a real one: etcd, kube-apiserver with RBAC and an audit log, kube-controller-manager for the garbage
    collection. It listens on 127.0.0.1 only, is ready in seconds and takes some 450 MB of memory. There are no nodes,
    so Pods are accepted but never run.
    """


@dev.command(epilog=_UP_EPILOG)
@_in_directory
@click.option(
    "--detach/--foreground", default=True, show_default=True, help="Return when it is ready, or stay with it."
)
def up(directory: Path, detach: bool) -> None:
    """Start it. What was stored in the directory before is there again."""
    if state := background.find(directory):
        click.echo(f"Already up.\n{_how_to_use(state, directory)}")
    elif detach:
        click.echo(f"Up.\n{_how_to_use(background.start(directory), directory)}")
    else:
        background.serve(directory, lambda state: click.echo(f"Up; Ctrl-C ends it.\n{_how_to_use(state, directory)}"))


@dev.command()
@_in_directory
def down(directory: Path) -> None:
    """End it. Its data stays, for the next `dev up`."""
    ended = background.stop(directory)
    click.echo(f"Down. Its data is in {directory}; remove that to begin anew." if ended else "It was not up.")


@dev.command(epilog=_STATUS_EPILOG)
@_in_directory
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def status(ctx: click.Context, directory: Path, output: str) -> None:
    """Say whether it runs, and where."""
    state = background.find(directory)
    click.echo(_as_json(state, directory) if output == "json" else _as_text(state, directory))
    ctx.exit(0 if state else _NOT_RUNNING)


def _as_json(state: background.State | None, directory: Path) -> str:
    facts = asdict(state) if state else {}
    return json.dumps({"running": state is not None, "directory": str(directory), **facts}, indent=2)


def _as_text(state: background.State | None, directory: Path) -> str:
    if state is None:
        return f"Not running in {directory}. Start it: {_command('up', directory)}"
    components = ", ".join(f"{name} ({pid})" for name, pid in state.components.items())
    return "\n".join(
        [
            f"Running: {state.url}",
            f"  kubeconfig  {state.kubeconfig}",
            f"  audit log   {state.audit_log}",
            f"  logs        {state.logs}",
            f"  processes   owner ({state.pid}), {components}",
        ]
    )


def _how_to_use(state: background.State, directory: Path) -> str:
    kubectl = "kubectl" if shutil.which("kubectl") else state.kubectl
    return f"""
  export KUBECONFIG={state.kubeconfig}

Try next, in a checkout of tracardi-operator:
  {kubectl} apply -k crds                 the kinds
  tracardi-operator run                 the operator, in another terminal (without manifests/cluster: with it, only
                                        the ServiceAccount that it makes may write status)
  {kubectl} apply -k manifests/samples    a Resource of each type; broken ones are in manifests/samples/broken
  {kubectl} get resources.tracardi.com -A

Where it runs: {_command("status", directory)}
End it:        {_command("down", directory)}"""


def _command(name: str, directory: Path) -> str:
    """The command line that means this control plane."""
    option = "" if directory == background.default_directory() else f" --directory {directory}"
    return f"tracardi-operator dev {name}{option}"
