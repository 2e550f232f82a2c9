"""A run that is watched, so that its schedule is known and not only its latencies."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from agentaudit.model.schedule import Schedule, ScheduledRequest, ScheduledStep
from agentaudit.model.workload import Machine, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.engine import simulate
from agentaudit.simulation.policy import Policy

DISPATCH = "dispatch"
"""The name of the work to start a request's process, where the machine has any."""


def schedule_of(workload: Workload, machine: Machine, policy: Policy) -> Schedule:
    """
    The schedule of a workload of at least one request.

    Raises UsageError when the policy leaves requests waiting although nothing will happen any more.
    """
    moments = _Moments()
    run = simulate(workload, machine, policy, watcher=moments)
    by_id = {request.request_id: request for request in workload.requests}
    return Schedule(
        policy=policy.name,
        parameters=policy.parameters,
        requests=tuple(
            ScheduledRequest(
                record=record,
                steps=tuple(
                    _steps(
                        _pieces(by_id[record.request_id], machine.dispatch_ns),
                        moments.of_request[record.request_id],
                        record.start_ns,
                    )
                ),
            )
            for record in run.records
        ),
    )


class _Moments:
    """Of each request, by its id: the instants at which its pieces of work began and ended."""

    def __init__(self) -> None:
        self.of_request: dict[int, list[int]] = defaultdict(list)

    def began(self, request: WorkRequest, now_ns: int) -> None:
        self.of_request[request.request_id].append(now_ns)

    def ended(self, request: WorkRequest, now_ns: int) -> None:
        self.of_request[request.request_id].append(now_ns)


def _pieces(request: WorkRequest, dispatch_ns: int) -> Sequence[WorkStep]:
    """What the engine serves of a request, in order."""
    dispatch = WorkStep(stage=Stage.CPU, demand_ns=dispatch_ns, name=DISPATCH)
    return [piece for piece in (dispatch, *request.steps) if piece.demand_ns]


def _steps(
    pieces: Sequence[WorkStep], moments: Sequence[int], admitted_ns: int
) -> Iterator[ScheduledStep]:
    """The pieces with their moments; a request without any work has moments and no piece."""
    if not pieces:
        return
    began, ended = moments[::2], moments[1::2]
    for piece, queued_ns, began_ns, ended_ns in zip(
        pieces, (admitted_ns, *ended[:-1]), began, ended, strict=True
    ):
        yield ScheduledStep(
            stage=piece.stage,
            name=piece.name,
            queued_ns=queued_ns,
            began_ns=began_ns,
            ended_ns=ended_ns,
            demand_ns=piece.demand_ns,
            threads=piece.threads,
        )
