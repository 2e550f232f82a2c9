"""The power of a recorded GPU, by the number of calls that were open."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.trace import GpuSample, Trace
from agentaudit.model.workload import Power
from agentaudit.simulation.machines.machine import host_machine
from agentaudit.simulation.recordings.recorded_power import recorded_power
from tests.simulation.test_machine import call, trace


def look(at_ns: int, watts: float | None, device: int = 0) -> GpuSample:
    return GpuSample(at_ns=at_ns, device=device, busy=0.5, memory_bytes=0, power_watts=watts)


def recording(*samples: GpuSample) -> Trace:
    """Ten single calls, and pairs of calls between them, 100 to 150 ns long, one each 1000 ns."""
    calls = (call(place, pair) for place in range(20) for pair in range(1 + place % 2))
    return replace(trace(*calls), gpu_samples=samples)


def looks(at_ns: int, watts: float, device: int = 0) -> list[GpuSample]:
    """At the same instant of each of ten pairs of a single call and two together."""
    return [look(2000 * place + at_ns, watts, device) for place in range(10)]


def test_watts_by_the_number_of_open_calls() -> None:
    found = recorded_power(recording(*looks(500, 60), *looks(50, 100), *looks(1050, 130)))

    assert found is not None
    assert found.curve.points == ((0, 60), (1, 100), (2, 130))
    assert found.looks == 30
    assert "30 looks at their power beside 0 to 2 model calls" in found.sentence


def test_devices_count_together_and_only_where_all_of_them_say() -> None:
    samples = [*looks(500, 60), *looks(500, 40, device=1), *looks(50, 100), *looks(50, 41, 1)]
    alone = looks(1050, 500)

    found = recorded_power(recording(*samples, *alone))

    assert found is not None
    assert found.curve.points == ((0, 100), (1, 141))


def test_what_nobody_saw_is_unknown() -> None:
    """Neither idle power alone, nor power under calls alone, nor a handful of looks is a curve."""
    assert recorded_power(recording()) is None
    assert recorded_power(recording(*looks(500, 60))) is None
    assert recorded_power(recording(*looks(50, 60))) is None
    assert recorded_power(recording(*looks(500, 60), *looks(50, 100)[:4])) is None
    assert recorded_power(recording(look(500, None), look(50, None))) is None


def test_the_recorded_host_draws_what_was_seen_and_says_so() -> None:
    machine = host_machine(recording(*looks(500, 60), *looks(50, 100)))

    assert machine.power is not None
    assert machine.power.cpu is None
    assert machine.power.gpu is not None
    assert machine.power.gpu.points == ((0, 60), (1, 100))
    assert any("20 looks at their power" in sentence for sentence in machine.assumptions)
    assert host_machine(recording()).power in (None, Power())


@given(st.lists(st.tuples(st.integers(0, 25_000), st.floats(0, 1000)), max_size=60))
def test_any_looks_give_a_curve_or_none(found: list[tuple[int, float]]) -> None:
    """A device may draw less with a call open than without any: that is not more than idle."""
    power = recorded_power(recording(*(look(at_ns, watts) for at_ns, watts in found)))

    assert power is None or min(watts for _, watts in power.curve.points) >= 0
