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
_OF_GENERATORS = 0x20 | 0x80 | 0x200
"""Flags of code that is a generator's, a coroutine's, or both: inspect.CO_GENERATOR and others."""

_TAGS = 3
_MOST_FRAMES = 3000
_MARGIN_BYTES = 512
"""So much more is asked for than was needed the last time."""

_CHUNK_BYTES = 16 * 1024
"""Least size of a piece of memory with frames; what lies beyond is read frame by frame."""

_NOTHING: Piece = (0, 0)
_WORD = struct.Struct("=Q")
_FLAGS = struct.Struct("=I")
_LINKS = struct.Struct("=QQ")
"""The frame before, and the code: neighbours in every version that keeps frames on the heap."""

Chain = Sequence[tuple[int, int]]
"""Frames, each with its code, leaf first."""


class TornError(OSError):
    """What was read is of several moments."""


class Frames(Protocol):
    """The frames of one thread."""

    def pieces(self) -> Sequence[Piece]:
        """What to gather for the next look, the thread's state first."""
        ...

    def codes(self, gathered: Sequence[bytes], *, last_try: bool = False) -> tuple[int, ...]:
        """
        The code of each frame; the very same tuple as before where the thread has not moved.

        Raises TornError when it moved while it was read. At the last of several tries, what two of
        them have in common is the answer: the leaves of code that does nothing but call are lost.
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
        self._leaf = (0, 0)
        """The code of the frame that runs, and the frame before it."""
        self._steady = _Steady()

    def pieces(self) -> Sequence[Piece]:
        return (self._state, self._through, self._chunk)

    def codes(self, gathered: Sequence[bytes], *, last_try: bool = False) -> tuple[int, ...]:
        known = self._steady.known(gathered)
        if known is not None:
            return known
        state, through, chunk = gathered
        current, start = (
            int(_WORD.unpack_from(state, place)[0])
            for place in (self._layout.current, self._layout.chunk or 0)
        )
        frame, read_anew = self._running(current, through)
        if start != self._chunk[0]:
            chunk = b""
        chain, elsewhere = self._walked(frame, start, chunk)
        whole = self._unmoved(current, frame)
        repeats = not (read_anew or elsewhere or not chunk)
        return self._steady.codes(gathered, chain, whole=whole, repeats=repeats, last_try=last_try)

    def _running(self, current: int, through: bytes) -> tuple[int, bool]:
        """The frame that runs; 3.11 and 3.12 tell of it in C's stack, which may have to be read."""
        if not current or self._layout.through is None:
            return current, False
        place = (current + self._layout.through, _WORD.size)
        if place == self._through and through:
            return int(_WORD.unpack(through)[0]), False
        self._through = place
        return self._memory.word(place[0]), True

    def _unmoved(self, current: int, frame: int) -> bool:
        """Whether the same frame runs still, for the same function and caller, after all of it."""
        thread, size = self._state
        pieces = [(thread + self._layout.current, _WORD.size)]
        told = [current]
        if current and self._layout.through is not None:
            place = current + self._layout.through
            if not frame and not thread <= place < thread + size:
                return False  # a place of the thread's own is that of one without Python code
            pieces.append((place, _WORD.size))
            told.append(frame)
        if frame:
            places = (self._layout.executable, self._layout.previous)
            pieces += [(frame + place, _WORD.size) for place in places]
            told += self._leaf
        now = self._memory.gathered(pieces)
        return all(now) and [_WORD.unpack(word)[0] for word in now] == told

    def _walked(self, frame: int, start: int, chunk: bytes) -> tuple[Chain, bool]:
        """
        The frames, and whether one lies elsewhere.

        Raises TornError where they do not end as stacks do.
        """
        size, fields = self._frame.size, self._frame.unpack_from
        last, highest, elsewhere = len(chunk) - size, 0, False
        owner, left = _OF_C[0], _MOST_FRAMES
        chain: list[tuple[int, int]] = []
        while frame and left:
            left -= 1
            place, here = frame - start, frame
            if 0 <= place <= last:
                code, frame, owner = fields(chunk, place)
            else:
                code, frame, owner = fields(self._memory.read(frame, size))
                elsewhere = elsewhere or owner not in _OF_C
            if left == _MOST_FRAMES - 1:
                self._leaf = (code, frame)
            if highest < place < _CHUNK_BYTES:
                highest = place
            if owner not in _OF_C:
                chain.append((here, code & ~_TAGS))
        self._chunk = (start, min(highest + _MARGIN_BYTES, _CHUNK_BYTES)) if highest else _NOTHING
        rooted = owner in _OF_C if self._layout.rooted else owner != _OF_GENERATOR
        if left and not rooted:
            raise TornError("a stack without a root: it changed while it was read")
        return chain, elsewhere


