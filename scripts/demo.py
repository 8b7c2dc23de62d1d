"""`make demo`: the main job, from nothing, on a Kubernetes control plane of its own. Every claim is checked.

Exit code 0: all of it happened. 1: something did not, and the last lines say what.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import secrets
import shlex
import signal
import string
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from console import Console
from demo_cluster import NAMESPACE, OPERATOR, RESYNC, Cluster, DemoError
from demo_tracardi import CONTEXTS, TRACARDI_USER, Tracardi

from tracardi_operator.api.names import default_output_name
from tracardi_operator.devcluster import ControlPlane, ControlPlaneError
from tracardi_operator.services.catalogue import builtin

ROOT = Path(__file__).parents[1]
SAMPLES = Path("manifests/samples")
BROKEN = SAMPLES / "broken"

RESOURCE, SECRET, KEY = "sendgrid", "sendgrid", "api-key"
"""The sample that is rotated, broken and repaired."""
OUTPUT = default_output_name(RESOURCE, "production")
IN_TRACARDI = "in-tracardi"
"""Label of what the ResourceConsumer selects."""
STATE = {
    "READY": '.status.conditions[?(@.type=="Ready")].status',
    "REASON": '.status.conditions[?(@.type=="Ready")].reason',
    "REVISION": ".status.environments.production.revision",
    "STALE": ".status.environments.production.stale",
    "SINCE": ".status.environments.production.since",
}
PROBLEM = {
    "REASON": ".status.environments.production.problems[0].reason",
    "FIELD": ".status.environments.production.problems[0].field",
    "SOURCE": ".status.environments.production.problems[0].source.kind",
    "OBJECT": ".status.environments.production.problems[0].source.name",
    "KEY": ".status.environments.production.problems[0].source.key",
}
SAYS = re.compile(r"^# The operator says: (\w+), field (\w+)(?:, (.+))?\.$", re.MULTILINE)
"""The comment of a broken sample."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a Resource."""

    reason: str
    field: str
    source: str
    """Kind, name and key, if a Secret or ConfigMap is to blame."""

    @classmethod
    def expected(cls, sample: Path) -> "Verdict":
        said = SAYS.search(sample.read_text())
        if not said:
            raise DemoError(f"{sample} does not say what the operator should say")
        return cls(said[1], said[2], said[3] or "")

    @classmethod
    def told(cls, problem: dict[str, Any]) -> "Verdict":
        source = problem.get("source", {})
        named = f"{source['kind']} {source['name']}, key {source['key']}" if "name" in source else ""
        return cls(problem["reason"], problem.get("field", ""), named)


def main() -> int:
    parser = argparse.ArgumentParser(description="The main job on a control plane of its own.")
    parser.add_argument("--once", action="store_true", help="end when all is shown")
    once = parser.parse_args().once
    os.chdir(ROOT)
    # the control plane is then stopped as by Ctrl-C
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    try:
        run(console, once=once)
    except (DemoError, ControlPlaneError) as error:
        console.failure(str(error))
    except subprocess.CalledProcessError as error:
        console.failure(f"{' '.join(error.cmd)}: {error.stderr}")
    except KeyboardInterrupt:
        console.failure("Ended before all was shown.")
    else:
        return 0
    return 1


def run(console: Console, *, once: bool) -> None:
    console.heading("1. A Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager")
    with ControlPlane.start() as plane:
        console.say(f"It listens at {plane.url}. It ends with this command, and with it all that is in it.")
        cluster = Cluster(plane, console)
        install(cluster)
        with cluster.tracardi.running(), cluster.operator():
            tell_the_story(cluster)
            if not once:
                stay(cluster)


def tell_the_story(cluster: Cluster) -> None:
    start(cluster)
    refuse_a_literal(cluster)
    publish_the_samples(cluster)
    explain_the_broken(cluster)
    rotate(cluster)
    keep_the_last_good(cluster)
    repair(cluster)
    heal(cluster)
    deliver(cluster)
    cluster.console.heading("All of this happened.")


