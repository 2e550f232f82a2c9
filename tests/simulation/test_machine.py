"""Machines: the recorded host, presets, and what is said of them."""

import pytest

from agentaudit.errors import UsageError
from agentaudit.model.trace import Host, Step, StepKind, Target, Trace
from agentaudit.simulation.machines.machine import (
    H200,
    PRESETS,
    host_machine,
    named_machine,
    plain_machine,
    with_cores,
)
from agentaudit.simulation.stations.speed import total_speed


def trace(*steps: Step) -> Trace:
    return Trace(
        host=Host(name="h", system="Linux", cores=4, memory_bytes=0),
        target=Target(pid=1, command="agent", launched=False),
        start_ns=0,
        end_ns=1,
        complete=True,
        ended_because="asked",
        clocks=(),
        steps=steps,
        requests=(),
        processes=(),
        cpu_samples=(),
    )


def call(place: int, pair: int) -> Step:
    return Step(
        step_id=2 * place + pair,
        request_id=None,
        kind=StepKind.LLM_INFERENCE,
        name="chat",
        pid=1,
        tid=1,
        start_ns=1000 * place,
        end_ns=1000 * place + 100 + 50 * (place % 2),
        cpu_ns=0,
    )


def calls() -> tuple[Step, ...]:
    """Pairs of calls that take 150 ns together, and single ones that take 100."""
    return tuple(call(place, pair) for place in range(20) for pair in range(1 + place % 2))


def test_the_recorded_host_has_its_cores_and_the_fitted_server() -> None:
    machine = host_machine(trace(*calls()))

    assert machine.cores == 4
    assert total_speed(machine.cpu, 9) == 4
    assert dict(machine.gpu.points) == pytest.approx({1: 1.0, 2: 2 / 1.5})
    assert "fitted to 30 recorded calls" in machine.assumptions[1]


def test_a_server_that_no_call_shows_is_a_stated_default() -> None:
    machine = host_machine(trace())

    assert machine.gpu == H200
    assert any("like an H200" in sentence for sentence in machine.assumptions)


def test_presets_are_the_papers_systems() -> None:
    assert {name: machine.cores for name, machine in PRESETS.items()} == {
        "sys1": 64,
        "sys2": 72,
        "v1": 48,
    }
    assert all(machine.assumptions for machine in PRESETS.values())
    assert named_machine("sys2") is PRESETS["sys2"]


def test_an_unknown_machine_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="there are sys1, sys2, v1"):
        named_machine("sys3")


def test_other_cores_beside_the_same_gpu() -> None:
    machine = with_cores(PRESETS["v1"], 16)

    assert (machine.cores, machine.gpu) == (16, PRESETS["v1"].gpu)
    assert total_speed(machine.cpu, 99) == pytest.approx(29.66 / 3)
    assert any("slow each other down at the same number" in one for one in machine.assumptions)


def test_the_cores_that_a_machine_has_anyway_change_nothing() -> None:
    assert with_cores(PRESETS["v1"], 48) is PRESETS["v1"]


@pytest.mark.parametrize("cores", [0, -3, 5000])
def test_cores_that_cannot_be(cores: int) -> None:
    with pytest.raises(UsageError, match="--cores is from 1 to 4096"):
        with_cores(plain_machine(1), cores)
