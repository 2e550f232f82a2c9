"""Laws that hold for every workload, machine and policy, and small runs worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.policies.calls import LeastAttained, PinnedPrograms
from agentaudit.simulation.policies.capped import CappedConcurrency, FirstCome
from agentaudit.simulation.policies.groups import (
    BarrierMicroBatching,
    CombClosed,
    OverlappingMicroBatching,
)
from agentaudit.simulation.policies.mars import AdaptiveWindow
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.policies.shortest import ShortestFirst
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs import engine
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER

SECOND = 1_000_000_000
IDEAL = Machine(name="ideal", cores=2, cpu=ideal_cores(2), gpu=SpeedCurve(points=((1, 1.0),)))


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name="capped", source="test", cap=cap)


def mixed(cpu_cap: int, gpu_cap: int, shared_cap: int) -> MixedAdmission:
    return MixedAdmission(
        name="mas", source="test", cpu_cap=cpu_cap, gpu_cap=gpu_cap, shared_cap=shared_cap
    )


def work(*requests: tuple[int, tuple[WorkStep, ...]]) -> Workload:
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=place, type="t", heavy=Heavy.CPU, arrival_ns=arrival_ns, steps=steps
            )
            for place, (arrival_ns, steps) in enumerate(requests)
        ),
        source="test",
        arrivals="recorded",
        seed=0,
    )


def cpu(demand_ns: int, threads: int = 1) -> WorkStep:
    return WorkStep(stage=Stage.CPU, demand_ns=demand_ns, threads=threads)


def gpu(demand_ns: int) -> WorkStep:
    return WorkStep(stage=Stage.GPU, demand_ns=demand_ns)


def wait(demand_ns: int) -> WorkStep:
    return WorkStep(stage=Stage.WAIT, demand_ns=demand_ns)


def finishes(run: Run) -> list[int]:
    return [record.finish_ns for record in run.records]


caps = st.integers(1, 5)
steps = st.builds(
    WorkStep,
    stage=st.sampled_from(Stage),
    # Few different demands, so that events fall into the same instant.
    demand_ns=st.one_of(st.sampled_from([0, 1, 10, 1000]), st.integers(0, 10**10)),
    threads=st.integers(1, 3),
    tokens=st.integers(0, 10),
)
arrivals = st.one_of(st.sampled_from([0, 10, 1000]), st.integers(0, 10**10))
requests = st.tuples(arrivals, st.lists(steps, max_size=4), st.sampled_from(Heavy))


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    drawn = sorted(draw(st.lists(requests, min_size=1, max_size=20)), key=lambda item: item[0])
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=place,
                type=heavy,
                heavy=heavy,
                arrival_ns=arrival_ns,
                steps=tuple(steps),
            )
            for place, (arrival_ns, steps, heavy) in enumerate(drawn)
        ),
        source="drawn",
        arrivals="recorded",
        seed=0,
    )


speeds = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=4)
curves = speeds.map(
    lambda speeds: SpeedCurve(points=tuple((2**k, speed) for k, speed in enumerate(speeds)))
)
machines = st.builds(
    Machine,
    name=st.just("drawn"),
    cores=st.integers(1, 8),
    cpu=curves,
    gpu=curves,
    dispatch_ns=st.sampled_from([0, 7]),
    most_calls=st.sampled_from([None, 1, 3]),
    kv_tokens=st.sampled_from([None, 10]),
)
policies: st.SearchStrategy[Policy] = st.one_of(
    st.builds(capped, st.one_of(st.none(), caps)),
    st.builds(BarrierMicroBatching, name=st.just("barrier"), source=st.just("test"), size=caps),
    st.builds(
        CombClosed,
        name=st.just("comb"),
        source=st.just("test"),
        size=caps,
        offset_ns=st.sampled_from([0, 10, SECOND]),
    ),
    st.builds(mixed, caps, caps, st.integers(0, 3)),
    st.builds(OverlappingMicroBatching, name=st.just("overlap"), source=st.just("test"), size=caps),
    st.builds(
        ShortestFirst,
        name=st.just("sjf"),
        source=st.just("test"),
        cap=caps,
        expected_ns=st.sampled_from([None, {}, {"cpu": 5}, {"cpu": 5, "gpu": 3}]),
    ),
    st.just(LeastAttained(name="las", source="test", quantum_ns=100)),
    st.just(PinnedPrograms(name="continuum", source="test", pin_ns=100)),
    st.builds(
        AdaptiveWindow,
        name=st.just("mars"),
        source=st.just("test"),
        cores=st.integers(1, 8),
        kv_tokens=st.sampled_from([None, 10]),
        start=st.integers(2, 4),
        interval_ns=st.sampled_from([SECOND // 4, SECOND]),
    ),
)


@settings(max_examples=60)
@given(workloads(), machines, policies)
def test_every_request_finishes_exactly_once(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """I1."""
    run = simulate(workload, machine, policy)

    assert sorted(record.request_id for record in run.records) == [
        request.request_id for request in workload.requests
    ]


@settings(max_examples=60)
@given(workloads(), machines, policies)
def test_work_is_conserved(workload: Workload, machine: Machine, policy: Policy) -> None:
    """I2: nothing asked for is lost, and nothing is done twice."""
    asked = {
        stage: sum(
            step.demand_ns
            for request in workload.requests
            for step in request.steps
            if step.stage is stage
        )
        for stage in Stage
    }
    dispatched = machine.dispatch_ns * len(workload.requests)

    run = simulate(workload, machine, policy)

    assert run.cpu_work_ns == asked[Stage.CPU] + dispatched
    assert (run.gpu_work_ns, run.wait_ns) == (asked[Stage.GPU], asked[Stage.WAIT])


@settings(max_examples=60)
@given(workloads(), machines, policies)
def test_nobody_waits_less_than_nothing(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """I3: arrival, start and finish come in this order."""
    run = simulate(workload, machine, policy)

    assert all(record.waiting_ns >= 0 and record.service_ns >= 0 for record in run.records)


@settings(max_examples=60)
@given(workloads(), machines, policies)
def test_no_station_is_busier_than_full(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """I4."""
    run = simulate(workload, machine, policy)

    assert 0 <= run.cpu_busy_ns <= machine.cores * run.makespan_ns
    assert 0 <= run.gpu_busy_ns <= run.makespan_ns


@settings(max_examples=60)
@given(workloads(), machines, policies)
def test_equal_arguments_give_equal_results(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """I5, whatever order the workload lists its requests in."""
    turned = replace(workload, requests=workload.requests[::-1])

    run = simulate(workload, machine, policy)

    assert run == simulate(workload, machine, policy) == simulate(turned, machine, policy)


@settings(max_examples=60)
@given(workloads(), machines, caps)
def test_no_slot_is_free_while_a_request_waits(
    workload: Workload, machine: Machine, cap: int
) -> None:
    """I7: at every start and arrival, all slots are taken, or nobody is left waiting."""
    records = simulate(workload, machine, capped(cap)).records
    instants = {record.start_ns for record in records} | {r.arrival_ns for r in records}

    for now_ns in instants:
        running = sum(r.start_ns <= now_ns < r.finish_ns for r in records)
        waiting = sum(r.arrival_ns <= now_ns < r.start_ns for r in records)
        assert running <= cap
        assert not waiting or running == cap


@settings(max_examples=60)
@given(workloads(), machines, caps)
def test_first_come_is_first_started(workload: Workload, machine: Machine, cap: int) -> None:
    starts = [record.start_ns for record in simulate(workload, machine, capped(cap)).records]

    assert starts == sorted(starts)


@settings(max_examples=60)
@given(workloads(), machines, policies)
def test_number_in_system_is_rate_times_latency(
    workload: Workload, machine: Machine, policy: Policy
) -> None:
    """I8, Little's law, exact on a whole run: the area under the number in system."""
    records = simulate(workload, machine, policy).records
    changes = sorted([(r.arrival_ns, 1) for r in records] + [(r.finish_ns, -1) for r in records])
    area, number, last_ns = 0, 0, 0
    for at_ns, change in changes:
        area += number * (at_ns - last_ns)
        number, last_ns = number + change, at_ns

    assert area == sum(record.latency_ns for record in records)


