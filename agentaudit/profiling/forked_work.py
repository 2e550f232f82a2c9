"""
Whose work the time of a child is.

A child without evidence of its own works for the step of the thread that forked it, as long as
that step lasts. What outlives its step, a tool server for example, stands as a lane of its own.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from agentaudit.model.columns import Thread
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.families import Families, Life, Spent
from agentaudit.profiling.labels import Label
from agentaudit.profiling.pieces import Piece

_FORK_SLACK_NS = 60_000_000
"""A fork may be seen this long before the first sample of the step that it belongs to."""
_JOINED_NS = 500_000_000
"""Readings of a lane without stacks that are this near each other make one step."""
FORKED_CONFIDENCE = 0.5
_DEEPEST = 32
_NEIGHBOURS = 4
_MOST_OPEN = 256
_BEGINS_NS = 2_000_000
"""How much later than a fork its tool call may seem to begin, on two clocks that were compared."""


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
