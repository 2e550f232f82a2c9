"""
What an hour of recording costs: `python benchmarks/recording_size.py`, a table of docs/accuracy.md.

Writes a made-up hour at 100 Hz as a recorder would: an agent of eight threads that compute, wait
for a model, search an index and start programs, with kernel counters at 50 Hz. Then it measures the
file, the writer's memory on the way, and `agentaudit trace show` in a process of its own.
"""

import argparse
import os
import platform
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from programs import run

from agentaudit.model.recording import (
    Closed,
    Frame,
    ModelPeer,
    Opened,
    ProcessBorn,
    ProcessGone,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    StackRun,
    ThreadTick,
    ThreadTime,
    Watched,
)
from agentaudit.model.trace import ClockPair, CpuSample, GpuSample, Host, Target
from agentaudit.store.recording import RecordingWriter

PID = 4242
THREADS = 8
RATE_HZ = 100
MS = 1_000_000
START_NS = 86_400_000 * MS
"""A host that has been up for a day."""

RUNS = 5
_LIBRARIES = "/srv/agent/.venv/lib/python3.11/site-packages"
_REQUEST = (
    Frame(file="/srv/agent/agent.py", function="Agent.handle"),
    Frame(file="/usr/lib/python3.11/concurrent/futures/thread.py", function="_worker"),
    Frame(file="/usr/lib/python3.11/threading.py", function="Thread.run"),
)
_MODEL = (
    Frame(file="/usr/lib/python3.11/ssl.py", function="SSLSocket.read"),
    Frame(file=f"{_LIBRARIES}/httpcore/_sync/http11.py", function="HTTP11Connection._receive"),
    Frame(file=f"{_LIBRARIES}/httpx/_client.py", function="Client.send"),
    Frame(
        file=f"{_LIBRARIES}/openai/resources/chat/completions/completions.py",
        function="Completions.create",
    ),
)
_IDLE = (Frame(file="/usr/lib/python3.11/queue.py", function="Queue.get"),)


def _busy(file: str, function: str, leaves: int) -> tuple[tuple[Frame, ...], ...]:
    """What a thread that computes shows: the same function, with ever other leaves."""
    root = Frame(file=file, function=function)
    return tuple(
        (Frame(file=file, function=f"_part_{leaf % 7}"), *_leaf(leaf), root, *_REQUEST)
        for leaf in range(leaves)
    )


