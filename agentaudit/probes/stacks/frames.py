"""
The functions on the stack of one thread, as addresses of their code, leaf first.

Where the frames lie depends on the version: `chunks.py`, `heap.py`. Where they lay at one look most
of them lie at the next, so all of that is asked for at once, and a thread that has not moved is not
walked through again.

Part of what travels with the companion: the standard library alone.
"""

import struct
from collections.abc import Sequence
from typing import Protocol

from agentaudit.probes.stacks.memory import Piece

MOST_FRAMES = 3000
WORD = struct.Struct("=Q")
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


class Steady:
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
