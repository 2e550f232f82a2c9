"""
The memory of another process, read through the kernel: process_vm_readv(2).

Part of what travels with the companion: the standard library alone.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Sequence
from itertools import chain

Piece = tuple[int, int]
"""An address and a number of bytes."""

_WORD = struct.Struct("=Q")
_PIECE = struct.Struct("=QQ")
_MOST_PIECES = 1024
"""UIO_MAXIOV of linux/uio.h."""

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
        self._there = (_Vector * _MOST_PIECES)()
        self._ours, self._theirs = ctypes.byref(self._here), ctypes.byref(self._there)
        self._left = _MOST_READS

    def allow(self) -> None:
        """From now on as many reads as a look may need."""
        self._left = _MOST_READS

    def read(self, address: int, size: int) -> bytes:
        """All of it: a part alone would be no answer."""
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.ELOOP, "more is asked for than one look may read")
        _PIECE.pack_into(self._there, 0, address, size)
        got = self._call(self._pid, self._ours, 1, self._theirs, 1, 0)
        if got < size:
            code = ctypes.get_errno() if got < 0 else errno.EFAULT
            raise OSError(code, f"cannot read memory: {os.strerror(code)}")
        return ctypes.string_at(self._buffer, size)

    def word(self, address: int) -> int:
        return int(_WORD.unpack(self.read(address, 8))[0])

    def gathered(self, pieces: Sequence[Piece]) -> Sequence[bytes]:
        """
        All pieces, as they are at one moment.

        From the first on that does not lie there they are empty, and from the first on that is one
        too many for a single call.
        """
        pieces_here = pieces[:_MOST_PIECES]
        words = [*chain.from_iterable(pieces_here)]
        struct.pack_into(f"={len(words)}Q", self._there, 0, *words)
        got = self._call(self._pid, self._ours, 1, self._theirs, len(pieces_here), 0)
        data = ctypes.string_at(self._buffer, max(got, 0))
        gathered: list[bytes] = []
        start = 0
        for _, size in pieces:
            end = start + size
            gathered.append(data[start:end] if end <= got else b"")
            start = end
        return gathered