@settings(max_examples=60)
@given(workloads())
def test_busy_cores_are_the_work_done(workload: Workload) -> None:
    """Ideal cores that are in use serve one nanosecond of work each per nanosecond."""
    run = simulate(workload, IDEAL, capped(None))

    rounding = 4 * sum(len(request.steps) for request in workload.requests)
    assert abs(run.cpu_busy_ns - run.cpu_work_ns) <= rounding


@settings(max_examples=60)
@given(workloads(), machines)
def test_comb_without_offset_is_multi_processing(workload: Workload, machine: Machine) -> None:
    """Acceptance check 1; and a cap that nobody reaches is no cap."""
    comb = CombClosed(name="comb", source="test", size=3, offset_ns=0)
    uncapped = simulate(workload, machine, capped(None))

    assert simulate(workload, machine, comb) == uncapped
    assert simulate(workload, machine, capped(len(workload.requests))) == uncapped


def test_equal_shares_of_two_cores() -> None:
    """Three jobs of 2 s on two cores take 3 s; a fourth one alone takes its own time."""
    workload = work(
        *[(0, (cpu(2 * SECOND),))] * 3,
        (10 * SECOND, (cpu(SECOND),)),
    )

    run = simulate(workload, IDEAL, capped(None))

    assert finishes(run) == [3 * SECOND, 3 * SECOND, 3 * SECOND, 11 * SECOND]


