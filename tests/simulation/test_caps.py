"""Caps scaled to the machine, and replaced by the user."""

import pytest
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, Machine, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.machines.machine import H200
from agentaudit.simulation.policies.caps import PAPER, Caps, default_caps, with_caps
from agentaudit.simulation.policies.catalogue import unused_caps
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
CAPS = Caps(group=64, slots=64, total=224, cpu=64, gpu=128, shared=32, offset_ns=8 * SECOND)


def workload(cpu_s: int, gpu_s: int, wait_s: int = 0) -> Workload:
    demands = ((Stage.CPU, cpu_s), (Stage.GPU, gpu_s), (Stage.WAIT, wait_s))
    steps = tuple(WorkStep(stage=stage, demand_ns=s * SECOND) for stage, s in demands)
    request = WorkRequest(request_id=0, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=steps)
    return Workload(requests=(request,), source="t", arrivals="closed", seed=0)


def machine(cores: int) -> Machine:
    return Machine(name="m", cores=cores, cpu=ideal_cores(cores), gpu=H200)


def test_as_many_as_keep_the_cores_busy() -> None:
    """Two thirds of the time on the CPU: 48 cores are busy with 72 requests."""
    assert default_caps(workload(4, 1, 1), machine(48)).group == 72


@pytest.mark.parametrize(("cpu_s", "gpu_s", "group"), [(1, 0, 48), (1, 9, 96), (0, 1, 96)])
def test_from_one_to_two_times_the_cores(cpu_s: int, gpu_s: int, group: int) -> None:
    assert default_caps(workload(cpu_s, gpu_s), machine(48)).group == group


@pytest.mark.parametrize(("cores", "total"), [(1, 287), (8, 287), (100, 700)])
def test_where_nobody_needs_a_core_the_llm_servers_knee_is_the_total(
    cores: int, total: int
) -> None:
    """Nine tenths of what an H200 can serve take 287 calls, whatever the cores."""
    assert default_caps(workload(0, 1), machine(cores)).total == pytest.approx(total, abs=4)


def test_who_waits_outside_has_no_call_open_meanwhile() -> None:
    """A third outside: three in service for two calls; and never more than twice as many."""
    assert default_caps(workload(0, 2, 1), machine(1)).total == pytest.approx(430, abs=4)
    assert default_caps(workload(0, 1, 9), machine(1)).total == pytest.approx(574, abs=4)
    assert default_caps(workload(0, 0, 1), machine(1)).total == pytest.approx(574, abs=4)


def test_no_more_calls_at_once_than_the_server_takes() -> None:
    limited = replace(machine(1), most_calls=8)

    assert 7 <= default_caps(workload(0, 1), limited).total <= 12


def test_the_papers_proportions() -> None:
    """64 : 32 : 128, and 224 for the baseline."""
    caps = default_caps(workload(1, 0), machine(64))

    assert (caps.cpu, caps.shared, caps.gpu, caps.total) == (64, 32, 128, 224)


@pytest.mark.parametrize(("every_s", "slots"), [(0.0, 4), (10.0, 4), (1.0, 10), (0.1, 14)])
def test_a_cap_in_open_loop_lets_the_load_through(every_s: float, slots: int) -> None:
    """
    8 s of service for each: one a second needs 8 in service, and a quarter to spare.

    Never fewer than a micro-batch, and never more than the baseline may run.
    """
    one = workload(8, 0).requests[0]
    requests = tuple(
        one.changed(request_id=place, arrival_ns=round(place * every_s * SECOND))
        for place in range(10)
    )

    assert default_caps(replace(workload(8, 0), requests=requests), machine(4)).slots == slots


def test_the_offset_is_the_cpu_stage_of_one_group() -> None:
    """64 requests of 9 s each on 64 cores take 9 s; every request finds a core."""
    assert default_caps(workload(9, 0), machine(64)).offset_ns == 9 * SECOND


def test_one_core_has_room_for_all_caps() -> None:
    caps = default_caps(workload(1, 0), machine(1))

    assert min(caps.group, caps.cpu, caps.gpu, caps.shared, caps.total) >= 1


def test_a_user_replaces_what_they_name() -> None:
    assert with_caps(CAPS, "N_cap=48, s=2.5s") == Caps(
        group=64, slots=48, total=224, cpu=64, gpu=128, shared=32, offset_ns=2_500_000_000
    )
    assert with_caps(CAPS, "s=400ms").offset_ns == 400_000_000
    assert with_caps(CAPS, "") == CAPS


def test_the_baseline_may_run_as_many_as_mas() -> None:
    assert with_caps(CAPS, "E_CPU=4,E_GPU=8,E_shared=0").total == 12
    assert with_caps(CAPS, "E_CPU=4,N_max=99").total == 99


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cap=3", "'cap=3' is none of B_cap, N_cap, N_max, E_CPU, E_GPU, E_shared, s"),
        ("N_cap", "N_cap is a whole number from 1 to 1000000000, not ''"),
        ("N_cap=0", "N_cap is a whole number from 1 to 1000000000, not '0'"),
        ("E_CPU=-1", "E_CPU is a whole number from 1 to 1000000000, not '-1'"),
        ("E_shared=x", "E_shared is a whole number from 0 to 1000000000, not 'x'"),
        ("N_cap=99999999999", "whole number from 1 to 1000000000, not '99999999999'"),
        ("N_cap=" + "9" * 5_000, "whole number from 1 to 1000000000, not '999"),
        ("s=soon", "s is a time such as 2.5s or 400ms, not 'soon'"),
    ],
)
def test_caps_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        with_caps(CAPS, text)


def test_pins_quanta_and_expectations_are_those_of_the_workload() -> None:
    """Ten pauses of 1 to 10 s between calls of 1 s: nine of ten end within 9 s."""
    call = WorkStep(stage=Stage.GPU, demand_ns=SECOND)
    pauses = (
        WorkStep(stage=Stage.CPU, demand_ns=2 * number * SECOND, threads=2)
        for number in range(1, 11)
    )
    steps = (call, *(step for pause in pauses for step in (pause, call)))
    request = WorkRequest(request_id=0, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=steps)
    caps = default_caps(replace(workload(1, 0), requests=(request,)), machine(4))

    assert caps.pin_ns == 9 * SECOND
    assert caps.quantum_ns == SECOND
    assert caps.expected_ns == {"t": (11 + 110) * SECOND}
    assert (caps.cores, caps.kv_tokens) == (4, None)
    assert default_caps(workload(1, 0), machine(4)).pin_ns == 0
    assert with_caps(caps, "TTL=2.5s").pin_ns == 2_500_000_000


@pytest.mark.parametrize(
    ("text", "policies", "unused"),
    [
        ("N_cap=4,s=3s", ["fcfs", "comb-open"], ("s",)),
        ("E_GPU=48", ["fcfs"], ()),
        ("E_GPU=48,N_max=100", ["fcfs"], ("E_GPU",)),
        ("TTL=3s", ["my-own"], ("TTL",)),
    ],
)
def test_a_cap_that_no_policy_has_is_named(
    text: str, policies: list[str], unused: tuple[str, ...]
) -> None:
    """What MAS may run counts for the baseline, too, unless that has a number of its own."""
    assert unused_caps(text, policies, with_caps(PAPER, text)) == unused
