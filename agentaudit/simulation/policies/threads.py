"""Requests as threads of one interpreter, all of them, or those that only wait for the LLM."""

from collections.abc import Sequence

from msgspec import Struct

from agentaudit.model.workload import Heavy, WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.policies.capped import FirstCome
from agentaudit.simulation.stations.stations import NEVER


class MultiThreading(Struct, frozen=True, kw_only=True):
    """
    Every request starts when it arrives, as a thread of one process.

    Python code is done one thread at a time; what child processes do, and libraries that release
    the interpreter, is done at once. No process is started for a request.
    """

    name: str
    source: str

    @property
    def parameters(self) -> str:
        return "one interpreter"

    def admission(self) -> "_Threads":
        return _Threads(None)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(rule=Rule.CAPPED, size=NEVER, threaded=frozenset(Heavy))


class _Threads(FirstCome):
    __slots__ = ()

    def in_threads(self, request: WorkRequest) -> bool:
        del request
        return True


class WorkloadAware(Struct, frozen=True, kw_only=True):
    """
    MAWS: CPU-heavy requests in processes of their own, GPU-heavy ones in one shared thread pool.

    A request that does little but wait for the LLM needs no process, and with many of them the
    processes take cores from those that compute. With a `cap` (MAWS+CGAM) CPU-heavy requests first
    pass a queue with so many slots, which they hold to their end; GPU-heavy ones never wait.
    """

    name: str
    source: str
    cap: int | None

    def __post_init__(self) -> None:
        if self.cap is not None and self.cap < 1:
            raise ValueError(f"the cap of {self.name} is at least 1, not {self.cap}")

    @property
    def parameters(self) -> str:
        return "no cap" if self.cap is None else f"B_cap={self.cap} for CPU-heavy"

    def admission(self) -> "_Apart":
        return _Apart(self.cap)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(
            rule=Rule.APART,
            size=self.cap if self.cap is not None else NEVER,
            threaded=frozenset({Heavy.GPU}),
        )


class _Apart(FirstCome):
    """The queue is that of CPU-heavy requests."""

    __slots__ = ("_threads",)

    def __init__(self, cap: int | None) -> None:
        super().__init__(cap)
        self._threads: list[WorkRequest] = []

    def finished(self, request: WorkRequest) -> None:
        if request.heavy is Heavy.CPU:
            super().finished(request)

    def arrived(self, request: WorkRequest) -> None:
        if request.heavy is Heavy.CPU:
            super().arrived(request)
        else:
            self._threads.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        threads, self._threads = self._threads, []
        return [*threads, *super().admit(now_ns)]

    def in_threads(self, request: WorkRequest) -> bool:
        return request.heavy is Heavy.GPU
