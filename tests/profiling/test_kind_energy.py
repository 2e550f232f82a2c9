"""Joules by kind of step: the parts of a reading add up to it, and what nobody read is unknown."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.profile import KindShare
from agentaudit.model.trace import (
    ClockPair,
    EnergyReading,
    GpuSample,
    Host,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.energy import busy_ns, busy_share_of_energy, with_joules

S = 1_000_000_000


def kind(number: int, cpu_s: float, gpu_s: float = 0.0) -> KindShare:
    return KindShare(
        kind=tuple(StepKind)[number % len(StepKind)], steps=1, wall_ns=0,
        cpu_ns=round(cpu_s * S), gpu_ns=round(gpu_s * S),
        cpu_share=0.0, cpu_share_low=0.0, cpu_share_high=0.0, wall_share=0.0,
    )  # fmt: skip


def read(component: str, joules: float) -> EnergyReading:
    return EnergyReading(component=component, joules=joules, method="rapl")


def look(busy: float, watts: float | None, device: int = 0) -> GpuSample:
    return GpuSample(at_ns=0, device=device, busy=busy, memory_bytes=0, power_watts=watts)


def trace(
    cpu_s: float, readings: Sequence[EnergyReading], samples: Sequence[GpuSample] = ()
) -> Trace:
    """Ten seconds."""
    return Trace(
        host=Host(name="", system="", cores=2, memory_bytes=0),
        target=Target(pid=1, command="", launched=False),
        start_ns=0, end_ns=10 * S, complete=True, ended_because="",
        clocks=(ClockPair(monotonic_ns=0, unix_ns=0),), steps=(), requests=(), processes=(),
        cpu_samples=(), gpu_samples=tuple(samples), energy=tuple(readings),
        cpu_total_ns=round(cpu_s * S),
    )  # fmt: skip


times = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


@given(times, st.floats(0, 1e6))
def test_the_parts_of_the_cpus_add_up_to_the_reading(
    milliseconds: list[int], joules: float
) -> None:
    kinds = [kind(number, each / 1000) for number, each in enumerate(milliseconds)]
    found = with_joules(kinds, trace(sum(milliseconds) / 1000, [read("cpu", joules)]))

    expected = joules if sum(milliseconds) else 0.0
    assert math.isclose(sum(each.joules or 0 for each in found), expected, abs_tol=1e-9)


@given(times, st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0, 1e6))
def test_no_more_than_the_devices_drew_is_given_to_steps(
    milliseconds: list[int], busy: list[float], joules: float
) -> None:
    kinds = [kind(number, 0, each / 1000) for number, each in enumerate(milliseconds)]
    samples = [look(share, 100 + 300 * share) for share in busy]
    found = with_joules(kinds, trace(0, [read("gpu 0", joules)], samples))

    assert sum(each.joules or 0 for each in found) <= joules * (1 + 1e-9)


def test_what_a_device_draws_at_rest_is_no_steps() -> None:
    """Half the time at 100 W, half at 300 W: three quarters were drawn while it was busy."""
    samples = [look(0.0, 100), look(1.0, 300)]
    (found,) = with_joules([kind(0, 0, 5)], trace(0, [read("gpu 0", 2000)], samples))

    assert found.joules == pytest.approx(1500)


def test_what_others_used_of_a_device_is_no_steps() -> None:
    samples = [look(1.0, 300), look(1.0, 300)]
    (found,) = with_joules([kind(0, 0, 2.5)], trace(0, [read("gpu 0", 3000)], samples))

    assert found.joules == pytest.approx(750)


def test_components_of_a_kind_are_added() -> None:
    readings = [read("cpu", 60), read("memory", 20), read("gpu 0", 100)]
    samples = [look(0.5, None)]
    first, second = with_joules([kind(0, 1), kind(1, 3, 5)], trace(4, readings, samples))

    assert [first.joules, second.joules] == pytest.approx([20, 60 + 50])


def test_energy_that_nobody_read_is_unknown_rather_than_nothing() -> None:
    cpu_alone = with_joules([kind(0, 1), kind(1, 1, 1)], trace(2, [read("cpu", 10)]))
    gpu_alone = with_joules([kind(0, 1), kind(1, 0, 1)], trace(1, [read("gpu 0", 10)]))
    nothing = with_joules([kind(0, 0)], trace(0, []))

    assert [each.joules for each in cpu_alone] == [pytest.approx(5), None]
    assert [each.joules for each in gpu_alone] == [None, pytest.approx(0)]
    assert nothing[0].joules is None


def test_devices_are_busy_for_the_sum_of_their_times() -> None:
    samples = [look(1.0, 1, device=0), look(0.5, 1, device=0), look(0.5, 1, device=1)]

    assert busy_ns(samples, 10 * S) == pytest.approx(10 * S)
    assert busy_ns((), 10 * S) == 0
    assert busy_share_of_energy(()) == 0
