"""The recording loop, over probes made for the test."""

import gc
import tracemalloc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import pytest

from agentaudit.model.recording import (
    Closed,
    Opened,
    ProcessBorn,
    ProcessGone,
    ProcessReading,
    ProcessTick,
    Record,
    StackDefined,
    ThreadReading,
    ThreadTick,
)
from agentaudit.model.trace import ClockPair, CpuSample, EnergyReading, Host, Incident, Target
from agentaudit.profiling.session import TICK_NS, Glance, Probes, Session

S = 1_000_000_000


@dataclass
class Clock:
    """Time that passes only while someone sleeps."""

    now_ns: int = 0
    set_by_ns: int = 0
    """How far the wall clock was set away from this one."""
    naps_ns: dict[int, int] = field(default_factory=dict)
    """Sleeps that last longer than asked for, by the instant they begin at or after."""

    def sleep_s(self, seconds: float) -> None:
        for at_ns in [at_ns for at_ns in self.naps_ns if at_ns <= self.now_ns]:
            self.now_ns += self.naps_ns.pop(at_ns)
        self.now_ns += round(seconds * 1e9)


@dataclass
class Busy:
    """A target that is always on one core, and dies when it is told to."""

    clock: Clock
    dies_at_ns: int = 10**18
    pids: Sequence[int] = (7,)
    told: int = 0
    anew: list[bool] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.clock.now_ns < self.dies_at_ns

    def events(self, now_ns: int) -> Sequence[Record]:
        self.told += 1
        born = ProcessBorn(at_ns=now_ns, pid=7, parent_pid=1, parent_tid=0)
        return [born] if self.told == 1 else []

    def threads(self) -> Sequence[ThreadReading]:
        return [ThreadReading(pid=7, tid=7, cpu_ns=5 * S + self.clock.now_ns, queue_ns=0)]

    def processes(self, *, anew: bool = False) -> Sequence[ProcessReading]:
        self.anew.append(anew)
        return [
            ProcessReading(
                pid=7, parent_pid=1, cpu_ns=5 * S + self.clock.now_ns, children_ns=0, rss_bytes=42
            )
        ]


@dataclass
class Others:
    """Stacks, devices and packages that say one thing each."""

    looks: int = 0

    def look(self, *_: object) -> Sequence[Record]:
        self.looks += 1
        return ()

    def close(self, _now_ns: int) -> Sequence[Record]:
        return [StackDefined(stack=0, frames=())]

    def read(self, _now_ns: int, _pids: Collection[int]) -> Sequence[Record]:
        return ()

    def energy(self) -> Sequence[EnergyReading]:
        return [EnergyReading(component="gpu 0", joules=1.0, method="nvml_counter")]

    def readings(self, cpu_ns: int) -> Sequence[EnergyReading]:
        return [EnergyReading(component="cpu", joules=cpu_ns / 1e9, method="rapl")]


class Packages(Others):
    """The same with the signature of the energy probe."""

    def look(self, *_: object) -> None:  # type: ignore[override]  # another probe's look
        self.looks += 1


@dataclass
class Paper:
    """A sink that remembers how often it was flushed, and when."""

    clock: Clock
    records: list[Record] = field(default_factory=list)
    flushed_ns: list[int] = field(default_factory=list)

    def append(self, record: Record) -> None:
        self.records.append(record)

    def flush(self) -> None:
        self.flushed_ns.append(self.clock.now_ns)

    def of(self, kind: type[Record]) -> list[Record]:
        return [record for record in self.records if isinstance(record, kind)]


def session(
    clock: Clock,
    tree: Busy,
    watch: Callable[[Glance], None] = lambda _: None,
    *,
    spent_ns: int | None = None,
    paper: Paper | None = None,
) -> tuple[Session, Paper]:
    paper = paper or Paper(clock)
    probes = Probes(
        tree=tree,
        observers=[Others()],
        devices=Others(),
        packages=Packages(),
        system_busy=lambda: 0.5,
        clock_ns=lambda: clock.now_ns,
        clock_pair=lambda: ClockPair(
            monotonic_ns=clock.now_ns, unix_ns=clock.now_ns + clock.set_by_ns
        ),
        sleep_s=clock.sleep_s,
        spent_ns=lambda: spent_ns,
    )
    opened = Opened(
        tool_version="1",
        start_ns=0,
        rate_hz=100.0,
        host=Host(name="", system="", cores=2, memory_bytes=0),
        target=Target(pid=7, command="", launched=False),
    )
    made = Session(probes, paper, watch)
    made.open(opened, [Incident(at_ns=0, probe="forks", what="", lost="")])
    return made, paper


def test_time_is_up() -> None:
    clock = Clock()
    made, paper = session(clock, Busy(clock))

    because = made.run(2 * S, lambda: "")
    made.close(because)

    assert because == "the duration was reached"
    assert 2 * S <= clock.now_ns < 2 * S + 2 * TICK_NS
    assert paper.records[-1] == Closed(at_ns=clock.now_ns, because=because)
    assert isinstance(paper.records[0], Opened)


def test_someone_asks_to_stop() -> None:
    clock = Clock()
    made, _ = session(clock, Busy(clock))

    assert made.run(None, lambda: "asked" if clock.now_ns > S else "") == "asked"


def test_the_target_ends() -> None:
    clock = Clock()
    made, _ = session(clock, Busy(clock, dies_at_ns=S))

    assert made.run(None, lambda: "") == "the target ended"


