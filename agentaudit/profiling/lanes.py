"""
Lanes: what each thread did when, gapless, with the CPU time that the kernel counted for it.

Samples say which step, counters say how much. A reading that lies within one piece of work belongs
to it to the nanosecond; one that spans several is split by how much CPU each of them uses per
second elsewhere, so that time in a tool does not leak into the wait for a model beside it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, groupby, islice, repeat
from operator import lt, sub

import numpy as np
from msgspec.structs import replace

from agentaudit.model.columns import Readings, Runs, numbers
from agentaudit.model.trace import StepKind
from agentaudit.profiling.labels import UNSEEN, Label, Labeller
from agentaudit.profiling.pieces import BUSY_SHARE, Piece, Reading
from agentaudit.profiling.sharing import Shared, share_out

BRIDGED_NS = 60_000_000
"""A gap between samples in which the thread is taken to have gone on with what it did."""

_GONE_ON_NS = 300_000_000

_SLIVER_NS = 3_000_000
"""What is left of a run after clipping, too short to be a sample of its own."""

_AFTERLIFE_NS = 1_500_000_000
"""How long a sampler may go on showing the last stack of a thread that ended."""


def pieces_of(runs: Runs, labeller: Labeller, gone_ns: Sequence[int]) -> list[Piece]:
    """The runs of one thread as pieces that follow each other without a gap."""
    labels = _labels(runs, labeller)
    pieces: list[Piece] = []
    last: Piece | None = None
    for start_ns, end_ns, stack in _clipped(runs, labels, gone_ns):
        label = labels[stack]
        if last is not None:
            if last.label is label and start_ns - last.end_ns <= _GONE_ON_NS:
                last.end_ns = end_ns
                continue
            _bridge(pieces, start_ns, label)
            last = pieces[-1]
            if last.label is label or end_ns - start_ns < _SLIVER_NS:
                last.end_ns = end_ns
                continue
        last = Piece(start_ns=start_ns, end_ns=end_ns, label=label, kind=label.kind)
        pieces.append(last)
    return pieces


def _labels(runs: Runs, labeller: Labeller) -> Mapping[int, Label]:
    """The label of each stack; equal ones are one, so that they need no second look."""
    one: dict[Label, Label] = {}
    found = {stack: labeller.label(runs.pid, stack) for stack in set(runs.stack)}
    return {stack: one.setdefault(label, label) for stack, label in found.items()}


def with_idle_told_apart(pieces: Sequence[Piece], readings: Readings) -> list[Piece]:
    """The same stretch of time, where threads that wait for nothing in particular are idle."""
    told: list[Piece] = []
    for piece in pieces:
        if piece.label.leaf:
            told.append(piece)
        else:
            told += _split(piece, *_busy(piece, readings))
    return told


def _busy(piece: Piece, readings: Readings) -> tuple[Sequence[int], Sequence[int]]:
    """When the thread was at work meanwhile: starts and ends of stretches, by its readings."""
    starts, ends = numbers(), numbers()
    first = bisect_right(readings.at_ns, piece.start_ns)
    last = bisect_left(readings.since_ns, piece.end_ns, lo=first)
    for since_ns, at_ns, cpu_ns, queue_ns in readings.rows(first, last):
        if cpu_ns + queue_ns < BUSY_SHARE * (at_ns - since_ns or 1):
            continue
        if ends and ends[-1] == since_ns:
            ends[-1] = at_ns
        else:
            starts.append(since_ns)
            ends.append(at_ns)
    return starts, ends


def place_cpu(pieces: Sequence[Piece], readings: Readings) -> list[Reading]:
    """CPU time is added to the pieces; the result is what no piece was there for."""
    starts = [piece.start_ns for piece in pieces]
    shared: list[Shared] = []
    left: list[Reading] = []
    for reading in compress(readings.rows(), _beyond_one_piece(pieces, starts, readings)):
        touched = _touched(pieces, starts, reading)
        if len(touched) == 1:
            since_ns, at_ns, cpu_ns, queue_ns = reading
            touched[0].read(cpu_ns, queue_ns, at_ns - since_ns)
        elif touched:
            shared.append((reading, touched))
        else:
            left.append(reading)
    share_out(shared, pieces)
    return left


def _beyond_one_piece(
    pieces: Sequence[Piece], starts: Sequence[int], readings: Readings
) -> Iterable[bool]:
    """Readings that lie within one piece are added to it; true for each of the others."""
    if not pieces:
        return repeat(True, len(readings))
    since, until = np.asarray(readings.since_ns), np.asarray(readings.at_ns)
    ends = np.array([piece.end_ns for piece in pieces], np.int64)
    holder = np.searchsorted(np.array(starts, np.int64), since, side="right") - 1
    within = (holder >= 0) & (since < ends[holder]) & (until <= ends[holder])
    sums = np.zeros((3, len(pieces)), np.int64)
    counted = (np.asarray(readings.cpu_ns), np.asarray(readings.queue_ns), until - since)
    for row, column in zip(sums, counted, strict=True):
        np.add.at(row, holder[within], column[within])
    for piece, cpu_ns, queue_ns, read_ns in zip(pieces, *sums.tolist(), strict=True):
        piece.read(cpu_ns, queue_ns, read_ns)
    return map(bool, ~within)


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces as steps: neighbours of one kind, request and name are one."""
    steps: list[Piece] = []
    for piece in pieces:
        last = steps[-1] if steps else None
        if last is None or not _one_step(last, piece):
            step = piece.part(piece.start_ns, piece.end_ns)
            step.cpu_ns, step.queue_ns = piece.cpu_ns, piece.queue_ns
            steps.append(step)
            continue
        last.label = _telling(last, piece)
        last.end_ns = piece.end_ns
        last.cpu_ns += piece.cpu_ns
        last.queue_ns += piece.queue_ns
    return steps


