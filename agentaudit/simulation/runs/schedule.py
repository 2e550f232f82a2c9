"""A run that is watched, so that its schedule is known and not only its latencies."""

from collections import defaultdict
from collections.abc import Iterator

from agentaudit.model.schedule import Schedule, ScheduledRequest, ScheduledStep
from agentaudit.model.workload import Machine, Stage, Workload, WorkRequest
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.steps import INTERPRETER, NO_STEP, STATION, Entry, step_numbers

_STAGES = {station: stage for stage, station in STATION.items()}
DISPATCH = "dispatch"
"""The name of the work to start a request's process, where the machine has any."""


def schedule_of(workload: Workload, machine: Machine, policy: Policy) -> Schedule:
    """
    The schedule of a workload of at least one request.

    Raises UsageError when the policy leaves requests waiting although nothing will happen any more.
    """
    log = _Log()
    run = simulate(workload, machine, policy, watcher=log)
    by_id = {request.request_id: request for request in workload.requests}
    return Schedule(
        policy=policy.name,
        parameters=policy.parameters,
        requests=tuple(
            ScheduledRequest(
                record=record,
                steps=tuple(_steps(by_id[record.request_id], log, record.start_ns)),
            )
            for record in run.records
        ),
    )


class _Log:
    """Of each request, by its id: the entries of its plan, and when they began and ended."""

    def __init__(self) -> None:
        self.entries: dict[int, list[Entry]] = defaultdict(list)
        self.began_ns: dict[int, list[int]] = defaultdict(list)
        self.ended_ns: dict[int, list[int]] = defaultdict(list)

    def began(self, request: WorkRequest, entry: Entry, now_ns: int) -> None:
        self.entries[request.request_id].append(entry)
        self.began_ns[request.request_id].append(now_ns)

    def ended(self, request: WorkRequest, now_ns: int) -> None:
        self.ended_ns[request.request_id].append(now_ns)


def _steps(request: WorkRequest, log: _Log, admitted_ns: int) -> Iterator[ScheduledStep]:
    """What was served, in order; of a request without any work, nothing."""
    entries = log.entries[request.request_id]
    began, ended = log.began_ns[request.request_id], log.ended_ns[request.request_id]
    # Without an entry for the interpreter a threaded plan is as long as one without dispatching.
    threaded = any(station == INTERPRETER for station, _, _ in entries)
    numbers = step_numbers(request, len(entries), threaded=threaded)
    for number, (station, demand_ns, threads), queued_ns, began_ns, ended_ns in zip(
        numbers, entries, (admitted_ns, *ended[:-1]), began, ended, strict=True
    ):
        if demand_ns:
            yield ScheduledStep(
                number=number,
                stage=_STAGES.get(station, Stage.CPU),
                name=DISPATCH if number == NO_STEP else request.steps[number].name,
                queued_ns=queued_ns,
                began_ns=began_ns,
                ended_ns=ended_ns,
                demand_ns=demand_ns,
                threads=threads,
                interpreted=station == INTERPRETER,
            )
