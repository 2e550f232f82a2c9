"""The kernel against the readable engine: equal runs, to the nanosecond, whatever is drawn."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
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
from agentaudit.simulation.fast.columns import work_columns, workload_of
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.caps import Caps
from agentaudit.simulation.policies.catalogue import SHIPPED
from agentaudit.simulation.policies.mars import AdaptiveWindow
from agentaudit.simulation.runs import engine, simulator
from agentaudit.simulation.stations.speed import ideal_cores
from tests.simulation.fast.drawn_runs import SECOND, caps, machines, workloads

CAPS = Caps(group=2, slots=3, total=5, cpu=2, gpu=1, shared=1, offset_ns=10)
UNCAPPED = CappedConcurrency(name="capped", source="test", cap=None)
MACHINE = Machine(name="m", cores=2, cpu=ideal_cores(2), gpu=SpeedCurve(points=((1, 1.0),)))


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=40, deadline=None)
@given(workload=workloads(), machine=machines, drawn=caps)
def test_both_engines_say_the_same(
    name: str, workload: Workload, machine: Machine, drawn: Caps
) -> None:
    """Ties, threads, waits, users, dispatching and requests without work, under every policy."""
    policy = SHIPPED[name].make(drawn)

    run = simulator.on_kernel(workload, machine, policy)

    assert run == engine.simulate(workload, machine, policy)


@given(workloads())
def test_columns_are_the_workload(workload: Workload) -> None:
    ordered = sorted(workload.requests, key=lambda item: (item.arrival_ns, item.request_id))

    assert workload_of(work_columns(workload)) == replace(workload, requests=tuple(ordered))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_large_batch_in_one_instant(name: str) -> None:
    """Thousands that come, end and start together: sorting, and heaps that are deep."""
    workload = batch(
        [WorkStep(stage=Stage.CPU, demand_ns=1 + k % 7, threads=1 + k % 2) for k in range(3000)]
    )
    policy = SHIPPED[name].make(replace(CAPS, group=900, cpu=700, gpu=900, total=2000))

    run = simulator.on_kernel(workload, MACHINE, policy)

    assert run == engine.simulate(workload, MACHINE, policy)


def batch(steps: list[WorkStep]) -> Workload:
    requests = tuple(
        WorkRequest(
            request_id=place,
            type="t",
            heavy=(Heavy.CPU, Heavy.GPU)[place % 2],
            arrival_ns=0,
            steps=(step,),
        )
        for place, step in enumerate(steps)
    )
    return Workload(requests=requests, source="test", arrivals="closed", seed=0)


LARGE = batch([WorkStep(stage=Stage.CPU, demand_ns=5)] * 40)


@pytest.mark.parametrize(
    "workload",
    [
        batch([WorkStep(stage=Stage.CPU, demand_ns=2**54)]),
        batch([WorkStep(stage=Stage.WAIT, demand_ns=2**70)]),
        batch([WorkStep(stage=Stage.CPU, demand_ns=8, threads=2**20)]),
        replace(LARGE, requests=(LARGE.requests[0].changed(arrival_ns=2**63),)),
        replace(LARGE, requests=(LARGE.requests[0].changed(request_id=2**64),)),
        replace(LARGE, requests=(*LARGE.requests, LARGE.requests[0])),
        replace(LARGE, requests=(LARGE.requests[0].changed(follows=99),)),
        replace(LARGE, requests=(LARGE.requests[0].changed(follows=0),)),
    ],
)
def test_what_is_not_exact_or_not_right_is_left_to_the_engine(workload: Workload) -> None:
    assert simulator.on_kernel(workload, MACHINE, UNCAPPED) is None


def test_busy_time_may_need_more_than_64_bits() -> None:
    machine = replace(MACHINE, cores=4096, cpu=SpeedCurve(points=((1, 0.5),)))
    workload = batch([WorkStep(stage=Stage.CPU, demand_ns=2**52)] * 200)

    run = simulator.on_kernel(workload, machine, UNCAPPED)

    assert run is not None
    assert run.cpu_busy_ns > 2**64
    assert run == engine.simulate(workload, machine, UNCAPPED)


def test_a_window_that_waits_without_end_is_left_to_the_engine() -> None:
    """A million looks at the threads in a row while nothing happens; the engine then says so."""
    window = AdaptiveWindow(
        name="mars", source="test", cores=2, kv_tokens=None, start=1, least=1, interval_ns=1
    )
    neither_few_nor_many = WorkStep(stage=Stage.CPU, demand_ns=SECOND, threads=4)
    workload = batch([neither_few_nor_many] * 2)
    slow = replace(window, interval_ns=1000)

    assert simulator.on_kernel(workload, MACHINE, window) is None
    run = simulator.on_kernel(workload, MACHINE, slow)
    assert run is not None
    assert run == engine.simulate(workload, MACHINE, slow)


def test_a_policy_without_numbers_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own:
        """Somebody's policy."""

        name = source = parameters = "own"

        def admission(self) -> object:
            return UNCAPPED.admission()

    monkeypatch.setattr(simulator, "WORTH_COMPILING", 1)

    run = simulator.simulate(LARGE, MACHINE, Own())  # type: ignore[arg-type]

    assert run == simulator.on_kernel(LARGE, MACHINE, Own())  # type: ignore[arg-type]
    assert run == engine.simulate(LARGE, MACHINE, UNCAPPED)


