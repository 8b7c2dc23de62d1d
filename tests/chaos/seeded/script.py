"""What is done in a run, drawn from its seed alone: the same seed gives the same steps, whatever happens meanwhile."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final

from tests.chaos.seeded import injuries
from tests.chaos.seeded.cluster import Document, encode
from tests.chaos.seeded.schema import CRDS, Change, FieldPath, Generator, fields, spec_schema
from tests.chaos.seeded.site import PASSWORD, USER
from tests.chaos.seeded.types import BUILTIN, NOT_TEXT, WRONG, Field, Type, own_type
from tests.chaos.seeded.vocabulary import (
    CONFIG_MAPS,
    CONSUMERS,
    FEEDS,
    GUINEA_CONSUMER,
    GUINEA_TYPE,
    GUINEAS,
    HERE,
    LOGIN,
    OUTPUTS,
    OWN_SPEC,
    OWN_TYPE,
    RESOURCES,
    SECRETS,
    TRACARDI,
    VOCABULARIES,
    right_value,
)

STEPS: Final = 50
"""Drawn steps of a run; its beginning, and what changes the fields of the CRDs, come in addition."""
FIXED: Final = (81, 82, 83, 84, 85)
"""The seeds that `make test` plays: together they have every fault, and change every field in every way."""
_PARTS: Final = 20
"""So many runs of other seeds, one after the other, change every field in every way."""
KINDS: Final = tuple(plural for plural in VOCABULARIES if (CRDS / f"{plural}.yaml").exists())
_PAUSES: Final = (0.0, 0.0, 0.0, 0.005, 0.02, 0.05, 0.1)
_FAULTS_AMONG: Final = 0.25
_RESTS_AMONG: Final = 0.1
_IN_PAIRS: Final = 0.25
_TAMPERINGS: Final = (
    "set a key",
    "drop a key",
    "wipe labels",
    "add a label",
    "garble provenance",
    "drop provenance",
    "delete",
    "disown",
)
_PLANTS: Final = ("labelled", "at the place of an output", "claims an owner", "copy without owner")


@dataclass(frozen=True, slots=True)
class Step:
    """Depends on no other step, so that any may be left out."""

    do: str
    name: str = ""
    args: Document = field(default_factory=dict)
    lasts: int = 0
    """Of a fault: after so many more steps it ends."""
    pause: float = 0.0
    """Seconds until the next step."""

    def __str__(self) -> str:
        shown = {key: value for key, value in asdict(self).items() if value and key not in ("do", "name")}
        return f"{self.do} {self.name} {json.dumps(shown)}"


REST: Final = Step("rest", args={"seconds": 4})
"""Until the operator is ready, or so many seconds."""
FIRST_REST: Final = Step("rest", args={"seconds": 60})


@dataclass(frozen=True, slots=True)
class Script:
    seed: int
    replicas: int
    steps: tuple[Step, ...]


def draw(seed: int) -> Script:
    """The run of a seed. What befalls the operator is drawn apart: it stays the same when the CRDs get new fields."""
    dice, fate = Random(seed), Random(f"faults of {seed}")
    author = Author(dice)
    deck = list(_dealt(seed))
    replicas = 2 if fate.random() < _IN_PAIRS else 1
    turns = [*deck, *(_turn(fate, replicas) for _ in range(STEPS))]
    dice.shuffle(turns)
    steps = list(author.beginning())
    for turn in turns:
        steps += [turn] if isinstance(turn, Step) else author.change_field(*turn) if turn else author.act()
    return Script(seed, replicas, (*steps, *author.ending()))


def _turn(fate: Random, replicas: int) -> Step | None:
    """A fault, a rest, or None: the users' turn."""
    if fate.random() < _FAULTS_AMONG:
        name, args, lasts = injuries.draw(fate, replicas)
        return Step("fault", name, args, lasts, _pause(fate))
    return REST if fate.random() < _RESTS_AMONG else None


def changes() -> list[tuple[str, FieldPath, Change]]:
    """Every field of every kind, changed in every way."""
    return [(plural, path, change) for plural in KINDS for path in fields(spec_schema(plural)) for change in Change]


def _dealt(seed: int) -> Iterator[tuple[str, FieldPath, Change]]:
    """The part of all changes of fields that falls to a run."""
    deck = changes()
    Random(0).shuffle(deck)
    parts = len(FIXED) if seed in FIXED else _PARTS
    yield from deck[seed % parts :: parts]


def _pause(dice: Random) -> float:
    return dice.choice(_PAUSES)


