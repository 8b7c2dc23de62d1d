"""What a repetition measured: the bare client on one copy of a snapshot, the operator on another. Times in seconds."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.audit import Request

Requests = Counter[tuple[str, str]]
"""How many of each verb and resource."""


def counted(requests: Iterable[Request]) -> Requests:
    return Counter((request.verb, request.resource) for request in requests)


class Failed(Exception):  # noqa: N818  # what became of a step
    """A step did not come to its end; says why."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU that each process spent."""

    client: float
    """The bare client, or the operator."""
    apiserver: float
    etcd: float


@dataclass(frozen=True, slots=True)
class Bare:
    cold: float
    cold_cpu: Cpu
    lists: float
    bulk: float
    edits_idle: list[float]
    edits_loaded: list[float]


@dataclass(frozen=True, slots=True)
class Cold:
    seconds: float
    """From the first request about a Resource to the answer to the last."""
    with_start: float
    """From the start of the process."""
    requests: Requests
    cpu: Cpu
    """From the start of the process."""
    peak_mb: float
    settled_mb: float


@dataclass(frozen=True, slots=True)
class Bulk:
    seconds: float
    """From the first change that was sent to the answer to the last status."""
    requests: Requests


@dataclass(frozen=True, slots=True)
class Period:
    """From the end of one resync to the end of the next, with nothing to do."""

    seconds: float
    cpu: float
    writes: int
    values_read: int
    relisted: bool
    """Whether the metadata of all Secrets was listed too, as it is once in `relist_seconds`."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Periods of the resync, of which the last, and no other, relisted."""

    periods: list[Period]

    @property
    def seconds(self) -> float:
        return sum(period.seconds for period in self.periods)

    @property
    def writes(self) -> int:
        return sum(period.writes for period in self.periods)

    @property
    def values_read(self) -> int:
        return sum(period.values_read for period in self.periods)

    @property
    def usual_share(self) -> float:
        """Of one core, relists aside."""
        *usual, _ = self.periods
        return sum(period.cpu for period in usual) / sum(period.seconds for period in usual)

    @property
    def relist_cpu(self) -> float:
        """Seconds that a relist takes beside what is usual."""
        last = self.periods[-1]
        return last.cpu - self.usual_share * last.seconds

    def cpu_share(self, relist_seconds: float) -> float:
        """Of one core, with a relist every so many seconds."""
        return self.usual_share + self.relist_cpu / relist_seconds


@dataclass(frozen=True, slots=True)
class Restart:
    ready: float
    """Until /readyz says yes."""
    seconds: float
    """Until every Resource was found to be as it should be."""
    writes: int
    values_read: int
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Operator:
    cold: Cold
    bulk: Bulk
    edits_idle: list[float]
    edits_loaded: list[float]
    idle: Idle | None
    peak_mb: float
    settled_mb: float
    restart: Restart


@dataclass(frozen=True, slots=True)
class Crowded:
    """The operator beside Secrets that no Resource names."""

    secrets: int
    cold: Cold
    restart: Restart


@dataclass(frozen=True, slots=True)
class Delivery:
    """To one consumer that takes all Resources."""

    seconds: float
    """Until all was delivered, values read first."""
    edits: list[float]
    """From an edit of an input until it was delivered."""
    requests: Requests = field(default_factory=Counter)
    """To the API server, until all was said and done."""
    edit_requests: Requests = field(default_factory=Counter)
    """Of all edits."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    bare: Delivery
    operator: Delivery


@dataclass(frozen=True, slots=True)
class Sample:
    bare: Bare
    operator: Operator
    others: float
    """What other processes took of the machine's CPU meanwhile, from 0 to 1."""
