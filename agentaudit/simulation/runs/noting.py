"""A policy whose run notes when steps begin and end."""

from collections.abc import Sequence

from msgspec import Struct

from agentaudit.model.workload import WorkRequest, WorkStep
from agentaudit.simulation.policy import Admission, Policy, hooks_of
from agentaudit.simulation.stations.stations import NEVER


class Noted(Struct, frozen=True, kw_only=True):
    """A step that began (change 1) or ended (-1); `locked` is Python code of a thread."""

    at_ns: int
    change: int
    request_id: int
    step: WorkStep
    locked: bool


class Watched:
    """A policy whose run notes when steps begin and end, and else does what the policy does."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.log: list[Noted] = []

    @property
    def name(self) -> str:
        return self._policy.name

    @property
    def source(self) -> str:
        return self._policy.source

    @property
    def parameters(self) -> str:
        return self._policy.parameters

    def admission(self) -> Admission:
        return _Noting(self._policy.admission(), self.log)


class _Noting:
    """The hooks of a policy's run, all of them, with those added that hear of steps."""

    def __init__(self, admission: Admission, log: list[Noted]) -> None:
        self._admission = admission
        self._log = log
        hooks = hooks_of(admission)
        self._began, self._ended = hooks.step_began, hooks.step_ended
        self._watching = hooks.watching
        self._waiting = 0
        self.rank, self.keep_ns = hooks.rank, hooks.keep_ns
        self._asked_in_threads = hooks.in_threads
        self.in_threads = None if hooks.in_threads is None else self._in_threads
        self._threaded: set[int] = set()

    @property
    def wake_ns(self) -> int:
        return self._admission.wake_ns if self._asks() else NEVER

    def finished(self, request: WorkRequest) -> None:
        self._admission.finished(request)

    def arrived(self, request: WorkRequest) -> None:
        self._waiting += 1
        self._admission.arrived(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        started = self._admission.admit(now_ns) if self._asks() else ()
        self._waiting -= len(started)
        return started

    def _asks(self) -> bool:
        """Whether the policy would be asked by itself: this one listens to steps, and always is."""
        return bool(self._waiting) or self._watching

    def step_began(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        self._note(request, step, now_ns, 1)
        if self._began is not None:
            self._began(request, step, now_ns)

    def step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        self._note(request, step, now_ns, -1)
        if self._ended is not None:
            self._ended(request, step, now_ns)

    def _note(self, request: WorkRequest, step: WorkStep, now_ns: int, change: int) -> None:
        self._log.append(
            Noted(
                at_ns=now_ns,
                change=change,
                request_id=request.request_id,
                step=step,
                locked=request.request_id in self._threaded and step.interpreted > 0,
            )
        )

    def _in_threads(self, request: WorkRequest) -> bool:
        threaded = self._asked_in_threads is not None and self._asked_in_threads(request)
        if threaded:
            self._threaded.add(request.request_id)
        return threaded
