"""
Readings that several pieces of work share, divided by how much CPU each kind uses per second.

That is known from readings which hold nothing else, and, for steps too short to have any, from what
makes the shared ones most likely (expectation and maximisation by turns).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from agentaudit.model.trace import StepKind
from agentaudit.profiling.pieces import Piece, Reading

Shared = tuple[Reading, Sequence[Piece]]
"""A reading, and the pieces that it overlaps."""

_LEAST_DENSITY = 1e-4
_OWN_NS = 40_000_000
"""Time read for sure from which a piece's own use says more than that of its kind."""

_ROUNDS = 3
_GUESSED_NS = 500_000_000
"""
Weight of the guess that all kinds of work use the CPU alike, beside what was read.

To it comes all time in shared readings: what they say of a mixture is little.
"""

_SLOWER = {StepKind.LLM_INFERENCE: 0.005, StepKind.IDLE: 0.005}
"""Kinds that wait: how much less of it they use, until it is known."""

_MOST_LEARNT = 500
"""Shared readings that densities are learnt from: more would say the same."""


def share_out(shared: Sequence[Shared], pieces: Sequence[Piece]) -> None:
    """The CPU time of shared readings is added to their pieces, whole."""
    if not shared:
        return
    learnt = _densities(shared, pieces)
    own = {
        id(piece): piece.cpu_ns / piece.read_ns
        for _, touched in shared
        for piece in touched
        if piece.read_ns >= _OWN_NS
    }
    for reading, touched in shared:
        weights = [
            overlap_ns * max(own.get(id(piece), learnt.get(piece.kind, 1.0)), _LEAST_DENSITY) + 1.0
            for piece, overlap_ns in zip(touched, _overlaps(reading, touched), strict=True)
        ]
        _, _, all_cpu_ns, all_queue_ns = reading
        parts = zip(split(all_cpu_ns, weights), split(all_queue_ns, weights), strict=True)
        for piece, (cpu_ns, queue_ns) in zip(touched, parts, strict=True):
            piece.cpu_ns += cpu_ns
            piece.queue_ns += queue_ns


def _overlaps(reading: Reading, touched: Sequence[Piece]) -> list[int]:
    since_ns, at_ns, _, _ = reading
    return [max(min(piece.end_ns, at_ns) - max(piece.start_ns, since_ns), 0) for piece in touched]


def _densities(shared: Sequence[Shared], pieces: Sequence[Piece]) -> Mapping[StepKind, float]:
    """CPU time per time of each kind."""
    rows = [
        (reading[2], _by_kind(reading, touched))
        for reading, touched in shared[:: max(len(shared) // _MOST_LEARNT, 1)]
    ]
    kinds = {piece.kind for piece in pieces} | {kind for _, times in rows for kind in times}
    guess = _guess(rows)
    wall_ns = dict.fromkeys(kinds, float(_GUESSED_NS))
    for _, times in rows:
        for kind, time_ns in times.items():
            wall_ns[kind] += time_ns
    cpu_ns = {kind: wall_ns[kind] * guess * _SLOWER.get(kind, 1.0) for kind in kinds}
    for piece in pieces:
        cpu_ns[piece.kind] += piece.cpu_ns
        wall_ns[piece.kind] += piece.read_ns
    densities = {kind: cpu_ns[kind] / wall_ns[kind] for kind in kinds}
    for _ in range(_ROUNDS):
        densities = _improved(densities, rows, (cpu_ns, wall_ns))
    return densities


def _guess(rows: Sequence[tuple[int, Mapping[StepKind, int]]]) -> float:
    """CPU time per time of work, when nothing is known of the kinds."""
    cpu_ns = sum(cpu_ns for cpu_ns, _ in rows)
    work_ns = sum(
        time_ns * _SLOWER.get(kind, 1.0) for _, times in rows for kind, time_ns in times.items()
    )
    return cpu_ns / work_ns if work_ns else 1.0


def _by_kind(reading: Reading, touched: Sequence[Piece]) -> dict[StepKind, int]:
    times: dict[StepKind, int] = defaultdict(int)
    for piece, overlap_ns in zip(touched, _overlaps(reading, touched), strict=True):
        times[piece.kind] += overlap_ns
    return times


def _improved(
    densities: Mapping[StepKind, float],
    rows: Sequence[tuple[int, Mapping[StepKind, int]]],
    sure: tuple[Mapping[StepKind, float], Mapping[StepKind, float]],
) -> dict[StepKind, float]:
    """The densities that follow from dividing the readings by these ones."""
    cpu_ns, wall_ns = dict(sure[0]), dict(sure[1])
    for all_cpu_ns, times in rows:
        expected = {
            kind: time_ns * max(densities[kind], _LEAST_DENSITY) for kind, time_ns in times.items()
        }
        whole = sum(expected.values())
        for kind, time_ns in times.items():
            cpu_ns[kind] += all_cpu_ns * expected[kind] / whole if whole else 0.0
            wall_ns[kind] += time_ns
    return {kind: cpu_ns[kind] / wall_ns[kind] for kind in densities}


def split(amount: int, weights: Sequence[float]) -> Sequence[int]:
    """The amount in whole parts by weight; the parts add up to it exactly."""
    total = sum(weights)
    if total <= 0:
        return [amount if at == 0 else 0 for at in range(len(weights))]
    edges = [0]
    passed = 0.0
    for weight in weights:
        passed += weight
        edges.append(round(amount * (passed / total)))
    edges[-1] = amount
    return [after - before for before, after in pairwise(edges)]
