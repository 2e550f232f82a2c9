"""Micro-batches: requests that start together, one group after another."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.stations import NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierMicroBatching:
    """
    Groups of up to `size` waiting requests; the next starts when the last of a group has ended.

    The barrier is what the paper draws for micro-batching. It suits even work: with a long tail
    all wait for the slowest of their group.
    """

    name: str
    source: str
    size: int

    def __post_init__(self) -> None:
        _check_size(self.name, self.size)

    @property
    def parameters(self) -> str:
        return f"B_cap={self.size}"

    def admission(self) -> "_BarrierGroups":
        return _BarrierGroups(self.size)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(rule=Rule.BARRIER, size=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class CombClosed:
    """
    COMB on a batch: a group of up to `size` requests starts every `offset_ns`, without a barrier.

    The CPU stage of each group overlaps the GPU stage of the one before. The offset is a launch
    offset: group k starts at (k - 1) * offset, and nothing caps how many groups run at once. Where
    requests arrive over time, a launch takes what waits, and the next comes no sooner than the
    offset after it.
    """

    name: str
    source: str
    size: int
    offset_ns: int

    def __post_init__(self) -> None:
        _check_size(self.name, self.size)
        if self.offset_ns < 0:
            raise ValueError(f"the offset of {self.name} is at least 0, not {self.offset_ns} ns")

    @property
    def parameters(self) -> str:
        return f"B_cap={self.size} s={self.offset_ns / 1e9:.3g}s"

    def admission(self) -> "_OffsetGroups":
        return _OffsetGroups(self.size, self.offset_ns)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(rule=Rule.OFFSET, size=self.size, offset_ns=self.offset_ns)


def _check_size(name: str, size: int) -> None:
    if size < 1:
        raise ValueError(f"a micro-batch of {name} has at least 1 request, not {size}")


class _BarrierGroups:
    __slots__ = ("_running", "_size", "_waiting")
    wake_ns = NEVER

    def __init__(self, size: int) -> None:
        self._size = size
        self._running = 0
        self._waiting: deque[WorkRequest] = deque()

    def finished(self, request: WorkRequest) -> None:
        del request
        self._running -= 1

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        if self._running:
            return ()
        self._running = min(self._size, len(self._waiting))
        return [self._waiting.popleft() for _ in range(self._running)]


class _OffsetGroups:
    __slots__ = ("_launch_ns", "_offset_ns", "_size", "_waiting")

    def __init__(self, size: int, offset_ns: int) -> None:
        self._size = size
        self._offset_ns = offset_ns
        self._launch_ns = 0
        self._waiting: deque[WorkRequest] = deque()

    @property
    def wake_ns(self) -> int:
        return self._launch_ns if self._waiting else NEVER

    def finished(self, request: WorkRequest) -> None:
        """Groups start by the clock; who has finished does not matter."""

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        group: list[WorkRequest] = []
        while self._waiting and now_ns >= self._launch_ns:
            count = min(self._size, len(self._waiting))
            group.extend(self._waiting.popleft() for _ in range(count))
            self._launch_ns = now_ns + self._offset_ns
        return group
