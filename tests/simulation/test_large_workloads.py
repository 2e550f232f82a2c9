"""Workloads that stay columns: every answer is the one that objects give, to the last digit."""

import pytest
from msgspec.structs import replace

from agentaudit.model.answers import Question
from agentaudit.model.results import Simulation
from agentaudit.model.sweep import SweepRow
from agentaudit.model.workload import Stage, Workload
from agentaudit.simulation.answers.changes import parse_change
from agentaudit.simulation.answers.compare import ranked_shipped, simulation_of
from agentaudit.simulation.answers.searched import searched
from agentaudit.simulation.answers.sweep import Axes, WrittenSource, cells_of, rows_of
from agentaudit.simulation.answers.views import with_views
from agentaudit.simulation.answers.what_if import what_ifs
from agentaudit.simulation.experiments import large_workloads
from agentaudit.simulation.experiments.experiment import Experiment, types_of
from agentaudit.simulation.experiments.large_workloads import suited
from agentaudit.simulation.experiments.load import offered_load
from agentaudit.simulation.experiments.metrics import Terms
from agentaudit.simulation.experiments.replications import written_replications
from agentaudit.simulation.fast.columns import workload_of
from agentaudit.simulation.fast.drawn import drawn_columns
from agentaudit.simulation.fast.requests import columns_of, large_workload
from agentaudit.simulation.machines.machine import PRESETS
from agentaudit.simulation.objectives import parse_objectives
from agentaudit.simulation.policies.caps import default_caps
from agentaudit.simulation.runs import simulator
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import (
    StepShape,
    TypeShape,
    WorkloadShape,
    synthetic_workload,
)

SECOND = 1_000_000_000
MACHINE = replace(PRESETS["v1"], cores=8)
SHAPE = WorkloadShape(
    types=(
        TypeShape(
            name="web",
            weight=3,
            steps=(
                StepShape(stage=Stage.GPU, mean_ns=SECOND // 3),
                StepShape(stage=Stage.CPU, mean_ns=2 * SECOND, spread=0.5, threads=3),
                StepShape(stage=Stage.WAIT, mean_ns=SECOND // 7, spread=0.1),
                StepShape(stage=Stage.GPU, mean_ns=SECOND, name="answer", tokens=900),
            ),
        ),
        TypeShape(name="chat", steps=(StepShape(stage=Stage.GPU, mean_ns=SECOND, spread=1.5),)),
    ),
    requests=400,
    arrivals=parse_arrivals("poisson:3"),
    seed=1,
)
WAYS = ("poisson:3", "poisson:90", "closed", "users:7:2s", "gamma:3:3", "onoff:9:2s:8s,mix:0.3")


def answers(shape: WorkloadShape, *, question: Question | None) -> Simulation:
    """What `simulate scheduler` says of a workload file."""
    made = written_replications(shape, source="w.yaml", count=2)
    terms = Terms(objectives=parse_objectives(["p95 < 20s"], types_of(made)))
    experiment = Experiment(workloads=made, machine=MACHINE)
    names = ("fcfs", "mas", "sjf", "maws-cgam", "micro-batching", "micro-batching-rolling")
    ranking = ranked_shipped(experiment, names=names, terms=terms)
    found = searched(ranking, question) if question is not None else ()
    return simulation_of(ranking, found=found)


@pytest.mark.parametrize("arrivals", ["poisson:3", "users:7:2s"])
def test_what_was_recorded_is_answered_the_same(
    arrivals: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = replace(SHAPE, arrivals=parse_arrivals(arrivals))
    recorded = written_replications(shape, source="run.aatrace", count=2)
    names = ("fcfs", "mas", "sjf", "micro-batching")

    def answered(workloads: tuple[Workload, ...]) -> Simulation:
        experiment = Experiment(workloads=workloads, machine=MACHINE)
        ranking = ranked_shipped(experiment, names=names)
        changed, told = what_ifs(ranking, [parse_change("tool:answer=2x,cpu=+4")])
        found = simulation_of(ranking, what_ifs=changed, told=told)
        return with_views(found, ranking)

    by_objects = answered(suited(recorded, MACHINE))
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)
    in_columns = suited(recorded, MACHINE)

    assert all(columns_of(one) is not None for one in in_columns)
    assert answered(in_columns) == by_objects


def test_what_the_readable_engine_runs_stays_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """As does what columns would have in another order, and what they cannot hold."""
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)
    recorded = synthetic_workload(replace(SHAPE, requests=9), source="run.aatrace")
    first, second, *others = recorded.requests
    swapped = first.changed(request_id=second.request_id), second.changed(request_id=0)
    endless = first.changed(arrival_ns=1 << 70)

    for workload, machine in (
        (recorded, replace(MACHINE, background=0.5)),
        (replace(recorded, requests=(*swapped, *others)), MACHINE),
        (replace(recorded, requests=(endless, second, *others)), MACHINE),
    ):
        assert suited([workload], machine) == (workload,)
    assert columns_of(*suited([recorded], MACHINE)) is not None


def test_cores_that_nobody_measured_stay_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)
    written = synthetic_workload(replace(SHAPE, requests=9), source="trace.csv")
    imported = replace(written, cpu_known=False)

    (in_columns,) = suited([imported], MACHINE)
    columns = columns_of(in_columns)

    assert columns is not None
    assert not in_columns.cpu_known
    assert workload_of(columns) == imported