def _leaf(leaf: int) -> tuple[Frame, ...]:
    return tuple(
        Frame(file=f"/usr/lib/python3.11/json/part{depth}.py", function=f"inner_{leaf}_{depth}")
        for depth in range(leaf % 12)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A kind of work: its stacks, how long it takes, and how much of a core."""

    stacks: tuple[tuple[Frame, ...], ...]
    mean_ms: float
    cpu: float
    change: float = 0.0
    """How often a sample shows another stack than the one before."""


IDLE = Phase(stacks=((*_IDLE, *_REQUEST[1:]),), mean_ms=1500, cpu=0.0)
PHASES = (
    Phase(
        stacks=_busy("/srv/agent/prompts.py", "build_prompt", 20), mean_ms=80, cpu=0.9, change=0.6
    ),
    Phase(stacks=((*_MODEL, *_REQUEST),), mean_ms=1800, cpu=0.01),
    Phase(stacks=_busy("/srv/agent/tools.py", "parse_page", 300), mean_ms=900, cpu=0.8, change=0.6),
    Phase(
        stacks=_busy(f"{_LIBRARIES}/faiss/class_wrappers.py", "handle_Index.search", 12),
        mean_ms=120,
        cpu=0.95,
        change=0.3,
    ),
    Phase(stacks=((*_MODEL, *_REQUEST),), mean_ms=2500, cpu=0.01),
)


@dataclass(slots=True)
class Thread:
    """One thread of the agent, on its way through its phases."""

    tid: int
    chance: random.Random
    phase: Phase = IDLE
    stack: int = 0
    since_ns: int = START_NS
    until_ns: int = START_NS
    place: int = 0
    runs: list[tuple[int, int, tuple[Frame, ...]]] = field(default_factory=list)

    def sample(self, at_ns: int) -> None:
        """Shows a stack; a run ends when it is another one."""
        before = self.phase.stacks[self.stack]
        if at_ns >= self.until_ns:
            self.place = (self.place + 1) % (len(PHASES) + 1)
            self.phase = PHASES[self.place - 1] if self.place else IDLE
            wall_ns = self.chance.expovariate(1 / self.phase.mean_ms) * MS
            self.until_ns = at_ns + int(wall_ns)
            self.stack = self.chance.randrange(len(self.phase.stacks))
        elif self.chance.random() < self.phase.change:
            self.stack = self.chance.randrange(len(self.phase.stacks))
        if self.phase.stacks[self.stack] is not before:
            self.end_run(at_ns, before)

    def end_run(self, at_ns: int, frames: tuple[Frame, ...]) -> None:
        if at_ns > self.since_ns:
            self.runs.append((self.since_ns, at_ns, frames))
        self.since_ns = at_ns

    def used(self) -> ThreadTime | None:
        """Its counters of the last 20 ms; now and then a waiting thread uses a little."""
        if self.phase.cpu < 0.5 and self.chance.random() > 0.05:  # noqa: PLR2004 -- chances
            return None
        cpu_ns = int(min(self.phase.cpu * self.chance.uniform(0.5, 1.1), 1.0) * 20 * MS) + 1
        queue_ns = int(self.chance.expovariate(1 / (2 * MS))) if self.phase.cpu else 0
        return ThreadTime(pid=PID, tid=self.tid, cpu_ns=cpu_ns, queue_ns=queue_ns)


class Hour:
    """The records of one recording, in the order in which a recorder writes them."""

    def __init__(self, seconds: int) -> None:
        self._end_ns = START_NS + seconds * 1_000 * MS
        self._chance = random.Random(1)  # noqa: S311 -- made up, not secret
        self._threads = [Thread(tid=PID + at, chance=self._chance) for at in range(THREADS)]
        self._ids: dict[tuple[Frame, ...], int] = {}
        self._spent_ns = self._sampled_ns = 0
        self._children = 0

    def batches(self) -> Iterator[Sequence[Record]]:
        """What is written between two flushes."""
        yield [
            _opened(),
            _clocks(START_NS),
            ProcessBorn(at_ns=START_NS, pid=PID, parent_pid=1, parent_tid=0, name="python"),
            ModelPeer(at_ns=START_NS, pid=PID, address="203.0.113.7:443"),
        ]
        batch: list[Record] = []
        for number, at_ns in enumerate(range(START_NS, self._end_ns, 10 * MS), start=1):
            for thread in self._threads:
                thread.sample(at_ns)
            if number % 2 == 0:
                batch += self._tick(at_ns, number)
            if number % 200 == 0:
                batch += self._stacks(at_ns)
            if number % 24 == 0:
                batch += self._samples(at_ns)
            if number % 72 == 0:
                yield batch
                batch = []
        yield [
            *batch,
            *self._stacks(self._end_ns),
            Closed(at_ns=self._end_ns, because="the target ended"),
        ]

    def _tick(self, at_ns: int, number: int) -> Iterator[Record]:
        at_ns += self._chance.randrange(MS)
        times = tuple(time for thread in self._threads if (time := thread.used()))
        self._spent_ns += sum(time.cpu_ns for time in times)
        if times:
            yield ThreadTick(since_ns=at_ns - 20 * MS, at_ns=at_ns, times=times)
        if number % 4 == 0:
            reaped_ns = 0
            if number % 1_000 == 0:
                yield from self._short_child(at_ns)
                reaped_ns = 13 * MS
            spent = ProcessTime(pid=PID, cpu_ns=self._spent_ns, reaped_ns=reaped_ns)
            yield ProcessTick(since_ns=at_ns - 40 * MS, at_ns=at_ns, times=(spent,))
            self._sampled_ns += self._spent_ns + reaped_ns
            self._spent_ns = 0

    def _short_child(self, at_ns: int) -> Iterator[Record]:
        self._children += 1
        born = _child(at_ns - 20 * MS, self._children)
        yield born
        yield ProcessGone(at_ns=at_ns - 5 * MS, pid=born.pid)

    def _stacks(self, at_ns: int) -> Iterator[Record]:
        """A sampler tells of the last seconds at once."""
        yield Watched(
            pid=PID, start_ns=at_ns - 2_000 * MS, end_ns=at_ns, samples=200 * THREADS, failures=0
        )
        for thread in self._threads:
            thread.end_run(at_ns, thread.phase.stacks[thread.stack])
            for start_ns, end_ns, frames in thread.runs:
                known = self._ids.get(frames)
                if known is None:
                    known = self._ids[frames] = len(self._ids)
                    yield StackDefined(stack=known, frames=frames)
                yield StackRun(
                    pid=PID, tid=thread.tid, start_ns=start_ns, end_ns=end_ns, stack=known
                )
            thread.runs.clear()

    def _samples(self, at_ns: int) -> Iterator[Record]:
        yield CpuSample(
            at_ns=at_ns,
            cpu_ns=self._sampled_ns,
            rss_bytes=600 * 2**20 + self._chance.randrange(2**24),
            processes=1,
            system_busy=self._chance.random(),
        )
        self._sampled_ns = 0
        yield GpuSample(
            at_ns=at_ns, device=0, busy=self._chance.random(), memory_bytes=2**34, power_watts=210.5
        )
        if self._chance.random() < 0.05:  # noqa: PLR2004 -- now and then
            yield _clocks(at_ns)


def _opened() -> Opened:
    return Opened(
        tool_version="",
        start_ns=START_NS,
        rate_hz=float(RATE_HZ),
        host=Host(name="made-up", system="Linux", cores=8, memory_bytes=2**35),
        target=Target(pid=PID, command="python agent.py", launched=False, runtime="CPython 3.11"),
    )


def _clocks(at_ns: int) -> ClockPair:
    return ClockPair(monotonic_ns=at_ns, unix_ns=1_700_000_000_000 * MS + at_ns)


def _child(at_ns: int, number: int) -> ProcessBorn:
    return ProcessBorn(
        at_ns=at_ns,
        pid=PID + 1000 + number,
        parent_pid=PID,
        parent_tid=PID + number % THREADS,
        name="rg",
    )


def write(path: Path, seconds: int) -> tuple[int, float, int]:
    """Writes the recording: its records, the CPU seconds, and the growth of memory after 5 min."""
    records, spent_s, settled_kib = 0, 0.0, 0
    with RecordingWriter(path) as sink:
        for number, batch in enumerate(Hour(seconds).batches()):
            records += len(batch)
            before_s = time.process_time()
            for record in batch:
                sink.append(record)
            sink.flush()
            spent_s += time.process_time() - before_s
            if number == 417:  # noqa: PLR2004 -- five minutes
                settled_kib = _peak_kib()
    grown_kib = _peak_kib() - settled_kib if settled_kib else 0
    return records, spent_s, grown_kib


def show(path: Path) -> tuple[float, float, float]:
    """Median wall and CPU seconds of `agentaudit trace show`, and the highest memory in MiB."""
    command = (sys.executable, "-m", "agentaudit", "trace", "show", str(path))
    runs = [run(command, Path(), said=sys.stderr.fileno()) for _ in range(RUNS)]
    if any(each.code for each in runs):
        raise SystemExit("`agentaudit trace show` failed")
    wall_s = statistics.median(each.wall_s for each in runs)
    cpu_s = statistics.median(each.cpu_s for each in runs)
    return wall_s, cpu_s, max(each.peak_mib for each in runs)


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--keep", type=Path, help="write the recording here, and keep it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.keep or Path(folder) / "hour.aatrace"
        records, spent_s, grown_kib = write(path, asked.seconds)
        wall_s, cpu_s, peak_mib = show(path)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
        print("| what | measured | aim |\n|---|--:|--:|")
        print(f"| seconds recorded at {RATE_HZ} Hz | {asked.seconds} | |")
        print(f"| records | {records} | |")
        print(f"| size on disk, MB | {path.stat().st_size / 1e6:.1f} | 30 |")
        print(f"| CPU of the writer, share of one core | {spent_s / asked.seconds:.2%} | |")
        print(f"| growth of the writer after five minutes, MiB | {grown_kib / 1024:.1f} | 0 |")
        print(f"| `agentaudit trace show`, median wall s | {wall_s:.2f} | 3 |")
        print(f"| `agentaudit trace show`, median CPU s | {cpu_s:.2f} | |")
        print(f"| `agentaudit trace show`, peak memory, MiB | {peak_mib:.0f} | 120 |")


if __name__ == "__main__":
    main()