class OnHeap:
    """CPython 3.8 to 3.10."""

    def __init__(self, memory: Memory, layout: Layout, thread: int) -> None:
        self._memory = memory
        self._layout = layout
        self._state: Piece = (thread, layout.thread_bytes)
        self._frames: Sequence[int] = ()
        self._steady = _Steady()
        self._generators: dict[int, bool] = {}

    def pieces(self) -> Sequence[Piece]:
        return (self._state, *((self._place(frame), _LINKS.size) for frame in self._frames))

    def codes(self, gathered: Sequence[bytes], *, last_try: bool = False) -> tuple[int, ...]:
        known = self._steady.known(gathered)
        if known is not None:
            return known
        state, *links = gathered
        there = {frame: link for frame, link in zip(self._frames, links, strict=True) if link}
        current = frame = int(_WORD.unpack_from(state, self._layout.current)[0])
        chain: list[tuple[int, int]] = []
        while frame and len(chain) < _MOST_FRAMES:
            link = there.get(frame) or self._memory.read(self._place(frame), _LINKS.size)
            here, (frame, code) = frame, _LINKS.unpack(link)
            chain.append((here, code))
        frames = [here for here, _ in chain]
        repeats = [*self._frames] == frames and all(links)
        self._frames = frames
        if chain and not frame and self._is_generator(chain[-1][1]):
            raise TornError("a stack without a root: it changed while it was read")
        whole = self._unmoved(current, chain)
        return self._steady.codes(gathered, chain, whole=whole, repeats=repeats, last_try=last_try)

    def _unmoved(self, current: int, chain: Chain) -> bool:
        """Whether the same frame runs still, for the same function and caller, after all of it."""
        pieces = [(self._state[0] + self._layout.current, _WORD.size)]
        told = [_WORD.pack(current)]
        if chain:
            before = chain[1][0] if len(chain) > 1 else 0
            pieces.append((self._place(chain[0][0]), _LINKS.size))
            told.append(_LINKS.pack(before, chain[0][1]))
        return self._memory.gathered(pieces) == told

    def _is_generator(self, code: int) -> bool:
        """Such a frame always has one before it, unless it has just given back what it yields."""
        known = self._generators.get(code)
        if known is None:
            (flags,) = _FLAGS.unpack(self._memory.read(code + (self._layout.flags or 0), 4))
            known = self._generators[code] = bool(flags & _OF_GENERATORS)
        return known

    def _place(self, frame: int) -> int:
        return frame + self._layout.previous


class _Steady:
    """What does not change from look to look, and what does not from try to try."""

    def __init__(self) -> None:
        self._seen: tuple[Sequence[bytes], tuple[int, ...]] | None = None
        """What was gathered, and what follows from that alone."""
        self._tried: Chain = ()

    def known(self, gathered: Sequence[bytes]) -> tuple[int, ...] | None:
        """The codes, where nothing of a thread has moved."""
        return self._seen[1] if self._seen is not None and gathered == self._seen[0] else None

    def codes(
        self,
        gathered: Sequence[bytes],
        chain: Chain,
        *,
        whole: bool,
        repeats: bool,
        last_try: bool,
    ) -> tuple[int, ...]:
        """The codes of a chain that was read whole; else what it shares with the try before."""
        self._seen = None
        tried, self._tried = self._tried, chain
        if not whole:
            if not last_try:
                raise TornError("the thread moved while it was read")
            chain = _shared(tried, chain)
            if not chain:
                raise TornError("the thread does not stand still to be read")
        codes = tuple([code for _, code in chain])
        if whole and repeats:
            self._seen = (gathered, codes)
        return codes


def _shared(before: Chain, now: Chain) -> Chain:
    """The frames next to the root that two chains have in common."""
    count = 0
    for one, other in zip(reversed(before), reversed(now), strict=False):
        if one != other:
            break
        count += 1
    return now[len(now) - count :]
