"""Threads of one interpreter for all requests, or for the GPU-heavy ones (MAWS)."""

import pytest
from msgspec.structs import replace

from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.machines.machine import PRESETS
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.threads import MultiThreading, WorkloadAware
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
MACHINE = Machine(
    name="four cores",
    cores=4,
    cpu=ideal_cores(4),
    gpu=SpeedCurve(points=((1, 1.0), (64, 64.0))),
    dispatch_ns=SECOND // 10,
)
THREADS = MultiThreading(name="multi-threading", source="test")
PROCESSES = CappedConcurrency(name="multi-processing", source="test", cap=None)


def maws(cap: int | None = None) -> WorkloadAware:
    return WorkloadAware(name="maws", source="test", cap=cap)


def cpu(seconds: float, interpreted: float = 1.0) -> WorkStep:
    return WorkStep(
        stage=Stage.CPU, demand_ns=round(seconds * SECOND), interpreted=interpreted, name="tool"
    )


def gpu(seconds: float) -> WorkStep:
    return WorkStep(stage=Stage.GPU, demand_ns=round(seconds * SECOND))


def batch(*requests: tuple[Heavy, tuple[WorkStep, ...]]) -> Workload:
    return Workload(
        requests=tuple(
            WorkRequest(request_id=place, type=heavy, heavy=heavy, arrival_ns=0, steps=steps)
            for place, (heavy, steps) in enumerate(requests)
        ),
        source="test",
        arrivals="closed",
        seed=0,
    )


def finishes(run: Run) -> list[float]:
    return [round(record.finish_ns / SECOND, 6) for record in run.records]


def test_four_cores_serve_one_interpreter_as_one_core() -> None:
    workload = batch(*[(Heavy.CPU, (cpu(1), gpu(2)))] * 4)

    assert finishes(simulate(workload, MACHINE, PROCESSES)) == [3.1] * 4
    assert finishes(simulate(workload, MACHINE, THREADS)) == [6.0] * 4


def test_threads_need_no_process_each() -> None:
    """Where tools run in child processes, a thread saves the start of one."""
    workload = batch(*[(Heavy.CPU, (cpu(1, 0.0), gpu(2)))] * 4)

    assert finishes(simulate(workload, MACHINE, THREADS)) == [3.0] * 4


LANGCHAIN = (
    WorkStep(stage=Stage.CPU, demand_ns=70_000_000, name="client"),
    WorkStep(stage=Stage.WAIT, demand_ns=300_000_000, name="fetch"),
    cpu(1.42, 0.0),
    gpu(1.28),
)


@pytest.mark.parametrize(
    ("count", "threads_s", "processes_s"),
    [(1, 3.0, 2.7), (8, 4.0, 3.6), (32, 6.7, 4.7), (64, 11.6, 6.8), (128, 21.1, 11.6)],
)
def test_threads_and_processes_of_figure_3(
    count: int, threads_s: float, processes_s: float
) -> None:
    """
    Makespans of LangChain in arXiv:2511.00739v1, as the authors ran it again.

    LexRank runs in children. One number is fitted: 70 ms of Python a request.
    """
    workload = batch(*[(Heavy.CPU, LANGCHAIN)] * count)
    threads, processes = (
        simulate(workload, PRESETS["v1"], policy).makespan_ns / SECOND
        for policy in (THREADS, PROCESSES)
    )

    assert threads == pytest.approx(threads_s, rel=0.1)
    assert processes == pytest.approx(processes_s, rel=0.15)
    assert threads / processes == pytest.approx(threads_s / processes_s, rel=0.15)


def test_maws_keeps_gpu_heavy_requests_from_taking_cores() -> None:
    """Eight chats of 0.5 s Python beside four tools: one core's share of four, and not eight."""
    tools = [(Heavy.CPU, (cpu(2),))] * 4
    chats = [(Heavy.GPU, (cpu(0.5), gpu(1)))] * 8
    machine = replace(MACHINE, dispatch_ns=0)

    apart = finishes(simulate(batch(*tools, *chats), machine, maws()))
    alike = finishes(simulate(batch(*tools, *chats), machine, PROCESSES))

    assert apart[:4] == [2.5] * 4
    assert alike[:4] == [3.0] * 4


def test_maws_with_cgam_caps_the_cpu_heavy_requests_only() -> None:
    tools = [(Heavy.CPU, (cpu(1),))] * 4
    chats = [(Heavy.GPU, (gpu(1),))] * 3
    records = simulate(batch(*tools, *chats), MACHINE, maws(cap=2)).records

    assert [record.start_ns > 0 for record in records] == [False, False, True, True] + [False] * 3


def test_caps_are_checked_and_shown() -> None:
    assert (maws().parameters, maws(3).parameters) == ("no cap", "B_cap=3 for CPU-heavy")
    with pytest.raises(ValueError, match="at least 1, not 0"):
        maws(0)
