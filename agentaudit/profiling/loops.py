"""
Whose work the thread of an event loop did, where tracks share it.

Its stack shows one request at a time and never says which. The kind of work on it decides; where no
rule knows the stack, what usually goes on while it is there: a stack that is seen only while some
tool is open works for that tool. Every nanosecond goes to somebody, once.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.columns import Readings, Runs
from agentaudit.model.recording import Frame
from agentaudit.model.trace import StepKind
from agentaudit.profiling.labels import Label, Labeller
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.refining import EDGE_NS
from agentaudit.profiling.sharing import split
from agentaudit.profiling.tracks import Track, union

_WAITING = frozenset({"select", "poll", "epoll", "kqueue", "control", "wait", "_wait"})
_WAITS_CPU = 1e-3
"""Weight of a moment in which the thread waited, beside one in which it did not."""

_DEPTH = 8
_DOUBT_NS = 40_000_000
"""CPU time that a stack must have been seen with for its company to mean something."""

_TELLING = 1.15
"""How much oftener than usual some work must be open with a stack, to be what the stack does."""

_NEARLY_AS_OFTEN = 0.85
_SHARED = 0.8
"""Factor on the confidence of a step most of whose CPU time could be another's of its kind."""

_Group = tuple[StepKind, str]
_Signature = tuple[Frame, ...]
_BETWEEN: _Group = (StepKind.ORCHESTRATION, "")


class _Moment(Struct):
    """CPU time of a thread with one stack, within one reading."""

    start_ns: int
    end_ns: int
    cpu_ns: int
    queue_ns: int
    stack: int
    open: tuple[Piece, ...] = ()
    near: tuple[Piece, ...] = ()
    """What was open then, or so near to it that samples cannot tell."""


class Loop(Struct, frozen=True, kw_only=True):
    """One thread that tracks share: its samples, and how they are read."""

    pid: int
    runs: Runs
    readings: Readings
    labeller: Labeller
    stacks: Sequence[tuple[Frame, ...]]


def share_out(loop: Loop, tracks: Sequence[Track]) -> Readings:
    """CPU time of the thread is added to the tracks; the result is what none of them used."""
    if not loop.readings:
        return Readings()
    moments = list(_with_company(_moments(loop), tracks))
    company = _Company(loop, moments, _usual(tracks))
    left = Readings()
    shared: Counter[int] = Counter()
    for moment in moments:
        targets = company.targets(moment)
        if not targets:
            left.add(moment.start_ns, moment.end_ns, moment.cpu_ns, moment.queue_ns)
            continue
        weights = [float(max(_overlap_ns(piece, moment), 1)) for piece in targets]
        for piece, cpu_ns, queue_ns in zip(
            targets, split(moment.cpu_ns, weights), split(moment.queue_ns, weights), strict=True
        ):
            piece.cpu_ns += cpu_ns
            piece.queue_ns += queue_ns
            shared[id(piece)] += cpu_ns if len(targets) > 1 else 0
    for track in tracks:
        for piece in track:
            if 2 * shared[id(piece)] > piece.cpu_ns > 0:
                doubted = _SHARED * piece.label.confidence
                piece.label = replace(piece.label, confidence=doubted)
    return left


def _moments(loop: Loop) -> Iterator[_Moment]:
    """The readings, each divided among the stacks that were seen meanwhile."""
    runs = sorted(loop.runs.rows())
    starts = [run[0] for run in runs]
    waits = [_waits(stack) for stack in loop.stacks]
    for since_ns, at_ns, cpu_ns, queue_ns in loop.readings.rows():
        first = max(bisect_right(starts, since_ns) - 1, 0)
        last = bisect_right(starts, max(at_ns - 1, since_ns))
        seen = [
            (max(start_ns, since_ns), min(end_ns, at_ns), stack)
            for start_ns, end_ns, stack in runs[first:last]
            if end_ns > since_ns and start_ns < at_ns
        ]
        if not seen:
            yield _Moment(since_ns, at_ns, cpu_ns, queue_ns, -1)
            continue
        weights = [
            (end_ns - start_ns) * (_WAITS_CPU if waits[stack] else 1.0)
            for start_ns, end_ns, stack in seen
        ]
        parts = zip(seen, split(cpu_ns, weights), split(queue_ns, weights), strict=True)
        for (start_ns, end_ns, stack), part_ns, queued_ns in parts:
            if part_ns or queued_ns:
                yield _Moment(start_ns, end_ns, part_ns, queued_ns, stack)


def _waits(stack: Sequence[Frame]) -> bool:
    return bool(stack) and stack[0].function.rpartition(".")[2] in _WAITING


def _with_company(moments: Iterator[_Moment], tracks: Sequence[Track]) -> Iterator[_Moment]:
    """The moments, each with the pieces of tracks that were open then."""
    order = sorted((piece for track in tracks for piece in track), key=lambda piece: piece.start_ns)
    near: list[Piece] = []
    next_at = 0
    for moment in sorted(moments, key=lambda moment: moment.start_ns):
        while next_at < len(order) and order[next_at].start_ns < moment.end_ns + EDGE_NS:
            near.append(order[next_at])
            next_at += 1
        near = [piece for piece in near if piece.end_ns > moment.start_ns - EDGE_NS]
        moment.near = tuple(near)
        moment.open = tuple(piece for piece in near if _overlap_ns(piece, moment) > 0)
        yield moment