def install(cluster: Cluster) -> None:
    cluster.console.heading("2. Install: CRD, rights, admission policies")
    cluster.show("apply", "-k", "crds")
    cluster.plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/resources.tracardi.com")
    cluster.show("apply", "-k", "manifests/cluster")


def start(cluster: Cluster) -> None:
    cluster.console.heading("3. The operator, as its own ServiceAccount and under the shipped rights")
    cluster.console.say("There are no nodes here, so it runs as a process beside the control plane, not as a Pod.")
    cluster.until(f"it is ready: {cluster.health}/readyz", cluster.is_ready)


def refuse_a_literal(cluster: Cluster) -> None:
    cluster.console.heading("4. A key written into a Resource is refused before it is stored")
    cluster.plane.kubectl("create", "namespace", NAMESPACE)
    fields = {"token": {"value": new_token()}}
    careless = {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "Resource",
        "metadata": {"name": "careless", "namespace": NAMESPACE},
        "spec": {"type": "sendgrid", "credentials": {"production": {"fields": fields}}},
    }

    def refusal() -> str:
        create = ("create", "--dry-run=server", "-f", "-")
        return cluster.plane.kubectl(*create, input=json.dumps(careless), check=False).stderr

    said = cluster.until("the admission policies are in force", refusal)
    cluster.console.say(said, indent="  ")


def publish_the_samples(cluster: Cluster) -> None:
    cluster.console.heading("5. The samples: a Resource for each service type, and broken ones")
    cluster.apply_samples(SAMPLES)
    cluster.apply_samples(BROKEN)
    good, broken = set(samples(SAMPLES)), set(samples(BROKEN))
    cluster.until(f"all {len(good)} good ones are Ready=True", lambda: are(cluster, "True", good))
    cluster.until(f"all {len(broken)} broken ones are Ready=False", lambda: are(cluster, "False", broken))
    cluster.show("get", "tres", "-n", NAMESPACE)
    cluster.show("get", "secret", "-n", NAMESPACE, "-l", f"app.kubernetes.io/managed-by={OPERATOR}")


def explain_the_broken(cluster: Cluster) -> None:
    cluster.console.heading("6. What is wrong with each broken one: reason, field, Secret and key")
    expected = {name: Verdict.expected(file) for name, file in samples(BROKEN).items()}
    for name, verdict in expected.items():
        require(told(cluster, name) == [verdict], f"{name}: expected {verdict}, found {told(cluster, name)}")
    cluster.show_columns(PROBLEM, *expected)
    cluster.console.fact(f"each says what its comment in {BROKEN} says")
    for name, verdict in expected.items():
        describe(cluster, name, verdict)


def describe(cluster: Cluster, name: str, verdict: Verdict) -> None:
    """Show what `kubectl describe` prints about the first condition, which is Ready."""
    command = ("describe", "tres", name, "-n", NAMESPACE)
    status = cluster.plane.kubectl(*command).stdout.partition("\nStatus:\n")[2]
    lines = [line.strip() for line in status.splitlines()]
    reason, message = (next(line for line in lines if line.startswith(word)) for word in ("Reason:", "Message:"))
    named = verdict.reason in reason and verdict.field in message and verdict.source in message
    require(named, f"`kubectl {' '.join(command)}` does not name all of {verdict}")
    cluster.console.shown(f"kubectl {' '.join(command)}")
    cluster.console.say(reason, indent="  ")
    cluster.console.say(message, indent="  ")


