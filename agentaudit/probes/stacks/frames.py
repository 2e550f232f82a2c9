"""
The functions on the stack of one thread, as addresses of their code, leaf first.

Since CPython 3.11 the frames of a thread lie in one piece of memory, but for those of generators
and those that mark a call from C; before, each lies somewhere on the heap. Where they lay at one
look most of them lie at the next, so all of that is asked for at once, and a thread that has not
moved is not walked through again.

Part of what travels with the companion: the standard library alone.
"""

import struct
from collections.abc import Sequence
from typing import Protocol

from agentaudit.probes.stacks.layouts import Layout
from agentaudit.probes.stacks.memory import Memory, Piece

_OF_C = (3, 4)
"""Owners of frames that only mark where C code called Python, since 3.12."""

_OF_GENERATOR = 1
_TAGS = 3
_MOST_FRAMES = 1000
_MARGIN_BYTES = 512
"""So much more is asked for than was needed the last time."""

_CHUNK_BYTES = 16 * 1024
"""Least size of a piece of memory with frames; what lies beyond is read frame by frame."""

_NOTHING: Piece = (0, 0)

_WORD = struct.Struct("=Q")
_LINKS = struct.Struct("=QQ")
"""The frame before, and the code: neighbours in every version that keeps frames on the heap."""


class Frames(Protocol):
    """The frames of one thread."""

    def pieces(self) -> Sequence[Piece]:
        """What to gather for the next look, the thread's state first."""
        ...

    def codes(self, gathered: Sequence[bytes]) -> tuple[int, ...]:
        """
        The code of each frame; the very same tuple as before where the thread has not moved.

        Raises OSError when it changed while it was read.
        """
        ...


class InChunks:
    """CPython 3.11 and newer."""

    def __init__(self, memory: Memory, layout: Layout, thread: int) -> None:
        """Raises LookupError where a frame's parts are in no order that we know."""
        self._memory = memory
        self._layout = layout
        first, second, third = layout.executable, layout.previous, layout.owner or 0
        if not first < second < third:
            raise LookupError("frames of this interpreter are not laid out as we know them")
        gaps = (first, second - first - 8, third - second - 8)
        self._frame = struct.Struct("={}xQ{}xQ{}xB".format(*gaps))
        self._state: Piece = (thread, layout.thread_bytes)
        self._through: Piece = _NOTHING
        self._chunk: Piece = _NOTHING
        self._seen: tuple[Sequence[bytes], tuple[int, ...]] | None = None
        """What was gathered, and the frames, where nothing else decides about them."""

    def pieces(self) -> Sequence[Piece]:
        return (self._state, self._through, self._chunk)

    def codes(self, gathered: Sequence[bytes]) -> tuple[int, ...]:
        if self._seen is not None and gathered == self._seen[0]:
            return self._seen[1]
        state, through, chunk = gathered
        codes, depends = self._walked(*self._begin(state, through, chunk))
        self._seen = None if depends else (gathered, codes)
        return codes

    def _begin(self, state: bytes, through: bytes, chunk: bytes) -> tuple[int, int, bytes]:
        """The frame that runs, where the chunk begins, and what it holds."""
        at = self._layout
        frame, start = (_WORD.unpack_from(state, place)[0] for place in (at.current, at.chunk or 0))
        if frame and at.through is not None:  # 3.11 and 3.12 tell of it in C's stack
            place = (frame + at.through, _WORD.size)
            if place != self._through or not through:
                self._through, through = place, self._memory.read(*place)
            (frame,) = _WORD.unpack(through)
        return frame, start, chunk if start == self._chunk[0] else b""

    def _walked(self, frame: int, start: int, chunk: bytes) -> tuple[tuple[int, ...], bool]:
        """The codes, and whether they depend on frames that lie elsewhere."""
        size, fields = self._frame.size, self._frame.unpack_from
        last, highest, depends = len(chunk) - size, 0, False
        owner, left = _OF_C[0], _MOST_FRAMES
        codes: list[int] = []
        while frame and left:
            left -= 1
            place = frame - start
            if 0 <= place <= last:
                code, frame, owner = fields(chunk, place)
            else:
                code, frame, owner = fields(self._memory.read(frame, size))
                depends = depends or owner not in _OF_C
            if highest < place < _CHUNK_BYTES:
                highest = place
            if owner not in _OF_C:
                codes.append(code & ~_TAGS)
        if left and self._layout.rooted and owner not in _OF_C:
            raise OSError("a stack without a root: it changed while it was read")
        self._chunk = (start, min(highest + _MARGIN_BYTES, _CHUNK_BYTES)) if highest else _NOTHING
        return tuple(codes), depends


class OnHeap:
    """CPython 3.8 to 3.10."""

    def __init__(self, memory: Memory, layout: Layout, thread: int) -> None:
        self._memory = memory
        self._layout = layout
        self._state: Piece = (thread, layout.thread_bytes)
        self._frames: Sequence[int] = ()
        self._seen: tuple[Sequence[bytes], tuple[int, ...]] | None = None

    def pieces(self) -> Sequence[Piece]:
        return (self._state, *((self._place(frame), _LINKS.size) for frame in self._frames))

    def codes(self, gathered: Sequence[bytes]) -> tuple[int, ...]:
        if self._seen is not None and gathered == self._seen[0]:
            return self._seen[1]
        state, *links = gathered
        known = {frame: link for frame, link in zip(self._frames, links, strict=True) if link}
        (frame,) = _WORD.unpack_from(state, self._layout.current)
        frames: list[int] = []
        codes: list[int] = []
        while frame and len(frames) < _MOST_FRAMES:
            frames.append(frame)
            link = known.get(frame) or self._memory.read(self._place(frame), _LINKS.size)
            frame, code = _LINKS.unpack(link)
            codes.append(code)
        same = [*self._frames] == frames
        self._frames = frames
        self._seen = (gathered, tuple(codes)) if same else None
        return tuple(codes)

    def _place(self, frame: int) -> int:
        return frame + self._layout.previous
