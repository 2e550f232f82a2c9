"""Limits of the LLM server: calls at once, the KV cache, pins, and what is computed again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

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
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policy import Call
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER

SECOND = 1_000_000_000
ROOMY = SpeedCurve(points=((1, 1.0), (64, 64.0)))
MACHINE = Machine(name="server", cores=2, cpu=ideal_cores(2), gpu=ROOMY)
ALL = CappedConcurrency(name="all", source="test", cap=None)


def gpu(seconds: int, tokens: int = 0) -> WorkStep:
    return WorkStep(stage=Stage.GPU, demand_ns=seconds * SECOND, tokens=tokens, name="answer")


def wait(seconds: int) -> WorkStep:
    return WorkStep(stage=Stage.WAIT, demand_ns=seconds * SECOND)


def work(*plans: tuple[WorkStep, ...]) -> Workload:
    return Workload(
        requests=tuple(
            WorkRequest(request_id=place, type="t", heavy=Heavy.GPU, arrival_ns=0, steps=steps)
            for place, steps in enumerate(plans)
        ),
        source="test",
        arrivals="closed",
        seed=0,
    )


def unpinned(call: Call) -> int:
    return not call.pinned


def finishes(run: Run) -> list[float]:
    return [record.finish_ns / SECOND for record in run.records]


@dataclass
class Ordering:
    """Starts everybody; ranks and keeps as it is told, and remembers the calls it was shown."""

    order: Callable[[Call], int] = lambda _: 0
    keep: int = 0
    name: str = "ordering"
    source: str = "test"
    parameters: str = "none"
    wake_ns: int = NEVER
    waiting: list[WorkRequest] = field(default_factory=list)
    shown: list[Call] = field(default_factory=list)

    def admission(self) -> "Ordering":
        return self

    def finished(self, request: WorkRequest) -> None:
        del request

    def arrived(self, request: WorkRequest) -> None:
        self.waiting.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        started, self.waiting = self.waiting, []
        return started

    def rank(self, call: Call, now_ns: int) -> tuple[int, ...]:
        del now_ns
        self.shown.append(call)
        return (self.order(call),)

    def keep_ns(self, call: Call, now_ns: int) -> int:
        del call, now_ns
        return self.keep


calls = st.builds(
    WorkStep,
    stage=st.sampled_from([Stage.GPU, Stage.GPU, Stage.WAIT]),
    demand_ns=st.one_of(st.sampled_from([1, 10, 1000]), st.integers(1, 10**10)),
    tokens=st.integers(0, 10),
)
plans = st.lists(st.lists(calls, min_size=1, max_size=5).map(tuple), min_size=1, max_size=15)
limited = st.builds(
    replace,
    st.just(MACHINE),
    most_calls=st.one_of(st.none(), st.integers(1, 4)),
    kv_tokens=st.one_of(st.none(), st.integers(10, 25)),
    recompute_ns=st.sampled_from([0, 3]),
)
orders = st.sampled_from(
    [
        lambda _: 0,
        lambda call: call.step.tokens,
        lambda call: -call.number,
        lambda call: call.attained_ns,
    ]
)


@settings(max_examples=80)
@given(plans, limited, orders, st.sampled_from([0, 10, SECOND, NEVER]))
def test_limits_hold_and_everybody_finishes(
    plans: list[tuple[WorkStep, ...]], machine: Machine, order: Callable[[Call], int], keep: int
) -> None:
    """Whatever is ranked and pinned; pins that would block everything yield."""
    run = simulate(work(*plans), machine, Ordering(order=order, keep=keep))

    assert len(run.records) == len(plans)
    assert run.calls_peak <= (machine.most_calls or len(plans))
    assert run.kv_peak <= (machine.kv_tokens or NEVER)


@settings(max_examples=60)
@given(plans)
def test_limits_that_nobody_reaches_change_nothing(plans: list[tuple[WorkStep, ...]]) -> None:
    wide = replace(MACHINE, most_calls=1000, kv_tokens=100_000, recompute_ns=5)

    unlimited = simulate(work(*plans), MACHINE, ALL)

    assert simulate(work(*plans), wide, ALL).records == unlimited.records


@settings(max_examples=60)
@given(st.lists(st.integers(1, 100), min_size=1, max_size=20), st.integers(1, 4))
def test_the_line_is_first_come_and_never_idle(demands: list[int], most: int) -> None:
    """A server with room for n calls is a queue with n servers, where calls do not share."""
    run = simulate(
        work(*[(gpu(demand),) for demand in demands]), replace(MACHINE, most_calls=most), ALL
    )
    free_s = [0.0] * most
    expected = []
    for demand in demands:
        free_s.sort()
        free_s[0] += demand
        expected.append(free_s[0])

    assert finishes(run) == expected


def test_nobody_overtakes_a_large_call_at_the_head_of_the_line() -> None:
    """Ten tokens: 6 are held, so 5 wait, and with them 1 that would fit."""
    run = simulate(
        work((gpu(4, 6),), (gpu(1, 5),), (gpu(1, 1),)), replace(MACHINE, kv_tokens=10), ALL
    )

    assert finishes(run) == [4, 5, 5]
    assert run.kv_peak == 6


def test_a_call_larger_than_the_cache_is_named() -> None:
    with pytest.raises(
        UsageError,
        match=r"request 1 \(t\), step 2 \(answer\): the call holds 11 tokens, .* room for 10",
    ):
        simulate(work((gpu(1, 10),), (wait(1), gpu(1, 11))), replace(MACHINE, kv_tokens=10), ALL)


def test_a_policy_is_shown_what_a_request_has_got() -> None:
    """One at a time: the second request waits for 3 s, and comes back after a tool of 1 s."""
    policy = Ordering()
    simulate(
        work((gpu(3, 5),), (gpu(2, 5), wait(1), gpu(1, 5))),
        replace(MACHINE, most_calls=1),
        policy,
    )
    last = policy.shown[-1]

    assert (last.request.request_id, last.number, last.called_ns) == (1, 1, 6 * SECOND)
    assert (last.attained_ns, last.waited_ns, last.pinned) == (2 * SECOND, 3 * SECOND, False)


def test_what_is_pinned_is_not_given_away() -> None:
    """The second would fit beside the third but for the pin of the first, whose tool takes 5 s."""
    plans = ((gpu(1, 6), wait(5), gpu(1, 6)), (wait(2), gpu(1, 6)), (gpu(10, 3),))
    machine = replace(MACHINE, kv_tokens=10)
    pinned = simulate(work(*plans), machine, Ordering(order=unpinned, keep=6 * SECOND))
    lapsed = simulate(work(*plans), machine, Ordering(order=unpinned, keep=3 * SECOND))

    assert finishes(pinned) == [7, 8, 10]
    assert finishes(lapsed) == [7, 5, 10]
    assert pinned.kv_peak == 9


def test_pins_yield_where_nothing_else_could_run() -> None:
    """Both are pinned and both grow: the later request gives way, or neither would ever end."""
    plan = (gpu(1, 5), wait(1), gpu(1, 8))
    run = simulate(work(plan, plan), replace(MACHINE, kv_tokens=10), Ordering(keep=NEVER))

    assert finishes(run) == [3, 4]


@pytest.mark.parametrize(("keep", "lost"), [(0, 3), (5 * SECOND, 0)])
def test_a_context_that_is_lost_is_computed_again(keep: int, lost: int) -> None:
    """Another call takes the room during the tool, unless the context is pinned: 6 tokens, 3 s."""
    machine = replace(MACHINE, kv_tokens=12, recompute_ns=SECOND // 2)
    plans = ((gpu(1, 6), wait(4), gpu(2, 6)), (wait(2), gpu(1, 6)), (gpu(20, 1),))
    run = simulate(work(*plans), machine, Ordering(order=unpinned, keep=keep))

    assert finishes(run)[0] == 7 + lost
    assert run.gpu_work_ns == (24 + lost) * SECOND


def test_a_context_that_nobody_displaces_is_still_there() -> None:
    machine = replace(MACHINE, kv_tokens=12, recompute_ns=SECOND)
    run = simulate(work((gpu(1, 6), wait(4), gpu(2, 6)), (wait(2), gpu(1, 6))), machine, ALL)

    assert finishes(run) == [7, 3]


@settings(max_examples=40)
@given(plans, st.integers(10, 25))
def test_a_later_call_is_never_served_sooner_under_first_come(
    plans: list[tuple[WorkStep, ...]], tokens: int
) -> None:
    """Of requests with one call each, in the order of their ids."""
    single = [(WorkStep(stage=Stage.GPU, demand_ns=7, tokens=p[0].tokens),) for p in plans]
    run = simulate(work(*single), replace(MACHINE, kv_tokens=tokens), ALL)

    assert all(one <= other for one, other in pairwise(finishes(run)))


@pytest.mark.parametrize(
    "wrong", [{"most_calls": 0}, {"kv_tokens": 0}, {"background": -1}, {"starvation": -0.1}]
)
def test_limits_are_checked_when_made(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is at least"):
        replace(MACHINE, **wrong)


@pytest.mark.parametrize(
    "given", [{"most_calls": 1}, {"kv_tokens": 1}, {"background": 1}, {"starvation": 0.1}]
)
def test_a_machine_is_plain_until_a_limit_or_a_coupling_is_given(given: dict[str, float]) -> None:
    assert MACHINE.plain
    assert not replace(MACHINE, **given).plain