def test_a_step_with_threads_takes_a_share_for_each() -> None:
    """Two threads against one on two cores: a third of 2/3 speed each, then the rest alone."""
    workload = work((0, (cpu(2 * SECOND, threads=2),)), (0, (cpu(SECOND),)))

    run = simulate(workload, IDEAL, capped(None))

    assert finishes(run) == [1_500_000_000, 1_500_000_000]


def test_waiting_takes_no_capacity() -> None:
    workload = work(*[(0, (wait(SECOND), gpu(SECOND)))] * 2)

    run = simulate(workload, IDEAL, capped(None))

    assert finishes(run) == [3 * SECOND, 3 * SECOND]
    assert run.gpu_busy_ns == 2 * SECOND


def test_dispatching_is_cpu_work_of_every_request() -> None:
    machine = replace(IDEAL, dispatch_ns=SECOND)
    workload = work(*[(0, (gpu(SECOND),))] * 4)

    run = simulate(workload, machine, capped(None))

    assert finishes(run) == [6 * SECOND] * 4


def test_a_request_without_work_finishes_as_it_starts() -> None:
    workload = work((5, ()), (5, (cpu(0),)), (5, (cpu(10),)))

    run = simulate(workload, IDEAL, capped(1))

    assert finishes(run) == [5, 5, 15]


def test_completions_come_before_arrivals_and_one_decision_after_both() -> None:
    """The contract: at 10 ns one slot becomes free and two requests arrive; the first gets it."""
    heard: list[str] = []

    class Listening:
        name = source = parameters = "listening"

        def admission(self) -> "Listening":
            return self

        wake_ns = NEVER

        def finished(self, request: WorkRequest) -> None:
            heard.append(f"finished {request.request_id}")

        def arrived(self, request: WorkRequest) -> None:
            heard.append(f"arrived {request.request_id}")
            self.waiting = [*getattr(self, "waiting", []), request]

        def admit(self, now_ns: int) -> list[WorkRequest]:
            started, self.waiting = self.waiting, []
            heard.append(f"{now_ns}: {len(started)} started")
            return started

    given = work((0, (cpu(10),)), (10, (cpu(5),)), (10, (cpu(5),)), (20, (cpu(5),)))
    simulate(given, IDEAL, Listening())
    decided = list(heard)
    heard.clear()
    Listening.step_ended = lambda *_: None  # type: ignore[attr-defined]
    simulate(given, IDEAL, Listening())

    assert decided == [
        *("arrived 0", "0: 1 started"),
        *("finished 0", "arrived 1", "arrived 2", "10: 2 started"),
        *("finished 1", "finished 2"),  # nobody waits
        *("arrived 3", "20: 1 started"),
        "finished 3",
    ]
    assert [each for each in heard if each not in decided] == ["15: 0 started", "25: 0 started"]


