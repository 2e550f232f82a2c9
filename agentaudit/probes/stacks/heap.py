"""
Frames before CPython 3.11: each somewhere on the heap.

Part of what travels with the companion: the standard library alone.
"""

import struct
from collections.abc import Sequence

from agentaudit.probes.stacks.frames import MOST_FRAMES, WORD, Chain, Steady, TornError
from agentaudit.probes.stacks.layouts import Layout
from agentaudit.probes.stacks.memory import Memory, Piece

_OF_GENERATORS = 0x20 | 0x80 | 0x200
"""Flags of code that is a generator's, a coroutine's, or both: inspect.CO_GENERATOR and others."""

_FLAGS = struct.Struct("=I")
_LINKS = struct.Struct("=QQ")
"""The frame before, and the code: neighbours in every version that keeps frames on the heap."""


class OnHeap:
    """CPython 3.8 to 3.10."""

    def __init__(self, memory: Memory, layout: Layout, thread: int) -> None:
        self._memory = memory
        self._layout = layout
        self._state: Piece = (thread, layout.thread_bytes)
        self._frames: Sequence[int] = ()
        self._steady = Steady()
        self._generators: dict[int, bool] = {}

    def pieces(self) -> Sequence[Piece]:
        return (self._state, *((self._place(frame), _LINKS.size) for frame in self._frames))

    def codes(self, gathered: Sequence[bytes], *, last_try: bool = False) -> tuple[int, ...]:
        known = self._steady.known(gathered)
        if known is not None:
            return known
        state, *links = gathered
        there = {frame: link for frame, link in zip(self._frames, links, strict=True) if link}
        current = frame = int(WORD.unpack_from(state, self._layout.current)[0])
        chain: list[tuple[int, int]] = []
        while frame and len(chain) < MOST_FRAMES:
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
        pieces = [(self._state[0] + self._layout.current, WORD.size)]
        told = [WORD.pack(current)]
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
