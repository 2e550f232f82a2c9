"""Which processes are sampled, by whom, and what is said where nobody can."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from agentaudit.model.recording import Frame, Record, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.stacks.sampling import Stacks, StackTable

US = os.getpid()
SETTLED_NS = 2_000_000_000


@dataclass(kw_only=True)
class FakeWatch:
    """Tells what it was given, once."""

    pid: int
    records: Sequence[Record] = ()
    problem: str = ""
    stops: int = 0
    closed: bool = False

    @property
    def over(self) -> bool:
        return self.stops > 0

    def poll(self, now_ns: int) -> Iterable[Record]:
        del now_ns
        told, self.records = self.records, ()
        return told

    def stop(self) -> None:
        self.stops += 1

    def close(self, now_ns: int) -> Iterable[Record]:
        self.closed = True
        return self.poll(now_ns)


@dataclass(kw_only=True)
class FakeSampler:
    """Takes what it is told to take."""

    name: str = "fake"
    most: int = 4
    taken: bool = True
    problem: str = ""
    watches: list[FakeWatch] = field(default_factory=list)

    def suits(self, pid: int, runtime: str) -> bool:
        assert pid
        assert runtime.startswith("CPython")
        return self.taken

    def watch(self, pid: int, stacks: StackTable) -> FakeWatch:
        assert isinstance(stacks, StackTable)
        seen = Watched(pid=pid, start_ns=0, end_ns=210_000_000, samples=7, failures=1, max_gap_ns=2)
        self.watches.append(FakeWatch(pid=pid, records=(seen,), problem=self.problem))
        return self.watches[-1]


def incidents(records: Iterable[Record]) -> list[tuple[str, str]]:
    return [(record.what, record.lost) for record in records if isinstance(record, Incident)]


def test_a_sampler_that_gives_up_is_followed_by_the_next() -> None:
    first, second = FakeSampler(name="first", problem="it broke"), FakeSampler(name="second")
    stacks = Stacks([first, second], 100, US)

    records = [*stacks.look(0, [US]), *stacks.look(1, [US]), *stacks.close(2)]

    assert incidents(records) == [
        ("it broke", f"what only first tells of process {US}; another sampler is tried")
    ]
    assert [r.sampler for r in records if isinstance(r, SamplingRecord)] == ["first", "second"]
    assert [watch.closed for watch in second.watches] == [True]


def test_a_process_that_all_gave_up_is_not_tried_again() -> None:
    sampler = FakeSampler(problem="it broke")
    stacks = Stacks([sampler], 100, US)

    records = [*stacks.look(0, [US]), *stacks.look(1, [US]), *stacks.close(2)]

    assert incidents(records) == [
        ("it broke", f"the steps of process {US}: its time is counted, but not told apart")
    ]
    assert len(sampler.watches) == 1


def test_a_sampler_is_asked_only_where_it_suits() -> None:
    stacks = Stacks([FakeSampler(taken=False)], 100, US)

    records = [*stacks.look(0, [US]), *stacks.look(1, [US])]

    assert incidents(records) == [
        ("no sampler that was asked for knows this Python", f"the steps of process {US}")
    ]


def test_a_process_that_ended_is_stopped_once_and_forgotten() -> None:
    sampler = FakeSampler(problem="")
    stacks = Stacks([sampler], 100, US)
    stacks.look(0, [US])

    stacks.look(1, [])
    stacks.look(2, [US])

    assert [watch.stops for watch in sampler.watches] == [1, 0]


def test_what_breaks_while_its_process_ends_is_no_loss() -> None:
    sampler = FakeSampler()
    stacks = Stacks([sampler], 100, US)
    stacks.look(0, [US])
    sampler.watches[0].problem = "the process is gone"

    assert incidents(stacks.look(1, [])) == []


def test_a_target_that_is_no_python_is_said() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        stacks = Stacks([FakeSampler()], 100, program.pid)
        records = [*stacks.look(1, [program.pid]), *stacks.close(2), *stacks.close(3)]
        program.kill()

    assert incidents(records) == [
        (
            f"process {program.pid} was not seen to run Python",
            f"the steps of process {program.pid}: its time is counted, but not told apart",
        )
    ]


@pytest.mark.parametrize("most", [0, 4])
def test_more_processes_than_can_be_sampled_are_named(most: int) -> None:
    others = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) for _ in range(5)]
    pids = [other.pid for other in others]
    stacks = Stacks([FakeSampler(name="busy", most=most), FakeSampler(most=4 - most)], 100, US)

    early = stacks.look(0, pids)
    late = stacks.look(SETTLED_NS, pids)
    stacks.close(SETTLED_NS)
    for other in others:
        other.kill()
        other.communicate()

    assert early == []
    assert incidents(late) == [
        ("more than 4 Python processes run at once", f"the steps of process {pids[-1]}")
    ]


def test_the_account_adds_up_what_was_watched() -> None:
    stacks = Stacks([FakeSampler()], 100, US)

    (_, account) = [*stacks.look(0, [US]), *stacks.close(1)]

    assert account == SamplingRecord(
        sampler="fake",
        rate_hz=100.0,
        samples=7,
        failures=1,
        mean_interval_ns=30_000_000,
        max_interval_ns=10_000_000,
    )
    assert stacks.close(2) == []


def test_a_stack_is_defined_once() -> None:
    table = StackTable()

    first, definitions = table.of(())
    again, none = table.of(())

    assert (first, again) == (0, 0)
    assert (len(definitions), len(none)) == (1, 0)


BUSY_CHILD = "import time\nwhile True: sum(range(1000))"


def test_a_young_child_that_works_is_sampled_at_once() -> None:
    child = subprocess.Popen([sys.executable, "-c", BUSY_CHILD])
    sampler = FakeSampler()
    stacks = Stacks([sampler], 100, US)

    for _ in range(1000):
        stacks.look(0, [US, child.pid])  # no time passes, but on its CPU clock
        if len(sampler.watches) > 1:
            break
        time.sleep(0.01)

    assert [watch.pid for watch in sampler.watches] == [US, child.pid]
    child.kill()
    child.wait()


def test_stacks_without_end_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.sampling._MOST_STACKS", 10)
    table = StackTable()
    stacks = [(Frame(file="a.py", function=str(number)),) for number in range(25)]

    ids = [table.of(frames)[0] for frames in stacks]

    assert ids == list(range(25))
    assert table.of(stacks[24]) == (24, ())
    assert table.of(stacks[0])[0] == 25
