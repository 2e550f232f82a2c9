"""Processes of the tree: when each lived, and the time that it and its children took."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from agentaudit.model.columns import Spendings
from agentaudit.model.recording import Few, ProcessBorn, ProcessGone, ProcessNamed
from agentaudit.model.trace import ProcessRecord
from agentaudit.profiling.sharing import split


class Life(Struct):
    """One process, while its time is being added up."""

    pid: int
    parent_pid: int
    parent_tid: int
    start_ns: int
    name: str
    end_ns: int | None = None
    cpu_ns: int = 0

    def record(self) -> ProcessRecord:
        return ProcessRecord(
            pid=self.pid,
            parent_pid=self.parent_pid,
            parent_tid=self.parent_tid,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            name=self.name,
            cpu_ns=self.cpu_ns,
        )


class Spent(Struct):
    """Time of one process between two instants."""

    life: Life
    since_ns: int
    at_ns: int
    cpu_ns: int


class Families(Struct):
    """All lives, by pid in order of birth: a number may be used again."""

    lives: list[Life] = field(default_factory=list)
    by_pid: dict[int, list[Life]] = field(default_factory=lambda: defaultdict(list))
    ended: dict[int, list[Life]] = field(default_factory=lambda: defaultdict(list))
    """Children that ended, by parent, in the order of their ends."""

    def at(self, pid: int, at_ns: int) -> Life | None:
        """The process that had the number then."""
        lives = self.by_pid.get(pid, [])
        if len(lives) == 1:
            return lives[0]
        later = [life for life in lives if life.end_ns is None or life.end_ns >= at_ns]
        return later[0] if later else (lives[-1] if lives else None)

    def children_that_ended(self, pid: int, since_ns: int, at_ns: int) -> Sequence[Life]:
        ended = self.ended.get(pid, [])
        first = bisect_right(ended, since_ns, key=_end_of)
        return ended[first : bisect_right(ended, at_ns, key=_end_of)]


def families_of(records: Sequence[Few]) -> Families:
    """The processes of a recording, from birth to end as far as it was seen."""
    families = Families()
    for record in records:
        match record:
            case ProcessBorn():
                life = Life(
                    pid=record.pid,
                    parent_pid=record.parent_pid,
                    parent_tid=record.parent_tid,
                    start_ns=record.at_ns,
                    name=record.name,
                )
                families.lives.append(life)
                families.by_pid[record.pid].append(life)
            case ProcessNamed() if record.pid in families.by_pid:
                families.by_pid[record.pid][-1].name = record.name
            case ProcessGone() if record.pid in families.by_pid:
                families.by_pid[record.pid][-1].end_ns = record.at_ns
            case _:
                pass
    for life in sorted(families.lives, key=_end_of):
        if life.end_ns is not None:
            families.ended[life.parent_pid].append(life)
    return families


def _end_of(life: Life) -> int:
    return life.end_ns or 0


def spent_by(families: Families, spendings: Spendings) -> Iterator[Spent]:
    """Time by process, that of children nobody read while they lived included."""
    for since_ns, at_ns, pid, cpu_ns, reaped_ns in spendings.rows():
        life = families.at(pid, at_ns)
        if life is None:
            continue
        life.cpu_ns += cpu_ns
        if cpu_ns:
            yield Spent(life, since_ns, at_ns, cpu_ns)
        if reaped_ns:
            yield from _reaped(families, Spent(life, since_ns, at_ns, reaped_ns))


def _reaped(families: Families, spent: Spent) -> Iterator[Spent]:
    """The time goes to children that ended just then, by how long they lived unread."""
    parent, span_ns = spent.life, spent.at_ns - spent.since_ns
    ended = families.children_that_ended(parent.pid, spent.since_ns - 2 * span_ns, spent.at_ns)
    if not ended:
        yield Spent(_nobody(parent), spent.since_ns, spent.at_ns, spent.cpu_ns)
        return
    weights = [
        max(min((life.end_ns or 0) - life.start_ns, 4 * span_ns), 1_000_000) for life in ended
    ]
    for life, cpu_ns in zip(ended, split(spent.cpu_ns, weights), strict=True):
        life.cpu_ns += cpu_ns
        end_ns = life.end_ns or spent.at_ns
        if cpu_ns:
            yield Spent(life, max(life.start_ns, end_ns - 4 * span_ns), end_ns, cpu_ns)


def _nobody(parent: Life) -> Life:
    """A child that came and went between two looks: only its parent is known."""
    return Life(pid=0, parent_pid=parent.pid, parent_tid=0, start_ns=parent.start_ns, name="")
