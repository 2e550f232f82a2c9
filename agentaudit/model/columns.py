"""
What a recording holds most of, in columns: stacks of threads, counters of threads and processes.

An hour has a million of them, too many for an object each. A column is an array of whole numbers;
equal places of the columns of one value belong together, and are in the order of their writing.
"""

from array import array
from collections.abc import Iterator

from msgspec import Struct, field

Thread = tuple[int, int]
"""Process and thread."""


def numbers() -> "array[int]":
    """An empty column."""
    return array("q")


class Runs(Struct, kw_only=True):
    """Stretches in which one thread had one stack in every sample."""

    pid: int
    tid: int
    start_ns: "array[int]" = field(default_factory=numbers)
    end_ns: "array[int]" = field(default_factory=numbers)
    stack: "array[int]" = field(default_factory=numbers)

    def add(self, start_ns: int, end_ns: int, stack: int) -> None:
        self.start_ns.append(start_ns)
        self.end_ns.append(end_ns)
        self.stack.append(stack)

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Start, end and stack of each."""
        return zip(self.start_ns, self.end_ns, self.stack, strict=True)


class Readings(Struct, kw_only=True):
    """On-CPU time of one thread between two instants, and the time it was ready without a core."""

    since_ns: "array[int]" = field(default_factory=numbers)
    at_ns: "array[int]" = field(default_factory=numbers)
    cpu_ns: "array[int]" = field(default_factory=numbers)
    queue_ns: "array[int]" = field(default_factory=numbers)

    def add(self, since_ns: int, at_ns: int, cpu_ns: int, queue_ns: int) -> None:
        self.since_ns.append(since_ns)
        self.at_ns.append(at_ns)
        self.cpu_ns.append(cpu_ns)
        self.queue_ns.append(queue_ns)

    def rows(
        self, first: int = 0, beyond: int | None = None
    ) -> Iterator[tuple[int, int, int, int]]:
        """The two instants, CPU time and run-queue wait of each, or of those in some places."""
        columns = (self.since_ns, self.at_ns, self.cpu_ns, self.queue_ns)
        if first or beyond is not None:
            return zip(*(column[first:beyond] for column in columns), strict=True)
        return zip(*columns, strict=True)

    def __len__(self) -> int:
        return len(self.at_ns)


class Spendings(Struct, kw_only=True):
    """CPU time of processes between two instants, and of children they waited for."""

    since_ns: "array[int]" = field(default_factory=numbers)
    at_ns: "array[int]" = field(default_factory=numbers)
    pid: "array[int]" = field(default_factory=numbers)
    cpu_ns: "array[int]" = field(default_factory=numbers)
    reaped_ns: "array[int]" = field(default_factory=numbers)

    def add(self, since_ns: int, at_ns: int, pid: int, spent: tuple[int, int]) -> None:
        self.since_ns.append(since_ns)
        self.at_ns.append(at_ns)
        self.pid.append(pid)
        self.cpu_ns.append(spent[0])
        self.reaped_ns.append(spent[1])

    def rows(self) -> Iterator[tuple[int, int, int, int, int]]:
        """The two instants, the process, its time and that of its children, of each."""
        return zip(self.since_ns, self.at_ns, self.pid, self.cpu_ns, self.reaped_ns, strict=True)

    @property
    def total_ns(self) -> int:
        return sum(self.cpu_ns) + sum(self.reaped_ns)


class Columns(Struct, frozen=True, kw_only=True):
    """All that a recording holds in columns."""

    runs: dict[Thread, Runs] = field(default_factory=dict)
    readings: dict[Thread, Readings] = field(default_factory=dict)
    spendings: Spendings = field(default_factory=Spendings)

    def runs_of(self, thread: Thread) -> Runs:
        """The runs of a thread, to be added to."""
        found = self.runs.get(thread)
        if found is None:
            found = self.runs[thread] = Runs(pid=thread[0], tid=thread[1])
        return found

    def readings_of(self, thread: Thread) -> Readings:
        """The readings of a thread, to be added to."""
        found = self.readings.get(thread)
        if found is None:
            found = self.readings[thread] = Readings()
        return found
