"""Stories, each a change that takes the operator a few requests, to be told with one interruption after the other."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.unit.control.faults import Crash
from tests.unit.control.judge import BAD
from tests.unit.control.scene import CONFIG, SHARED, Scene, by_fields, whole
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

Interruption = Callable[[Scene], None]
"""To be called before the story happens, or (`reconnect`) to be called right after it."""
_OUTPUT: Final = "r-production-resolved"
_MOMENT: Final = 2.0
"""Seconds that are enough for any story."""
BOTH: Final = {"production": by_fields("a"), "test": whole("b")}


def _create(scene: Scene) -> None:
    scene.set_resource("q", BOTH)


def _rotate(scene: Scene) -> None:
    scene.set_secret("a")


def _move(scene: Scene) -> None:
    scene.set_config()


def _invalidate(scene: Scene) -> None:
    scene.set_secret("a", good=False)


def _remove_inputs(scene: Scene) -> None:
    scene.remove(SECRETS, "a")
    scene.remove(CONFIG_MAPS, CONFIG)


def _withdraw(scene: Scene) -> None:
    scene.set_resource("r", BOTH, {"onInvalid": "Withdraw"})
    scene.remove(SECRETS, "a")


def _edit_by_hand(scene: Scene) -> None:
    scene.edit_output(_OUTPUT, lambda found: found.update(data=found["data"] | encode_base64({"token": BAD})))


def _remove_by_hand(scene: Scene) -> None:
    scene.remove(SECRETS, _OUTPUT)


def _rename(scene: Scene) -> None:
    scene.set_resource("r", BOTH, {"environments": {"production": {"name": "renamed"}}})


def _rename_to_a_strangers(scene: Scene) -> None:
    scene.make_stranger(SHARED)
    scene.set_resource("r", BOTH, {"environments": {"production": {"name": SHARED}}})


def _remove_environment(scene: Scene) -> None:
    scene.set_resource("r", {"test": whole("b")})


def _remove_resource(scene: Scene) -> None:
    scene.remove(RESOURCES, "r")


def _make_anew(scene: Scene) -> None:
    scene.remove(RESOURCES, "r")
    scene.set_resource("r", BOTH)


def _suspend(scene: Scene) -> None:
    scene.set_resource("r", BOTH, suspend=True)


STORIES: Final[dict[str, Callable[[Scene], None]]] = {
    "create": _create,
    "rotate": _rotate,
    "move": _move,
    "invalidate": _invalidate,
    "remove the inputs": _remove_inputs,
    "withdraw": _withdraw,
    "edit by hand": _edit_by_hand,
    "remove by hand": _remove_by_hand,
    "rename the output": _rename,
    "rename the output to a stranger's name": _rename_to_a_strangers,
    "remove an environment": _remove_environment,
    "remove the Resource": _remove_resource,
    "make the Resource anew": _make_anew,
    "suspend": _suspend,
}


def tell(story: str, before: Interruption = lambda _: None, after: Interruption = lambda _: None) -> tuple[Any, int]:
    """The end state of a story, and the requests that it took. `before` and `after` are called around it."""
    scene = Scene()
    try:
        scene.set_secret("a")
        scene.set_secret("b")
        scene.set_config()
        scene.set_resource("r", BOTH)
        scene.start()
        scene.pass_time(_MOMENT)
        before(scene)
        asked = scene.asked()
        STORIES[story](scene)
        after(scene)
        scene.pass_time(_MOMENT)
        requests = scene.asked() - asked
        scene.settle()
        return scene.judge.end_state(), requests
    finally:
        scene.close()


def crashes(requests: int) -> Iterator[tuple[str, Interruption]]:
    """A crash at each request, before it and after it."""
    for number in range(requests):
        for before in (True, False):
            when = "before" if before else "after"
            yield f"killed {when} request {number}", _crash(number, before=before)


def intrusions(requests: int) -> Iterator[tuple[str, Interruption]]:
    """Just before each request somebody touches the output: it is not what it was when the request was made."""
    for number in range(requests):
        yield f"touched before request {number}", _touch(number)


def losses() -> Iterator[tuple[str, Interruption]]:
    """Each event of each watch gets lost."""
    for kind in (SECRETS, CONFIG_MAPS, RESOURCES):
        for number in range(6):
            yield f"event {number} of {kind} lost", _lose(kind, number)


def reconnections() -> Iterator[tuple[str, Interruption]]:
    """Each watch is opened anew, to a server that is behind by a few versions."""
    for kind in (SECRETS, CONFIG_MAPS, RESOURCES):
        for versions in range(1, 7):
            yield f"{kind} {versions} versions behind", _reconnect(kind, versions)


def _crash(number: int, *, before: bool) -> Interruption:
    def interrupt(scene: Scene) -> None:
        scene.faults.crash = Crash(number, before)

    return interrupt


def _touch(number: int) -> Interruption:
    def label(found: Object) -> None:
        found["metadata"]["annotations"] = found["metadata"].get("annotations", {}) | {"team": "x"}

    def interrupt(scene: Scene) -> None:
        scene.faults.intrusion = number, lambda: scene.edit_output(scene.output_of("r"), label)

    return interrupt


def _lose(kind: Kind, number: int) -> Interruption:
    def interrupt(scene: Scene) -> None:
        for stream in scene.faults.streams:
            if stream.kind == kind:
                stream.drop_in = number

    return interrupt


def _reconnect(kind: Kind, versions: int) -> Interruption:
    def interrupt(scene: Scene) -> None:
        scene.faults.behind[kind.plural] = versions
        scene.disturb(kind, "tear")

    return interrupt


def differing(story: str) -> Iterator[str]:
    """The interruptions after which a story ends otherwise than without one, or fails.

    Raises AssertionError where it fails without one.
    """
    expected, requests = tell(story)
    for name, one in (*crashes(requests), *intrusions(requests), *losses()):
        if not _ends_so(expected, story, before=one):
            yield name
    for name, one in reconnections():
        if not _ends_so(expected, story, after=one):
            yield name


def _ends_so(expected: Object, story: str, **interruption: Interruption) -> bool:
    try:
        return bool(tell(story, **interruption)[0] == expected)
    except AssertionError:
        return False
