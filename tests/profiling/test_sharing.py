"""Readings that several pieces share: each gets what its kind uses, and nothing is lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.columns import Readings
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.labels import Label
from agentaudit.profiling.lanes import place_cpu
from agentaudit.profiling.missed import place_missed
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.sharing import split

MS = 1_000_000
KINDS = (StepKind.TOOL_CALL, StepKind.LLM_INFERENCE, StepKind.ORCHESTRATION)


def piece(start: float, end: float, kind: StepKind) -> Piece:
    label = Label(kind=kind, source=LabelSource.STACK)
    return Piece(start_ns=round(start * MS), end_ns=round(end * MS), label=label, kind=kind)


def readings(*rows: tuple[float, float, float]) -> Readings:
    found = Readings()
    for since, at, cpu in rows:
        found.add(round(since * MS), round(at * MS), round(cpu * MS), 0)
    return found


def cpu_ms(pieces: Sequence[Piece], kind: StepKind) -> float:
    return sum(piece.cpu_ns for piece in pieces if piece.kind is kind) / MS


def test_short_steps_that_no_reading_holds_alone_are_learnt_from_shared_ones() -> None:
    """Work of 5 ms on the CPU between waits of 35 ms: readings of 20 ms never see it by itself."""
    pieces: list[Piece] = []
    for turn in range(100):
        at = 40 * turn
        pieces += [
            piece(at, at + 35, StepKind.LLM_INFERENCE),
            piece(at + 35, at + 40, StepKind.ORCHESTRATION),
        ]
    rows = [(at, at + 20, 5.0 if at % 40 == 20 else 0.0) for at in range(0, 4000, 20)]

    place_cpu(pieces, readings(*rows))

    assert cpu_ms(pieces, StepKind.ORCHESTRATION) == pytest.approx(500, rel=0.05)


def test_kinds_of_which_nothing_is_known_share_by_time() -> None:
    pieces = [piece(0, 10, StepKind.TOOL_CALL), piece(10, 20, StepKind.ORCHESTRATION)]

    place_cpu(pieces, readings((0, 20, 8)))

    assert [found.cpu_ns / MS for found in pieces] == pytest.approx([4, 4], abs=0.1)


def test_time_over_the_usual_in_a_wait_is_of_a_step_that_was_missed() -> None:
    pieces: list[Piece] = []
    for turn in range(10):
        wait = piece(100 * turn, 100 * turn + 80, StepKind.LLM_INFERENCE)
        wait.cpu_ns = MS if turn != 4 else 9 * MS
        pieces.append(wait)
        if turn % 3 == 0:
            pieces.append(piece(100 * turn + 80, 100 * turn + 90, StepKind.ORCHESTRATION))
    before = sum(found.cpu_ns for found in pieces)

    place_missed(pieces)

    assert cpu_ms(pieces, StepKind.ORCHESTRATION) == 8
    assert sum(found.cpu_ns for found in pieces) == before


def test_a_few_waits_say_nothing_of_what_is_usual() -> None:
    wait = piece(0, 80, StepKind.LLM_INFERENCE)
    wait.cpu_ns = 9 * MS

    place_missed([wait, piece(80, 90, StepKind.ORCHESTRATION)])

    assert wait.cpu_ns == 9 * MS


@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from(KINDS)), min_size=1, max_size=20),
    st.lists(st.floats(0, 20), max_size=30),
)
def test_readings_are_placed_to_the_nanosecond(
    made: list[tuple[int, StepKind]], used: list[float]
) -> None:
    pieces: list[Piece] = []
    at = 0
    for length, kind in made:
        pieces.append(piece(at, at + length, kind))
        at += length
    counted = readings(*((20 * number, 20 * number + 20, cpu) for number, cpu in enumerate(used)))

    left = place_cpu(pieces, counted)
    place_missed(pieces)

    placed = sum(found.cpu_ns for found in pieces) + sum(cpu_ns for _, _, cpu_ns, _ in left)
    assert placed == sum(counted.cpu_ns)
    assert all(found.cpu_ns >= 0 for found in pieces)


@given(st.integers(0, 10**12), st.lists(st.floats(0, 1e9), min_size=1, max_size=9))
def test_parts_add_up(amount: int, weights: list[float]) -> None:
    assert sum(split(amount, weights)) == amount
