"""
Real runs beside simulated ones: the same requests and policy, with what their steps cost.

What a step costs is either *foreknown*, as it was recorded when steps ran one after the other, or
the run's *own*. With their own costs only scheduling is left to be predicted: how steps share
cores and server, and in which order they get there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from agentaudit.model.execution import Execution, StepRecord
from agentaudit.model.results import RequestRecord
from agentaudit.model.validation import Outcome, ValidatedRun
from agentaudit.model.workload import (
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.engine import simulate
from agentaudit.simulation.metrics import percentile
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.speed import ideal_cores

Costs = Mapping[tuple[int, int], int]
"""CPU nanoseconds by request id and place of the step."""
_LEAST_SPEED = 0.05
"""Of the cores that others left: less is no machine to measure on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overheads:
    """What handing out a step costs besides its work."""

    driver_ns: int
    """CPU time of driver and server, for each step."""
    handover_ns: int
    """Until whoever serves the step is awake, and the driver again after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is known before a run: from the same steps, one after the other."""

    costs: Costs
    overheads: Overheads
    cpu: SpeedCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was seen beside a run."""

    repeat: int
    speeds: Mapping[str, float]
    """How fast each kind of work was, over what it was while recording, by the names of steps."""
    lost_cores: float
    """Used by other programs while the run wanted them."""


def recording_workload(workload: Workload) -> tuple[WorkRequest, ...]:
    """The CPU steps alone, to be run one after the other; the other steps need no time."""
    return tuple(
        replace(
            request,
            arrival_ns=0,
            steps=tuple(
                step if step.stage is Stage.CPU else replace(step, demand_ns=0)
                for step in request.steps
            ),
        )
        for request in workload.requests
    )


def costs_of(steps: Sequence[StepRecord]) -> Costs:
    """What CPU steps cost in a run."""
    return {(step.request_id, step.place): step.cpu_ns for step in steps if step.stage is Stage.CPU}


def validated(
    execution: Execution,
    *,
    workload: Workload,
    machine: Machine,
    policy: Policy,
    recording: Recording,
    beside: Circumstances,
) -> ValidatedRun:
    """A run and its two predictions."""
    speeds = beside.speeds
    known = as_served(workload, _paced(workload, recording.costs, speeds), recording.overheads)
    own = as_served(
        workload,
        costs_of(execution.steps),
        replace(recording.overheads, driver_ns=_driver_ns(execution)),
    )
    here = replace(machine, cpu=recording.cpu, dispatch_ns=0)
    around = execution.surroundings
    left = without_foreign(replace(here, cpu=ideal_cores(machine.cores)), beside.lost_cores)
    return ValidatedRun(
        policy=policy.name,
        parameters=policy.parameters,
        repeat=beside.repeat,
        measured=outcome(execution.records),
        foreknown=outcome(simulate(known, here, policy).records),
        own=outcome(simulate(own, left, policy).records),
        foreign_cores=around.foreign_cores,
        stolen_cores=around.stolen_cores,
        speed=fmean(speeds.values()) if speeds else 1.0,
    )


def as_served(workload: Workload, costs: Costs, overheads: Overheads) -> Workload:
    """The requests with what their steps cost; a step is handed over before it is served."""
    return replace(
        workload,
        requests=tuple(
            replace(
                request,
                steps=tuple(
                    served
                    for place, step in enumerate(request.steps)
                    for served in _served(step, costs.get((request.request_id, place)), overheads)
                ),
            )
            for request in workload.requests
        ),
    )


def without_foreign(machine: Machine, foreign_cores: float) -> Machine:
    """The machine without the cores that other programs use: what is left when all are wanted."""
    points = [
        (jobs, max(min(speed, machine.cores - foreign_cores), _LEAST_SPEED))
        for jobs, speed in machine.cpu.points
    ]
    return replace(machine, cpu=SpeedCurve(points=tuple(points)))


def outcome(records: Sequence[RequestRecord]) -> Outcome:
    latencies = sorted(record.latency_ns for record in records)
    begin_ns = min(record.arrival_ns for record in records)
    return Outcome(
        p50_ns=percentile(latencies, 50),
        p90_ns=percentile(latencies, 90),
        mean_ns=round(sum(latencies) / len(latencies)),
        makespan_ns=max(record.finish_ns for record in records) - begin_ns,
    )


def _served(step: WorkStep, cost_ns: int | None, overheads: Overheads) -> tuple[WorkStep, ...]:
    if not step.demand_ns or step.stage is Stage.WAIT:
        return (step,)
    handover = WorkStep(stage=Stage.WAIT, demand_ns=overheads.handover_ns)
    driver = WorkStep(stage=Stage.CPU, demand_ns=overheads.driver_ns)
    if step.stage is Stage.GPU or cost_ns is None:
        return (driver, handover, step)
    return (handover, replace(step, demand_ns=cost_ns + overheads.driver_ns))


def _paced(workload: Workload, costs: Costs, speeds: Mapping[str, float]) -> Costs:
    """Recorded costs at the machine's speed of today."""
    names = {
        (request.request_id, place): step.name
        for request in workload.requests
        for place, step in enumerate(request.steps)
    }
    return {key: round(cost_ns / speeds.get(names[key], 1.0)) for key, cost_ns in costs.items()}


def _driver_ns(execution: Execution) -> int:
    return round((execution.driver_cpu_ns + execution.server_cpu_ns) / len(execution.steps))
