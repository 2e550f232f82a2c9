"""
What charts of a simulation are drawn from: latency against load, busy time, and requests as bars.

It stands in `simulation.json` and is bounded, whatever the workload: see
`simulation/answers/views.py`. Times are nanoseconds since the first arrival.
"""

from enum import StrEnum

from msgspec import Struct


class LoadPoint(Struct, frozen=True, kw_only=True):
    """One policy at one rate of arrivals."""

    rate_per_s: float
    p50_ns: int
    p90_ns: int
    overloaded: bool


class LoadCurve(Struct, frozen=True, kw_only=True):
    """The same requests, arriving more slowly or faster; caps stay as they are."""

    policy: str
    points: tuple[LoadPoint, ...]
    """By ascending rate."""

    def __post_init__(self) -> None:
        _some(f"points of {self.policy}", self.points)


class LoadView(Struct, frozen=True, kw_only=True):
    """Latency against load of all policies."""

    requests: int
    """How many, the first of the workload, each point is made of."""
    own_rate_per_s: float
    largest_rate_per_s: float
    """What the busier of CPU and LLM server can serve at best: past it no policy keeps up."""
    curves: tuple[LoadCurve, ...]

    def __post_init__(self) -> None:
        _some("curves", self.curves)


class BusyCurve(Struct, frozen=True, kw_only=True):
    """How busy one policy kept the machine, bin by bin, from the first arrival on."""

    policy: str
    bin_ns: int
    """The width of each bin; the last may reach past the last finish."""
    end_ns: int
    """The last finish."""
    cpu_busy_ns: tuple[int, ...]
    """Core-nanoseconds in use."""
    gpu_busy_ns: tuple[int, ...]
    """Nanoseconds with at least one request on the GPU."""

    def __post_init__(self) -> None:
        _some(f"bins of {self.policy}", self.cpu_busy_ns)
        if self.bin_ns < 1 or len(self.cpu_busy_ns) != len(self.gpu_busy_ns):
            raise ValueError("bins last at least 1 ns, and are as many of the CPU as of the GPU")


class Doing(StrEnum):
    """What a request does, or waits for."""

    ADMISSION = "admission"
    QUEUE = "queue"
    """For a step, the LLM server's line."""
    CPU = "cpu"
    GPU = "gpu"
    WAIT = "wait"
    """For something outside the machine."""


class Stretch(Struct, frozen=True, kw_only=True):
    """A part of a request's time; one begins where the one before ends."""

    doing: Doing
    end_ns: int


class Bar(Struct, frozen=True, kw_only=True):
    """One request from its arrival to its finish, which is the end of its last stretch."""

    request_id: int
    type: str
    arrival_ns: int
    stretches: tuple[Stretch, ...]

    @property
    def finish_ns(self) -> int:
        return self.stretches[-1].end_ns if self.stretches else self.arrival_ns


class BarsOfPolicy(Struct, frozen=True, kw_only=True):
    """Consecutive requests under one policy, in order of arrival."""

    policy: str
    bars: tuple[Bar, ...]

    def __post_init__(self) -> None:
        _some(f"bars of {self.policy}", self.bars)


class Views(Struct, frozen=True, kw_only=True):
    """All that charts need; what there is nothing of is empty."""

    requests: int
    """How many, the first of the workload, `busy` is made of, and `bars` are taken from."""
    busy: tuple[BusyCurve, ...]
    first_bar: int
    """How many requests arrived before those that stand as bars."""
    bars: tuple[BarsOfPolicy, ...]
    """The best policy and the one that it is compared with."""
    load: LoadView | None
    """None where load is no rate: all requests come at once, or after answers."""

    def __post_init__(self) -> None:
        _some("policies in `bars`", self.bars)
        if not {policy.policy for policy in self.bars} <= {curve.policy for curve in self.busy}:
            raise ValueError("`busy` holds every policy that `bars` does")


def _some(what: str, items: tuple[object, ...]) -> None:
    if not items:
        raise ValueError(f"there are no {what}")
