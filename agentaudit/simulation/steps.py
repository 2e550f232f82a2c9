"""
What a request does, as the engine runs it: its plan, and reports of its steps to those who ask.

A plan is a list of entries: the station, the demand and the threads of each piece of work.
"""

from collections.abc import Callable, Iterator

from agentaudit.model.workload import Stage, WorkRequest, WorkStep
from agentaudit.simulation.policy import Hooks

Entry = tuple[int, int, int]
Plan = tuple[Entry, ...]
STATION = {Stage.CPU: 0, Stage.GPU: 1, Stage.WAIT: 2}
"""Where each kind of step is served: its place among the engine's stations."""
INTERPRETER = 3
"""Where the Python code of threads is served that share one interpreter."""
_NO_WORK = (STATION[Stage.WAIT], 0, 1)
NO_STEP = -1
"""In place of a step's number, for starting the request's process."""


def plan_of(request: WorkRequest, dispatch_ns: int) -> Plan:
    """Station, demand and threads of each step that needs anything, dispatching first."""
    dispatch = ((STATION[Stage.CPU], dispatch_ns, 1),) if dispatch_ns else ()
    steps = (
        (STATION[step.stage], step.demand_ns, step.threads)
        for step in request.steps
        if step.demand_ns
    )
    return (*dispatch, *steps) or (_NO_WORK,)


def threaded_plan(request: WorkRequest) -> Plan:
    """
    The plan of a request that runs in a thread of a process that is there already.

    No process is started for it, and of each CPU step the Python code comes first.
    """
    return tuple(entry for _, entry in _threaded(request)) or (_NO_WORK,)


def step_numbers(request: WorkRequest, entries: int, *, threaded: bool) -> tuple[int, ...]:
    """The number of the step that each entry of a plan of so many belongs to, or NO_STEP."""
    if threaded:
        numbers = tuple(number for number, _ in _threaded(request))
    else:
        numbers = tuple(number for number, step in enumerate(request.steps) if step.demand_ns)
    return (NO_STEP,) * (entries - len(numbers)) + numbers


def _threaded(request: WorkRequest) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """The entries of a threaded plan, each with the number of the step it belongs to."""
    for number, step in enumerate(request.steps):
        python_ns = round(step.demand_ns * step.interpreted) if step.stage is Stage.CPU else 0
        if python_ns:
            yield number, (INTERPRETER, python_ns, 1)
        if step.demand_ns - python_ns:
            yield number, (STATION[step.stage], step.demand_ns - python_ns, step.threads)


def calls_after(plan: Plan, entry: int) -> bool:
    """Whether a request makes an LLM call after this entry of its plan."""
    return any(station == STATION[Stage.GPU] for station, _, _ in plan[entry + 1 :])


class Reports:
    """Which step of its request an entry of a plan belongs to, and telling the policy of it."""

    __slots__ = ("_entries", "_hooks", "_known", "_request_of", "_threaded")

    def __init__(
        self,
        hooks: Hooks,
        request_of: Callable[[int], WorkRequest],
        entries: Callable[[int, bool], int],
    ) -> None:
        """`entries` says how many a plan has, of a request at a place, and as a thread or not."""
        self._hooks = hooks
        self._request_of = request_of
        self._entries = entries
        self._threaded: set[int] = set()
        self._known: dict[int, tuple[int, ...]] = {}

    def runs_in_thread(self, place: int) -> None:
        """The request has a threaded plan from now on."""
        self._threaded.add(place)

    def step(self, place: int, entry: int) -> WorkStep:
        """The step that an entry of a plan serves."""
        return self._request_of(place).steps[self._numbers(place)[entry]]

    def forget(self, place: int) -> None:
        """The request has ended, and nobody will ask for its steps any more."""
        self._known.pop(place, None)
        self._threaded.discard(place)

    def began(self, place: int, entry: int, now_ns: int) -> None:
        """A request has come to an entry of its plan."""
        numbers = self._numbers(place)
        first = numbers[entry] != NO_STEP and (entry == 0 or numbers[entry - 1] != numbers[entry])
        if first and self._hooks.step_began is not None:
            self._hooks.step_began(self._request_of(place), self.step(place, entry), now_ns)

    def ended(self, place: int, entry: int, now_ns: int) -> None:
        """An entry of a plan has been served."""
        numbers = self._numbers(place)
        last = entry == len(numbers) - 1 or numbers[entry + 1] != numbers[entry]
        if numbers[entry] != NO_STEP and last and self._hooks.step_ended is not None:
            self._hooks.step_ended(self._request_of(place), self.step(place, entry), now_ns)

    def _numbers(self, place: int) -> tuple[int, ...]:
        """The number of the step that each entry belongs to, or NO_STEP."""
        if place not in self._known:
            threaded = place in self._threaded
            entries = self._entries(place, threaded)
            self._known[place] = step_numbers(self._request_of(place), entries, threaded=threaded)
        return self._known[place]