class Starving:
    """Admits nobody, or somebody who is not there."""

    name = source = parameters = "starving"
    wake_ns: int = NEVER

    def __init__(self, *admitted: WorkRequest) -> None:
        self._admitted = admitted

    def admission(self) -> "Starving":
        return self

    def finished(self, request: WorkRequest) -> None:
        del request

    def arrived(self, request: WorkRequest) -> None:
        del request

    def admit(self, now_ns: int) -> tuple[WorkRequest, ...]:
        del now_ns
        return self._admitted


def test_a_policy_that_starves_a_request_is_named() -> None:
    with pytest.raises(UsageError, match=r"starving .* never starts 2 of 2 .* request 0"):
        simulate(work((0, ()), (0, ())), IDEAL, Starving())


def test_no_policy_is_blamed_for_requests_that_end_beyond_all_time() -> None:
    workload = work((0, (cpu(NEVER),)), (0, (cpu(1),)))
    sequential = CappedConcurrency(name="sequential", source="", cap=1)

    with pytest.raises(UsageError, match=r"take longer than the 146 years .* 0 had finished and 1"):
        simulate(workload, IDEAL, sequential)


def test_a_request_that_does_not_wait_cannot_start() -> None:
    workload = work((0, (cpu(5),)), (100, ()))

    with pytest.raises(UsageError, match="request 1, which does not wait"):
        simulate(workload, IDEAL, Starving(workload.requests[1]))


def test_ids_are_unique() -> None:
    request = work((0, ())).requests[0]
    workload = replace(work(), requests=(request, request))

    with pytest.raises(ValueError, match="same id"):
        simulate(workload, IDEAL, capped(None))


def test_no_requests_take_no_time() -> None:
    assert simulate(work(), IDEAL, capped(None)).makespan_ns == 0


class Waking(Starving):
    """Starts its first request, and wants to be woken without end."""

    def __init__(self, *, wake_ns: int) -> None:
        super().__init__()
        self.wake_ns = wake_ns


def test_a_policy_that_is_woken_for_nothing_without_end_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "MOST_IDLE_WAKES", 100)

    with pytest.raises(UsageError, match=r"woken at 7 ns, again and again.* 0 had finished and 0"):
        simulate(work((0, ())), IDEAL, Waking(wake_ns=7))


def test_a_policy_cannot_be_woken_in_the_past() -> None:
    with pytest.raises(UsageError, match=r"wants to be woken at -3 ns"):
        simulate(work((0, ())), IDEAL, Waking(wake_ns=-3))


def test_a_request_cannot_start_twice() -> None:
    workload = work((0, (cpu(5),)), (0, ()))

    with pytest.raises(UsageError, match=r"request 0, which does not wait: it has started before"):
        simulate(workload, IDEAL, Starving(workload.requests[0]))


def test_steps_are_reported_when_they_begin_and_end() -> None:
    """A call begins when it is made, even where it waits; steps without work are no steps."""
    heard: list[str] = []

    class Watching(CappedConcurrency, frozen=True):
        def admission(self) -> FirstCome:
            return _Watched(self.cap)

    class _Watched(FirstCome):
        def step_began(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
            heard.append(f"{now_ns}: {request.request_id} begins {step.stage}")

        def step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
            heard.append(f"{now_ns}: {request.request_id} ends {step.stage}")

    machine = replace(IDEAL, dispatch_ns=3, most_calls=1)
    workload = work((0, (gpu(5), cpu(0), wait(2))), (0, (gpu(5),)))
    simulate(workload, machine, Watching(name="watching", source="test", cap=None))

    assert heard == [
        *("3: 0 begins gpu", "3: 1 begins gpu"),
        *("8: 0 ends gpu", "8: 0 begins wait", "10: 0 ends wait", "13: 1 ends gpu"),
    ]
