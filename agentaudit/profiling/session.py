"""
The recording loop: probes are read at their own pace, and all they say goes into one sink.

It knows no probe, only what it asks of them, and nothing it does touches the target.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from msgspec import Struct

from agentaudit.model.recording import (
    Closed,
    Opened,
    ProcessBorn,
    ProcessReading,
    Record,
    ThreadReading,
)
from agentaudit.model.trace import ClockPair, CpuSample, EnergyReading, Incident
from agentaudit.profiling.ledger import ProcessLedger, ThreadLedger

TICK_NS = 25_000_000
_REST_NS = 50_000_000
"""Between two looks while nobody of the tree runs."""

_PROCESSES_EVERY = 2
"""Ticks from one reading of processes to the next; observers are asked in between."""

_ANEW_EVERY = 40
"""Ticks from one reading of all processes to the next: one that ran is known by its CPU clock,
which shows nothing of a run that the kernel did not charge."""

_SAMPLE_EVERY = 8
_FLUSHED_NS = 600_000_000
"""What is this old reaches the kernel at the next sample, so within a second."""
_CLOCK_EVERY = 480
_CLOCK_STEP_NS = 5_000_000
"""The wall clock was set, or is being corrected: it moved against the monotonic one so far."""

_LATE_NS = 1_000_000_000
"""A look that comes so late says that nobody let us run."""

TARGET_ENDED = "the target ended"


class Tree(Protocol):
    """The target and its descendants."""

    @property
    def alive(self) -> bool: ...

    @property
    def pids(self) -> Sequence[int]: ...

    def events(self, now_ns: int) -> Sequence[Record]: ...

    def threads(self) -> Sequence[ThreadReading]: ...

    def processes(self, *, anew: bool = False) -> Sequence[ProcessReading]: ...


class Observer(Protocol):
    """
    Whoever tells of the processes of the tree: stacks, spans, markers, connections, load.

    It is asked at every second tick, and decides by itself how often it looks.
    """

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:
        """What became known since the look before; must not block."""
        ...

    def close(self, now_ns: int) -> Sequence[Record]:
        """The rest; nothing of it runs afterwards. A second call gives nothing."""
        ...


class Devices(Protocol):
    """Whoever reads the GPUs."""

    def read(self, now_ns: int, pids: Collection[int]) -> Sequence[Record]: ...

    def energy(self) -> Sequence[EnergyReading]: ...


class Packages(Protocol):
    """Whoever reads the energy of the CPUs."""

    def look(self) -> None: ...

    def readings(self, cpu_ns: int) -> Sequence[EnergyReading]: ...


class Sink(Protocol):
    """Where records go."""

    def append(self, record: Record) -> None: ...

    def flush(self) -> None: ...


class Probes(Struct, frozen=True, kw_only=True):
    """Everything that is asked, and the clocks."""

    tree: Tree
    observers: Sequence[Observer]
    devices: Devices
    packages: Packages
    system_busy: Callable[[], float]
    clock_ns: Callable[[], int]
    clock_pair: Callable[[], ClockPair]
    sleep_s: Callable[[float], None]
    spent_ns: Callable[[], int | None] = lambda: None
    """What a target of ours used from its first to its last instruction, once that is known."""


class Glance(Struct, frozen=True, kw_only=True):
    """What a live view shows of a recording."""

    elapsed_ns: int
    busy_cores: float
    processes: int
    rss_bytes: int


class Session:
    """One recording: `open`, then `run` until someone asks or the target ends, then `close`."""

    def __init__(self, probes: Probes, sink: Sink, watch: Callable[[Glance], None]) -> None:
        self._probes = probes
        self._sink = sink
        self._watch = watch
        self._number = 0
        self._start_ns = 0
        self._sampled_ns = 0
        self._flushed_ns = 0
        self._counted_ns = 0
        self._rss_bytes = 0
        self._due_ns = 0
        self._ran = True
        self._target = 0
        self._clock = ClockPair(monotonic_ns=0, unix_ns=0)
        self._threads = ThreadLedger((), 0)
        self._processes = ProcessLedger((), 0)

    def open(self, opened: Opened, incidents: Sequence[Incident]) -> None:
        """The first records, and the readings that all increments start from."""
        tree = self._probes.tree
        self._start_ns = self._sampled_ns = self._flushed_ns = opened.start_ns
        self._due_ns = opened.start_ns + TICK_NS
        self._target = opened.target.pid
        self._clock = self._probes.clock_pair()
        self._write([opened, self._clock, *incidents])
        self._write(tree.events(opened.start_ns))
        ours = opened.target.launched  # all that it ever used counts
        self._threads = ThreadLedger(() if ours else tree.threads(), opened.start_ns)
        self._processes = ProcessLedger(() if ours else tree.processes(), opened.start_ns)
        self._sink.flush()

    def run(self, until_ns: int | None, stopped: Callable[[], str]) -> str:
        """Ticks until the time is up, `stopped` gives a reason, or the target ends; says which."""
        while True:
            now_ns = self._probes.clock_ns()
            because = stopped()
            if because:
                return because
            if until_ns is not None and now_ns >= until_ns:
                return "the duration was reached"
            self._tick(now_ns)
            if not self._probes.tree.alive:
                return TARGET_ENDED
            spent_ns = self._probes.clock_ns() - now_ns
            pause_ns = TICK_NS if self._ran else _REST_NS
            self._probes.sleep_s(max(pause_ns - spent_ns, 1_000_000) / 1e9)

    def dismiss(self, observer: Observer) -> None:
        """The last that one observer has to say, before the others are done."""
        self._write(observer.close(self._probes.clock_ns()))

    def close(self, because: str) -> None:
        """The last readings, and the word that the recording is whole."""
        now_ns = self._probes.clock_ns()
        self._counters(now_ns, anew=True)
        self._settle(now_ns)
        self._sample(now_ns)
        for observer in self._probes.observers:
            self._write(observer.close(now_ns))
        self._write(self._probes.devices.energy())
        self._write(self._probes.packages.readings(self._processes.total_ns))
        self._write([self._probes.clock_pair(), Closed(at_ns=now_ns, because=because)])
        self._sink.flush()

    def _tick(self, now_ns: int) -> None:
        self._number += 1
        self._lateness(now_ns)
        events = self._probes.tree.events(now_ns)
        for event in events:
            if isinstance(event, ProcessBorn):
                self._processes.born(event.pid)
        self._write(events)
        if self._number % _PROCESSES_EVERY == 0:
            self._counters(now_ns, anew=self._number % _ANEW_EVERY == 0)
        else:
            self._thread_counters(now_ns)
            self._ask_observers(now_ns)
        if self._number % _SAMPLE_EVERY == 0:
            self._sample(now_ns)
            self._look_at_the_clocks()

    def _ask_observers(self, now_ns: int) -> None:
        pids = self._probes.tree.pids
        for observer in self._probes.observers:
            self._write(observer.look(now_ns, pids))

    def _lateness(self, now_ns: int) -> None:
        late_ns, self._due_ns = now_ns - self._due_ns, now_ns + TICK_NS
        if late_ns >= _LATE_NS:
            self._write([_late(now_ns, late_ns)])

    def _look_at_the_clocks(self) -> None:
        """A pair every few seconds, and at once when the wall clock moved."""
        pair = self._probes.clock_pair()
        if _moved_ns(self._clock, pair) >= _CLOCK_STEP_NS or self._number % _CLOCK_EVERY == 0:
            self._clock = pair
            self._write([pair])

    def _settle(self, now_ns: int) -> None:
        """What the counters of children could not show, where the whole is known exactly."""
        spent_ns = self._probes.spent_ns()
        if spent_ns is not None:
            tick = self._processes.settle(spent_ns, now_ns, self._target)
            if tick.times:
                self._write([tick])

    def _counters(self, now_ns: int, *, anew: bool) -> None:
        self._thread_counters(now_ns)
        readings = self._probes.tree.processes(anew=anew)
        self._rss_bytes = sum(reading.rss_bytes for reading in readings)
        tick = self._processes.tick(readings, now_ns)
        if tick.times:
            self._write([tick])

    def _thread_counters(self, now_ns: int) -> None:
        tick, gone = self._threads.tick(self._probes.tree.threads(), now_ns)
        self._ran = bool(tick.times)
        if tick.times:
            self._write([tick])
        self._write(gone)

    def _sample(self, now_ns: int) -> None:
        """The tree as a whole; and what was written so far reaches the kernel."""
        used_ns = self._processes.total_ns - self._counted_ns
        passed_ns = now_ns - self._sampled_ns
        if passed_ns <= 0:
            return
        self._counted_ns, self._sampled_ns = self._processes.total_ns, now_ns
        self._probes.packages.look()
        sample = CpuSample(
            at_ns=now_ns,
            cpu_ns=used_ns,
            rss_bytes=self._rss_bytes,
            processes=len(self._probes.tree.pids),
            system_busy=self._probes.system_busy(),
        )
        self._write([sample, *self._probes.devices.read(now_ns, self._probes.tree.pids)])
        if now_ns - self._flushed_ns >= _FLUSHED_NS:
            self._flushed_ns = now_ns
            self._sink.flush()
        self._watch(
            Glance(
                elapsed_ns=now_ns - self._start_ns,
                busy_cores=used_ns / passed_ns,
                processes=sample.processes,
                rss_bytes=self._rss_bytes,
            )
        )

    def _write(self, records: Sequence[Record]) -> None:
        for record in records:
            self._sink.append(record)


def _late(now_ns: int, late_ns: int) -> Incident:
    return Incident(
        at_ns=now_ns,
        probe="session",
        what=f"the machine did not let the recorder run for {late_ns / 1e9:.1f} s",
        lost="when exactly the agent used the CPU meanwhile; how much it used is known",
    )


def _moved_ns(before: ClockPair, now: ClockPair) -> int:
    """How far the wall clock went otherwise than the monotonic one."""
    return abs((now.unix_ns - before.unix_ns) - (now.monotonic_ns - before.monotonic_ns))
