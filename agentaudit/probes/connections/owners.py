"""Which process holds a socket: its number among the open files in `/proc`."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

from agentaudit.probes.pace import Pace

_EVERY_NS = 50_000_000
_REST = 250
"""A look at all open files may cost a 250th of the time until the next."""
_AGAIN_NS, _ANYWAY_NS = 100_000_000, 1_000_000_000
"""
A file may take another's place, and their number stays the same. Mostly that is soon after it
changed: a new client reads its certificates, closes them and connects.
"""


class Owners:
    """
    The processes of the tree, by the sockets they hold.

    `/proc` is read when a process has more or fewer files open than before, then at growing
    distances, and once a second.
    """

    def __init__(self) -> None:
        self._holders: Mapping[int, Sequence[int]] = {}
        self._counts: Sequence[int] = ()
        self._pace = Pace(_EVERY_NS, _REST)
        self._anyway_ns = 0
        self._rest_ns = _AGAIN_NS

    @property
    def inodes(self) -> Collection[int]:
        """All sockets that the tree held at the last look."""
        return self._holders.keys()

    def look(self, now_ns: int, pids: Sequence[int], *, changed: bool) -> bool:
        """Reads the open files again, if they may have changed and it is not too early."""
        if not self._pace.due(now_ns):
            return False
        with self._pace.look(now_ns):
            counts = [_open_files(pid) for pid in pids]
            same = counts == self._counts and 0 not in counts  # Linux before 6.2 says 0 of all
            steady = same and not changed
            if steady and now_ns < self._anyway_ns:
                return False
            self._counts = counts
            self._rest_ns = min(2 * self._rest_ns, _ANYWAY_NS) if steady else _AGAIN_NS
            self._anyway_ns = now_ns + self._rest_ns
            holders: dict[int, list[int]] = {}
            for pid in pids:
                for inode in socket_inodes(pid):
                    holders.setdefault(inode, []).append(pid)
            self._holders = holders
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


def _open_files(pid: int) -> int:
    """How many files a process has open, 0 where that is not told."""
    try:
        return os.stat(f"/proc/{pid}/fd").st_size  # noqa: PTH116 -- as below
    except OSError:
        return 0


def all_pids() -> Iterator[int]:
    """Every process that we can see."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 -- as above


def _socket_inode(path: str) -> int:
    try:
        link = os.readlink(path)  # noqa: PTH115 -- as above
    except OSError:  # closed meanwhile
        return 0
    return int(link[8:-1]) if link.startswith("socket:[") else 0
