"""Requests that came at no rate, as if they came at one: what questions about rates start from."""

from random import Random

from msgspec.structs import replace

from agentaudit.model.workload import Workload
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.experiments.load import arrival_rate_per_s
from agentaudit.simulation.fast.requests import coming_at, on_columns
from agentaudit.simulation.workloads.arrival_laws import poisson
from agentaudit.simulation.workloads.arrivals import ArrivalKind, Arrivals
from agentaudit.simulation.workloads.shaping import shaped


def at_a_rate(experiment: Experiment, answered_per_s: float) -> tuple[Experiment, str]:
    """
    The experiment, and what is assumed where its requests come at no rate.

    They then come as often as they are answered now.
    """
    if len(experiment.first.requests) == 1 or not comes_at_no_rate(experiment):
        return experiment, ""
    assumed = f" In this answer requests come at random times, and not {how_they_come(experiment)}."
    return _coming_at_random(experiment, answered_per_s), assumed


def comes_at_no_rate(experiment: Experiment) -> bool:
    """Whether requests come all at once, or from users who wait for their answers."""
    return any(not arrival_rate_per_s(one) for one in experiment.workloads)


def how_they_come(experiment: Experiment) -> str:
    """`from 8 users who wait for answers`, or `all at once`."""
    users = experiment.first.users
    if not users:
        return "all at once"
    return f"from {f'{users} users who wait' if users > 1 else '1 user who waits'} for answers"


def _coming_at_random(experiment: Experiment, rate_per_s: float) -> Experiment:
    """The same requests at random instants (Poisson), so many a second, whoever was answered."""
    arrivals = Arrivals(kind=ArrivalKind.POISSON, number=rate_per_s)
    return replace(
        experiment, workloads=tuple(_opened(one, arrivals) for one in experiment.workloads)
    )


def _opened(workload: Workload, arrivals: Arrivals) -> Workload:
    count = len(workload.requests)
    draw = Random(f"{workload.seed} arrivals")  # noqa: S311 - a simulation repeats, it keeps no secret
    found = on_columns(
        workload, lambda columns: coming_at(columns, poisson(arrivals.number, count, draw))
    )
    if found is not None:
        return replace(found, arrivals=str(arrivals))
    return shaped(workload, arrivals=arrivals, requests=None, seed=workload.seed)
