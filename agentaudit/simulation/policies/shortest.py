"""Shortest job first: by what is expected of a type, or by what only an oracle knows."""

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from msgspec import Struct

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.stations.stations import NEVER


class ShortestFirst(Struct, frozen=True, kw_only=True):
    """
    At most `cap` requests at once; of those that wait, the one that is expected to need least.

    What is expected is the mean demand of the request's type, in nanoseconds over all stages; a
    type without one comes last. Nothing is interrupted. It lowers the mean at the price of the
    tail: while short requests keep coming, long ones wait, without end if the load is too high.
    With `expected_ns` None it goes by what the very request will need. Nobody knows that; it is a
    bound to compare with, and no policy to use.
    """

    name: str
    source: str
    cap: int
    expected_ns: Mapping[str, int] | None

    def __post_init__(self) -> None:
        if self.cap < 1:
            raise ValueError(f"the cap of {self.name} is at least 1, not {self.cap}")

    def __hash__(self) -> int:
        return hash((self.name, self.source, self.cap))

    @property
    def parameters(self) -> str:
        by = "what each will need" if self.expected_ns is None else "the mean of its type"
        return f"cap={self.cap} by {by}"

    def admission(self) -> "_Shortest":
        return _Shortest(self)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(rule=Rule.SHORTEST, size=self.cap, expected_ns=self.expected_ns)

    def length_ns(self, request: WorkRequest) -> int:
        """How long the request is taken to be."""
        if self.expected_ns is None:
            return sum(step.demand_ns for step in request.steps)
        return self.expected_ns.get(request.type, NEVER)


class _Shortest:
    __slots__ = ("_arrivals", "_free", "_policy", "_waiting")
    wake_ns = NEVER

    def __init__(self, policy: ShortestFirst) -> None:
        self._policy = policy
        self._free = policy.cap
        self._waiting: list[tuple[int, int, WorkRequest]] = []
        self._arrivals = 0

    def finished(self, request: WorkRequest) -> None:
        del request
        self._free += 1

    def arrived(self, request: WorkRequest) -> None:
        heappush(self._waiting, (self._policy.length_ns(request), self._arrivals, request))
        self._arrivals += 1

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        count = min(self._free, len(self._waiting))
        self._free -= count
        return [heappop(self._waiting)[-1] for _ in range(count)]