def rotate(cluster: Cluster) -> None:
    cluster.console.heading(f"7. A rotation: Secret {SECRET} gets a new key")
    token = new_token()
    require(published(cluster)["token"] != encoded(token), "the new key is the old one")
    cluster.patch_secret(SECRET, {KEY: token})
    cluster.until(f"output {OUTPUT} holds the new one", lambda: published(cluster)["token"] == encoded(token))
    cluster.until("the revision is 2", lambda: production(cluster, RESOURCE)["revision"] == 2)
    took = cluster.until("the audit log has both writes", lambda: cluster.milliseconds(SECRET, OUTPUT))
    cluster.console.fact(f"by that log, the output was written {took:.0f} ms after the Secret")
    cluster.show_columns(STATE, RESOURCE)


def keep_the_last_good(cluster: Cluster) -> None:
    cluster.console.heading("8. A mistake: the next key comes with a line break at its end")
    before = published(cluster)
    cluster.patch_secret(SECRET, {KEY: f"{new_token()}\n"})
    cluster.until("the Resource is Ready=False", lambda: are(cluster, "False", {RESOURCE}))
    wanted = Verdict("Whitespace", "token", f"Secret {SECRET}, key {KEY}")
    require(told(cluster, RESOURCE) == [wanted], f"expected {wanted}, found {told(cluster, RESOURCE)}")
    require(production(cluster, RESOURCE).get("stale"), "status does not say that the output is stale")
    require(published(cluster) == before, "the output changed, although the new key is bad")
    cluster.console.fact("the output is the same, byte for byte: a bad value never replaces a good one")
    cluster.show_columns(STATE, RESOURCE)


def repair(cluster: Cluster) -> None:
    cluster.console.heading("9. The repair: a key without the line break")
    token = new_token()
    cluster.patch_secret(SECRET, {KEY: token})
    cluster.until("the Resource is Ready=True", lambda: are(cluster, "True", {RESOURCE}))
    cluster.until("the output holds the new key", lambda: published(cluster)["token"] == encoded(token))
    cluster.show_columns(STATE, RESOURCE)


def heal(cluster: Cluster) -> None:
    cluster.console.heading("10. An output that somebody edits is put right")
    before = published(cluster)
    cluster.patch_secret(OUTPUT, {"token": "edited by hand", "extra": "added by hand"})
    cluster.until("it is as it was, without the key that was added", lambda: published(cluster) == before)


def deliver(cluster: Cluster) -> None:
    cluster.console.heading("11. A Tracardi gets them through its REST API, in both of its contexts")
    tracardi, good = cluster.tracardi, set(samples(SAMPLES))
    cluster.until(f"a stand-in of Tracardi answers: {tracardi.url}", tracardi.is_there)
    tracardi.set_up()
    cluster.plane.kubectl("label", "tres", *good, "-n", NAMESPACE, f"{IN_TRACARDI}=yes")
    cluster.apply(*consumer(tracardi))
    for context in CONTEXTS:
        cluster.until(f"{context}: all {len(good)} are there", partial(are_in, tracardi, context, good))
    cluster.show("get", "tcon", "-n", NAMESPACE)
    token = new_token()
    cluster.patch_secret(SECRET, {KEY: token})
    for context in CONTEXTS:
        cluster.until(f"{context}: it has the new key", partial(has, tracardi, context, token))
    tracardi.edit(RESOURCE, "production", credentials={"production": {"token": "typed in by hand"}, "test": {}})
    cluster.console.say(
        f"Somebody types another key into its form. Every {RESYNC} seconds here, 60 else, all is compared:"
    )
    cluster.until("production: it has the right key again", partial(has, tracardi, "production", token))


def consumer(tracardi: Tracardi) -> tuple[dict[str, Any], dict[str, Any]]:
    """The login, and the ResourceConsumer that uses it."""
    login = {"username": TRACARDI_USER, "password": tracardi.password}
    target = {"url": tracardi.url, "login": {"name": "tracardi-login"}, "testFallback": "Nothing"}
    source = {"namespace": NAMESPACE, "selector": {"matchLabels": {IN_TRACARDI: "yes"}}}
    return (
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tracardi-login"}, "stringData": login},
        {
            "apiVersion": "tracardi.com/v1alpha1",
            "kind": "ResourceConsumer",
            "metadata": {"name": "tracardi"},
            "spec": {"from": [source], "tracardi": target},
        },
    )


