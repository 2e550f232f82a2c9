"""Real processes under the simulator's own policies: the laws that hold for any run."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from agentaudit.errors import IncompleteError, UsageError
from agentaudit.model.execution import Execution
from agentaudit.model.workload import Heavy, Machine, Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.executor import execute
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.tools import Tool
from agentaudit.probes.execution.workers import Workers
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.groups import BarrierMicroBatching, CombClosed
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.policy import Admission, Call, Policy, hooks_of
from agentaudit.simulation.stations.line import line_of
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER

MS = 1_000_000
UNIT_NS = {Tool.INTERPRETER: 0.2 * MS, Tool.REGEX: 0.5 * MS, Tool.SPAWN: MS}
SPEEDS = [0.0, 1.0, 1.5, 1.8, 2.0]
CAPPED = CappedConcurrency(name="capped", source="", cap=3)
MAS = MixedAdmission(name="mas", source="", cpu_cap=2, gpu_cap=1, shared_cap=1)
POLICIES: list[Policy] = [
    CappedConcurrency(name="sequential", source="", cap=1),
    CappedConcurrency(name="multi-processing", source="", cap=None),
    CAPPED,
    BarrierMicroBatching(name="micro-batching", source="", size=3),
    CombClosed(name="comb-closed", source="", size=4, offset_ns=5 * MS),
    MAS,
]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(count=18, tools=UNIT_NS, server=SPEEDS) as started:
        yield started


@pytest.fixture
def hands(workers: Workers) -> Iterator[Hands]:
    with Hands(workers, UNIT_NS) as ready:
        yield ready


def step(stage: Stage, demand_ms: float, name: str = "", threads: int = 1) -> WorkStep:
    return WorkStep(stage=stage, demand_ns=round(demand_ms * MS), name=name, threads=threads)


def request(number: int, *steps: WorkStep, arrival_ns: int = 0) -> WorkRequest:
    heavy = Heavy.GPU if number % 3 == 0 else Heavy.CPU
    return WorkRequest(request_id=number, type="t", heavy=heavy, arrival_ns=arrival_ns, steps=steps)


def mixed(count: int, *, apart_ns: int = 0) -> list[WorkRequest]:
    return [
        request(
            number,
            step(Stage.CPU, 1 + number % 3, "regex" if number % 2 else "loop"),
            step(Stage.GPU, 2),
            step(Stage.CPU, 0),
            step(Stage.WAIT, 1),
            step(Stage.CPU, 2, "spawn", threads=1 + number % 2),
            arrival_ns=number * apart_ns,
        )
        for number in range(count)
    ]


class Noted:
    """A policy's run, with what it was told and what it said at each instant."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.instants: list[tuple[int, list[WorkRequest], list[WorkRequest], list[int]]] = []
        self._finished: list[WorkRequest] = []
        self._arrived: list[WorkRequest] = []

    @property
    def wake_ns(self) -> int:
        return self._admission.wake_ns

    def finished(self, request: WorkRequest) -> None:
        self._finished.append(request)
        self._admission.finished(request)

    def arrived(self, request: WorkRequest) -> None:
        self._arrived.append(request)
        self._admission.arrived(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        chosen = list(self._admission.admit(now_ns))
        ids = [request.request_id for request in chosen]
        self.instants.append((now_ns, self._finished, self._arrived, ids))
        self._finished, self._arrived = [], []
        return chosen


class Idle:
    """A policy that never starts anybody."""

    wake_ns = NEVER

    def finished(self, request: WorkRequest) -> None: ...
    def arrived(self, request: WorkRequest) -> None: ...
    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        return ()


def running_at_once(run: Execution) -> int:
    """The most requests between their start and their finish; ends come before starts."""
    events = [(record.finish_ns, -1) for record in run.records]
    events += [(record.start_ns, 1) for record in run.records]
    running = most = 0
    for _, change in sorted(events):
        running += change
        most = max(most, running)
    return most


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_request_runs_every_step_once(policy: Policy, hands: Hands) -> None:
    requests = mixed(12)
    run = execute(requests, policy.admission(), hands)
    asked = [(item.request_id, place) for item in requests for place in (0, 1, 3, 4)]

    assert [record.request_id for record in run.records] == list(range(12))
    assert sorted(run.admitted) == list(range(12))
    assert sorted((done.request_id, done.place) for done in run.steps) == asked
    assert all(0 <= record.waiting_ns <= record.latency_ns for record in run.records)
    assert all(done.sent_ns <= done.begun_ns <= done.ended_ns <= done.seen_ns for done in run.steps)
    assert all(done.cpu_ns > 0 for done in run.steps if done.stage is Stage.CPU)


@pytest.mark.parametrize(("policy", "cap"), [(CAPPED, 3), (POLICIES[0], 1), (MAS, 4)])
def test_no_more_run_at_once_than_the_cap(policy: Policy, cap: int, hands: Hands) -> None:
    run = execute(mixed(12), policy.admission(), hands)

    assert running_at_once(run) == run.running_peak == cap


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_policy_is_asked_as_the_simulator_asks(policy: Policy, hands: Hands) -> None:
    """In each instant what ended, then what arrived, by ids; told the same, it says the same."""
    noted = Noted(policy.admission())
    execute(mixed(12, apart_ns=2 * MS), noted, hands)
    again, said = policy.admission(), []
    for now_ns, finished, arrived, _ in noted.instants:
        for item in sorted(finished, key=lambda item: item.request_id):
            again.finished(item)
        for item in sorted(arrived, key=lambda item: item.request_id):
            again.arrived(item)
        said.append([item.request_id for item in again.admit(now_ns)])

    assert said == [ids for *_, ids in noted.instants]
    waiting = 0
    for _, _, arrived, ids in noted.instants:
        waiting += len(arrived)
        assert waiting, "while nobody waits there is nothing to decide"
        waiting -= len(ids)
    assert all(
        item.arrival_ns <= now_ns for now_ns, _, arrived, _ in noted.instants for item in arrived
    )
    assert [now_ns for now_ns, *_ in noted.instants] == sorted(
        now_ns for now_ns, *_ in noted.instants
    )


def test_all_that_is_there_at_once_arrives_in_one_instant(hands: Hands) -> None:
    noted = Noted(CAPPED.admission())
    execute(mixed(8), noted, hands)

    assert len(noted.instants[0][2]) == 8


def test_a_request_without_work_finishes(hands: Hands) -> None:
    run = execute([request(0), request(1, step(Stage.CPU, 0))], CAPPED.admission(), hands)

    assert [record.request_id for record in run.records] == [0, 1]


def test_users_who_ask_in_turn_think_before_they_ask_again(hands: Hands) -> None:
    first, second = (request(number, step(Stage.CPU, 1)) for number in range(2))
    second = second.changed(follows=0, think_ns=3 * MS)
    run = execute([first, second], CAPPED.admission(), hands)
    one, other = run.records

    assert (one.request_id, other.request_id) == (0, 1)
    assert other.arrival_ns == one.finish_ns + 3 * MS <= other.start_ns


class Listening(Idle):
    """A policy that starts everybody, and hears of steps."""

    def __init__(self) -> None:
        self.waiting: list[WorkRequest] = []
        self.heard: list[tuple[str, int, Stage]] = []

    def arrived(self, request: WorkRequest) -> None:
        self.waiting.append(request)

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        started, self.waiting = self.waiting, []
        return started

    def step_began(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        del now_ns
        self.heard.append(("began", request.request_id, step.stage))

    def step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        del now_ns
        self.heard.append(("ended", request.request_id, step.stage))


def test_a_policy_hears_of_steps_where_it_listens(hands: Hands) -> None:
    listening = Listening()
    steps = (step(Stage.CPU, 1), step(Stage.CPU, 0), step(Stage.GPU, 1))
    execute([request(5, *steps)], listening, hands)

    assert listening.heard == [
        ("began", 5, Stage.CPU),
        ("ended", 5, Stage.CPU),
        ("began", 5, Stage.GPU),
        ("ended", 5, Stage.GPU),
    ]


class Copying(Listening):
    """Answers with requests that it has changed."""

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        return [each.changed(steps=each.steps[::-1]) for each in super().admit(now_ns)]


def test_what_a_request_is_the_workload_says(hands: Hands) -> None:
    copying = Copying()
    execute([request(5, step(Stage.CPU, 1), step(Stage.GPU, 1))], copying, hands)

    assert [stage for said, _, stage in copying.heard if said == "began"] == [Stage.CPU, Stage.GPU]


class Threads(Listening):
    def in_threads(self, request: WorkRequest) -> bool:
        return request.request_id > 0


def test_threads_of_one_interpreter_do_python_code_one_at_a_time() -> None:
    """
    Two requests in threads take turns, where the one in a process has a worker of its own.

    Their turns overlap only in passing the lock on; side by side they would take half as long.
    """
    loops = [request(number, step(Stage.CPU, 40), step(Stage.CPU, 5, "spawn")) for number in (1, 2)]
    with (
        Workers(count=1, tools=UNIT_NS, server=SPEEDS, threads=2) as workers,
        Hands(workers, UNIT_NS) as hands,
    ):
        run = execute([request(0, step(Stage.CPU, 5)), *loops], Threads(), hands)
        pids = workers.pids
    python = [one for one in run.steps if one.request_id and not one.place]

    assert len(pids) == 4
    assert {one.request_id for one in run.steps} == {0, 1, 2}
    assert all(one.cpu_ns > 0 for one in run.steps)
    took_ns = max(one.ended_ns for one in python) - min(one.begun_ns for one in python)
    assert took_ns >= 0.9 * sum(one.cpu_ns for one in python)


def test_threads_need_a_process_that_has_them(hands: Hands) -> None:
    with pytest.raises(UsageError, match=r"more at once than there are threads of one interpre"):
        execute([request(1, step(Stage.CPU, 1))], Threads(), hands)


class LastCallsFirst(Listening):
    def rank(self, call: Call, now_ns: int) -> tuple[int, ...]:
        del now_ns
        return (-call.request.request_id,)


def in_order(run: Execution) -> list[int]:
    return [one.request_id for one in sorted(run.steps, key=lambda one: one.begun_ns)]


def test_a_server_with_limits_serves_no_more_and_in_the_order_of_the_policy(hands: Hands) -> None:
    requests = [request(number, step(Stage.GPU, 5)) for number in range(6)]
    machine = Machine(name="", cores=1, cpu=ideal_cores(1), gpu=ideal_cores(1), most_calls=1)
    policy = LastCallsFirst()
    run = execute(requests, policy, hands, line=line_of(requests, machine, hooks_of(policy)))
    steps = sorted(run.steps, key=lambda one: one.begun_ns)

    assert in_order(run) == [5, 4, 3, 2, 1, 0]
    assert all(later.begun_ns >= sooner.ended_ns for sooner, later in pairwise(steps))


def test_calls_wait_for_room_in_the_cache(hands: Hands) -> None:
    """Of 600, 600 and 300 tokens in 1,000: nobody overtakes the first of the line."""
    requests = [
        request(number, replace(step(Stage.GPU, 5), tokens=tokens))
        for number, tokens in enumerate((600, 600, 300))
    ]
    machine = Machine(name="", cores=1, cpu=ideal_cores(1), gpu=ideal_cores(1), kv_tokens=1000)
    line = line_of(requests, machine, hooks_of(CAPPED.admission()))
    run = execute(requests, CAPPED.admission(), hands, line=line)
    first, second, third = sorted(run.steps, key=lambda one: one.request_id)

    assert line is not None
    assert line.kv_peak == 900
    assert min(second.begun_ns, third.begun_ns) >= first.ended_ns


def test_no_requests_are_no_run(hands: Hands) -> None:
    run = execute([], CAPPED.admission(), hands)

    assert (run.records, run.makespan_ns) == ((), 0)


class Again(Listening):
    """Starts everybody whenever it is asked."""

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        return self.waiting


class Early(Listening):
    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        del now_ns
        return [request(9, step(Stage.WAIT, 1))]


class Awake(Idle):
    def __init__(self, wake_ns: int) -> None:
        super().__init__()
        self.wakes = wake_ns

    @property
    def wake_ns(self) -> int:  # type: ignore[override]  # an attribute there
        return self.wakes


@pytest.mark.parametrize(
    ("admission", "said"),
    [
        (Again(), "starts request 0, which does not wait: it has started before; at "),
        (Early(), "starts request 9, which does not wait: it has not arrived; at "),
        (Awake(0), "wants to be woken at 0 ns, again and again, for nothing; at "),
    ],
    ids=["again", "early", "awake"],
)
def test_what_a_policy_does_wrong_ends_a_real_run_too(
    hands: Hands, admission: Admission, said: str
) -> None:
    requests = [request(number, step(Stage.WAIT, 1)) for number in range(2)]
    with pytest.raises(UsageError, match=f"run for real, {said}"):
        execute(requests, admission, hands)


def test_a_policy_that_starts_nobody_is_told_so(hands: Hands) -> None:
    with pytest.raises(UsageError, match="never starts 2 of 2 requests; the first is request 0"):
        execute(mixed(2), Idle(), hands)


def test_more_at_once_than_there_are_workers() -> None:
    everybody = CappedConcurrency(name="multi-processing", source="", cap=None)
    with (
        Workers(count=2, tools=UNIT_NS, server=SPEEDS) as two,
        Hands(two, UNIT_NS) as few,
        pytest.raises(UsageError, match=r"than there are worker processes \(2\)"),
    ):
        execute(mixed(4), everybody.admission(), few)


def alive(pid: int) -> bool:
    """Whether a process is there, and no mere entry of one that ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def gone(pids: Sequence[int], patience_s: float = 20.0) -> bool:
    end_s = time.monotonic() + patience_s
    while any(map(alive, pids)):
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True


def test_a_worker_that_dies_is_told_with_its_request_and_nobody_stays_behind() -> None:
    with Workers(count=2, tools=UNIT_NS, server=SPEEDS) as workers:
        pids = workers.pids
        threading.Timer(0.3, os.kill, (workers.pids[1], signal.SIGKILL)).start()
        with (
            Hands(workers, UNIT_NS) as hands,
            pytest.raises(
                IncompleteError, match=r"worker 0 ended by SIGKILL during step 1 \(cpu\) of request"
            ),
        ):
            execute(
                [request(number, step(Stage.CPU, 60_000)) for number in (7, 8)],
                CAPPED.admission(),
                hands,
            )

    assert gone(pids)


def test_a_server_that_dies_is_told() -> None:
    with Workers(count=1, tools=UNIT_NS, server=SPEEDS) as workers:
        threading.Timer(0.3, os.kill, (workers.pids[-1], signal.SIGKILL)).start()
        with (
            Hands(workers, UNIT_NS) as hands,
            pytest.raises(IncompleteError, match=r"server ended by SIGKILL during step 1 \(gpu\)"),
        ):
            execute([request(0, step(Stage.GPU, 60_000))], CAPPED.admission(), hands)


def test_a_worker_that_dies_while_it_rests_is_told() -> None:
    with Workers(count=2, tools=UNIT_NS, server=SPEEDS) as workers:
        os.kill(workers.pids[2], signal.SIGKILL)  # the second, which one request does not need
        with (
            Hands(workers, UNIT_NS) as hands,
            pytest.raises(IncompleteError, match="worker 1 ended by SIGKILL while it had nothing"),
        ):
            execute([request(0, step(Stage.WAIT, 60_000))], CAPPED.admission(), hands)


def test_workers_that_cannot_start_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.execution.workers._NURSERY", "agentaudit.nowhere")
    with pytest.raises(IncompleteError, match="the worker processes did not start"):
        Workers(count=1, tools=UNIT_NS, server=SPEEDS).__enter__()


def test_what_is_wanted_of_the_workers_stands_on_no_command_line() -> None:
    """And an order may be longer than a pipe takes at once."""
    speeds = [0.0, *(1 + number / 7 for number in range(8_192))]
    assert len(json.dumps(speeds)) > 1 << 16

    with Workers(count=1, tools=UNIT_NS, server=speeds) as workers:
        lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in workers.pids]

    assert [line.split(b"\0")[1:] for line in lines] == [
        [b"-m", b"agentaudit.probes.execution.nursery", b""]
    ] * len(lines)


@pytest.mark.parametrize("order", ["", '{"workers": [3'])
def test_a_driver_that_ends_before_it_has_said_what_it_wants_leaves_nobody(order: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "agentaudit.probes.execution.nursery"],
        input=order,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_workers_that_end_before_they_are_told_anything_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An order that no pipe holds at once breaks off at their end, and hides no reason."""
    monkeypatch.setattr("agentaudit.probes.execution.workers._NURSERY", "agentaudit.nowhere")
    workers = Workers(count=1, tools=UNIT_NS, server=[1 / 3] * 8_192)

    with pytest.raises(IncompleteError, match="the worker processes did not start"):
        workers.__enter__()


def test_at_least_one_worker() -> None:
    with pytest.raises(ValueError, match="from 1 to 256 workers, not 0"):
        Workers(count=0, tools=UNIT_NS, server=SPEEDS)


def test_everybody_is_gone_after_the_run() -> None:
    """The one that all are forked from, three workers and the server."""
    with Workers(count=3, tools=UNIT_NS, server=SPEEDS) as workers:
        pids = workers.pids
        there = [alive(pid) for pid in pids]

    assert there == [True] * 5
    assert gone(pids)
