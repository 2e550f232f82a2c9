"""Policies in Python on the kernel: told, asked and answered exactly as by the readable engine."""

import copy
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, fields
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import AgentAuditError, UsageError
from agentaudit.model.workload import Heavy, Machine, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.fast import asking
from agentaudit.simulation.fast.columns import work_columns
from agentaudit.simulation.fast.requests import large_workload
from agentaudit.simulation.fast.views import view_class
from agentaudit.simulation.policies.caps import Caps
from agentaudit.simulation.policies.catalogue import SHIPPED
from agentaudit.simulation.policies.foreign import ForeignPolicy
from agentaudit.simulation.policy import Admission, Policy
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs import engine, simulator
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER
from tests.simulation.fast.drawn_runs import SECOND, caps, machines, workloads

MACHINE = Machine(name="m", cores=2, cpu=ideal_cores(2), gpu=ideal_cores(1))
CAPS = Caps(group=1, slots=1, total=1, cpu=1, gpu=1, shared=0, offset_ns=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A policy that gives no numbers, so that it is asked."""

    policy: Policy
    name: str = "asked"
    source: str = "test"
    parameters: str = ""

    def admission(self) -> Admission:
        return self.policy.admission()


@dataclass(frozen=True, slots=True)
class Moody:
    """
    A policy that does anything that is allowed, and sometimes what is not, and notes what it hears.

    What it does follows from the seed and from how often it was asked, not from what it is told.
    """

    seed: int
    hooks: frozenset[str]
    heard: list[object]
    wrongs: bool = False
    name: str = "moody"
    source: str = "test"
    parameters: str = ""

    def admission(self) -> "_Mood":
        self.heard.clear()
        return _Mood(self)


class _Mood:
    def __init__(self, policy: Moody) -> None:
        self._draw = Random(policy.seed)  # noqa: S311, no secret
        self._heard = policy.heard
        self._wrongs = policy.wrongs
        self._all: list[WorkRequest] = []
        self._waiting: list[WorkRequest] = []
        self._running = 0
        self.wake_ns = self._draw.choice([NEVER, 0, 5, 2000])
        for hook in policy.hooks:
            setattr(self, hook, getattr(self, f"_{hook}"))

    def arrived(self, request: WorkRequest) -> None:
        self._heard.append(("arrived", whole(request)))
        self._all.append(request)
        self._waiting.append(request)

    def finished(self, request: WorkRequest) -> None:
        self._heard.append(("finished", request.request_id))
        self._running -= 1

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        self._heard.append(("admit", now_ns))
        most = self._draw.choice([0, 1, 2, 9])
        self._draw.shuffle(self._waiting)
        started = self._waiting[:most]
        if not self._running and self._waiting and not started:
            started = self._waiting[:1]  # or nothing may ever happen again
        del self._waiting[: len(started)]
        self._running += len(started)
        self.wake_ns = self._draw.choice([NEVER, NEVER, now_ns + self._draw.choice([1, 9, SECOND])])
        if self._wrongs and self._draw.random() < 0.02:
            self.wake_ns = self._draw.choice([now_ns - 1, NEVER + 5])
        if self._wrongs and self._draw.random() < 0.02 and self._all:
            started.append(self._draw.choice(self._all))
        return [self._as_it_likes(request) for request in started]

    def _as_it_likes(self, request: WorkRequest) -> WorkRequest:
        """Only whom it names counts: what a request is, the workload says."""
        if self._draw.random() < 0.3:
            return request.changed(steps=request.steps[1:], type="changed")
        return request

    def _in_threads(self, request: WorkRequest) -> bool:
        self._heard.append(("in_threads", whole(request)))
        return self._draw.random() < 0.5

    def _step_began(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        self._heard.append(("began", request.request_id, step, now_ns))

    def _step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        self._heard.append(("ended", request.request_id, step, now_ns))


def whole(request: WorkRequest) -> tuple[object, ...]:
    return tuple(getattr(request, field.name) for field in fields(WorkRequest))


hooks = st.frozensets(st.sampled_from(["in_threads", "step_began", "step_ended"]))


def on_columns(workload: Workload) -> Workload:
    """The same requests, which are no objects."""
    return large_workload(work_columns(workload))


def said(run: object, workload: Workload, machine: Machine, policy: Policy) -> Run | str | None:
    """The run, or what it is refused with."""
    assert callable(run)
    try:
        found: Run | None = run(workload, machine, policy)
    except AgentAuditError as error:
        return str(error)
    return found


@settings(max_examples=60, deadline=None)
@given(
    workload=workloads(),
    machine=machines,
    seed=st.integers(0, 2**32),
    asked=hooks,
    wrongs=st.booleans(),
)
def test_any_policy_hears_and_does_the_same_on_both_engines(
    workload: Workload, machine: Machine, seed: int, asked: frozenset[str], *, wrongs: bool
) -> None:
    """Every call in its order with its arguments, every time, every total; every refusal too."""
    heard: tuple[list[object], ...] = ([], [], [])
    readable, objects, views = (Moody(seed, asked, each, wrongs) for each in heard)

    expected = said(engine.simulate, workload, machine, readable)

    assert said(simulator.on_kernel, workload, machine, objects) == expected
    assert said(simulator.on_kernel, on_columns(workload), machine, views) == expected
    assert heard[0] == heard[1] == heard[2]


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=6, deadline=None)
@given(workload=workloads(), machine=machines, drawn=caps)
def test_shipped_policies_do_the_same_where_they_are_asked(
    name: str, workload: Workload, machine: Machine, drawn: Caps
) -> None:
    policy = Asked(SHIPPED[name].make(replace(drawn, kv_tokens=900)))

    run = simulator.on_kernel(on_columns(workload), machine, policy)

    assert run == engine.simulate(workload, machine, policy)


@pytest.mark.parametrize("policy", [Moody(1, frozenset(), []), SHIPPED["fcfs"].make(CAPS)])
def test_who_follow_each_other_in_a_circle_are_no_fault_of_the_policy(policy: Policy) -> None:
    first, *others = (
        one(0).requests[0].changed(request_id=number, follows=follows)
        for number, follows in enumerate([None, 2, 1])
    )
    workload = replace(one(0), requests=(first, *others))

    assert simulator.on_kernel(workload, MACHINE, policy) is None
    with pytest.raises(ValueError, match="in a circle"):
        engine.simulate(workload, MACHINE, policy)


def test_columns_that_are_read_only_or_parts_of_others_do_as_well() -> None:
    steps = [WorkStep(stage=Stage.CPU, demand_ns=place + 1) for place in range(9)]
    requests = [
        one(3 * place).requests[0].changed(request_id=place, steps=(step,))
        for place, step in enumerate(steps)
    ]
    workload = replace(one(0), requests=tuple(requests))
    columns = work_columns(workload)
    wider = np.repeat(columns.demand_ns, 2)
    wider.setflags(write=False)
    columns.arrival_ns.setflags(write=False)
    policy = Asked(SHIPPED["fcfs"].make(CAPS))

    run = simulator.on_kernel(
        large_workload(replace(columns, demand_ns=wider[::2])), MACHINE, policy
    )

    assert run == engine.simulate(workload, MACHINE, policy)


class Users:
    """A policy of a user's, which does something odd."""

    def __init__(self, odd: str) -> None:
        self.odd, self.told = odd, 0
        self.waiting: list[WorkRequest] = []

    def arrived(self, request: WorkRequest) -> None:
        self.waiting.append(request)
        if self.odd == "arrived":
            self.fail()

    def finished(self, request: WorkRequest) -> None:
        del request
        if self.odd == "finished":
            self.fail()

    def admit(self, now_ns: int) -> object:
        del now_ns
        started, self.waiting = self.waiting, []
        if self.odd == "admit":
            self.fail()
        answers: dict[str, object] = {
            "none": None,
            "one": started[0],
            "tuple": tuple(started),
            "generator": (each for each in started),
            "failing generator": (each.nothing for each in started),  # type: ignore[attr-defined]
            "likeness": [SimpleNamespace(request_id=started[0].request_id)],
            "junk behind one who does not wait": [started[0].changed(request_id=77), "junk"],
            "nobody knows": [started[0].changed(request_id=77)],
            "kept": self.waiting,
        }
        if self.odd == "exits":
            raise SystemExit(0)
        return answers.get(self.odd, started)

    def fail(self) -> None:
        self.told += 1
        if self.told == 3 or self.odd == "admit":
            raise UsageError("a user may raise what we raise")


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ("nothing", None),
        ("one", None),
        ("tuple", None),
        ("generator", None),
        ("arrived", "`arrived` of users fails: UsageError"),
        ("finished", "`finished` of users fails: UsageError"),
        ("admit", "`admit` of users fails: UsageError"),
        ("exits", "`admit` of users fails: SystemExit: 0"),
        ("none", "`admit` of users answers None, and not a list"),
        ("failing generator", "`admit` of users fails: AttributeError"),
        ("likeness", "`admit` of users answers namespace(request_id=0), and not a list"),
        ("junk behind one who does not wait", "`admit` of users answers 'junk', and not a list"),
        ("nobody knows", "starts request 77, which does not wait: it has not arrived"),
        ("kept", "never starts 4 of 4 requests"),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_what_is_wrong_with_a_users_policy_is_said_in_the_same_words(
    odd: str, expected: str | None, *, together: bool
) -> None:
    """The kernel calls the user's hooks itself, and the engine by way of who explains errors."""
    first = one(0).requests[0]
    arrivals = [0] * 4 if together and odd != "one" else range(4)
    requests = tuple(
        first.changed(request_id=number, arrival_ns=SECOND * arrival)
        for number, arrival in enumerate(arrivals)
    )
    workload = replace(one(0), requests=requests)
    policy = ForeignPolicy(
        name="users", source="test", parameters="", file=__file__, make=lambda: Users(odd)
    )

    found = said(engine.simulate, workload, MACHINE, policy)

    assert said(simulator.on_kernel, workload, MACHINE, policy) == found
    assert said(simulator.on_kernel, on_columns(workload), MACHINE, policy) == found
    assert isinstance(found, Run) == (expected is None)
    assert (expected or "") in str(found)


class Interpreted:
    """A policy that starts all at once, as threads of one interpreter, and may listen to steps."""

    name, source, parameters, wake_ns = "interpreted", "test", "", NEVER

    def __init__(self, *, listens: bool) -> None:
        self._waiting: list[WorkRequest] = []
        self._listens = listens
        if listens:
            self.step_began = lambda _request, _step, _now_ns: None

    def admission(self) -> "Interpreted":
        return Interpreted(listens=self._listens)

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def finished(self, request: WorkRequest) -> None:
        pass

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        started, self._waiting = self._waiting, []
        return started

    def in_threads(self, request: WorkRequest) -> bool:
        del request
        return True


@pytest.mark.parametrize("listens", [False, True])
def test_cores_are_busy_until_the_last_thread_has_ended(*, listens: bool) -> None:
    policy = Interpreted(listens=listens)

    run = simulator.on_kernel(one(0), MACHINE, policy)

    assert run == engine.simulate(one(0), MACHINE, policy)
    assert run is not None
    assert sum(ns for _, _, ns in run.cpu_levels) == 5


class Forgetful:
    """A policy that serves one at a time, and still names a time of waking that has passed."""

    name, source, parameters = "forgetful", "test", ""

    def __init__(self) -> None:
        self.wake_ns = NEVER
        self._waiting: list[WorkRequest] = []
        self._busy = False

    def admission(self) -> "Forgetful":
        return Forgetful()

    def arrived(self, request: WorkRequest) -> None:
        self._waiting.append(request)

    def finished(self, request: WorkRequest) -> None:
        del request
        self._busy = False

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        if self._busy or not self._waiting:
            self.wake_ns = 100 if now_ns < 50 else self.wake_ns
            return ()
        self._busy = True
        return (self._waiting.pop(0),)


def test_time_does_not_run_back_to_a_wake_that_nobody_waited_for() -> None:
    requests = tuple(
        one(arrival_ns)
        .requests[0]
        .changed(request_id=number, steps=(WorkStep(stage=Stage.CPU, demand_ns=demand_ns),))
        for number, (arrival_ns, demand_ns) in enumerate([(0, 60), (10, 200), (200, 10)])
    )
    workload = replace(one(0), requests=requests)

    expected = said(engine.simulate, workload, MACHINE, Forgetful())

    assert said(simulator.on_kernel, workload, MACHINE, Forgetful()) == expected
    assert "wants to be woken at 100 ns" in str(expected)


class Waking:
    """A policy that is to be woken over and over, and never starts anybody."""

    name, source, parameters = "waking", "test", ""

    def __init__(self, *, first_ns: int, step_ns: int) -> None:
        self.wake_ns, self._step_ns = first_ns, step_ns

    def admission(self) -> "Waking":
        return Waking(first_ns=self.wake_ns, step_ns=self._step_ns)

    def arrived(self, request: WorkRequest) -> None:
        pass

    def finished(self, request: WorkRequest) -> None:
        pass

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        self.wake_ns = now_ns + self._step_ns
        return ()


def one(arrival_ns: int) -> Workload:
    request = WorkRequest(
        request_id=3,
        type="t",
        heavy=Heavy.CPU,
        arrival_ns=arrival_ns,
        steps=(WorkStep(stage=Stage.CPU, demand_ns=5),),
    )
    return Workload(requests=(request,), source="test", arrivals="recorded", seed=0)


@pytest.mark.parametrize(
    ("arrival_ns", "policy"),
    [
        (0, Waking(first_ns=0, step_ns=1)),  # somebody waits
        (SECOND, Waking(first_ns=0, step_ns=1)),  # nobody waits yet
        (SECOND, Waking(first_ns=7, step_ns=-1)),
        (SECOND, Waking(first_ns=-7, step_ns=1)),
        (SECOND, Waking(first_ns=7, step_ns=NEVER)),
    ],
)
def test_who_is_woken_without_end_is_refused_at_the_same_instant(
    arrival_ns: int, policy: Waking, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (engine, asking):
        monkeypatch.setattr(module, "MOST_IDLE_WAKES", 1000)

    expected = said(engine.simulate, one(arrival_ns), MACHINE, policy)

    assert "the policy waking" in str(expected)
    assert said(simulator.on_kernel, one(arrival_ns), MACHINE, policy) == expected


@settings(max_examples=20, deadline=None)
@given(workloads())
def test_views_are_requests_whatever_is_done_with_them(workload: Workload) -> None:
    columns = work_columns(workload)
    made = view_class(columns)
    for request in workload.requests[:3]:
        view = object.__new__(made)
        object.__setattr__(view, "request_id", request.request_id)

        assert isinstance(view, WorkRequest)
        assert view == request
        assert pickle.loads(pickle.dumps(view)) == request  # noqa: S301, ours
        assert copy.deepcopy(view) == request
        assert repr(view) == repr(request)
        assert hash(view) == hash(request)
        assert view.changed(think_ns=7) == request.changed(think_ns=7)


def test_a_view_has_no_other_attributes() -> None:
    view = object.__new__(view_class(work_columns(one(0))))
    object.__setattr__(view, "request_id", 3)

    with pytest.raises(AttributeError, match="'WorkRequest' object has no attribute 'demand_ns'"):
        view.demand_ns  # noqa: B018
