"""
Queues whose answers are known: exact recursions request by request, and formulas for long runs.

Both engines answer, and must agree. A formula is met within three standard errors, taken from 20
runs with seeds of their own; the first fifth of each run, in which the system fills, is left out.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heapreplace
from itertools import permutations
from math import cos, exp, factorial, log, pi, sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from agentaudit.simulation.policies.groups import BarrierMicroBatching
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs import engine, simulator
from agentaudit.simulation.stations.speed import ideal_cores, total_speed

SECOND = 1_000_000_000
ONE = SpeedCurve(points=((1, 1.0),))
Demand = Callable[[Random], float]


def exponential(draw: Random) -> float:
    return -log(1 - draw.random())


def constant(draw: Random) -> float:
    del draw
    return 1.0


def lognormal(draw: Random) -> float:
    """Mean 1, twice as wide as an exponential."""
    sigma = sqrt(log(1 + 2.0**2))
    normal = sqrt(-2 * log(1 - draw.random())) * cos(2 * pi * draw.random())
    return exp(sigma * normal - sigma**2 / 2)


def simulate(work: Workload, on: Machine, policy: Policy) -> Run:
    """The run of the readable engine, which is that of the kernel."""
    run = engine.simulate(work, on, policy)
    assert simulator.on_kernel(work, on, policy) == run
    return run


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name="capped", source="test", cap=cap)


def machine(cpu: SpeedCurve, cores: int, gpu: SpeedCurve = ONE) -> Machine:
    return Machine(name="oracle", cores=cores, cpu=cpu, gpu=gpu)


def request(place: int, arrival_ns: int, *demands: tuple[Stage, int]) -> WorkRequest:
    steps = tuple(WorkStep(stage=stage, demand_ns=demand) for stage, demand in demands)
    return WorkRequest(
        request_id=place, type="t", heavy=Heavy.CPU, arrival_ns=arrival_ns, steps=steps
    )


def workload(requests: Sequence[WorkRequest]) -> Workload:
    return Workload(requests=tuple(requests), source="oracle", arrivals="recorded", seed=0)


def poisson(rate: float, count: int, seed: int, **demands: tuple[float, Demand]) -> Workload:
    """Requests at `rate` per second with one step for each named stage: mean and distribution."""
    draw = Random(seed)  # noqa: S311, a test repeats, it keeps no secret
    at_s = 0.0
    requests = []
    for place in range(count):
        at_s += exponential(draw) / rate
        steps = [
            (Stage(stage), round(mean * distribution(draw) * SECOND))
            for stage, (mean, distribution) in demands.items()
        ]
        requests.append(request(place, round(at_s * SECOND), *steps))
    return workload(requests)


def mean_latency(
    rate: float, on: Machine, cap: int | None, **demands: tuple[float, Demand]
) -> tuple[float, float]:
    """Mean latency in seconds, and its standard error."""
    means = []
    for seed in range(20):
        records = simulate(poisson(rate, 1200, seed, **demands), on, capped(cap)).records
        means.append(fmean(record.latency_ns / SECOND for record in records[240:]))
    return fmean(means), stdev(means) / sqrt(20)


def erlang_c(servers: int, load: float) -> float:
    """The probability that all servers are busy."""
    waiting = load**servers / factorial(servers) * servers / (servers - load)
    return waiting / (sum(load**k / factorial(k) for k in range(servers)) + waiting)


arrivals = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).map(sorted)
demands = st.lists(st.integers(1, 10**6), min_size=30, max_size=30)


@given(arrivals, demands)
def test_one_server_in_order_is_lindleys_recursion(instants: list[int], needed: list[int]) -> None:
    """Exact: each request starts when it has come and the one before it has ended."""
    work = workload([request(p, at, (Stage.CPU, needed[p])) for p, at in enumerate(instants)])
    end_ns, ends = 0, []
    for at_ns, demand_ns in zip(instants, needed, strict=False):
        end_ns = max(end_ns, at_ns) + demand_ns
        ends.append(end_ns)

    assert [r.finish_ns for r in simulate(work, machine(ONE, 1), capped(1)).records] == ends


@given(arrivals, demands, st.integers(1, 5))
def test_servers_in_order_are_kiefer_and_wolfowitzs_recursion(
    instants: list[int], needed: list[int], servers: int
) -> None:
    """Exact: each request takes the server that is free first."""
    work = workload([request(p, at, (Stage.CPU, needed[p])) for p, at in enumerate(instants)])
    free, ends = [0] * servers, []
    heapify(free)
    for at_ns, demand_ns in zip(instants, needed, strict=False):
        ends.append(max(free[0], at_ns) + demand_ns)
        heapreplace(free, ends[-1])

    run = simulate(work, machine(ideal_cores(servers), servers), capped(servers))

    assert [record.finish_ns for record in run.records] == ends


@given(arrivals, demands, st.lists(st.floats(0.1, 9.0), min_size=1, max_size=4))
def test_shared_capacity_agrees_with_stepping_through_it(
    instants: list[int], needed: list[int], speeds: list[float]
) -> None:
    """
    Against the plain method: at each event, take from every job what it got since the last.

    A job ends at the nearest nanosecond, so the speed changes up to half of one off; what is served
    in that at the highest speed takes longer at the lowest, by their ratio.
    """
    rounding_ns = 40 * max(speeds) / min(speeds)
    curve = SpeedCurve(points=tuple((2**k, speed) for k, speed in enumerate(speeds)))
    work = workload([request(p, at, (Stage.GPU, needed[p])) for p, at in enumerate(instants)])
    ends = stepped_ends(instants, needed, curve)

    run = simulate(work, machine(ONE, 1, gpu=curve), capped(None))

    finishes = [record.finish_ns for record in run.records]
    assert finishes == pytest.approx(ends, abs=rounding_ns, rel=0)


def stepped_ends(instants: list[int], needed: list[int], curve: SpeedCurve) -> list[float]:
    left: dict[int, float] = {}
    ends = [0.0] * len(instants)
    now, coming = 0.0, 0
    while left or coming < len(instants):
        speed = total_speed(curve, len(left)) / len(left) if left else 1.0
        end = now + min(left.values()) / speed if left else float("inf")
        arrival = instants[coming] if coming < len(instants) else float("inf")
        until = min(end, arrival)
        left = {place: work - (until - now) * speed for place, work in left.items()}
        now = until
        for place in [place for place, work in left.items() if work <= 1e-6]:
            ends[place] = now
            del left[place]
        if arrival <= until:
            left[coming] = float(needed[coming])
            coming += 1
    return ends


@pytest.mark.parametrize(
    ("distribution", "cv2"), [(exponential, 1.0), (constant, 0.0)], ids=["M/M/1", "M/D/1"]
)
def test_one_server(distribution: Demand, cv2: float) -> None:
    """Pollaczek and Khinchine: E + rho * E * (1 + cv^2) / (2 * (1 - rho))."""
    mean, error = mean_latency(0.8, machine(ONE, 1), 1, cpu=(1.0, distribution))

    assert mean == pytest.approx(1 + 0.8 * (1 + cv2) / (2 * 0.2), abs=3 * error)
    assert error < 0.1 * mean


@pytest.mark.parametrize(("servers", "rate"), [(2, 1.5), (16, 12.8)])
def test_several_servers(servers: int, rate: float) -> None:
    """M/M/c: E + C / (c * mu - lambda), C by Erlang."""
    mean, error = mean_latency(
        rate, machine(ideal_cores(servers), servers), servers, cpu=(1.0, exponential)
    )

    assert mean == pytest.approx(1 + erlang_c(servers, rate) / (servers - rate), abs=3 * error)


@pytest.mark.parametrize("distribution", [exponential, constant, lognormal])
@pytest.mark.parametrize(("cores", "rate"), [(1, 0.6), (16, 12.8)])
def test_sharing_is_insensitive_to_the_distribution(
    distribution: Demand, cores: int, rate: float
) -> None:
    """M/G/n processor sharing has the mean of M/M/n, whatever the demands."""
    mean, error = mean_latency(
        rate, machine(ideal_cores(cores), cores), None, cpu=(1.0, distribution)
    )

    assert mean == pytest.approx(1 + erlang_c(cores, rate) / (cores - rate), abs=3 * error)


@pytest.mark.parametrize("distribution", [exponential, lognormal])
def test_sharing_with_a_speed_that_depends_on_the_load(distribution: Demand) -> None:
    """Cohen: pi_m is proportional to (lambda * E)^m / prod of total speeds; 16 slowing cores."""
    cores, rate, most = 16, 12.8, 400
    speeds = tuple(
        (n, min(n, cores) / (1 + 0.1 * min(1.0, max(0, n - cores) / cores))) for n in range(1, most)
    )
    curve = SpeedCurve(points=speeds)
    weights = [1.0]
    for _, speed in speeds:
        weights.append(weights[-1] * rate / speed)
    expected = sum(n * weight for n, weight in enumerate(weights)) / sum(weights) / rate

    mean, error = mean_latency(rate, machine(curve, cores), None, cpu=(1.0, distribution))

    assert expected == pytest.approx(1.1676006125)
    assert mean == pytest.approx(expected, abs=3 * error)


def test_two_stations_in_a_row() -> None:
    """A shared CPU before a shared GPU, in product form: 1 / (mu1 - l) + 1 / (mu2 - l)."""
    mean, error = mean_latency(
        0.7, machine(ONE, 1), None, cpu=(1.0, exponential), gpu=(0.9, exponential)
    )

    assert mean == pytest.approx(1 / (1 - 0.7) + 1 / (1 / 0.9 - 0.7), abs=3 * error)


def test_johnsons_rule_for_two_stages() -> None:
    """The best of all orders of five jobs through a CPU and a GPU takes 24, the worst 32."""
    jobs = [(3, 6), (5, 2), (1, 2), (6, 6), (7, 5)]
    makespans = [flow_shop(order) for order in permutations(jobs)]

    assert min(makespans) == flow_shop([(1, 2), (3, 6), (6, 6), (7, 5), (5, 2)]) == 24
    assert max(makespans) == 32


def flow_shop(order: Sequence[tuple[int, int]]) -> int:
    """
    The makespan in seconds of jobs in this order, on a CPU and a GPU that each serve one at a time.

    Requests hold the CPU one by one under a cap of 1. What they leave behind arrives at the GPU as
    a second workload, served in order too.
    """
    cpu = [request(place, 0, (Stage.CPU, job[0] * SECOND)) for place, job in enumerate(order)]
    on_cpu = simulate(workload(cpu), machine(ONE, 1), capped(1)).records
    gpu = [
        request(place, record.finish_ns, (Stage.GPU, job[1] * SECOND))
        for place, (record, job) in enumerate(zip(on_cpu, order, strict=True))
    ]
    on_gpu = simulate(workload(gpu), machine(ONE, 1), capped(1)).records
    return on_gpu[-1].finish_ns // SECOND


@pytest.mark.parametrize(
    ("count", "group", "cores", "tool", "fixed", "each", "expected"),
    [
        (64, 8, 8, 0.5, 0.1, 0.02, 6.08),
        (256, 16, 16, 0.5, 0.2, 0.02, 16.32),
        (64, 16, 8, 0.5, 0.1, 0.02, 5.68),
    ],
)
def test_makespan_of_micro_batches_with_a_barrier(  # noqa: PLR0913, PLR0917, a row of a table
    count: int, group: int, cores: int, tool: float, fixed: float, each: float, expected: float
) -> None:
    """(N / g) * (C + G), with a GPU whose batch of n takes a + b * n."""
    alone = fixed + each
    gpu = SpeedCurve(points=tuple((n, n * alone / (fixed + each * n)) for n in range(1, group + 1)))
    requests = [
        request(place, 0, (Stage.CPU, round(tool * SECOND)), (Stage.GPU, round(alone * SECOND)))
        for place in range(count)
    ]
    policy = BarrierMicroBatching(name="barrier", source="test", size=group)

    run = simulate(workload(requests), machine(ideal_cores(cores), cores, gpu), policy)

    assert run.makespan_ns / SECOND == pytest.approx(expected, rel=1e-8)
