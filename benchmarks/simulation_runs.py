"""The requests of the simulator's benchmarks, and what they run on: the kernel or the engine."""

import sys
from collections import deque
from collections.abc import Sequence
from math import inf

from agentaudit.model.workload import Heavy, Machine, SpeedCurve, Stage, Workload, WorkRequest
from agentaudit.simulation.admission_numbers import Numbered
from agentaudit.simulation.fast.asking import execute_asked
from agentaudit.simulation.fast.columns import RunColumns, WorkColumns
from agentaudit.simulation.fast.drawn import drawn_columns
from agentaudit.simulation.fast.execution import execute
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.caps import Caps
from agentaudit.simulation.policies.foreign import ForeignPolicy
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs import engine
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.workloads.arrivals import ArrivalKind, Arrivals
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

SECOND = 1_000_000_000
CORES = 16
BATCHES = SpeedCurve(points=tuple((n, n * 0.024 / (0.020 + 0.004 * n)) for n in range(1, 33)))
"""A batch of n takes 0.020 s + n * 0.004 s, and past 32 they share what 32 get."""
MACHINE = Machine(name="benchmark", cores=CORES, cpu=ideal_cores(CORES), gpu=BATCHES)
CAPS = Caps(group=32, slots=32, total=64, cpu=24, gpu=24, shared=8, offset_ns=SECOND // 4)
UNCAPPED = CappedConcurrency(name="multi-processing", source="", cap=None)
CAPPED = CappedConcurrency(name="capped", source="", cap=64)
POOL = CappedConcurrency(name="pool", source="", cap=CORES)


class InOrder:
    """What a user writes who wants a queue and a cap; see docs/policies.md."""

    def __init__(self, cap: float) -> None:
        self.free = cap
        self.waiting: deque[WorkRequest] = deque()

    def arrived(self, request: WorkRequest) -> None:
        self.waiting.append(request)

    def finished(self, request: WorkRequest) -> None:
        del request
        self.free += 1

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        started = []
        while self.free and self.waiting:
            started.append(self.waiting.popleft())
            self.free -= 1
        return started


def own(policy: CappedConcurrency) -> Policy:
    """The same policy as a user's file, which is asked and checked at every instant."""
    cap = inf if policy.cap is None else policy.cap
    return ForeignPolicy(
        name="own", source="", parameters="", file=__file__, make=lambda: InOrder(cap)
    )


def work(requests: int, rate: float = 128.0, *, steps: int = 2, seed: int = 1) -> WorkColumns:
    """Lognormal CPU demands of 0.1 s on average, then calls of 0.024 s; Poisson arrivals."""
    tool = StepShape(stage=Stage.CPU, mean_ns=SECOND // 10, spread=1.0)
    call = StepShape(stage=Stage.GPU, mean_ns=SECOND * 24 // 1000)
    types = tuple(TypeShape(name=heavy, heavy=heavy, steps=(tool, call)[:steps]) for heavy in Heavy)
    shape = WorkloadShape(
        types=types,
        requests=requests,
        arrivals=Arrivals(kind=ArrivalKind.POISSON, number=rate),
        seed=seed,
    )
    return drawn_columns(shape, source="benchmark")


def on_kernel(columns: WorkColumns, policy: Policy) -> float:
    """The mean latency in seconds."""
    return mean_latency_of(ran(columns, policy))


def mean_latency_of(run: RunColumns) -> float:
    """In seconds."""
    return float(run.finish_ns.mean() - run.arrival_ns.mean()) / SECOND


def ran(columns: WorkColumns, policy: Policy) -> RunColumns:
    """A run on the kernel."""
    numbers = policy.numbers() if isinstance(policy, Numbered) else None
    run = execute(columns, MACHINE, numbers) if numbers else None
    if run is None:
        sys.exit("the kernel cannot run the benchmark's own workload")
    return run


def asked(columns: WorkColumns, policy: Policy) -> float:
    """The mean latency in seconds, under a policy in Python on the kernel."""
    run = execute_asked(columns, MACHINE, policy)
    if run is None:
        sys.exit("the kernel cannot run the benchmark's own workload")
    return mean_latency_of(run)


def mean_latency(workload: Workload, policy: Policy) -> float:
    """The mean latency in seconds, on the readable engine."""
    records = engine.simulate(workload, MACHINE, policy).records
    return sum(record.latency_ns for record in records) / len(records) / SECOND
