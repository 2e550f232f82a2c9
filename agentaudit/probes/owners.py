"""Which process holds a socket: its number among the open files in `/proc`."""

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence

_EVERY_NS = 50_000_000
_REST = 100
"""A look at all open files may cost a hundredth of the time until the next."""


class Owners:
    """
    The processes of the tree, by the sockets they hold.

    `/proc` is read when somebody meets a socket that is not known yet, and not too often.
    """

    def __init__(self) -> None:
        self._holders: Mapping[int, Sequence[int]] = {}
        self._next_ns = 0

    def look(self, now_ns: int, pids: Sequence[int]) -> bool:
        """Reads the open files of all these processes; False when it is too early for that."""
        if now_ns < self._next_ns:
            return False
        began_ns = time.thread_time_ns()
        holders: dict[int, list[int]] = {}
        for pid in pids:
            for inode in socket_inodes(pid):
                holders.setdefault(inode, []).append(pid)
        self._holders = holders
        cost_ns = time.thread_time_ns() - began_ns
        self._next_ns = now_ns + max(_EVERY_NS, _REST * cost_ns)
        return True

    def of(self, inode: int, *, inbound: bool) -> int:
        """
        The process that uses a socket, 0 when none of the tree holds it.

        Where a child inherited it, servers leave it to the youngest, which they forked for it;
        clients keep it, and what they forked later holds it by accident.
        """
        holders = self._holders.get(inode, ())
        if not holders:
            return 0
        return max(holders) if inbound else min(holders)


def socket_inodes(pid: int) -> Collection[int]:
    """The sockets among the open files of a process; none when it is gone or not ours to see."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208 -- a Path for each file takes five times as long
    except OSError:
        return ()
    return {inode for name in names if (inode := _socket_inode(f"{folder}/{name}"))}


def all_pids() -> Iterator[int]:
    """Every process that we can see."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 -- as above


def _socket_inode(path: str) -> int:
    try:
        link = os.readlink(path)  # noqa: PTH115 -- as above
    except OSError:  # closed meanwhile
        return 0
    return int(link[8:-1]) if link.startswith("socket:[") else 0
