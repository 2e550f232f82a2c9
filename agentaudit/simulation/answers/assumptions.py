"""Assumptions that could decide an answer, each made wrong: demands, arrivals, the LLM server."""

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from agentaudit.model.workload import SpeedCurve, Stage, Workload, WorkRequest
from agentaudit.simulation.answers.changes import with_demands, with_rate
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.experiments.load import arrival_rate_per_s
from agentaudit.simulation.fast.requests import longer_each, on_columns
from agentaudit.simulation.workloads.synthetic import lognormal

_OFF = 0.2
"""Demands and rates are wrong by a fifth, up and down."""
_TAIL = 1.0
"""The spread, standard deviation over mean, that a heavy tail adds."""


def wrong_assumptions(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    """
    What is assumed wrongly, in words, and the experiment in which it is.

    Of tools whose CPU time nobody measured a tail would say nothing.
    """
    for factor in (1 + _OFF, 1 - _OFF):
        change = f"{factor - 1:+.0%}"
        yield f"demands {change}", with_demands(experiment, factor, lambda *_: True)
        if all(arrival_rate_per_s(workload) for workload in experiment.workloads):
            yield f"rate {change}", with_rate(experiment, factor)
    machine = experiment.machine
    if any(speed != machine.gpu.points[0][1] for _, speed in machine.gpu.points):
        worse = replace(machine, gpu=_half_gain(machine.gpu))
        yield "LLM batches gain half", replace(experiment, machine=worse)
    if experiment.first.cpu_known:
        yield "tools with a heavy tail", _heavy_tailed(experiment)


def _half_gain(curve: SpeedCurve) -> SpeedCurve:
    """What batching gains over one call at a time, halved."""
    alone = curve.points[0][1]
    return SpeedCurve(points=tuple((n, alone + (speed - alone) / 2) for n, speed in curve.points))


def _heavy_tailed(experiment: Experiment) -> Experiment:
    """CPU demands times lognormal factors of mean 1, the same for every policy."""
    return replace(
        experiment,
        workloads=tuple(
            _with_tail(workload, number) for number, workload in enumerate(experiment.workloads)
        ),
    )


def _with_tail(workload: Workload, number: int) -> Workload:
    draw = Random(f"{number} tails")  # noqa: S311 - a simulation repeats, it keeps no secret
    factors = [lognormal(_TAIL, draw) for _ in range(len(workload.requests))]
    found = on_columns(workload, lambda columns: longer_each(columns, factors, Stage.CPU))
    if found is not None:
        return found
    pairs = zip(workload.requests, factors, strict=True)
    return replace(workload, requests=tuple(_longer_or_shorter(*pair) for pair in pairs))


def _longer_or_shorter(request: WorkRequest, factor: float) -> WorkRequest:
    steps = (
        replace(step, demand_ns=max(round(step.demand_ns * factor), 1))
        if step.stage is Stage.CPU
        else step
        for step in request.steps
    )
    return request.changed(steps=tuple(steps))
