"""MARS: as many requests at once as the cores and the KV cache bear, found by trying."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.model.workload import Stage, WorkRequest, WorkStep
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule, WindowNumbers
from agentaudit.simulation.policies.calls import attained_level
from agentaudit.simulation.policy import Call
from agentaudit.simulation.stations.stations import NEVER


class AdaptiveWindow(Struct, frozen=True, kw_only=True):
    """
    MARS's admission: a window of running requests that grows by one and shrinks by a factor.

    Every `interval_ns` both pressures are looked at. Where more than `most_backlog` tool threads
    lack a core, or LLM calls ask for more than `kv_share` of the KV cache, the window shrinks to
    `shrink` of itself, to two at least; where at most `least_backlog` lack one and the window is
    full, it grows by one. Requests enter it first come, first served, and their calls are served by
    least attained service, which stands for its feedback queues.

    The numbers are defaults of the authors' preview release (Afterglow231/MARS_preview). Not
    modelled: the forecast of the KV cache (here, what calls in service and in line ask for),
    what happens to KV of requests that are interrupted, and its handling of long prompts.
    """

    name: str
    source: str
    cores: int
    kv_tokens: int | None
    quantum_ns: int = 1_000_000_000
    start: int = 8
    least: int = 2
    shrink: float = 0.7
    interval_ns: int = 200_000_000
    least_backlog: int = 1
    most_backlog: int = 4
    kv_share: float = 0.9

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.start or not 0 < self.shrink < 1 or self.interval_ns < 1:
            raise ValueError(
                f"the window of {self.name} starts at its least or above, shrinks to a share of"
                " itself, and is looked at after more than 0 ns"
            )

    @property
    def parameters(self) -> str:
        return f"window from {self.start} +1 *{self.shrink:g} each {self.interval_ns / 1e9:.3g}s"

    def admission(self) -> "_Window":
        return _Window(self)

    def numbers(self) -> AdmissionNumbers | None:
        if self.kv_tokens is not None:
            return None  # the kernel counts no tokens
        window = WindowNumbers(
            start=self.start,
            least=self.least,
            shrink=self.shrink,
            interval_ns=self.interval_ns,
            few=self.cores + self.least_backlog,
            many=self.cores + self.most_backlog,
        )
        return AdmissionNumbers(rule=Rule.WINDOW, size=NEVER, window=window)


class _Window:
    __slots__ = ("_looks_ns", "_policy", "_running", "_threads", "_tokens", "_waiting", "_width")

    def __init__(self, policy: AdaptiveWindow) -> None:
        self._policy = policy
        self._width = float(policy.start)
        self._looks_ns = 0
        """When the pressures are looked at next."""
        self._running = 0
        self._threads = 0
        """Of tools that run or lack a core."""
        self._tokens = 0
        """Of LLM calls that are served or wait."""
        self._waiting: deque[WorkRequest] = deque()

    @property
    def wake_ns(self) -> int:
        return self._looks_ns if self._waiting else NEVER

    def finished(self, request: WorkRequest) -> None:
        del request
        self._running -= 1

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def step_began(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        del request, now_ns
        self._count(step, 1)

    def step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        del request, now_ns
        self._count(step, -1)

    def rank(self, call: Call, now_ns: int) -> tuple[int, ...]:
        quantum_ns = self._policy.quantum_ns
        return (attained_level(call, now_ns, quantum_ns=quantum_ns, patience=10.0),)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        if now_ns >= self._looks_ns:
            self._adapt()
            self._looks_ns = now_ns + self._policy.interval_ns
        count = min(max(int(self._width) - self._running, 0), len(self._waiting))
        self._running += count
        return [self._waiting.popleft() for _ in range(count)]

    def _count(self, step: WorkStep, change: int) -> None:
        if step.stage is Stage.CPU:
            self._threads += change * step.threads
        elif step.stage is Stage.GPU:
            self._tokens += change * step.tokens

    def _adapt(self) -> None:
        policy = self._policy
        backlog = self._threads - policy.cores
        room = policy.kv_tokens
        short_of_room = room is not None and self._tokens > policy.kv_share * room
        if backlog > policy.most_backlog or short_of_room:
            self._width = max(self._width * policy.shrink, float(policy.least))
        elif backlog <= policy.least_backlog and self._running >= int(self._width):
            self._width += 1
