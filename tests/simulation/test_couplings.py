"""Other programs, a starved LLM server, and threads that share one interpreter."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER

SECOND = 1_000_000_000
MACHINE = Machine(
    name="host", cores=2, cpu=ideal_cores(2), gpu=SpeedCurve(points=((1, 1.0), (8, 8.0)))
)
ALL = CappedConcurrency(name="all", source="test", cap=None)


def cpu(seconds: float, interpreted: float = 1.0, threads: int = 1) -> WorkStep:
    return WorkStep(
        stage=Stage.CPU,
        demand_ns=round(seconds * SECOND),
        interpreted=interpreted,
        threads=threads,
    )


def gpu(seconds: float) -> WorkStep:
    return WorkStep(stage=Stage.GPU, demand_ns=round(seconds * SECOND))


def work(*plans: tuple[WorkStep, ...]) -> Workload:
    return Workload(
        requests=tuple(
            WorkRequest(request_id=place, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=steps)
            for place, steps in enumerate(plans)
        ),
        source="test",
        arrivals="closed",
        seed=0,
    )


def finishes(run: Run) -> list[float]:
    return [record.finish_ns / SECOND for record in run.records]


class Threads:
    """Everybody at once, in threads of one interpreter; the odd ones apart where it is told so."""

    name = source = parameters = "threads"
    wake_ns = NEVER

    def __init__(self, *, odd_apart: bool = False) -> None:
        self._odd_apart = odd_apart
        self._waiting: list[WorkRequest] = []

    def admission(self) -> "Threads":
        return self

    def finished(self, request: WorkRequest) -> None:
        del request

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        started, self._waiting = self._waiting, []
        return started

    def in_threads(self, request: WorkRequest) -> bool:
        return not self._odd_apart or request.request_id % 2 == 0


def test_other_programs_take_their_share() -> None:
    """Two jobs and two threads of others on two cores: half a core each."""
    run = simulate(work((cpu(1),), (cpu(1),)), replace(MACHINE, background=2), ALL)

    assert finishes(run) == [2, 2]
    assert run.cpu_busy_ns == 2 * SECOND


def test_other_programs_on_idle_cores_disturb_nobody() -> None:
    run = simulate(work((cpu(1),)), replace(MACHINE, background=1), ALL)

    assert finishes(run) == [1]
    assert run.cpu_busy_ns == SECOND


def test_a_part_of_a_thread_takes_its_part() -> None:
    """One job and one and a half threads of others on one core: 1 / 2.5 of it."""
    one = replace(MACHINE, cores=1, cpu=ideal_cores(1), background=1.5)

    assert finishes(simulate(work((cpu(1),)), one, ALL)) == [2.5]


def test_other_programs_come_and_go() -> None:
    """On one core: alone for a second, beside another for two, alone again."""
    course = ((SECOND, 1.0), (3 * SECOND, 0.0))
    one = replace(MACHINE, cores=1, cpu=ideal_cores(1), background_course=course)

    assert finishes(simulate(work((cpu(3),)), one, ALL)) == [4]


def test_a_starved_host_slows_the_llm_server() -> None:
    """Four threads on two cores are one too many to a core: a call of 2 s takes 1.5 times that."""
    machine = replace(MACHINE, starvation=0.5)
    alone = simulate(work((gpu(2),)), machine, ALL)
    beside = simulate(work((gpu(2),), *[(cpu(10),)] * 4), machine, ALL)

    assert finishes(alone) == [2]
    assert finishes(beside)[0] == 3


def test_the_server_is_slowed_only_as_long_as_the_host_is_starved() -> None:
    """Four jobs of 1 s keep two cores for 2 s; meanwhile 2 / 1.5 of the 4 s are served."""
    run = simulate(work((gpu(4),), *[(cpu(1),)] * 4), replace(MACHINE, starvation=0.5), ALL)

    assert finishes(run)[0] == pytest.approx(2 + 4 - 2 / 1.5, abs=1e-8)


def test_python_code_of_one_interpreter_is_done_one_thread_at_a_time() -> None:
    """Two threads of 1 s on two cores take 2 s; two processes would take 1 s."""
    workload = work((cpu(1),), (cpu(1),))

    assert finishes(simulate(workload, MACHINE, Threads())) == [2, 2]
    assert finishes(simulate(workload, MACHINE, ALL)) == [1, 1]
    assert simulate(workload, MACHINE, Threads()).cpu_busy_ns == 2 * SECOND


def test_what_child_processes_do_is_done_at_once() -> None:
    """A quarter of each second is Python: half a second for both, and the rest side by side."""
    run = simulate(work((cpu(1, 0.25),), (cpu(1, 0.25),)), MACHINE, Threads())

    assert finishes(run) == [1.25, 1.25]


def test_the_interpreter_is_one_thread_to_the_cores() -> None:
    """Two threads of one interpreter and two processes on two cores: a third of both cores."""
    workload = work(*[(cpu(1),)] * 4)

    run = simulate(workload, MACHINE, Threads(odd_apart=True))

    # For 1.5 s: processes at 2/3 of a core have 1 s done; the interpreter 1 s of 2, and then alone.
    assert finishes(run) == [2.5, 1.5, 2.5, 1.5]
    assert run.cpu_busy_ns == 4 * SECOND


steps = st.builds(
    cpu,
    st.sampled_from([0.0, 1e-9, 0.5, 1.0, 2.25]),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.integers(1, 3),
)
plans = st.lists(st.lists(steps, max_size=3).map(tuple), min_size=1, max_size=10)


@settings(max_examples=60)
@given(plans, st.integers(0, 3), st.sampled_from([Threads(), Threads(odd_apart=True)]))
def test_work_is_conserved_and_nobody_takes_more_than_there_is(
    plans: list[tuple[WorkStep, ...]], background: int, policy: Threads
) -> None:
    machine = replace(MACHINE, background=background, starvation=0.2)
    run = simulate(work(*plans), machine, policy)

    assert run.cpu_work_ns == sum(step.demand_ns for plan in plans for step in plan)
    assert run.cpu_busy_ns <= machine.cores * run.makespan_ns


@settings(max_examples=60)
@given(plans)
def test_threads_without_python_code_are_processes(plans: list[tuple[WorkStep, ...]]) -> None:
    native = [tuple(replace(step, interpreted=0.0) for step in plan) for plan in plans]

    threads = simulate(work(*native), MACHINE, Threads())

    assert threads.records == simulate(work(*native), MACHINE, ALL).records


@settings(max_examples=60)
@given(plans)
def test_one_interpreter_is_never_faster_than_processes(
    plans: list[tuple[WorkStep, ...]],
) -> None:
    """With work that is Python throughout; else it may happen to leave cores to a longer step."""
    python = [tuple(replace(step, threads=1, interpreted=1.0) for step in plan) for plan in plans]
    threads = simulate(work(*python), MACHINE, Threads())
    processes = simulate(work(*python), MACHINE, ALL)

    assert threads.makespan_ns >= processes.makespan_ns - 10