def are_in(tracardi: Tracardi, context: str, resources: set[str]) -> bool:
    return resources == set(tracardi.resources(context))


def has(tracardi: Tracardi, context: str, token: str) -> bool:
    return bool(tracardi.resources(context)[RESOURCE]["credentials"]["production"]["token"] == token)


def stay(cluster: Cluster) -> None:
    """Say what to look at and to try, and wait for Ctrl-C."""
    cluster.console.heading(
        "It goes on until Ctrl-C, which leaves nothing behind. In another terminal, in this folder:"
    )
    token = builtin()["sendgrid"].example["token"]
    cluster.console.write(f"""
  export KUBECONFIG={shlex.quote(str(cluster.plane.kubeconfig))} PATH={shlex.quote(f"{ROOT}/.venv/bin")}:"$PATH"

Look:
  kubectl get tres -n {NAMESPACE}
  kubectl describe tracardi broken-key-id -n {NAMESPACE}
  kubectl get secret {OUTPUT} -n {NAMESPACE} -o yaml
  kubectl get events -n {NAMESPACE}
  curl -s {cluster.health}/metrics
  tail -f {shlex.quote(str(cluster.log))}

Create the Secret that a broken sample waits for, and take it away again:
  kubectl create secret generic broken-no-such-secret -n {NAMESPACE} --from-literal=api-key={token}
  kubectl get tres broken-secret-missing -n {NAMESPACE}
  kubectl delete secret broken-no-such-secret -n {NAMESPACE}

What the ResourceConsumer delivers, and to whom, and take one of them out of Tracardi again:
  kubectl describe tcon tracardi -n {NAMESPACE}
  kubectl label tres redis -n {NAMESPACE} {IN_TRACARDI}-

Delete a Resource, and its outputs go with it:
  kubectl delete tracardi twilio -n {NAMESPACE}
  kubectl get secret -n {NAMESPACE} -l tracardi.com/resource=twilio

The same checks without a cluster, and what the operator knows of a service:
  tracardi-operator lint -f {BROKEN}/*.yaml
  tracardi-operator explain redis
""")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def samples(folder: Path) -> dict[str, Path]:
    """The files of the samples in `folder` by the name of their Resource."""
    prefix = "broken-" if folder == BROKEN else ""
    files = sorted(file for file in folder.glob("*.yaml") if file.stem != "kustomization")
    return {prefix + file.stem: file for file in files}


def are(cluster: Cluster, status: str, resources: set[str]) -> bool:
    """Whether the condition Ready of all these Resources has this status."""
    return resources <= {item["metadata"]["name"] for item in cluster.get("tres")["items"] if ready(item) == status}


def ready(resource: dict[str, Any]) -> str:
    conditions = resource["status"].get("conditions", [])
    return next((str(condition["status"]) for condition in conditions if condition["type"] == "Ready"), "Unknown")


def production(cluster: Cluster, resource: str) -> dict[str, Any]:
    return dict(cluster.get("tres", resource)["status"]["environments"]["production"])


def told(cluster: Cluster, resource: str) -> list[Verdict]:
    return [Verdict.told(problem) for problem in production(cluster, resource).get("problems", [])]


def published(cluster: Cluster) -> dict[str, str]:
    """The data of the output, in base64 as the API server gives it."""
    return dict(cluster.get("secret", OUTPUT)["data"])


def require(claim: object, otherwise: str) -> None:
    if not claim:
        raise DemoError(otherwise)


def new_token() -> str:
    """A made-up SendGrid API key."""
    letters = string.ascii_letters + string.digits
    return "SG." + ".".join("".join(secrets.choice(letters) for _ in range(length)) for length in (22, 43))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


if __name__ == "__main__":
    sys.exit(main())
