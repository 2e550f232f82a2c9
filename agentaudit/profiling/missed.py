"""
CPU time of steps that were too short to be seen, found in the waits beside them.

A wait for a model takes little CPU time, and about the same in every call. What one call shows
beyond that was used by a step before or after it that no sample hit: it goes to the nearest step on
the thread that was as short and was hit. Waits with exact edges hold no such time.
"""

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.pieces import Piece

_FEWEST = 5
"""Calls from which the usual CPU time of one is known."""

_NOTABLE_NS = 2_000_000
_SHORT_NS = 40_000_000
"""A step of this length may well have been missed at a hundred samples a second."""

_NEAR_NS = 5_000_000_000


def place_missed(pieces: Sequence[Piece]) -> None:
    """The time is moved; none is made and none is lost."""
    waits = [piece for piece in pieces if _may_hold_others(piece)]
    short = [piece for piece in pieces if _may_be_missed(piece)]
    if len(waits) < _FEWEST or not short:
        return
    usual_ns = median(wait.cpu_ns for wait in waits)
    usual_share = median(wait.cpu_ns / wait.wall_ns for wait in waits)
    starts = [piece.start_ns for piece in short]
    for wait in waits:
        over_ns = wait.cpu_ns - round(max(usual_ns, usual_share * wait.wall_ns))
        if over_ns < _NOTABLE_NS:
            continue
        at = bisect_left(starts, wait.start_ns)
        nearest = min(short[max(at - 1, 0) : at + 1], key=lambda piece: _distance_ns(piece, wait))
        if _distance_ns(nearest, wait) <= _NEAR_NS:
            wait.cpu_ns -= over_ns
            nearest.cpu_ns += over_ns


def _may_hold_others(piece: Piece) -> bool:
    sampled = piece.label.source in (LabelSource.STACK, LabelSource.SOCKET)
    return piece.kind is StepKind.LLM_INFERENCE and sampled and piece.wall_ns > 0


def _may_be_missed(piece: Piece) -> bool:
    waits = piece.kind in (StepKind.LLM_INFERENCE, StepKind.IDLE, StepKind.UNKNOWN)
    return not waits and piece.wall_ns <= _SHORT_NS and piece.label.source is LabelSource.STACK


def _distance_ns(piece: Piece, wait: Piece) -> int:
    return max(piece.start_ns - wait.end_ns, wait.start_ns - piece.end_ns, 0)
