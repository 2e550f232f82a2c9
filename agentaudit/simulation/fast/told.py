"""What a policy in Python hears of steps and says of threads, beside who comes and goes."""

from collections.abc import Mapping

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.fast.parts import Parts
from agentaudit.simulation.policy import Hooks
from agentaudit.simulation.steps import Reports


class Listeners:
    """
    The hooks of a policy that looks into requests, or says which are threads of one interpreter.

    Where it says that, the kernel has two jobs of each request, one a process and one a thread.
    """

    __slots__ = ("_at", "_begin", "_dispatched", "_in_threads", "_reports", "_shift")

    def __init__(self, hooks: Hooks, run: Parts, requests: Mapping[int, WorkRequest]) -> None:
        self._in_threads = hooks.in_threads
        self._shift = 0 if hooks.in_threads is None else 1
        self._begin, self._at = run.work.begin.data, run.out.at.data
        self._dispatched = int(run.work.dispatch_ns[0] > 0)
        self._reports = (
            Reports(hooks, requests.__getitem__, self._entries) if hooks.watching else None
        )

    def started(self, place: int, request: WorkRequest, now_ns: int) -> int:
        """A request starts; the job that it is."""
        job = place << self._shift
        threaded = self._in_threads is not None and self._in_threads(request)
        if self._reports is not None:
            if threaded:
                self._reports.runs_in_thread(place)
            self._reports.began(place, 0, now_ns)
        return job + threaded

    def ended(self, job: int, now_ns: int) -> bool:
        """Whether a job has come to its end; of its steps the policy hears here."""
        if self._reports is None:
            return True
        place, following = job >> self._shift, self._at[job]
        entry = following - self._first(job)
        self._reports.ended(place, entry - 1, now_ns)
        if following < self._begin[job + 1]:
            self._reports.began(place, entry, now_ns)
            return False
        self._reports.forget(place)
        return True

    def _first(self, job: int) -> int:
        """Where the job begins; dispatching stands before its first step."""
        threaded = job & self._shift
        return self._begin[job] - (0 if threaded else self._dispatched)

    def _entries(self, place: int, threaded: bool) -> int:  # noqa: FBT001, in its place
        """How long the plan of a request is."""
        job = (place << self._shift) + threaded
        return max(self._begin[job + 1] - self._first(job), 1)