def test_all_time_is_recorded_once_and_nothing_from_before() -> None:
    clock = Clock()
    made, paper = session(clock, Busy(clock))
    made.close(made.run(3 * S, lambda: ""))

    threads = [time.cpu_ns for tick in paper.of(ThreadTick) for time in getattr(tick, "times", ())]
    processes = [
        time.cpu_ns for tick in paper.of(ProcessTick) for time in getattr(tick, "times", ())
    ]
    samples = [record.cpu_ns for record in paper.of(CpuSample) if isinstance(record, CpuSample)]
    assert sum(threads) == sum(processes) == sum(samples) == clock.now_ns


def test_processes_whose_clock_stands_are_read_anew_every_second_or_so_and_at_the_end() -> None:
    clock = Clock()
    tree = Busy(clock)
    made, _ = session(clock, tree)

    made.run(10 * S, lambda: "")
    during = list(tree.anew)
    made.close("")

    assert during.count(True) == 9  # the tenth would be at the very end
    assert tree.anew == [*during, True]


def test_what_was_recorded_reaches_the_kernel_every_second() -> None:
    clock = Clock()
    made, paper = session(clock, Busy(clock))
    made.close(made.run(3 * S, lambda: ""))

    gaps = [
        after - before
        for before, after in zip(paper.flushed_ns, paper.flushed_ns[1:], strict=False)
    ]
    assert max(gaps) < S


def test_what_the_probes_say_is_written() -> None:
    clock = Clock()
    glances: list[Glance] = []
    made, paper = session(clock, Busy(clock), glances.append)
    made.close(made.run(3 * S, lambda: ""))

    assert len(paper.of(StackDefined)) == 1
    assert len(paper.of(Incident)) == 1
    energy = [record for record in paper.of(EnergyReading) if isinstance(record, EnergyReading)]
    assert [(reading.method, round(reading.joules, 1)) for reading in energy] == [
        ("nvml_counter", 1.0),
        ("rapl", 3.0),
    ]
    assert round(glances[-1].busy_cores, 3) == 1.0
    assert glances[-1].rss_bytes == 42


def test_the_wall_clock_is_written_down_again_when_it_is_set() -> None:
    clock = Clock()
    made, paper = session(clock, Busy(clock))

    made.run(2 * S, lambda: "")
    clock.set_by_ns = -3600 * S
    made.close(made.run(4 * S, lambda: ""))

    pairs = [record for record in paper.of(ClockPair) if isinstance(record, ClockPair)]
    assert [pair.unix_ns - pair.monotonic_ns for pair in pairs] == [0, -3600 * S, -3600 * S]
    assert 2 * S <= pairs[1].monotonic_ns < 3 * S


def test_a_recorder_that_was_not_let_run_says_so() -> None:
    clock = Clock(naps_ns={S: 30 * S})
    made, paper = session(clock, Busy(clock))

    made.close(made.run(40 * S, lambda: ""))

    late = [record for record in paper.of(Incident) if isinstance(record, Incident)][1:]
    assert [(record.probe, record.what) for record in late] == [
        ("session", "the machine did not let the recorder run for 30.0 s")
    ]


def test_what_counters_cut_off_is_added_where_the_whole_is_known() -> None:
    clock = Clock()
    made, paper = session(clock, Busy(clock), spent_ns=2 * S + 7)

    made.close(made.run(2 * S - TICK_NS, lambda: ""))

    ticks = [record for record in paper.of(ProcessTick) if isinstance(record, ProcessTick)]
    total_ns = sum(time.cpu_ns + time.reaped_ns for tick in ticks for time in tick.times)
    assert total_ns == 2 * S + 7
    samples = [record for record in paper.of(CpuSample) if isinstance(record, CpuSample)]
    assert sum(sample.cpu_ns for sample in samples) == total_ns


@dataclass
class Forking(Busy):
    """A target that has another child at every look."""

    def events(self, now_ns: int) -> Sequence[Record]:
        child = 1000 + now_ns // TICK_NS
        born = ProcessBorn(at_ns=now_ns, pid=child, parent_pid=7, parent_tid=7)
        return [*Busy.events(self, now_ns), born, ProcessGone(at_ns=now_ns, pid=child - 1)]

    def processes(self, *, anew: bool = False) -> Sequence[ProcessReading]:
        del anew
        child = 1000 + self.clock.now_ns // TICK_NS
        return [
            *Busy.processes(self),
            ProcessReading(pid=child, parent_pid=7, cpu_ns=9, children_ns=0, rss_bytes=1),
        ]


@dataclass
class Drain(Paper):
    """A sink that keeps nothing, as a file does."""

    def append(self, record: Record) -> None:
        del record

    def flush(self) -> None:
        pass


def test_children_that_come_and_go_leave_nothing_behind_in_memory() -> None:
    clock = Clock()
    made, _ = session(clock, Forking(clock), paper=Drain(clock))
    made.run(60 * S, lambda: "")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        made.run(660 * S, lambda: "")
        gc.collect()  # what waits for the collector is not left behind
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 200_000  # of 24 000 children


@dataclass
class Waiting(Busy):
    """A target that uses nothing."""

    def threads(self) -> Sequence[ThreadReading]:
        return [ThreadReading(pid=7, tid=7, cpu_ns=5, queue_ns=0)]

    def processes(self, *, anew: bool = False) -> Sequence[ProcessReading]:
        del anew
        return [ProcessReading(pid=7, parent_pid=1, cpu_ns=5, children_ns=0, rss_bytes=42)]


def test_a_target_that_waits_is_looked_at_half_as_often() -> None:
    looks = []
    for kind in (Busy, Waiting):
        clock = Clock()
        tree = kind(clock)
        made, _ = session(clock, tree)
        made.close(made.run(10 * S, lambda: ""))
        looks.append(tree.told)

    assert looks[0] == pytest.approx(10 * S // TICK_NS, abs=2)
    assert looks[1] == pytest.approx(looks[0] / 2, abs=2)
