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
        self._pieces: tuple[Piece, Piece, Piece] = (self._state, _NOTHING, _NOTHING)
        self._leaf = (0, 0)
        """The code of the frame that runs, and the frame before it."""
        self._steady = _Steady()
        self._chain: Chain = ()
        self._standing: _Standing | None = None

    def pieces(self) -> Sequence[Piece]:
        return self._pieces

    def codes(self, gathered: Sequence[bytes], *, last_try: bool = False) -> tuple[int, ...]:
        known = self._steady.known(gathered)
        if known is not None:
            return known
        state, through, chunk = gathered
        standing = self._standing
        if standing is not None and standing.holds(state, through, chunk):
            return standing.codes
        current, start = (
            int(_WORD.unpack_from(state, place)[0])
            for place in (self._layout.current, self._layout.chunk or 0)
        )
        frame, read_anew = self._running(current, through)
        if start != self._pieces[2][0]:
            chunk = b""  # should frames be gone before they are read, the next try has them all
            self._pieces = (*self._pieces[:2], (start, _CHUNK_BYTES) if start else _NOTHING)
        chain, elsewhere = self._walked(frame, start, chunk)
        whole = self._unmoved(current, frame)
        repeats = not (read_anew or elsewhere or not chunk)
        codes = self._steady.codes(gathered, chain, whole=whole, repeats=repeats, last_try=last_try)
        again, self._chain = chain == self._chain, chain
        self._standing = None
        if whole and repeats and again:
            self._standing = self._stands((state, through, chunk), start, chain, codes)
        return codes

    def _stands(
        self, gathered: tuple[bytes, bytes, bytes], start: int, chain: Chain, codes: tuple[int, ...]
    ) -> "_Standing | None":
        """What tells that a stack that was seen twice is there still; nothing of a strange one."""
        place, form = 0, "="
        apart = self._layout.previous - self._layout.executable - _WORD.size
        for frame, _ in reversed(chain):
            first = frame - start + self._layout.executable
            if first < place:
                return None
            form += f"{first - place}xQ{apart}xQ"
            place = first + apart + 2 * _WORD.size
        links = struct.Struct(form)
        if not chain or links.size > len(gathered[2]):
            return None
        layout = self._layout
        number = layout.pthread if layout.native_id is None else layout.native_id
        places = (number, layout.current, layout.chunk or 0)
        return _Standing(places, links, gathered, codes)

    def _running(self, current: int, through: bytes) -> tuple[int, bool]:
        """The frame that runs; 3.11 and 3.12 tell of it in C's stack, which may have to be read."""
        if not current or self._layout.through is None:
            return current, False
        place = (current + self._layout.through, _WORD.size)
        if place == self._pieces[1] and through:
            return int(_WORD.unpack(through)[0]), False
        self._pieces = (self._state, place, self._pieces[2])
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
        self._ask_for(start, highest)
        rooted = owner in _OF_C if self._layout.rooted else owner != _OF_GENERATOR
        if left and not rooted:
            raise TornError("a stack without a root: it changed while it was read")
        return chain, elsewhere

    def _ask_for(self, start: int, highest: int) -> None:
        """As much of the chunk as is needed; what is a little more than that stays as it is."""
        state, through, (before, size) = self._pieces
        needed = highest + _MARGIN_BYTES
        if highest and before == start and needed - _MARGIN_BYTES // 2 <= size <= 2 * needed:
            return
        chunk = (start, min(needed, _CHUNK_BYTES)) if highest else _NOTHING
        self._pieces = (state, through, chunk)


class _Standing:
    """
    A stack as it lay in memory: each frame's code and the frame before it.

    Where the same thread runs the same frame, and all of that is as it was, so is the stack,
    whatever the functions have done meanwhile within their frames.
    """

    __slots__ = ("_chunk", "_places", "_state", "_there", "_through", "codes")

    def __init__(
        self,
        places: Sequence[int],
        links: struct.Struct,
        gathered: tuple[bytes, bytes, bytes],
        codes: tuple[int, ...],
    ) -> None:
        """`places` in the thread's state: of its number, of the frame that runs, of the chunk."""
        state, self._through, chunk = gathered
        self._places = [slice(place, place + _WORD.size) for place in places]
        self._state = [state[place] for place in self._places]
        self._there = links
        self._chunk = links.unpack_from(chunk)
        self.codes = codes

    def holds(self, state: bytes, through: bytes, chunk: bytes) -> bool:
        return (
            [state[place] for place in self._places] == self._state
            and through == self._through
            and len(chunk) >= self._there.size
            and self._there.unpack_from(chunk) == self._chunk
        )


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
