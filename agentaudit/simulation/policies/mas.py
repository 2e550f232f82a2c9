"""MAS: a queue and a cap for each class of request, and a reserve that both may use."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.model.workload import Heavy, WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.stations.stations import NEVER


class MixedAdmission(Struct, frozen=True, kw_only=True):
    """
    MAS, Algorithm 1: a request takes a slot of its own class, else one of the shared reserve.

    What finds neither waits in its class, first come first served. Every completion frees the slot
    that the request held, and admits at most one waiting request of each class, beginning with the
    class whose turn it is. So a class that is blocked never blocks the other.
    """

    name: str
    source: str
    cpu_cap: int
    gpu_cap: int
    shared_cap: int

    def __post_init__(self) -> None:
        for name, cap, least in (
            ("E_CPU", self.cpu_cap, 1),
            ("E_GPU", self.gpu_cap, 1),
            ("E_shared", self.shared_cap, 0),
        ):
            if cap < least:
                raise ValueError(f"{name} of {self.name} is at least {least}, not {cap}")

    @property
    def parameters(self) -> str:
        return f"E_CPU={self.cpu_cap} E_GPU={self.gpu_cap} E_shared={self.shared_cap}"

    def admission(self) -> "_Classes":
        return _Classes(self)

    def numbers(self) -> AdmissionNumbers:
        return AdmissionNumbers(
            rule=Rule.CLASSES, size=self.cpu_cap, gpu_size=self.gpu_cap, shared=self.shared_cap
        )


_RESERVE = "reserve"
_OTHER = {Heavy.CPU: Heavy.GPU, Heavy.GPU: Heavy.CPU}


class _Classes:
    """
    The state of Algorithm 1: free slots of Q_CPU, Q_GPU and Q_res; W_CPU, W_GPU; `next`.

    What happened in an instant is noted first and gone through when the policy is asked:
    completions, then arrivals, each as the algorithm handles it.
    """

    __slots__ = ("_arrived", "_finished", "_free", "_next", "_slot", "_started", "_waiting")
    wake_ns = NEVER

    def __init__(self, policy: MixedAdmission) -> None:
        self._free: dict[str, int] = {
            Heavy.CPU: policy.cpu_cap,
            Heavy.GPU: policy.gpu_cap,
            _RESERVE: policy.shared_cap,
        }
        self._slot: dict[int, str] = {}
        self._waiting: dict[Heavy, deque[WorkRequest]] = {Heavy.CPU: deque(), Heavy.GPU: deque()}
        self._next = Heavy.CPU
        self._finished: list[WorkRequest] = []
        self._arrived: list[WorkRequest] = []
        self._started: list[WorkRequest] = []

    def finished(self, request: WorkRequest) -> None:
        self._finished.append(request)

    def arrived(self, request: WorkRequest) -> None:
        self._arrived.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        self._started = []
        for request in self._finished:
            self._free[self._slot.pop(request.request_id)] += 1
            self._drain_waiting()
        for request in self._arrived:
            if not self._try_admit(request):
                self._waiting[request.heavy].append(request)
        self._finished.clear()
        self._arrived.clear()
        return self._started

    def _try_admit(self, request: WorkRequest) -> bool:
        for slot in (request.heavy, _RESERVE):
            if self._free[slot]:
                self._free[slot] -= 1
                self._slot[request.request_id] = slot
                self._started.append(request)
                return True
        return False

    def _drain_waiting(self) -> None:
        first = self._next
        for turn in (first, _OTHER[first]):
            queue = self._waiting[turn]
            if queue and self._try_admit(queue[0]):
                queue.popleft()
                self._next = _OTHER[turn]
