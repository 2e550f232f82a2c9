"""Micro-batches: requests that start together, one group after another."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.model.workload import Stage, WorkRequest, WorkStep
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.stations.stations import NEVER


class BarrierMicroBatching(Struct, frozen=True, kw_only=True):
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


class CombClosed(Struct, frozen=True, kw_only=True):
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


class OverlappingMicroBatching(Struct, frozen=True, kw_only=True):
    """
    CGAM with overlap: the next group starts when the CPU stage of the one before has ended.

    A group is up to `size` waiting requests. Its CPU stage has ended when none of its requests has
    a CPU step left, so that their last LLM calls overlap the tools of the next group. The paper
    draws two stages; what it does with requests that return to the CPU it does not say, and this
    waits for the last time. The authors' script starts the next group after a fixed delay instead,
    which is COMB on a batch.
    """

    name: str
    source: str
    size: int

    def __post_init__(self) -> None:
        _check_size(self.name, self.size)

    @property
    def parameters(self) -> str:
        return f"B_cap={self.size}"

    def admission(self) -> "_OverlappingGroups":
        return _OverlappingGroups(self.size)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(rule=Rule.OVERLAP, size=self.size)


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


class _OverlappingGroups:
    __slots__ = ("_cpu_steps", "_size", "_waiting")
    wake_ns = NEVER

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[WorkRequest] = deque()
        self._cpu_steps: dict[int, int] = {}
        """CPU steps that requests of the last group have left, where they have any."""

    def finished(self, request: WorkRequest) -> None:
        self._cpu_steps.pop(request.request_id, None)

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        del now_ns
        left = self._cpu_steps.get(request.request_id, 0)
        if step.stage is Stage.CPU and left:
            self._cpu_steps[request.request_id] = left - 1
            if left == 1:
                del self._cpu_steps[request.request_id]

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        started: list[WorkRequest] = []
        while self._waiting and not self._cpu_steps:
            for _ in range(min(self._size, len(self._waiting))):
                request = self._waiting.popleft()
                started.append(request)
                if steps := sum(_needs_cpu(step) for step in request.steps):
                    self._cpu_steps[request.request_id] = steps
        return started


def _needs_cpu(step: WorkStep) -> bool:
    return step.stage is Stage.CPU and step.demand_ns > 0
