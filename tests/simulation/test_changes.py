"""Changes as people write them, and what they make of workload and machine."""

import re
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import (
    Heavy,
    Machine,
    Power,
    PowerCurve,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.answers.assumptions import wrong_assumptions
from agentaudit.simulation.answers.changes import parse_change, with_gpus, with_users
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.experiments.load import arrival_rate_per_s
from agentaudit.simulation.fast.columns import work_columns
from agentaudit.simulation.fast.requests import ColumnRequests, large_workload
from agentaudit.simulation.machines.machine import with_cores
from agentaudit.simulation.stations.speed import ideal_cores, total_speed
from tests.simulation.fast.drawn_runs import workloads

WATTS = PowerCurve(points=((0, 1.0), (2, 2.0)))
MACHINE = Machine(
    name="m", cores=8, cpu=ideal_cores(8), gpu=SpeedCurve(points=((1, 1.0), (4, 2.0)))
)


def experiment(machine: Machine = MACHINE, every_ns: int = 600) -> Experiment:
    steps = (
        WorkStep(stage=Stage.CPU, demand_ns=100, name="rank"),
        WorkStep(stage=Stage.WAIT, demand_ns=50, name="fetch"),
        WorkStep(stage=Stage.GPU, demand_ns=200),
    )
    requests = tuple(
        WorkRequest(
            request_id=place, type="ask", heavy=Heavy.CPU, arrival_ns=place * every_ns, steps=steps
        )
        for place in range(3)
    )
    workload = Workload(requests=requests, source="w", arrivals="recorded", seed=0)
    return Experiment(workloads=(workload,), machine=machine)


def changed(text: str) -> Experiment:
    return parse_change(text).apply(experiment())


def demands(found: Experiment) -> list[int]:
    return [step.demand_ns for step in found.first.requests[1].steps]


@pytest.mark.parametrize(
    ("text", "cores"), [("cpu=+16", 24), ("cpu=-4", 4), ("cpu=32", 32), ("cpu=0.5x", 4)]
)
def test_cores(text: str, cores: int) -> None:
    machine = changed(text).machine

    assert (machine.cores, machine.cpu) == (cores, ideal_cores(cores))


def test_a_faster_llm_server_and_more_of_them() -> None:
    faster, more = changed("gpu=2x").machine.gpu, changed("gpus=+1").machine.gpu

    assert [total_speed(faster, n) for n in (1, 4)] == [2.0, 4.0]
    assert [total_speed(more, n) for n in (1, 2, 8)] == [1.0, 2.0, 4.0]
    assert changed("gpus=2").machine == changed("gpus=2x").machine == changed("gpus=+1").machine


def test_more_llm_servers_have_more_room() -> None:
    limited = replace(MACHINE, most_calls=8, kv_tokens=1000)
    machine = parse_change("gpus=3").apply(experiment(limited)).machine

    assert (machine.most_calls, machine.kv_tokens) == (24, 3000)


def test_tools_by_their_step_or_type_and_the_rate() -> None:
    assert demands(changed("tool:rank=0.5x")) == [50, 50, 200]
    assert demands(changed("tool:ask=2x")) == [200, 100, 200]
    arrivals = [request.arrival_ns for request in changed("rate=2x").first.requests]
    assert arrivals == [0, 300, 600]


def test_several_at_once() -> None:
    found = changed("cpu=16, tool:rank=3x,gpu=2x")

    assert (found.machine.cores, demands(found)[0]) == (16, 300)
    assert parse_change("cpu=16, gpu=2x").names == ("cpu", "gpu")


@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 200))
def test_ideal_cores_stay_ideal(now: int, then: int, jobs: int) -> None:
    """Ideal cores stay ideal, whatever their number."""
    ideal = Machine(name="m", cores=now, cpu=ideal_cores(now), gpu=MACHINE.gpu)

    assert total_speed(with_cores(ideal, then).cpu, jobs) == min(jobs, then)


def test_more_cores_that_slow_down_do_so_later() -> None:
    slowing = Machine(
        name="m",
        cores=4,
        cpu=SpeedCurve(points=((1, 1.0), (4, 4.0), (8, 2.0))),
        gpu=MACHINE.gpu,
        power=Power(cpu=WATTS, gpu=WATTS),
    )
    doubled = with_cores(slowing, 8)

    assert [total_speed(doubled.cpu, n) for n in (1, 2, 8, 16)] == [1.0, 2.0, 8.0, 4.0]
    assert doubled.power == Power(gpu=WATTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("disk=2x", "no change; one is cpu=32"),
        ("cpu=+2x", "no change"),
        ("cpu=", "no change"),
        ("gpu=2", "changed by a factor, as in gpu=2x"),
        ("rate=+3", "changed by a factor"),
        ("cpu=0", "changes by nothing"),
        ("gpu=0x", "changes by nothing"),
        ("cpu=-8", "would make 0 of them"),
        ("cpu=1.5", "would make 1.5 of them"),
        ("tool:nothing=2x", "no step and no type of request is called 'nothing'; there are ask"),
    ],
)
def test_what_is_no_change(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        changed(text)


def test_a_batch_has_no_rate() -> None:
    with pytest.raises(UsageError, match="all at once, and so at no rate"):
        parse_change("rate=2x").apply(experiment(every_ns=0))


def test_one_request_has_no_rate() -> None:
    several = experiment(every_ns=1)
    alone = replace(several.first, requests=several.first.requests[:1])

    with pytest.raises(UsageError, match="one request comes at no rate"):
        parse_change("rate=2x").apply(replace(several, workloads=(alone,)))


def test_two_gpus_with_the_calls_spread_over_them_draw_twice_what_one_draws_with_half() -> None:
    experiment = Experiment(workloads=(), machine=replace(MACHINE, power=Power(gpu=WATTS)))

    assert with_gpus(experiment, 2).machine.power == Power(
        gpu=PowerCurve(points=((0, 2.0), (4, 4.0)))
    )


def test_a_recording_too_short_for_a_rate_is_a_batch_as_columns_too() -> None:
    workload = experiment(every_ns=10).first
    kept = large_workload(work_columns(workload))

    assert arrival_rate_per_s(workload) == arrival_rate_per_s(kept) == 0.0


@settings(max_examples=30, deadline=None)
@given(
    workload=workloads(),
    word=st.sampled_from(
        [
            *("tool:search=2.5x", "tool:chat=0.3x", "tool:web=999999999x"),
            *("rate=3x", "rate=0.000000001x"),
        ]
    ),
    users=st.integers(1, 9),
)
def test_columns_are_changed_as_objects_are(workload: Workload, word: str, users: int) -> None:
    requests = tuple(sorted(workload.requests, key=lambda one: one.request_id))
    objects = Experiment(workloads=(replace(workload, requests=requests),), machine=MACHINE)
    columns = replace(objects, workloads=(large_workload(work_columns(workload)),))

    wrong = zip(wrong_assumptions(objects), wrong_assumptions(columns), strict=True)
    for (_, expected), (_, found) in wrong:
        assert isinstance(found.first.requests, ColumnRequests)
        assert tuple(found.first.requests) == expected.first.requests
    for change in (parse_change(word).apply, partial(with_users, count=users)):
        try:
            expected = change(objects)
        except UsageError as error:
            with pytest.raises(UsageError, match=re.escape(str(error))):
                change(columns)
            continue
        changed = change(columns).first
        assert isinstance(changed.requests, ColumnRequests) or word.endswith(("9x", "1x"))
        assert tuple(changed.requests) == expected.first.requests
