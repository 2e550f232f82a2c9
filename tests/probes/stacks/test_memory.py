"""Real memory: our own, which the kernel reads for us as it reads any other."""

import ctypes
import os
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks import memory as reading
from agentaudit.probes.stacks.memory import Memory, Piece

BUFFER = ctypes.create_string_buffer(bytes(range(256)) * 40, 10_240)
START = ctypes.addressof(BUFFER)
NOWHERE: Piece = (16, 8)
OURS = Memory(os.getpid())

pieces = st.tuples(st.integers(0, 9_000), st.integers(0, 1_000)).map(
    lambda piece: (START + piece[0], piece[1])
)


def test_memory_is_read_and_where_there_is_none_that_is_said() -> None:
    data = ctypes.create_string_buffer(b"a piece of memory", 64)
    memory = Memory(os.getpid())

    assert memory.read(ctypes.addressof(data), 17) == b"a piece of memory"
    assert memory.word(ctypes.addressof(data)) == int.from_bytes(b"a piece ", sys.byteorder)
    with pytest.raises(OSError, match="Bad address"):
        memory.read(*NOWHERE)


def test_memory_of_a_process_that_is_not_there_is_none() -> None:
    memory = Memory(4194305)

    assert memory.gathered([(START, 8)]) == [b""]
    with pytest.raises(ProcessLookupError, match="No such process"):
        memory.read(START, 8)


@given(st.lists(pieces, max_size=50))
def test_pieces_gathered_equal_those_that_are_read_one_by_one(wanted: Sequence[Piece]) -> None:
    memory = Memory(os.getpid())

    assert memory.gathered(wanted) == [memory.read(*piece) for piece in wanted]


@given(st.lists(pieces, max_size=20), st.lists(pieces, max_size=20))
def test_a_piece_that_is_not_there_empties_itself_and_all_after_it(
    before: Sequence[Piece], after: Sequence[Piece]
) -> None:
    there = OURS.gathered(before)

    assert OURS.gathered([*before, NOWHERE, *after]) == [*there, b"", *(b"" for _ in after)]


@pytest.mark.parametrize("nothing", [[], [(0, 0)], [(16, 0), (START, 0)]])
def test_nothing_is_read_where_nothing_is_asked_for(nothing: Sequence[Piece]) -> None:
    assert OURS.gathered(nothing) == [b"" for _ in nothing]


def test_pieces_that_are_too_many_for_one_call_are_empty() -> None:
    wanted = [(START + place, 1) for place in range(2_000)]

    gathered = OURS.gathered(wanted)

    assert b"".join(gathered[:1024]) == BUFFER.raw[:1024]
    assert {*gathered[1024:]} == {b""}
    assert len(gathered) == 2_000


def test_bytes_that_are_too_many_for_one_call_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_BYTES", 100)
    memory = Memory(os.getpid())

    assert memory.gathered([(START, 80), (START, 40), (START, 1)]) == [BUFFER.raw[:80], b"", b""]
    with pytest.raises(OSError, match="Bad address"):
        memory.read(START, 101)


def test_who_is_led_round_and_round_comes_to_an_end_until_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_MOST_READS", 3)
    memory = Memory(os.getpid())

    for _ in range(3):
        memory.word(START)
    with pytest.raises(OSError, match="more is asked for than one look may read"):
        memory.word(START)
    memory.allow()

    assert memory.word(START) == int.from_bytes(BUFFER.raw[:8], sys.byteorder)