def _one_step(before: Piece, after: Piece) -> bool:
    names = {piece.label.name for piece in (before, after) if not piece.label.weak}
    one_call = before.claim is not None and before.claim is after.claim
    return (
        before.kind is after.kind
        and before.claim is after.claim
        and before.story is after.story
        and before.label.request == after.label.request
        and after.start_ns - before.end_ns <= BRIDGED_NS
        and (one_call or len(names) <= 1 or not before.label.leaf)
    )


def _telling(before: Piece, after: Piece) -> Label:
    """The label of two as one: a telling name goes before a weak one, then the longer piece."""
    if before.label.weak != after.label.weak:
        return after.label if before.label.weak else before.label
    return after.label if after.wall_ns > before.wall_ns else before.label


def _clipped(
    runs: Runs, labels: Mapping[int, Label], gone_ns: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """Runs in order, none over another, none beyond the end of its thread."""
    until_ns = 0
    first_gone_ns = min(gone_ns, default=None)
    in_order = all(map(lt, runs.start_ns, islice(runs.start_ns, 1, None)))
    rows = _together(runs, labels, first_gone_ns) if in_order else sorted(runs.rows())
    for started_ns, ended_ns, stack in rows:
        start_ns, end_ns = max(started_ns, until_ns), ended_ns
        if first_gone_ns is not None and end_ns > first_gone_ns:
            end_ns = _alive_until(start_ns, end_ns, gone_ns)
        if end_ns > start_ns:
            until_ns = end_ns
            yield start_ns, end_ns, stack


def _together(
    runs: Runs, labels: Mapping[int, Label], gone_ns: int | None
) -> Iterator[tuple[int, int, int]]:
    """
    Runs of one label that follow each other, as one run: a busy thread has many stacks of a label.

    Only where each of them would have been added to the one before it.
    """
    starts, ends = runs.start_ns, runs.end_ns
    beyond = 0
    for _, stacks in groupby(runs.stack, key=labels.__getitem__):
        first, beyond = beyond, beyond + len(list(stacks))
        last = beyond - 1
        gaps = map(sub, starts[first + 1 : beyond], ends[first:last])
        if (
            last > first
            and ends[first] - starts[first] >= _SLIVER_NS
            and (gone_ns is None or ends[last] <= gone_ns)
            and all(0 <= gap <= _GONE_ON_NS for gap in gaps)
        ):
            yield starts[first], ends[last], runs.stack[first]
        else:
            places = range(first, beyond)
            yield from ((starts[at], ends[at], runs.stack[at]) for at in places)


def _alive_until(start_ns: int, end_ns: int, gone_ns: Sequence[int]) -> int:
    for gone in gone_ns:
        if start_ns < gone < end_ns:
            end_ns = gone
        elif gone <= start_ns < gone + _AFTERLIFE_NS:
            end_ns = start_ns
    return end_ns


def _bridge(pieces: list[Piece], start_ns: int, label: Label) -> None:
    """
    The gap up to `start_ns` is closed: by the piece before it, or as time nobody saw.

    A thread that comes out of a longer gap as it went in has most likely gone on meanwhile.
    """
    last = pieces[-1]
    gap_ns = start_ns - last.end_ns
    if gap_ns <= (_GONE_ON_NS if last.label == label else BRIDGED_NS):
        last.end_ns = start_ns
        return
    same_request = last.label.request == label.request and gap_ns <= _GONE_ON_NS
    unseen = replace(UNSEEN, request=label.request) if same_request else UNSEEN
    pieces.append(Piece(start_ns=last.end_ns, end_ns=start_ns, label=unseen, kind=StepKind.UNKNOWN))


def _split(piece: Piece, starts: Sequence[int], ends: Sequence[int]) -> Iterator[Piece]:
    """A piece without a leaf kind, cut where its thread went on or off the CPU."""
    at_ns = piece.start_ns
    for busy in range(max(bisect_right(starts, at_ns) - 1, 0), len(starts)):
        if starts[busy] >= piece.end_ns:
            break
        from_ns, to_ns = max(starts[busy], at_ns), min(ends[busy], piece.end_ns)
        if to_ns <= from_ns:
            continue
        if from_ns > at_ns:
            yield _part(piece, at_ns, from_ns, StepKind.IDLE)
        yield _part(piece, from_ns, to_ns, piece.kind)
        at_ns = to_ns
    if at_ns < piece.end_ns:
        yield _part(piece, at_ns, piece.end_ns, StepKind.IDLE)


def _part(piece: Piece, start_ns: int, end_ns: int, kind: StepKind) -> Piece:
    part = piece.part(start_ns, end_ns)
    part.kind = kind
    return part


def _touched(pieces: Sequence[Piece], starts: Sequence[int], reading: Reading) -> Sequence[Piece]:
    """Pieces that a reading overlaps; else the nearest one that a sample could have missed."""
    since_ns, at_ns, _, _ = reading
    first = max(bisect_right(starts, since_ns) - 1, 0)
    last = bisect_right(starts, max(at_ns - 1, since_ns))
    touched = [piece for piece in pieces[first:last] if piece.end_ns > since_ns]
    if touched or not pieces:
        return touched
    nearest = min(
        (pieces[first], pieces[min(last, len(pieces) - 1)]),
        key=lambda piece: _distance(piece, reading),
    )
    return [nearest] if _distance(nearest, reading) <= BRIDGED_NS else []


def _distance(piece: Piece, reading: Reading) -> int:
    return max(piece.start_ns - reading[1], reading[0] - piece.end_ns, 0)