@pytest.mark.parametrize("arrivals", WAYS)
def test_a_comparison_is_the_same(arrivals: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = replace(SHAPE, arrivals=parse_arrivals(arrivals))
    by_objects = answers(shape, question=None)
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)

    assert columns_of(written_replications(shape, source="w.yaml", count=1)[0]) is not None
    assert answers(shape, question=None) == by_objects


@pytest.mark.parametrize(
    ("arrivals", "question"),
    [
        ("poisson:3", Question.MAX_RATE),
        ("poisson:3", Question.CORES),
        ("users:7:2s", Question.USERS),
    ],
)
def test_what_is_found_is_the_same(
    arrivals: str, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = replace(SHAPE, arrivals=parse_arrivals(arrivals))
    by_objects = answers(shape, question=question)
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)

    assert answers(shape, question=question) == by_objects


def test_what_charts_show_is_the_same() -> None:
    """Requests come in another order than that of their ids, where users ask in turn."""
    shape = replace(SHAPE, requests=60, arrivals=parse_arrivals("users:7:2s"))
    objects = synthetic_workload(shape, source="t")
    large = large_workload(drawn_columns(shape, source="t"))
    experiments = [Experiment(workloads=(one,), machine=MACHINE) for one in (large, objects)]
    rankings = [ranked_shipped(one, names=("fcfs",)) for one in experiments]

    views = [with_views(simulation_of(ranking), ranking).views for ranking in rankings]

    assert views[0] is not None
    assert views[0] == views[1]


def rows(shape: WorkloadShape) -> list[SweepRow]:
    source = WrittenSource(shape=shape, name="w.yaml", machines={"": MACHINE})
    cells = cells_of(source, Axes(arrivals=("", "closed", "users:9"), cores=(4, 8)))
    return [row for cell in cells for row in rows_of(source, (cell,))]


def test_a_sweep_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    by_objects = rows(SHAPE)
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)

    assert rows(SHAPE) == by_objects


@pytest.mark.parametrize("arrivals", WAYS)
def test_requests_are_the_same_when_looked_at(arrivals: str) -> None:
    shape = replace(SHAPE, arrivals=parse_arrivals(arrivals))
    objects = synthetic_workload(shape, source="t")

    large = large_workload(drawn_columns(shape, source="t"))

    assert tuple(large.requests) == objects.requests
    assert large.requests[7] == objects.requests[7]
    assert large.requests[-3:] == objects.requests[-3:]
    assert (large.users, large.assumptions) == (objects.users, objects.assumptions)
    assert default_caps(large, MACHINE) == default_caps(objects, MACHINE)
    assert offered_load(large, MACHINE) == offered_load(objects, MACHINE)
    with pytest.raises(IndexError):
        large.requests[400]


def test_a_machine_with_limits_runs_them_on_the_engine() -> None:
    large = large_workload(drawn_columns(SHAPE, source="t"))
    objects = synthetic_workload(SHAPE, source="t")
    machine = replace(MACHINE, most_calls=2)

    found = [
        ranked_shipped(Experiment(workloads=(one,), machine=machine), names=("las",)).results
        for one in (large, objects)
    ]

    assert found[0] == found[1]


def test_without_the_extra_there_are_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_workloads, "WORTH_COMPILING", 1)
    monkeypatch.setattr(large_workloads, "kernel_available", lambda: False)

    (made,) = written_replications(SHAPE, source="w.yaml", count=1)

    assert made == synthetic_workload(SHAPE, source="w.yaml")
    assert simulator.kernel_available()
