"""The schedule of a run: what holds for every one, and what becomes of it as a trace."""

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.schedule import Schedule
from agentaudit.model.trace import StepKind
from agentaudit.model.workload import Machine, SpeedCurve, Stage, Workload
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.runs.schedule import schedule_of
from agentaudit.simulation.runs.simulated_trace import simulated_trace
from agentaudit.simulation.runs.utilisation import bins_over, cpu_busy_ns, gpu_busy_ns
from agentaudit.simulation.stations.speed import ideal_cores, total_speed
from agentaudit.store.export_perfetto import perfetto
from tests.simulation.test_couplings import Threads
from tests.simulation.test_engine import capped, cpu, gpu, machines, policies, work, workloads

MS = 1_000_000
limited = st.builds(
    lambda machine, calls: replace(machine, most_calls=calls), machines, st.integers(1, 3)
)
lined = st.one_of(machines, limited)
threaded: st.SearchStrategy[Policy] = st.sampled_from([Threads(), Threads(odd_apart=True)])
mixed = st.one_of(policies, threaded)
TWO_CORES = Machine(
    name="two cores", cores=2, cpu=ideal_cores(2), gpu=SpeedCurve(points=((1, 1.0), (2, 1.5)))
)


@settings(max_examples=60, deadline=None)
@given(workloads(), lined, mixed)
def test_whoever_watches_the_run_is_the_same(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    records = [request.record for request in schedule_of(workload, machine, policy).requests]

    assert records == list(simulate(workload, machine, policy).records)


@settings(max_examples=60, deadline=None)
@given(workloads(), lined, mixed)
def test_every_step_stands_once_in_its_order(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """No step before the one before has ended, the first after admission, the last at the end."""
    schedule = schedule_of(workload, machine, policy)
    asked = {request.request_id: request for request in workload.requests}

    assert {request.record.request_id for request in schedule.requests} == asked.keys()
    for request in schedule.requests:
        record, steps = request.record, request.steps
        served: dict[tuple[int, Stage], int] = defaultdict(int)
        for step in steps:
            served[step.number, step.stage] += step.demand_ns
        dispatched_ns = served.pop((-1, Stage.CPU), 0)
        assert dispatched_ns in (0, machine.dispatch_ns)
        assert list(served.items()) == [
            ((number, step.stage), step.demand_ns)
            for number, step in enumerate(asked[record.request_id].steps)
            if step.demand_ns
        ]
        moments = [
            record.start_ns,
            *(at for step in steps for at in (step.queued_ns, step.began_ns, step.ended_ns)),
            record.finish_ns,
        ]
        assert moments == sorted(moments)
        assert all(after.queued_ns == before.ended_ns for before, after in pairwise(steps))


@settings(max_examples=60, deadline=None)
@given(workloads(), lined, policies)
def test_what_is_served_within_the_intervals_is_what_was_asked(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """Threads of a station share its speed evenly; ends are rounded to the nanosecond."""
    schedule = schedule_of(workload, machine, policy)

    for stage, curve in ((Stage.CPU, machine.cpu), (Stage.GPU, machine.gpu)):
        served = served_work(schedule, stage, curve)
        for step, work_done in served:
            fastest = max(speed for _, speed in curve.points) * step.threads
            assert abs(work_done - step.demand_ns) <= 2 * fastest * len(served) + 1e-6 * work_done
    for request in schedule.requests:
        for step in request.steps:
            if step.stage is Stage.WAIT:
                assert step.ended_ns - step.began_ns == step.demand_ns


def served_work(schedule: Schedule, stage: Stage, curve: SpeedCurve) -> list[tuple[Any, float]]:
    """Each step of a stage, and the work that the station did on it between its moments."""
    steps = [step for request in schedule.requests for step in request.steps if step.stage is stage]
    edges = sorted({at for step in steps for at in (step.began_ns, step.ended_ns)})
    done: dict[int, float] = defaultdict(float)
    for from_ns, to_ns in pairwise(edges):
        active = [
            place
            for place, step in enumerate(steps)
            if step.began_ns <= from_ns and step.ended_ns >= to_ns
        ]
        threads = sum(steps[place].threads for place in active)
        for place in active:
            share = steps[place].threads / threads
            done[place] += total_speed(curve, threads) * share * (to_ns - from_ns)
    return [(step, done[place]) for place, step in enumerate(steps)]


@settings(max_examples=60, deadline=None)
@given(workloads(), lined, mixed, st.integers(1, 300))
def test_utilisation_integrates_to_busy_time(
    workload: Workload, machine: Machine, policy: Policy, most: int
) -> None:
    """To the nanosecond, whatever the bins."""
    schedule, run = schedule_of(workload, machine, policy), simulate(workload, machine, policy)
    bins = bins_over(schedule.start_ns, schedule.end_ns, most)
    of_cpu, of_gpu = cpu_busy_ns(schedule, machine, bins), gpu_busy_ns(schedule, bins)

    assert (sum(of_cpu), sum(of_gpu)) == (run.cpu_busy_ns, run.gpu_busy_ns)
    assert max(of_cpu) <= machine.cores * bins.width_ns
    assert max(of_gpu) <= bins.width_ns
    assert len(of_cpu) <= most


def test_a_schedule_worked_out_by_hand() -> None:
    """One at a time on the cores: the second request waits for admission, then all goes to it."""
    workload = work(
        (0, (cpu(2 * MS), gpu(3 * MS))),
        (1 * MS, (cpu(2 * MS),)),
    )

    first, second = schedule_of(workload, TWO_CORES, capped(1)).requests

    assert [(step.began_ns, step.ended_ns) for step in first.steps] == [
        (0, 2 * MS),
        (2 * MS, 5 * MS),
    ]
    assert (second.record.start_ns, second.steps[0].ended_ns) == (5 * MS, 7 * MS)


def test_a_call_that_the_server_has_no_room_for_queues() -> None:
    """Two calls at once on a server that takes one: the second is queued when the first begins."""
    workload = work((0, (gpu(2 * MS),)), (0, (gpu(3 * MS),)))
    machine = replace(TWO_CORES, most_calls=1)

    (first,), (second,) = (
        request.steps for request in schedule_of(workload, machine, capped(None)).requests
    )

    assert (first.queued_ns, first.began_ns, first.ended_ns) == (0, 0, 2 * MS)
    assert (second.queued_ns, second.began_ns, second.ended_ns) == (0, 2 * MS, 5 * MS)


@settings(max_examples=40, deadline=None)
@given(workloads(), lined, mixed)
def test_a_simulated_trace_is_a_valid_timeline(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """What the viewers ask: known phases, numbers below 2^53, no overlap on a track."""
    schedule = schedule_of(workload, machine, policy)
    document = json.loads(b"".join(perfetto(simulated_trace(schedule, machine, source="w"))))
    tracks = defaultdict(list)
    for event in document["traceEvents"]:
        assert event["ph"] in "XMCstf"
        assert all(abs(value) < 2**53 for value in numbers(event))
        if event["ph"] == "X":
            assert event["ts"] >= 0
            tracks[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))

    assert all(
        before[1] <= after[0] + 1e-6
        for track in tracks.values()
        for before, after in pairwise(sorted(track))
    )
    assert sum(len(track) for track in tracks.values()) == sum(
        1
        + len(request.steps)
        + (request.record.waiting_ns > 0)
        + sum(step.began_ns > step.queued_ns for step in request.steps)
        for request in schedule.requests
    )


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers(inner)]
    return [value] if isinstance(value, int | float) else []


def test_nobody_takes_a_simulated_trace_for_a_recording() -> None:
    workload = work((0, (cpu(2 * MS), gpu(3 * MS))), (0, (cpu(2 * MS),)))
    schedule = schedule_of(workload, TWO_CORES, capped(1))
    document = json.loads(b"".join(perfetto(simulated_trace(schedule, TWO_CORES, source="w"))))
    names = [
        event["args"]["name"]
        for event in document["traceEvents"]
        if event["name"] == "process_name"
    ]

    assert names == [
        "SIMULATED requests under capped (cap=1)",
        "SIMULATED line for admission by capped",
        "SIMULATED line of the LLM server",
        "SIMULATED CPU: 2 cores",
        "SIMULATED LLM server (GPU)",
        "SIMULATED outside the machine",
    ]
    assert document["otherData"]["simulated"] == "capped (cap=1)"
    assert "memory" not in {event["name"] for event in document["traceEvents"]}


def test_what_a_request_waits_for_is_a_step_of_the_trace() -> None:
    workload = work((0, (cpu(2 * MS), gpu(3 * MS))), (0, (cpu(2 * MS),)))
    trace = simulated_trace(schedule_of(workload, TWO_CORES, capped(1)), TWO_CORES, source="w")
    steps = [(step.request_id, step.kind, step.name, step.wall_ns) for step in trace.steps]

    assert steps == [
        (0, StepKind.UNKNOWN, "", 2 * MS),
        (0, StepKind.LLM_INFERENCE, "", 3 * MS),
        (1, StepKind.IDLE, "waiting for admission", 5 * MS),
        (1, StepKind.UNKNOWN, "", 2 * MS),
    ]
    assert trace.cpu_total_ns == sum(step.cpu_ns for step in trace.steps) == 4 * MS
    assert sum(sample.cpu_ns for sample in trace.cpu_samples) == 4 * MS
