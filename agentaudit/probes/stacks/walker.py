"""
Stacks from the memory of a process of our own kind, by the offsets that CPython itself publishes.

CPython 3.14's own reader ends a stack where C code called Python: in `sorted(key=…)`, in a
generator that `sum` draws from, in every callback of an event loop. This one goes on to the root.
It is part of what the target's interpreter runs (`companion`), and tried on that first: where it
does not see what `sys._getframe` says, nobody uses it.

Offsets: `_Py_DebugOffsets` of Include/internal/pycore_debug_offsets.h, in 3.14.
"""

import ctypes
import os
import struct
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import NamedTuple

VERSION = (3, 14)
_OFFSETS = struct.Struct("=8s80Q")
_PLACES = {
    "interpreters": 4,
    "next_interpreter": 7,
    "threads": 8,
    "thread_size": 21,
    "next_thread": 23,
    "current_frame": 25,
    "native_id": 27,
    "chunk": 28,
    "frame_size": 30,
    "previous": 31,
    "executable": 32,
    "owner": 35,
    "code_size": 38,
    "file": 39,
    "qualified": 41,
    "length": 78,
    "text": 79,
}
_COOKIE = b"xdebugpy"
_OF_C = (3, 4)
"""Owners of frames that only mark where C code called Python."""

_WORD = struct.Struct("=Q")
_TAGS = 3
_CHUNK_BYTES = 16 * 1024
_LONGEST_TEXT = 1000
_MOST_FRAMES = 1000
_MOST_THREADS = 2000
_MOST_CODES = 5000
"""Then they are read anew: an address may hold another function by now."""


class Place(NamedTuple):
    """A function and its file, named as the interpreter's own reader names them."""

    filename: str
    funcname: str


class ThreadStack(NamedTuple):
    thread_id: int
    frame_info: Sequence[Place]


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Memory:
    """The memory of a process. Reading raises OSError where there is none."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._call = ctypes.CDLL(None, use_errno=True).process_vm_readv
        self._buffer = ctypes.create_string_buffer(_CHUNK_BYTES)
        self._here = _Vector(ctypes.addressof(self._buffer), 0)
        self._there = _Vector(0, 0)
        self._ours, self._theirs = ctypes.byref(self._here), ctypes.byref(self._there)

    def read(self, address: int, size: int) -> bytes:
        """As much as lies there, up to a chunk."""
        self._here.length = self._there.length = min(size, _CHUNK_BYTES)
        self._there.base = address
        got = self._call(self._pid, self._ours, 1, self._theirs, 1, 0)
        if got <= 0:
            code = ctypes.get_errno()
            raise OSError(code, f"cannot read memory: {os.strerror(code)}")
        return self._buffer.raw[:got] if got < _CHUNK_BYTES else self._buffer.raw

    def word(self, address: int) -> int:
        return int(_WORD.unpack(self.read(address, 8))[0])


class Walker:
    """All threads of a process. Raises RuntimeError where its memory is of no kind we know."""

    def __init__(self, pid: int) -> None:
        self._memory = Memory(pid)
        runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
        self._runtime = runtime - _base("self", runtime) + _base(str(pid), runtime)
        cookie, *words = _OFFSETS.unpack(self._memory.read(self._runtime, _OFFSETS.size))
        if cookie != _COOKIE or words[0] >> 16 != sys.hexversion >> 16:
            raise RuntimeError("the process runs another interpreter than its program")
        self._at: Mapping[str, int] = {name: words[place] for name, place in _PLACES.items()}
        self._codes: dict[int, Place] = {}

    def threads(self) -> Iterator[ThreadStack]:
        """Raises OSError when the process changed while it was read."""
        if len(self._codes) > _MOST_CODES:
            self._codes.clear()
        at, word = self._at, self._memory.word
        left = _MOST_THREADS
        interpreter = word(self._runtime + at["interpreters"])
        while interpreter and left:
            thread = word(interpreter + at["threads"])
            while thread and left:
                left -= 1
                state = self._memory.read(thread, at["thread_size"])
                frames = [*self._frames(state)]
                yield ThreadStack(_at(state, at["native_id"]), frames)
                thread = _at(state, at["next_thread"])
            interpreter = word(interpreter + at["next_interpreter"])

    def _frames(self, state: bytes) -> Iterator[Place]:
        """Leaf first. Most frames lie in one piece of memory, which is read at once."""
        at = self._at
        size = at["frame_size"]
        frame, start = _at(state, at["current_frame"]), _at(state, at["chunk"])
        chunk = self._memory.read(start, _CHUNK_BYTES) if start else b""
        owner = _OF_C[0]
        for _ in range(_MOST_FRAMES):
            if not frame:
                if owner not in _OF_C:
                    raise OSError("a stack without a root: it changed while it was read")
                return
            place = frame - start
            if 0 <= place <= len(chunk) - size:
                data = chunk[place : place + size]
            else:
                data = self._memory.read(frame, size)
            owner = data[at["owner"]]
            if owner not in _OF_C:
                yield self._place(_at(data, at["executable"]) & ~_TAGS)
            frame = _at(data, at["previous"])

    def _place(self, code: int) -> Place:
        known = self._codes.get(code)
        if known is None:
            data = self._memory.read(code, self._at["code_size"])
            file, name = (_at(data, self._at[field]) for field in ("file", "qualified"))
            known = self._codes[code] = Place(self._text(file), self._text(name))
        return known

    def _text(self, address: int) -> str:
        length = self._memory.word(address + self._at["length"])
        if length > 1 << 20:
            raise OSError("no text is so long")
        data = self._memory.read(address + self._at["text"], min(length, _LONGEST_TEXT))
        return data.decode("utf-8", "replace")


def sees_itself(walker: Walker) -> bool:
    """Whether it sees, of this very process, what the interpreter says, across a call from C."""

    def compared(_: int) -> bool:
        told: list[tuple[str, str]] = []
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 -- documented, and the truth here
        while frame is not None:
            told.append((frame.f_code.co_filename, frame.f_code.co_qualname))
            frame = frame.f_back
        us = threading.get_native_id()
        seen = next((stack.frame_info for stack in walker.threads() if stack.thread_id == us), [])
        return [*seen[-len(told) :]] == told

    return max(map(compared, [0]))


def _at(data: bytes, place: int) -> int:
    return int(_WORD.unpack_from(data, place)[0])


def _base(pid: str, address: int) -> int:
    """Where a process has the file loaded that holds an address of ours."""
    file = next((file for start, end, file in _maps("self") if start <= address < end), "")
    starts = [start for start, _, name in _maps(pid) if file and name == file]
    if not starts:
        raise RuntimeError("the process does not have our interpreter loaded")
    return min(starts)


def _maps(pid: str) -> Iterator[tuple[int, int, str]]:
    """Begin, end, and the number of the file in each piece of a process's memory."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:  # noqa: PTH123 -- lighter there
        for line in file:
            places, _, _, device, inode, *_ = line.split()
            start, end = (int(word, 16) for word in places.split("-"))
            yield start, end, f"{device} {inode}" if inode != "0" else ""