class Author:
    """Users with a plan: what they believe to be in the cluster, and what they do next."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._specs: dict[str, Document] = {}
        self._types: dict[str, Document] = {}
        self._consumers: dict[str, Document] = {}
        kinds = [*dice.sample(list(BUILTIN), k=2), OWN_TYPE]
        self._home = {name: dice.choice(kinds) for name in (*SECRETS, *CONFIG_MAPS, *RESOURCES)}
        self._home |= zip(GUINEAS, ("matomo", GUINEA_TYPE), strict=True)
        """Which type an object is mostly about."""
        for name, kind in zip(SECRETS, kinds, strict=False):
            self._home[name] = kind
        self._generators = {kind: Generator(kind, VOCABULARIES[kind], dice) for kind in KINDS}

    def beginning(self) -> Iterator[Step]:
        for name in (OWN_TYPE, GUINEA_TYPE):
            yield self._put_type(name, OWN_SPEC)
        for name in SECRETS:
            yield self._fill("secrets", name)
        for name in CONFIG_MAPS:
            yield self._fill("configmaps", name)
        for name in (*RESOURCES[:3], *GUINEAS):
            yield self._put(name, self._new_spec(name))
        login = {"username": USER.encode(), "password": PASSWORD.encode()}
        yield self._step("store", LOGIN, kind="secrets", data=encode(login))
        for name in (CONSUMERS[0], FEEDS[0]):
            yield self._put_consumer(name)
        yield FIRST_REST

    def ending(self) -> Iterator[Step]:
        """Most inputs are put right, so that there is something to be published."""
        for plural, names in (("secrets", SECRETS), ("configmaps", CONFIG_MAPS)):
            for name in names:
                if self._dice.random() < 0.7:
                    yield self._fill(plural, name)

    def act(self) -> Iterator[Step]:
        acts: tuple[tuple[int, Callable[[], Iterator[Step]]], ...] = (
            (4, self._create),
            (6, self._edit),
            (2, self._delete),
            (12, self._refill),
            (5, self._spoil),
            (3, self._remove_input),
            (2, self._touch),
            (4, self._tamper),
            (3, self._plant),
            (2, self._change_type),
            (5, self._change_consumer),
            (3, self._act_at_tracardi),
            (1, self._recheck),
        )
        weights, choices = zip(*acts, strict=True)
        yield from self._dice.choices(choices, weights)[0]()

    def change_field(self, plural: str, path: FieldPath, change: Change) -> Iterator[Step]:
        known, names = {
            "resources": (self._specs, GUINEAS),
            "resourcetypes": (self._types, (GUINEA_TYPE,)),
            "resourceconsumers": (self._consumers, (GUINEA_CONSUMER,)),
        }[plural]
        name = self._dice.choice(names)
        if name not in known or change is Change.SET:
            known[name] = self._template(plural, name)
        made = self._generators[plural].changed(known[name], path, change)
        if change is not Change.MISUSE and self._dice.random() < 0.7:
            known[name] = made
        note = {"path": ".".join(path), "change": change}
        again = change in (Change.SET, Change.CHANGE)
        yield self._step("put", name, kind=plural, spec=made, note=note, again=again)

    # Resources

    def _create(self) -> Iterator[Step]:
        name = self._dice.choice(RESOURCES)
        yield self._put(name, self._new_spec(name), again=self._dice.random() < 0.3)

    def _edit(self) -> Iterator[Step]:
        name = self._known()
        spec = copy.deepcopy(self._specs[name])
        self._dice.choice((self._suspend, self._refer_anew, self._ask_of_outputs, self._swap_environment))(spec)
        yield self._put(name, spec)

    def _delete(self) -> Iterator[Step]:
        name = self._known()
        yield self._step("delete", name, kind="resources")
        if self._dice.random() < 0.5:
            yield self._put(name, self._specs[name])

    def _recheck(self) -> Iterator[Step]:
        yield self._step("annotate", self._dice.choice(RESOURCES), kind="resources", value=str(self._dice.random()))

    def _known(self) -> str:
        return self._dice.choice([name for name in RESOURCES if name in self._specs])

    def _put(self, name: str, spec: Document, *, again: bool = False) -> Step:
        self._specs[name] = spec
        labels = {"team": self._dice.choice(("blue", "green"))}
        return self._step("put", name, kind="resources", spec=spec, labels=labels, again=again)

    def _new_spec(self, name: str) -> Document:
        kind = self._home[name]
        environments = self._dice.choice((["production"], ["production", "test"], ["test"]))
        return {"type": kind, "credentials": {each: self._credentials(kind) for each in environments}}

    def _credentials(self, kind: str) -> Document:
        homes = [name for name in SECRETS if self._home.get(name) == kind] or list(SECRETS)
        secret = self._dice.choice(homes if self._dice.random() < 0.9 else SECRETS)
        if self._dice.random() < 0.5:
            return {"secretRef": {"name": secret}}
        given: Document = {}
        for name, definition in self._type(kind).fields.items():
            if definition.required or self._dice.random() < 0.3:
                given[name] = self._source(name, definition, secret)
        return {"fields": given}

    def _source(self, name: str, definition: Field, secret: str) -> Document:
        optional = {"optional": True} if self._dice.random() < 0.1 else {}
        if definition.sensitive or self._dice.random() < 0.4:
            return {"valueFrom": {"secretKeyRef": {"name": secret, "key": name} | optional}}
        if self._dice.random() < 0.5:
            return {"value": right_value(self._dice, definition)}
        return {"valueFrom": {"configMapKeyRef": {"name": self._dice.choice(CONFIG_MAPS), "key": name} | optional}}

    def _suspend(self, spec: Document) -> None:
        if not spec.pop("suspend", False):
            spec["suspend"] = True

    def _refer_anew(self, spec: Document) -> None:
        environment = self._dice.choice(sorted(spec["credentials"]))
        spec["credentials"][environment] = self._credentials(spec["type"])

    def _swap_environment(self, spec: Document) -> None:
        environment = self._dice.choice(("production", "test"))
        if environment in spec["credentials"] and len(spec["credentials"]) > 1:
            del spec["credentials"][environment]
        else:
            spec["credentials"][environment] = self._credentials(spec["type"])

    def _ask_of_outputs(self, spec: Document) -> None:
        output = spec.setdefault("output", {})
        what = self._dice.choice(("onInvalid", "binding", "name", "labels", "annotations", "nothing"))
        if what == "nothing":
            del spec["output"]
        elif what == "onInvalid":
            output[what] = self._dice.choice(("KeepLast", "Withdraw", "Withdraw"))
        elif what == "binding":
            output[what] = self._dice.choice(("production", "test"))
        else:
            environments = output.setdefault("environments", {})
            wanted = {"name": self._dice.choice(OUTPUTS), "labels": {"team": "blue"}, "annotations": {"note": "spring"}}
            environments.setdefault(self._dice.choice(("production", "test")), {})[what] = wanted[what]

    # Inputs

    def _refill(self) -> Iterator[Step]:
        yield self._fill(*self._input())

    def _spoil(self) -> Iterator[Step]:
        plural, name = self._input()
        data = self._data(plural, name)
        if data:
            key = self._dice.choice(sorted(data))
            definition = self._type(self._home[name]).fields[key]
            data[key] = self._wrong(definition, plural)
        yield self._store(plural, name, data)

    def _wrong(self, definition: Field, plural: str) -> bytes:
        wrong = [text.encode() for text in sorted({*WRONG, *definition.wrong})]
        return self._dice.choice([*wrong, NOT_TEXT] if plural == "secrets" else wrong)

    def _remove_input(self) -> Iterator[Step]:
        plural, name = self._input()
        if self._dice.random() < 0.5:
            yield self._step("delete", name, kind=plural)
        else:
            data = self._data(plural, name)
            kept = sorted(data)[1:]
            yield self._store(plural, name, {key: data[key] for key in kept})

    def _touch(self) -> Iterator[Step]:
        plural, name = self._input()
        yield self._step("annotate", name, kind=plural, value=str(self._dice.random()))

    def _input(self) -> tuple[str, str]:
        if self._dice.random() < 0.75:
            return "secrets", self._dice.choice(SECRETS)
        return "configmaps", self._dice.choice(CONFIG_MAPS)

    def _fill(self, plural: str, name: str) -> Step:
        return self._store(plural, name, self._data(plural, name))

    def _data(self, plural: str, name: str) -> dict[str, bytes]:
        definitions = self._type(self._home[name]).fields
        wanted = {key: each for key, each in definitions.items() if plural == "secrets" or not each.sensitive}
        needed = {key for key, each in wanted.items() if each.required or self._dice.random() < 0.3}
        return {key: right_value(self._dice, wanted[key]).encode() for key in wanted if key in needed}

    def _store(self, plural: str, name: str, data: dict[str, bytes]) -> Step:
        return self._step("store", name, kind=plural, data=encode(data))

    # Types, outputs, strangers

    def _change_type(self) -> Iterator[Step]:
        if self._dice.random() < 0.2:
            yield self._step("delete", OWN_TYPE, kind="resourcetypes")
        spec = copy.deepcopy(OWN_SPEC)
        what = self._dice.choice(("nothing", "limit", "pattern", "broken", "field"))
        if what == "limit":
            spec["fields"][2]["maximum"] = self._dice.choice((100, 60000))
        elif what == "pattern":
            spec["fields"][1] |= {"pattern": "[a-z0-9-]{8,64}", "expected": "a key of the shop"}
        elif what == "broken":
            spec["fields"][1] |= {"pattern": "(", "expected": "nothing that is possible"}
        elif what == "field":
            spec["fields"].append({"name": "mode", "enum": ["fast", "slow"]})
        yield self._put_type(OWN_TYPE, spec)

    def _put_type(self, name: str, spec: Document) -> Step:
        self._types[name] = spec
        return self._step("put", name, kind="resourcetypes", spec=spec)

    def _change_consumer(self) -> Iterator[Step]:
        name = self._dice.choice((*CONSUMERS, *FEEDS))
        if name in self._consumers and self._dice.random() < 0.2:
            del self._consumers[name]
            yield self._step("delete", name, kind="resourceconsumers")
        else:
            yield self._put_consumer(name)

    def _put_consumer(self, name: str) -> Step:
        self._consumers[name] = self._new_feed() if name in FEEDS else self._new_consumer()
        return self._step("put", name, kind="resourceconsumers", spec=self._consumers[name])

    def _taken(self) -> Document:
        taken: Document = {"namespace": HERE}
        if self._dice.random() < 0.4:
            taken["selector"] = {"matchLabels": {"team": self._dice.choice(("blue", "green"))}}
        return taken

    def _new_feed(self) -> Document:
        target: Document = {"url": TRACARDI, "login": {"name": LOGIN}}
        target["testFallback"] = self._dice.choice(("Nothing", "Production"))
        if self._dice.random() < 0.3:
            target["contexts"] = [self._dice.choice(("production", "staging"))]
        if self._dice.random() < 0.3:
            target["adopt"] = True
        if self._dice.random() < 0.4:
            target["deletionPolicy"] = self._dice.choice(("Delete", "Orphan"))
        return {"from": [self._taken()], "tracardi": target}

    def _act_at_tracardi(self) -> Iterator[Step]:
        how = self._dice.choice(("plant", "revoke", "delete", "edit"))
        yield Step("tracardi", args={"how": how, "number": self._dice.randrange(60)}, pause=_pause(self._dice))

    def _new_consumer(self) -> Document:
        bundle = {
            "environment": self._dice.choice(("production", "test")),
            "format": self._dice.choice(("json", "json", "env", "airflow", "tracardi")),
        }
        if self._dice.random() < 0.2:
            bundle["secretName"] = self._dice.choice(OUTPUTS)
        suspended = {"suspend": True} if self._dice.random() < 0.1 else {}
        return {"from": [self._taken()], "bundle": bundle} | suspended

    def _tamper(self) -> Iterator[Step]:
        yield self._step("tamper", self._output(), how=self._dice.choice(_TAMPERINGS))

    def _plant(self) -> Iterator[Step]:
        how = self._dice.choice(_PLANTS)
        if self._dice.random() < 0.2:
            yield self._step("uproot", self._dice.choice(("stranger-0", "stranger-1", self._output())))
        elif how == "at the place of an output":
            yield self._step("plant", self._output(), how=how)
        else:
            near = self._dice.choice(RESOURCES)
            yield self._step("plant", f"stranger-{self._dice.randrange(3)}", how=how, near=near)

    def _output(self) -> str:
        if self._dice.random() < 0.3:
            return self._dice.choice((*OUTPUTS, f"{CONSUMERS[0]}-bundle"))
        return f"{self._dice.choice(sorted(self._specs))}-{self._dice.choice(('production', 'test'))}-resolved"

    def _template(self, plural: str, name: str) -> Document:
        if plural == "resources":
            return self._new_spec(name)
        if plural == "resourcetypes":
            return copy.deepcopy(OWN_SPEC)
        return self._new_consumer()

    def _type(self, kind: str) -> Type:
        if kind in BUILTIN:
            return BUILTIN[kind]
        return own_type(OWN_SPEC)

    def _step(self, do: str, name: str, **args: Any) -> Step:
        return Step(
            do,
            name,
            {key: value for key, value in args.items() if value not in (None, "", False)},
            pause=_pause(self._dice),
        )
