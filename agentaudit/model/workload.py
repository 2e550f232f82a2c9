"""
The Workload: requests to simulate, and the Machine to simulate them on.

Demands are what a step needs when it runs alone: CPU nanoseconds (not wall), GPU nanoseconds at
batch size 1, nanoseconds of waiting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Stage(StrEnum):
    """What a step of a request needs."""

    CPU = "cpu"
    GPU = "gpu"
    WAIT = "wait"


class Heavy(StrEnum):
    """Which resource dominates a request; the class MAS admits by."""

    CPU = "cpu"
    GPU = "gpu"


class WorkStep(Struct, frozen=True, kw_only=True):
    """One stage of a request. `threads` is how many cores it can use at once."""

    stage: Stage
    demand_ns: int
    threads: int = 1
    name: str = ""
    interpreted: float = 1.0
    """
    Of CPU work: the share, 0 to 1, that is Python code and not that of child processes or of
    libraries that release the interpreter. Threads of one interpreter do it one at a time.
    """
    tokens: int = 0
    """Of an LLM call: prompt and answer, which it holds in the KV cache; 0 where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRequest:
    """
    One request: when it arrives, and its stages in order.

    One that `follows` another, as the next question of a user in a closed loop, arrives `think_ns`
    after that one has ended; its `arrival_ns` is then only where it stands in the order.

    No struct as the other values are: those of the fast kernel are filled as they are looked at.
    """

    request_id: int
    type: str
    heavy: Heavy
    arrival_ns: int
    steps: tuple[WorkStep, ...]
    follows: int | None = None
    think_ns: int = 0

    def changed(self, **fields: Any) -> "WorkRequest":  # noqa: ANN401, of every field its own
        """The request with other values in some fields."""
        return replace(self, **fields)


class Workload(Struct, frozen=True, kw_only=True):
    """Requests in order of arrival, where they come from, and the seed that made them."""

    requests: Sequence[WorkRequest]
    source: str
    arrivals: str
    """`recorded`, `closed` (all at once), `poisson <rate>/s`, `<n> users`, …"""
    seed: int
    assumptions: tuple[str, ...] = ()
    """What had to be assumed to make it, each a sentence."""
    cpu_known: bool = True
    """Whether anybody knows how much its requests need of the cores; of imported traces nobody."""

    @property
    def users(self) -> int:
        """How many ask in turn in a closed loop; 0 where nobody waits for an answer."""
        if all(request.follows is None for request in self.requests):
            return 0
        return sum(request.follows is None for request in self.requests)


class SpeedCurve(Struct, frozen=True, kw_only=True):
    """
    How fast a station serves when n jobs share it: points (n, total speed in jobs' worth).

    Between points the total speed is linear, beyond the last it is constant. A CPU pool of c
    ideal cores is ((1, 1.0), (c, c)). A GPU whose batch of n takes t(n) is (n, n * t(1) / t(n)).
    """

    points: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        sizes = [size for size, _ in self.points]
        if not self.points or sizes != sorted(set(sizes)) or sizes[0] != 1:
            raise ValueError(f"a speed curve starts at 1 job and ascends, not {sizes}")
        if any(speed <= 0 for _, speed in self.points):
            raise ValueError("a speed is more than 0")


class PowerCurve(Struct, frozen=True, kw_only=True):
    """
    What a station draws with n threads or calls active: points (n, watts), the first of them idle.

    Between two points watts grow with the work that is served, by the station's speed curve, and
    beyond the last they are constant.
    """

    points: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        sizes = [size for size, _ in self.points]
        if not self.points or sizes != sorted(set(sizes)) or sizes[0] != 0:
            raise ValueError(f"watts start at 0 jobs, idle, and ascend in jobs, not {sizes}")
        idle = self.points[0][1]
        if idle < 0 or any(watts < idle for _, watts in self.points):
            raise ValueError("watts are at least 0, and at least those of 0 jobs, idle")


class Power(Struct, frozen=True, kw_only=True):
    """What the CPU and the GPU draw; None where nobody knows."""

    cpu: PowerCurve | None = None
    gpu: PowerCurve | None = None


class Machine(Struct, frozen=True, kw_only=True):
    """What the workload runs on. Every limit and every coupling is off unless it is given."""

    name: str
    cores: int
    cpu: SpeedCurve
    gpu: SpeedCurve
    dispatch_ns: int = 0
    """CPU work to start one request's process."""
    most_calls: int | None = None
    """LLM calls served at once (vLLM's max_num_seqs); None is no limit."""
    kv_tokens: int | None = None
    """Room of the KV cache, in tokens; None is no limit."""
    recompute_ns: int = 0
    """GPU work for each token of a request's context that the KV cache has lost between calls."""
    background: float = 0.0
    """Threads of other programs that always run beside the agent's, on average."""
    background_course: tuple[tuple[int, float], ...] = ()
    """
    Instants of the workload, ascending, and how many such threads run from each on. It is what was
    recorded beside the recorded arrivals; before the first there are `background`.
    """
    starvation: float = 0.0
    """
    How much a starved host slows the LLM server, whose scheduler and tokeniser need cores too: with
    n threads to a core, calls take 1 + starvation * (n - 1) times as long. Fitted; 0 is not at all.
    """
    assumptions: tuple[str, ...] = ()
    power: Power | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing limits LLM calls and no station depends on what another does."""
        limited = self.most_calls is not None or self.kv_tokens is not None
        beside = self.background or self.background_course
        return not (limited or beside or self.starvation)

    def __post_init__(self) -> None:
        for name, limit in (("most_calls", self.most_calls), ("kv_tokens", self.kv_tokens)):
            if limit is not None and limit < 1:
                raise ValueError(f"{name} is at least 1, not {limit}")
        for name, amount in (
            ("recompute_ns", self.recompute_ns),
            ("background", self.background),
            *(("background", threads) for _, threads in self.background_course),
            ("starvation", self.starvation),
        ):
            if amount < 0:
                raise ValueError(f"{name} is at least 0, not {amount}")
