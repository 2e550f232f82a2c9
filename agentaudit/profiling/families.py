"""
Processes of the tree, and whose work the time of a child is.

A child without evidence of its own works for the step of the thread that forked it, as long as
that step lasts. What outlives its step, a tool server for example, stands as a lane of its own.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct, field

from agentaudit.model.columns import Spendings, Thread
from agentaudit.model.recording import Few, ProcessBorn, ProcessGone, ProcessNamed
from agentaudit.model.trace import LabelSource, ProcessRecord, StepKind
from agentaudit.profiling.labels import Label
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.sharing import split

_FORK_SLACK_NS = 60_000_000
"""A fork may be seen this long before the first sample of the step that it belongs to."""

_JOINED_NS = 500_000_000
"""Readings of a lane without stacks that are this near each other make one step."""

FORKED_CONFIDENCE = 0.5


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


class Owners:
    """Finds the piece of work that a process runs for."""

    def __init__(
        self,
        families: Families,
        lanes: Mapping[Thread, Sequence[Piece]],
        shared: Mapping[Thread, Sequence[Piece]] = MappingProxyType({}),
    ) -> None:
        """`shared` is leaf work on threads that requests share, in order of its beginning."""
        self._families = families
        self._lanes = lanes
        self._shared = shared
        self._began = {thread: [piece.start_ns for piece in of] for thread, of in shared.items()}
        self._starts = {
            thread: [piece.start_ns for piece in pieces] for thread, pieces in lanes.items()
        }
        self._of_process: dict[int, list[Thread]] = defaultdict(list)
        for thread in {**lanes, **shared}:
            self._of_process[thread[0]].append(thread)

    def has_lanes(self, pid: int) -> bool:
        return pid in self._of_process

    def owner(self, life: Life, since_ns: int, depth: int = 0) -> Piece | None:
        """The piece whose work the process does at that time; None when it works for itself."""
        if depth > _DEEPEST:
            return None
        if not self.has_lanes(life.parent_pid):
            parent = self._families.at(life.parent_pid, life.start_ns)
            if parent is None or parent is life:
                return None
            return self.owner(parent, since_ns, depth + 1)
        thread = life.parent_pid, life.parent_tid
        if thread not in self._lanes and thread not in self._shared:
            return self._waiting(life.parent_pid, since_ns)
        piece = self._piece(thread, life.start_ns)
        if piece is None or piece.end_ns + _FORK_SLACK_NS < since_ns:
            return None
        return piece

    def _piece(self, thread: Thread, at_ns: int) -> Piece | None:
        """
        The leaf work of a thread at an instant, or that it begins right after.

        Boundaries are known to a sample: a tool call beside the instant is likelier to have forked
        than the wait for a model that the instant seems to lie in.
        """
        tool = self._begun_last(thread, at_ns)
        if tool is not None:
            return tool
        pieces = self._lanes.get(thread, ())
        first = max(bisect_right(self._starts.get(thread, ()), at_ns) - 1, 0)
        near = [
            piece
            for piece in pieces[first : first + _NEIGHBOURS]
            if piece.label.leaf
            and piece.start_ns <= at_ns + _FORK_SLACK_NS
            and piece.end_ns >= at_ns - _FORK_SLACK_NS
        ]
        tools = [piece for piece in near if piece.kind is StepKind.TOOL_CALL]
        return next(iter((*tools, *near)), None)

    def _begun_last(self, thread: Thread, at_ns: int) -> Piece | None:
        """
        Of the tool calls that are open on a thread at once, the one that began last.

        A tool that starts a program does so as soon as it is called.
        """
        after = bisect_right(self._began.get(thread, ()), at_ns + _BEGINS_NS)
        for piece in reversed(self._shared.get(thread, ())[max(after - _MOST_OPEN, 0) : after]):
            if piece.kind is StepKind.TOOL_CALL and piece.end_ns >= at_ns:
                return piece
        return None

    def _waiting(self, pid: int, at_ns: int) -> Piece | None:
        """A tool call of the process that is open then, where nobody saw who forked."""
        for thread in self._of_process[pid]:
            piece = self._piece(thread, at_ns)
            if piece is not None and piece.kind is StepKind.TOOL_CALL:
                return piece
        return None


_DEEPEST = 32
_NEIGHBOURS = 4
_MOST_OPEN = 256
_BEGINS_NS = 2_000_000
"""How much later than a fork its tool call may seem to begin, on two clocks that were compared."""


def place_children(
    spent: Iterable[Spent], owners: Owners, known: Collection[int]
) -> Mapping[Thread, Sequence[Piece]]:
    """
    Time of processes that are not `known` otherwise goes to the work they were forked for.

    The result is a lane for every process that works for itself. Time of which nobody can say
    whose it was stays out, and so shows as unattributed.
    """
    lanes: dict[Thread, list[Piece]] = {}
    for entry in spent:
        life = entry.life
        if life.pid in known:
            continue
        piece = owners.owner(life, entry.since_ns)
        if piece is not None:
            piece.children_ns += entry.cpu_ns
        elif life.pid:
            _add(lanes.setdefault((life.pid, life.pid), []), entry)
    return lanes


def _add(lane: list[Piece], entry: Spent) -> None:
    """Time of a process that works for itself: a tool that outlives the call that began it."""
    last = lane[-1] if lane else None
    if last and entry.since_ns - last.end_ns <= _JOINED_NS:
        last.end_ns = max(last.end_ns, entry.at_ns)
        last.cpu_ns += entry.cpu_ns
        return
    label = Label(
        kind=StepKind.TOOL_CALL,
        name=entry.life.name,
        source=LabelSource.FORK,
        confidence=FORKED_CONFIDENCE,
    )
    start_ns = max(entry.since_ns, last.end_ns if last else 0)
    lane.append(
        Piece(
            start_ns=start_ns,
            end_ns=max(entry.at_ns, start_ns),
            label=label,
            kind=label.kind,
            cpu_ns=entry.cpu_ns,
        )
    )
