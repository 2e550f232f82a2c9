"""
Frames since CPython 3.11: in one piece of memory, but for those of generators and those of C.

Part of what travels with the companion: the standard library alone.
"""

import struct
from collections.abc import Sequence

from agentaudit.probes.stacks.frames import MOST_FRAMES, WORD, Chain, Steady, TornError
from agentaudit.probes.stacks.layouts import Layout
from agentaudit.probes.stacks.memory import Memory, Piece

_OF_C = (3, 4)
"""Owners of frames that only mark where C code called Python, since 3.12."""

_OF_GENERATOR = 1
_TAGS = 3
_MARGIN_BYTES = 512
"""So much more is asked for than was needed the last time."""

_CHUNK_BYTES = 16 * 1024
"""Least size of a piece of memory with frames; what lies beyond is read frame by frame."""

_NOTHING: Piece = (0, 0)


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
        self._steady = Steady()
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
            int(WORD.unpack_from(state, place)[0])
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
        apart = self._layout.previous - self._layout.executable - WORD.size
        for frame, _ in reversed(chain):
            first = frame - start + self._layout.executable
            if first < place:
                return None
            form += f"{first - place}xQ{apart}xQ"
            place = first + apart + 2 * WORD.size
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
        place = (current + self._layout.through, WORD.size)
        if place == self._pieces[1] and through:
            return int(WORD.unpack(through)[0]), False
        self._pieces = (self._state, place, self._pieces[2])
        return self._memory.word(place[0]), True

    def _unmoved(self, current: int, frame: int) -> bool:
        """Whether the same frame runs still, for the same function and caller, after all of it."""
        thread, size = self._state
        pieces = [(thread + self._layout.current, WORD.size)]
        told = [current]
        if current and self._layout.through is not None:
            place = current + self._layout.through
            if not frame and not thread <= place < thread + size:
                return False  # a place of the thread's own is that of one without Python code
            pieces.append((place, WORD.size))
            told.append(frame)
        if frame:
            places = (self._layout.executable, self._layout.previous)
            pieces += [(frame + place, WORD.size) for place in places]
            told += self._leaf
        now = self._memory.gathered(pieces)
        return all(now) and [WORD.unpack(word)[0] for word in now] == told

    def _walked(self, frame: int, start: int, chunk: bytes) -> tuple[Chain, bool]:
        """
        The frames, and whether one lies elsewhere.

        Raises TornError where they do not end as stacks do.
        """
        size, fields = self._frame.size, self._frame.unpack_from
        last, highest, elsewhere = len(chunk) - size, 0, False
        owner, left = _OF_C[0], MOST_FRAMES
        chain: list[tuple[int, int]] = []
        while frame and left:
            left -= 1
            place, here = frame - start, frame
            if 0 <= place <= last:
                code, frame, owner = fields(chunk, place)
            else:
                code, frame, owner = fields(self._memory.read(frame, size))
                elsewhere = elsewhere or owner not in _OF_C
            if left == MOST_FRAMES - 1:
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
        self._places = [slice(place, place + WORD.size) for place in places]
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