def test_without_the_extra_the_engine_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "kernel_available", lambda: False)
    monkeypatch.setattr(simulator, "WORTH_COMPILING", 1)

    run = simulator.simulate(LARGE, MACHINE, UNCAPPED)

    assert run == engine.simulate(LARGE, MACHINE, UNCAPPED)


def test_the_kernel_knows_every_number_of_a_machine_and_a_request() -> None:
    """Who adds a field decides here whether the kernel must know it, or leave the case alone."""
    names = {kind.__name__: set(kind.__annotations__) for kind in (Machine, WorkRequest, WorkStep)}

    assert names == {
        "Machine": {
            *("name", "cores", "cpu", "gpu", "dispatch_ns", "assumptions", "power"),
            *("most_calls", "kv_tokens", "recompute_ns", "starvation"),  # these are not `plain`
            *("background", "background_course"),
        },
        "WorkRequest": {
            *("request_id", "type", "heavy", "arrival_ns", "steps", "follows", "think_ns"),
        },
        # Tokens matter to limits only.
        "WorkStep": {"stage", "demand_ns", "threads", "name", "interpreted", "tokens"},
    }


SCRIPT = """
from agentaudit.simulation.runs import engine, simulator
from agentaudit.simulation.policies.caps import Caps, default_caps
from agentaudit.simulation.machines.machine import PRESETS
from agentaudit.simulation.policies.catalogue import SHIPPED
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape
from agentaudit.simulation.workloads.synthetic import synthetic_workload
from agentaudit.model.workload import Stage

class Asked:
    name = source = parameters = "asked"
    def __init__(self, policy):
        self.admission = policy.admission

steps = [StepShape(stage=stage, mean_ns=10**9, spread=1.0) for stage in Stage]
types = (TypeShape(name="a", steps=tuple(steps)), TypeShape(name="b", steps=tuple(steps[1:])))
for way in ("poisson:99", "users:9:1s", "closed"):
    shape = WorkloadShape(types=types, requests=99, arrivals=parse_arrivals(way), seed=1)
    work = synthetic_workload(shape, source="t")
    caps = Caps(group=9, slots=9, total=20, cpu=5, gpu=5, shared=2, offset_ns=10**9)
    for shipped in SHIPPED.values():
        policy, machine = shipped.make(caps), PRESETS["v1"]
        run = simulator.on_kernel(work, machine, policy)
        assert run == engine.simulate(work, machine, policy), policy
        assert run == simulator.on_kernel(work, machine, Asked(policy)), policy

# As many as have places that do not fit beside their threads into a number of their own size.
many = WorkloadShape(types=types, requests=5000, arrivals=parse_arrivals("poisson:99"), seed=1)
work, policy = synthetic_workload(many, source="t"), SHIPPED["fcfs"].make(caps)
assert simulator.on_kernel(work, machine, policy) == engine.simulate(work, machine, policy)
"""


@pytest.mark.parametrize("place", ["cache", "nowhere"])
def test_compiled_code_is_kept_where_it_can_be(place: str, tmp_path: Path) -> None:
    """Interpreted here, which is quick: what matters is where the folder is made, or is not."""
    (tmp_path / "nowhere").write_text("a file, in which no folder can be")
    environment = {
        **os.environ,
        "NUMBA_DISABLE_JIT": "1",
        "XDG_CACHE_HOME": str(tmp_path / place),
    }

    subprocess.run([sys.executable, "-c", SCRIPT], env=environment, check=True)

    assert (tmp_path / "cache" / "agentaudit").is_dir() == (place == "cache")
