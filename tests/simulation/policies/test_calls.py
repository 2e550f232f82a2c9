"""Least attained service and pinned programs, in front of an LLM server with a line."""

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
from agentaudit.simulation.policies.calls import LeastAttained, PinnedPrograms, attained_level
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policy import Call
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
ONE = Machine(
    name="one call",
    cores=64,
    cpu=ideal_cores(64),
    gpu=SpeedCurve(points=((1, 1.0), (64, 64.0))),
    most_calls=1,
)
ALL = CappedConcurrency(name="all", source="test", cap=None)
LAS = LeastAttained(name="las", source="test", quantum_ns=SECOND)
CONTINUUM = PinnedPrograms(name="continuum", source="test", pin_ns=5 * SECOND)


def gpu(seconds: float, tokens: int = 0) -> WorkStep:
    return WorkStep(stage=Stage.GPU, demand_ns=round(seconds * SECOND), tokens=tokens)


def tool(seconds: float) -> WorkStep:
    return WorkStep(stage=Stage.WAIT, demand_ns=round(seconds * SECOND))


def work(*requests: tuple[float, tuple[WorkStep, ...]]) -> Workload:
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=place,
                type="t",
                heavy=Heavy.GPU,
                arrival_ns=round(arrival_s * SECOND),
                steps=steps,
            )
            for place, (arrival_s, steps) in enumerate(requests)
        ),
        source="test",
        arrivals="recorded",
        seed=0,
    )


def finishes(run: Run) -> list[float]:
    return [record.finish_ns / SECOND for record in run.records]


def call(*, attained_s: float = 0, waits_s: float = 0, waited_s: float = 0) -> Call:
    """A call that has waited for `waits_s` at 100 s."""
    return Call(
        request=work((0, ())).requests[0],
        step=gpu(1),
        number=1,
        called_ns=round((100 - waits_s) * SECOND),
        attained_ns=round(attained_s * SECOND),
        waited_ns=round(waited_s * SECOND),
        pinned=False,
    )


@pytest.mark.parametrize(
    ("attained_s", "level"), [(0, 0), (0.99, 0), (1, 1), (1.99, 1), (2, 2), (4, 3), (1000, 7)]
)
def test_queues_double_in_width(attained_s: float, level: int) -> None:
    shown = call(attained_s=attained_s)

    assert attained_level(shown, 100 * SECOND, quantum_ns=SECOND, patience=10) == level


def test_who_has_waited_for_too_long_comes_first() -> None:
    """Served for 4 s, a request that has waited for 40 s in all is in the first queue again."""
    waiting = [call(attained_s=4, waits_s=10, waited_s=waited) for waited in (29.9, 30)]

    levels = [attained_level(one, 100 * SECOND, quantum_ns=SECOND, patience=10) for one in waiting]

    assert levels == [3, 0]


LONG = (gpu(4), tool(0.5), gpu(4), tool(0.5), gpu(4))


def test_a_new_request_is_not_held_up_behind_the_calls_of_a_long_one() -> None:
    """At 10 s two calls wait: the second one of the long request, and behind it a first one."""
    workload = work((0, LONG), (4, (gpu(6),)), (4.6, (gpu(1),)))

    assert finishes(simulate(workload, ONE, ALL)) == [19, 10, 15]
    assert finishes(simulate(workload, ONE, LAS)) == [19.5, 10, 11]


single = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=15).map(
    sorted
)


@settings(max_examples=60)
@given(single, st.integers(1, 3))
def test_requests_with_one_call_are_served_first_come(
    requests: list[tuple[int, int]], most: int
) -> None:
    """Nobody has got anything yet, so both policies have nothing but arrivals to go by."""
    workload = work(*[(arrival_s, (gpu(demand_s),)) for arrival_s, demand_s in requests])
    machine = replace(ONE, most_calls=most)

    expected = simulate(workload, machine, ALL)

    assert simulate(workload, machine, LAS) == expected
    assert simulate(workload, machine, CONTINUUM) == expected


steps = st.one_of(
    st.builds(gpu, st.sampled_from([0.1, 1, 2.5]), st.integers(0, 10)),
    st.builds(tool, st.sampled_from([0.1, 1])),
)
programs = st.lists(
    st.tuples(st.sampled_from([0, 1, 2.5]), st.lists(steps, max_size=5).map(tuple)),
    min_size=1,
    max_size=10,
).map(lambda drawn: sorted(drawn, key=lambda item: item[0]))


@settings(max_examples=60)
@given(programs, st.sampled_from([LAS, CONTINUUM]))
def test_where_nobody_waits_the_order_changes_nothing(
    requests: list[tuple[float, tuple[WorkStep, ...]]], policy: LeastAttained | PinnedPrograms
) -> None:
    roomy = replace(ONE, most_calls=100)

    run = simulate(work(*requests), roomy, policy)

    assert run.records == simulate(work(*requests), roomy, ALL).records


@settings(max_examples=60)
@given(programs, st.sampled_from([ALL, LAS, CONTINUUM]))
def test_the_server_is_never_idle_while_a_call_waits(
    requests: list[tuple[float, tuple[WorkStep, ...]]], policy: LeastAttained | PinnedPrograms
) -> None:
    """One at a time: all orders have the server busy for what was asked of it, and no longer."""
    run = simulate(work(*requests), replace(ONE, kv_tokens=10), policy)

    assert run.gpu_busy_ns == run.gpu_work_ns
    assert run.kv_peak <= 10


def test_the_program_that_came_first_goes_first() -> None:
    """Back from its tool, the first request finds the line, and passes it."""
    long = (gpu(1), tool(1), gpu(1), tool(1), gpu(1))
    workload = work((0, long), (0.1, (gpu(2),)), (0.2, (gpu(2),)), (0.3, (gpu(2),)))

    assert finishes(simulate(workload, ONE, ALL)) == [10, 3, 5, 7]
    assert finishes(simulate(workload, ONE, CONTINUUM)) == [7, 3, 6, 9]


def test_a_pinned_context_saves_its_computation() -> None:
    """Beside a call that runs throughout, two programs of 6 tokens on 10; computing 6 takes 3 s."""
    machine = replace(ONE, most_calls=None, kv_tokens=10, recompute_ns=SECOND // 2)
    program = (gpu(1, 6), tool(1), gpu(1, 6), tool(1), gpu(1, 6))
    busy = (gpu(30, 1),)
    workload = work((0, busy), (0, program), (0, program))

    assert finishes(simulate(workload, machine, CONTINUUM)) == [30, 5, 10]
    assert simulate(workload, machine, ALL).gpu_work_ns > 36 * SECOND


def test_parameters_are_checked_when_made() -> None:
    with pytest.raises(ValueError, match="quantum and the patience of las"):
        replace(LAS, quantum_ns=0)
    with pytest.raises(ValueError, match="at least 0 ns"):
        replace(CONTINUUM, pin_ns=-1)
