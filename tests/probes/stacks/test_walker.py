"""Stacks from memory: real memory of ours, and memory made up piece by piece."""

import ctypes
import os
import struct
import sys
from collections.abc import Mapping, Sequence

import pytest

from agentaudit.probes.stacks import walker
from agentaudit.probes.stacks.walker import Memory, Place, ThreadStack, Walker

WORD = struct.Struct("=Q")
AT = {
    "interpreters": 0,
    "next_interpreter": 0,
    "threads": 8,
    "thread_size": 32,
    "next_thread": 0,
    "current_frame": 8,
    "native_id": 16,
    "chunk": 24,
    "frame_size": 24,
    "previous": 0,
    "executable": 8,
    "owner": 16,
    "code_size": 16,
    "file": 0,
    "qualified": 8,
    "length": 0,
    "text": 8,
}
BY_THREAD, BY_GENERATOR, BY_C = 0, 1, 3
RUNTIME, INTERPRETER, THREAD, CHUNK, CODE, TEXTS = 0x100, 0x200, 0x300, 0x4000, 0x9000, 0xA000


def words(*numbers: int) -> bytes:
    return b"".join(WORD.pack(number) for number in numbers)


def frame(previous: int, code: int, owner: int) -> bytes:
    return words(previous, code, owner)


def text(value: str) -> bytes:
    return words(len(value)) + value.encode()


class FakeMemory(Memory):
    """Pieces of memory at their addresses."""

    def __init__(self, pieces: Mapping[int, bytes]) -> None:
        self.pieces = pieces
        self.reads = 0

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        for start, piece in self.pieces.items():
            if start <= address < start + len(piece):
                return piece[address - start : address - start + size]
        raise OSError("Bad address")


def stacks(frames: Mapping[int, bytes], current: int) -> tuple[Sequence[ThreadStack], FakeMemory]:
    """What is seen of one thread with these frames; code 0x9000 is `main`, 0x9010 is `search`."""
    chunk = bytearray(200)
    outside = {}
    for address, data in frames.items():
        if CHUNK <= address < CHUNK + 100:
            chunk[address - CHUNK : address - CHUNK + len(data)] = data
        else:
            outside[address] = data
    memory = FakeMemory(
        {
            RUNTIME: words(INTERPRETER),
            INTERPRETER: words(0, THREAD),
            THREAD: words(0, current, 7, CHUNK),
            CHUNK: bytes(chunk),
            CODE: words(TEXTS, TEXTS + 0x40, TEXTS, TEXTS + 0x80),
            TEXTS: text("agent.py"),
            TEXTS + 0x40: text("main"),
            TEXTS + 0x80: text("search"),
            **outside,
        }
    )
    made = Walker.__new__(Walker)
    made._memory, made._runtime, made._at, made._codes = memory, RUNTIME, AT, {}
    return [*made.threads(), *made.threads()][1:], memory


MAIN, SEARCH = Place("agent.py", "main"), Place("agent.py", "search")


def test_marks_of_c_code_are_stepped_over_and_tags_are_no_part_of_an_address() -> None:
    frames = {
        CHUNK: frame(0, 0, BY_C),
        CHUNK + 24: frame(CHUNK, CODE, BY_THREAD),
        CHUNK + 48: frame(CHUNK + 24, 0, BY_C),
        0xB000: frame(CHUNK + 48, CODE + 16 + 1, BY_GENERATOR),
    }

    (seen,), memory = stacks(frames, 0xB000)

    assert seen == ThreadStack(7, [SEARCH, MAIN])
    assert memory.reads < 30


def test_a_stack_without_a_root_is_none() -> None:
    with pytest.raises(OSError, match="changed while it was read"):
        stacks({0xB000: frame(0, CODE, BY_GENERATOR)}, 0xB000)


def test_a_stack_that_runs_in_circles_has_an_end() -> None:
    (seen,), _ = stacks({CHUNK + 24: frame(CHUNK + 24, CODE, BY_THREAD)}, CHUNK + 24)

    assert len(seen.frame_info) == 1000


def test_a_thread_without_python_has_no_frames() -> None:
    (seen,), _ = stacks({}, 0)

    assert seen == ThreadStack(7, [])


def test_functions_are_read_anew_at_times(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = {CHUNK: frame(0, 0, BY_C), CHUNK + 24: frame(CHUNK, CODE, BY_THREAD)}

    _, kept = stacks(frames, CHUNK + 24)
    monkeypatch.setattr(walker, "_MOST_CODES", 0)
    _, forgot = stacks(frames, CHUNK + 24)

    assert forgot.reads > kept.reads


def test_names_longer_than_any_are_a_torn_read() -> None:
    made = Walker.__new__(Walker)
    made._memory, made._at = FakeMemory({1: words(2**40)}), AT

    with pytest.raises(OSError, match="no text is so long"):
        made._text(1)


def test_memory_of_a_process_is_read_and_where_there_is_none_that_is_said() -> None:
    data = ctypes.create_string_buffer(b"a piece of memory", 64)
    memory = Memory(os.getpid())

    assert memory.read(ctypes.addressof(data), 17) == b"a piece of memory"
    assert memory.word(ctypes.addressof(data)) == int.from_bytes(b"a piece ", sys.byteorder)
    with pytest.raises(OSError, match="Bad address"):
        memory.read(16, 8)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="this interpreter publishes offsets")
def test_an_interpreter_that_publishes_no_offsets_is_refused() -> None:
    with pytest.raises(RuntimeError, match="another interpreter"):
        Walker(os.getpid())


@pytest.mark.skipif(sys.version_info[:2] != walker.VERSION, reason="for the interpreter it knows")
def test_it_sees_of_itself_what_the_interpreter_says() -> None:
    assert walker.sees_itself(Walker(os.getpid()))