def _overlap_ns(piece: Piece, moment: _Moment) -> int:
    return min(piece.end_ns, moment.end_ns) - max(piece.start_ns, moment.start_ns)


class _Company:
    """Whom a stack works for, by its kind, or by what is open while it is seen."""

    def __init__(
        self, loop: Loop, moments: Sequence[_Moment], usual: Mapping[_Group, float]
    ) -> None:
        self._loop = loop
        self._usually = usual
        self._signatures = [_signature(stack, loop.labeller) for stack in loop.stacks]
        self._groups = self._learnt(moments)

    def targets(self, moment: _Moment) -> Sequence[Piece]:
        """The pieces that a moment of CPU time is for; none when it is for no track."""
        if not moment.near:
            return ()
        label = self._label(moment.stack)
        if label is not None and label.leaf:
            alike = [piece for piece in moment.open if piece.kind is label.kind]
            beside = [piece for piece in moment.near if piece.kind is label.kind and piece.claim]
            return _named(label, alike or beside)
        if not moment.open:
            return ()
        group = self._groups.get(self._signature(moment.stack))
        members = [piece for piece in moment.open if _group(piece) == group]
        return members or self._usual(moment)

    def _usual(self, moment: _Moment) -> Sequence[Piece]:
        """
        The likeliest of what is open, where nothing was learnt of the stack.

        A wait for a model takes no CPU time to speak of.
        """
        work = [
            piece
            for piece in moment.open
            if piece.claim is not None and piece.kind is not StepKind.LLM_INFERENCE
        ]
        between = [piece for piece in moment.open if piece.claim is None]
        label = self._label(moment.stack)
        of_agent = label is None or label.engaged
        first, second = (work, between) if of_agent else (between, work)
        requests = [piece for piece in moment.open if piece.story is not None]
        return first or second or requests

    def _learnt(self, moments: Sequence[_Moment]) -> dict[_Signature, _Group]:
        """The work that each stack without a kind keeps company with, more than usual."""
        seen: Counter[_Signature] = Counter()
        together: dict[_Signature, Counter[_Group]] = defaultdict(Counter)
        for moment in moments:
            label = self._label(moment.stack)
            if label is None or label.leaf or not moment.open:
                continue
            signature = self._signature(moment.stack)
            seen[signature] += moment.cpu_ns
            for group in {_group(piece) for piece in moment.open}:
                together[signature][group] += moment.cpu_ns
        learnt: dict[_Signature, _Group] = {}
        for signature, with_ns in together.items():
            closest = _closest(with_ns, seen[signature], self._usually)
            if closest is not None:
                learnt[signature] = closest
        return learnt

    def _label(self, stack: int) -> Label | None:
        return self._loop.labeller.label(self._loop.pid, stack) if stack >= 0 else None

    def _signature(self, stack: int) -> _Signature:
        return self._signatures[stack] if stack >= 0 else ()


def _usual(tracks: Sequence[Track]) -> Mapping[_Group, float]:
    """How much of the time each work is open that any is."""
    groups: dict[_Group, list[Piece]] = defaultdict(list)
    for track in tracks:
        for piece in track:
            groups[_group(piece)].append(piece)
    all_ns = _length(piece for track in tracks for piece in track)
    return {group: _length(pieces) / max(all_ns, 1) for group, pieces in groups.items()}


def _length(pieces: Iterable[Piece]) -> int:
    return sum(end_ns - start_ns for start_ns, end_ns in union(pieces))


def _closest(
    with_ns: Counter[_Group], seen_ns: int, usual: Mapping[_Group, float]
) -> _Group | None:
    """The group that is open nearly always with a stack, and much less often without it."""
    often = {
        group: (ns + _DOUBT_NS * usual[group]) / (seen_ns + _DOUBT_NS)
        for group, ns in with_ns.items()
    }
    most = max(often.values(), default=0.0)
    likely = [group for group, share in often.items() if share >= _NEARLY_AS_OFTEN * most]
    best = max(likely, key=lambda group: (often[group] / usual[group], group), default=None)
    if best is None or often[best] < _TELLING * usual[best]:
        return None
    return best


def _group(piece: Piece) -> _Group:
    return _BETWEEN if piece.claim is None else (piece.kind, piece.label.name)


def _named(label: Label, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Those that are named like the function on the stack; all of them when none is."""
    name = label.name.rpartition(".")[2]
    same = [piece for piece in pieces if name and piece.label.name in (name, label.name)]
    return same or pieces


def _signature(stack: Sequence[Frame], labeller: Labeller) -> _Signature:
    """What tells one piece of code from another: the agent's own frames, or else the leaf."""
    return labeller.own_frames(stack, most=_DEPTH) or tuple(stack[:1])
