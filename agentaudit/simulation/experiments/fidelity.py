"""
Real runs beside simulated ones: the same requests and policy, with what their steps cost.

What a step costs is either *foreknown*, as it was recorded when steps ran one after the other, or
the run's *own*. With their own costs only scheduling is left to be predicted: how steps share
cores and server, and in which order they get there.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.execution import Execution
from agentaudit.model.results import RequestRecord
from agentaudit.model.validation import Outcome, ValidatedRun
from agentaudit.model.workload import Machine, SpeedCurve, Stage, Workload, WorkRequest
from agentaudit.simulation.experiments.metrics import percentile
from agentaudit.simulation.machines.calibration import hampered
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.served import Costs, Overheads, simulate_served
from agentaudit.simulation.stations.speed import faster


class Recording(Struct, frozen=True, kw_only=True):
    """What is known before a run: from the same steps, one after the other."""

    costs: Costs
    overheads: Overheads
    progress: SpeedCurve
    """CPU time that so many jobs got together in each nanosecond, for threads of one process."""


def recording_workload(workload: Workload) -> tuple[WorkRequest, ...]:
    """
    The requests, to be run one after the other.

    With their calls and waits: a step that begins after a pause finds cold caches, and costs more
    than one that follows another at once.
    """
    return tuple(
        request.changed(arrival_ns=0, follows=None, think_ns=0) for request in workload.requests
    )


def costs_of(*runs: Execution) -> Costs:
    """What each CPU step cost in runs of the same requests, on average."""
    found: dict[tuple[int, int], list[int]] = {}
    for step in (step for run in runs for step in run.steps):
        if step.stage is Stage.CPU:
            found.setdefault((step.request_id, step.place), []).append(step.cpu_ns)
    return {key: round(fmean(costs)) for key, costs in found.items()}


def used_alone(recorded: Sequence[Execution], workload: Workload) -> Mapping[str, float]:
    """By their names: the share of a core's time that steps, one after the other, used."""
    names = _names(workload)
    spent: dict[str, list[float]] = {}
    for run in recorded:
        there = _left_by_hypervisor(run)
        for step in run.steps:
            if step.stage is Stage.CPU:
                sums = spent.setdefault(names[step.request_id, step.place], [0.0, 0.0])
                sums[0] += (step.ended_ns - step.begun_ns) * there
                sums[1] += step.cpu_ns
    return {name: min(cpu_ns / there_ns, 1.0) for name, (there_ns, cpu_ns) in spent.items()}


def validated(
    execution: Execution,
    *,
    workload: Workload,
    machine: Machine,
    policy: Policy,
    recording: Recording,
    repeat: int,
) -> ValidatedRun:
    """A run and its two predictions."""
    around = execution.surroundings
    here = replace(machine, dispatch_ns=0)
    known = simulate_served(
        workload,
        replace(here, cpu=hampered(machine.cpu, recording.progress, machine.cores)),
        policy,
        costs=recording.costs,
        overheads=recording.overheads,
    )
    left, spent = _left_by_hypervisor(execution), costs_of(execution)
    own = simulate_served(
        workload,
        replace(here, cpu=faster(recording.progress, left)),
        policy,
        costs=spent,
        overheads=replace(recording.overheads.as_it_was(left), driver_ns=_driver_ns(execution)),
    )
    return ValidatedRun(
        policy=policy.name,
        parameters=policy.parameters,
        repeat=repeat,
        measured=outcome(execution.records),
        foreknown=outcome(known.records),
        own=outcome(own.records),
        foreign_cores=around.foreign_cores,
        stolen_cores=around.stolen_cores,
        speed=sum(recording.costs.values()) / sum(spent.values()) if spent else 1.0,
    )


def outcome(records: Sequence[RequestRecord]) -> Outcome:
    latencies = sorted(record.latency_ns for record in records)
    begin_ns = min(record.arrival_ns for record in records)
    return Outcome(
        p50_ns=percentile(latencies, 50),
        p90_ns=percentile(latencies, 90),
        mean_ns=round(sum(latencies) / len(latencies)),
        makespan_ns=max(record.finish_ns for record in records) - begin_ns,
    )


def _left_by_hypervisor(execution: Execution) -> float:
    """
    The share of a busy core's time that the hypervisor did not take, 0 to 1.

    Stolen time is counted to no process: CPU times of steps know nothing of it.
    """
    around = execution.surroundings
    ours_ns = sum(step.cpu_ns for step in execution.steps) + execution.driver_cpu_ns
    busy = around.foreign_cores + (ours_ns + execution.server_cpu_ns) / around.elapsed_ns
    return busy / (busy + around.stolen_cores) if busy else 1.0


def _names(workload: Workload) -> Mapping[tuple[int, int], str]:
    return {
        (request.request_id, place): step.name
        for request in workload.requests
        for place, step in enumerate(request.steps)
    }


def _driver_ns(execution: Execution) -> int:
    return round((execution.driver_cpu_ns + execution.server_cpu_ns) / len(execution.steps))
