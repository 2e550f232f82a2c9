"""Sweeps: each combination once, and rows that depend on their cell alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.errors import UsageError
from agentaudit.model.sweep import Cell
from agentaudit.model.workload import Stage
from agentaudit.simulation.answers import sweep
from agentaudit.simulation.answers.sweep import (
    Axes,
    RecordedSource,
    WrittenSource,
    cells_of,
    rows_of,
    tasks_of,
)
from agentaudit.simulation.machines.machine import plain_machine
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

SECOND = 1_000_000_000
SHAPE = WorkloadShape(
    types=(
        TypeShape(
            name="search",
            steps=(
                StepShape(stage=Stage.CPU, mean_ns=SECOND, spread=0.5),
                StepShape(stage=Stage.GPU, mean_ns=SECOND // 3),
            ),
        ),
        TypeShape(name="chat", steps=(StepShape(stage=Stage.GPU, mean_ns=SECOND),)),
    ),
    requests=30,
    arrivals=parse_arrivals("poisson:2"),
    seed=0,
)
SOURCE = WrittenSource(shape=SHAPE, name="w.yaml", machines={"": plain_machine(2)})
CELLS = cells_of(
    SOURCE, Axes(arrivals=("", "closed", "users:4:1s"), cores=(1, 4), seeds=range(3), caps=("",))
)


def test_all_combinations_stand_once() -> None:
    axes = Axes(
        arrivals=("poisson:1", "closed"),
        cores=(2, 8, 2),
        policies=("comb", "mas"),
        caps=("", "B_cap=2"),
        seeds=range(3),
    )

    cells = cells_of(SOURCE, axes)

    assert len(cells) == len(set(cells)) == 2 * 2 * 3 * 2 * 3
    assert {cell.policy for cell in cells if cell.arrivals == "closed"} == {
        "multi-processing", "comb-closed", "mas",
    }  # fmt: skip
    assert {cell.policy for cell in cells if cell.arrivals == "poisson:1"} == {
        "fcfs", "comb-open", "mas",
    }  # fmt: skip


@settings(max_examples=20)
@given(st.sets(st.sampled_from(CELLS), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_row_depends_on_its_cell_alone(chosen: set[Cell], chance: st.DataObject) -> None:
    """However cells are put together in tasks, and in which order."""
    cells = sorted(chosen)
    alone = {cell: rows_of(SOURCE, (cell,))[0] for cell in cells}
    chance.shuffle(cells)  # type: ignore[attr-defined]  # a random.Random

    together = [row for task in tasks_of(cells) for row in rows_of(SOURCE, task)]

    assert {row.cell: row for row in together} == alone
    assert len(together) == len(cells)


def test_policies_of_one_seed_have_the_same_requests() -> None:
    for task in tasks_of(CELLS):
        assert len({(cell.arrivals, cell.seed) for cell in task}) == 1
    assert sum(map(len, tasks_of(CELLS))) == len(CELLS)


def test_a_recording_is_drawn_again_by_each_seed() -> None:
    recorded = RecordedSource(
        recorded=SOURCE.workload("", 0), machines={"": plain_machine(2)}, requests=50
    )

    one, other = (recorded.workload("poisson:3", seed) for seed in (0, 1))

    assert len(one.requests) == 50
    assert one.requests != other.requests
    assert recorded.workload("poisson:3", 0) == one


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (Axes(policies=("best",)), "no policy is called best"),
        (Axes(caps=("N=3",)), "--caps: 'N=3'"),
        (Axes(arrivals=("often",)), "arrivals are"),
        (Axes(cores=(0,)), "--cores is from 1"),
    ],
)
def test_what_cannot_be_swept_is_named_before_anything_runs(axes: Axes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cells_of(SOURCE, axes)


def test_a_sweep_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_CELLS", 10)

    with pytest.raises(UsageError, match="at most 10 cells"):
        cells_of(SOURCE, Axes(seeds=range(11)))
