"""
The memory of another process, read through the kernel: process_vm_readv(2).

Part of what travels with the companion: the standard library alone.
"""

import ctypes
import errno
import os
import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, chain, pairwise

Piece = tuple[int, int]
"""An address and a number of bytes."""

_WORD = struct.Struct("=Q")
_PIECE = struct.Struct("=QQ")
_MOST_PIECES = 1024
"""UIO_MAXIOV of linux/uio.h."""

_NEAR_BYTES = 128
_MOST_BYTES = 1 << 20
_MOST_READS = 20_000


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Memory:
    """
    What lies at an address of a process. Reading raises OSError where nothing does.

    The interpreter's lock is kept meanwhile: a read takes a microsecond, getting it back longer.
    A process may lead us round and round, so reads are allowed in numbers.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._call = ctypes.PyDLL(None, use_errno=True).process_vm_readv
        self._buffer = ctypes.create_string_buffer(_MOST_BYTES)
        self._here = _Vector(ctypes.addressof(self._buffer), _MOST_BYTES)
        self._ours = ctypes.byref(self._here)
        self._left = _MOST_READS

    def allow(self) -> None:
        """From now on as many reads as a look may need."""
        self._left = _MOST_READS

    def read(self, address: int, size: int) -> bytes:
        """All of it: a part alone would be no answer."""
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.ELOOP, "more is asked for than one look may read")
        got = self._call(self._pid, self._ours, 1, _PIECE.pack(address, size), 1, 0)
        if got < size:
            code = ctypes.get_errno() if got < 0 else errno.EFAULT
            raise OSError(code, f"cannot read memory: {os.strerror(code)}")
        return ctypes.string_at(self._buffer, size)

    def copied(self, asked: "_Asked") -> bytes:
        """What lies there, up to the first piece that is not there, or is too much."""
        got = self._call(self._pid, self._ours, 1, asked.vector, asked.count, 0)
        return ctypes.string_at(self._buffer, got) if got > 0 else b""

    def word(self, address: int) -> int:
        return int(_WORD.unpack(self.read(address, 8))[0])

    def gathered(self, pieces: Sequence[Piece]) -> Sequence[bytes]:
        """
        All pieces, as they are at one moment.

        From the first on that does not lie there they are empty, and from the first on that is one
        too many for a single call.
        """
        data = self.copied(_Asked(pieces[:_MOST_PIECES]))
        ends = accumulate((size for _, size in pieces), initial=0)
        return [data[start:end] if end <= len(data) else b"" for start, end in pairwise(ends)]

    def asking(self, pieces: Sequence[Piece]) -> Callable[[], Sequence[bytes]]:
        """Gathers the same pieces whenever it is called; what the kernel is told is made once."""
        if len(pieces) > _MOST_PIECES or sum(size for _, size in pieces) > _MOST_BYTES:
            return partial(self.gathered, pieces)
        return _Gathering(self, pieces).read


class _Gathering:
    """
    Pieces, as the kernel is asked for them.

    It looks up the page of every piece that it is asked for, which costs more than copying, so
    pieces that are near each other are asked for as one.
    """

    def __init__(self, memory: Memory, pieces: Sequence[Piece]) -> None:
        self._memory = memory
        self._pieces = pieces
        together = _together(pieces)
        starts = [0, *accumulate(size for _, size in together)]
        self._size = starts[-1]
        self._asked = _Asked(together)
        addresses = [address for address, _ in together]
        self._places: list[slice] = []
        for address, size in pieces:
            at = max(bisect_right(addresses, address) - 1, 0)
            start = starts[at] + address - addresses[at] if size else 0
            self._places.append(slice(start, start + size))

    def read(self) -> Sequence[bytes]:
        """As `Memory.gathered` says."""
        data = self._memory.copied(self._asked)
        if len(data) == self._size:
            return [data[place] for place in self._places]
        return self._memory.gathered(self._pieces)


class _Asked:
    """Pieces as the kernel takes them, and how many they are."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.vector = struct.pack(f"={2 * len(pieces)}Q", *chain.from_iterable(pieces))
        self.count = len(pieces)


def _together(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """All of them in order of their addresses, those as one that are hardly apart."""
    found: list[Piece] = []
    for address, size in sorted(piece for piece in pieces if piece[1]):
        start, before = found[-1] if found else (0, 0)
        if found and address <= start + before + _NEAR_BYTES:
            found[-1] = (start, max(before, address + size - start))
        else:
            found.append((address, size))
    return found
