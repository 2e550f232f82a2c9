"""Policies that start every request at once, and order their calls in front of the LLM server."""

from msgspec import Struct

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.policies.capped import FirstCome
from agentaudit.simulation.policy import Call
from agentaudit.simulation.stations.stations import NEVER

_LEVELS = 8
_ALL_START = AdmissionNumbers(rule=Rule.CAPPED, size=NEVER)
"""The kernel runs machines that limit no calls: there nobody waits in front of the server."""


def attained_level(call: Call, now_ns: int, *, quantum_ns: int, patience: float) -> int:
    """
    Which of 8 queues a call is in by what its request has got: 0 below a quantum, 1 below two, ….

    Each queue is twice as wide as the one before. A request that has waited `patience` times as
    long as it was served is in the first.
    """
    waited_ns = call.waited_ns + now_ns - call.called_ns
    if waited_ns >= patience * max(call.attained_ns, quantum_ns):
        return 0
    return min((call.attained_ns // quantum_ns).bit_length(), _LEVELS - 1)


class LeastAttained(Struct, frozen=True, kw_only=True):
    """
    PLAS of Autellix: the calls of the request come first that the LLM server has served least.

    A request's priority is the time its earlier calls were served, in queues that double in width,
    each first come, first served; one that has waited too long for what it got is moved to the
    first. So short requests are not held up behind the tenth call of a long one, and nobody needs
    to know beforehand which is which. Autellix interrupts a running call that is outranked; here a
    call that has begun ends. The width of its queues and its measure of patience are not in the
    sources we know: `quantum_ns` and `patience` are ours.
    """

    name: str
    source: str
    quantum_ns: int
    patience: float = 10.0

    def __post_init__(self) -> None:
        if self.quantum_ns < 1 or self.patience <= 0:
            raise ValueError(f"the quantum and the patience of {self.name} are more than 0")

    @property
    def parameters(self) -> str:
        return f"quantum={self.quantum_ns / 1e9:.3g}s patience={self.patience:g}"

    def admission(self) -> "_LeastAttained":
        return _LeastAttained(self)

    def numbers(self) -> AdmissionNumbers:
        return _ALL_START


class _LeastAttained(FirstCome):
    __slots__ = ("_policy",)

    def __init__(self, policy: LeastAttained) -> None:
        super().__init__(None)
        self._policy = policy

    def rank(self, call: Call, now_ns: int) -> tuple[int, ...]:
        policy = self._policy
        level = attained_level(call, now_ns, quantum_ns=policy.quantum_ns, patience=policy.patience)
        return (level,)


class PinnedPrograms(Struct, frozen=True, kw_only=True):
    """
    Continuum: the calls of the request that came first, and its context pinned while a tool runs.

    Calls whose context is pinned come before all others, and among equals the request that arrived
    first. A pin ends after `pin_ns`, or where the server is idle and the first of the line does not
    fit. Continuum chooses the time of each pin by a cost model, from the durations that it has seen
    of the tool and from what computing the context again would cost; here it is one time for all.
    """

    name: str
    source: str
    pin_ns: int

    def __post_init__(self) -> None:
        if self.pin_ns < 0:
            raise ValueError(f"the pins of {self.name} last at least 0 ns, not {self.pin_ns}")

    @property
    def parameters(self) -> str:
        return f"TTL={self.pin_ns / 1e9:.3g}s"

    def admission(self) -> "_PinnedPrograms":
        return _PinnedPrograms(self.pin_ns)

    def numbers(self) -> AdmissionNumbers:
        return _ALL_START


class _PinnedPrograms(FirstCome):
    __slots__ = ("_arrivals", "_pin_ns")

    def __init__(self, pin_ns: int) -> None:
        super().__init__(None)
        self._pin_ns = pin_ns
        self._arrivals: dict[int, int] = {}

    def arrived(self, request: WorkRequest) -> None:
        super().arrived(request)
        self._arrivals[request.request_id] = len(self._arrivals)

    def rank(self, call: Call, now_ns: int) -> tuple[int, ...]:
        del now_ns
        return (not call.pinned, self._arrivals[call.request.request_id])

    def keep_ns(self, call: Call, now_ns: int) -> int:
        del call, now_ns
        return self._pin_ns
