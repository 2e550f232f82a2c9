"""First come, first served with at most so many requests at once: five named policies are this."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.stations.stations import NEVER


class CappedConcurrency(Struct, frozen=True, kw_only=True):
    """
    Whole requests start in order of arrival while fewer than `cap` run; None is no cap.

    The slot is held through all stages. With cap 1 requests run one after the other; with no cap
    every request has its process at once (multi-processing); over a closed batch a cap is
    micro-batching that rolls; in open loop it is COMB, a semaphore of N_cap behind a FIFO queue.
    """

    name: str
    source: str
    cap: int | None

    def __post_init__(self) -> None:
        if self.cap is not None and self.cap < 1:
            raise ValueError(f"the cap of {self.name} is at least 1, not {self.cap}")

    @property
    def parameters(self) -> str:
        return "no cap" if self.cap is None else f"cap={self.cap}"

    def admission(self) -> "FirstCome":
        return FirstCome(self.cap)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(rule=Rule.CAPPED, size=self.cap if self.cap is not None else NEVER)


class FirstCome:
    """A queue, and how many of its slots are free."""

    __slots__ = ("_free", "_waiting")
    wake_ns = NEVER

    def __init__(self, cap: int | None) -> None:
        self._free = cap if cap is not None else NEVER
        self._waiting: deque[WorkRequest] = deque()

    def finished(self, request: WorkRequest) -> None:
        del request
        self._free += 1

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        count = min(self._free, len(self._waiting))
        if not count:
            return ()
        self._free -= count
        return [self._waiting.popleft() for _ in range(count)]
