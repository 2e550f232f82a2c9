"""Which process a span is of: what it says itself, or who holds the connection that it came by."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from agentaudit.model.observed import SpanSeen
from agentaudit.probes.connections.owners import all_pids, socket_inodes
from agentaudit.probes.processes.pid_namespaces import numbers_of

_TABLES = ("/proc/self/net/tcp", "/proc/self/net/tcp6")
_LOCAL, _PEER, _INODE = 1, 2, 9
"""Columns of these tables; an address ends in `:` and the port in hexadecimal."""

_MOST_BYTES = 4 * 1024 * 1024


class Senders:
    """The processes of the tree, and how spans are given to them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._tree: frozenset[int] = frozenset()

    def seen(self, pids: Iterable[int]) -> None:
        """These are of the tree; they stay so, because their last spans come when they are gone."""
        if not self._tree.issuperset(pids):
            self._tree = self._tree.union(pids)

    def placed(self, spans: Iterable[SpanSeen], from_port: int) -> Iterator[SpanSeen]:
        """
        The spans with their processes' numbers as we see them.

        A number that is none of the tree may be one of a container; who sent it decides. Where the
        sender is none of the tree either, as a collector on the way, the span's own word stands.
        """
        sender: int | None = None
        for span in spans:
            pid = span.pid
            if pid not in self._tree:
                if sender is None:
                    sender = self._holder(from_port)
                if sender in self._tree or not pid:
                    pid = self._within(pid, sender)
            yield replace(span, pid=pid, tid=_thread(pid, span.tid))

    def _within(self, told: int, sender: int) -> int:
        """A process of the tree that has this number in its container, else the sender."""
        if told and numbers_of(sender)[-1:] != (told,):
            for pid in self._tree:
                if numbers_of(pid)[1:][-1:] == (told,):
                    return pid
        return sender

    def _holder(self, port: int) -> int:
        """The process at the other end of a connection, 0 where nobody can be seen to hold it."""
        inode = _inode_of(port, self._port)
        if not inode:
            return 0
        for pid in (*self._tree, *all_pids()):
            if inode in socket_inodes(pid):
                return pid
        return 0


def _inode_of(local: int, peer: int) -> int:
    for table in _TABLES:
        try:
            with Path(table).open("rb") as file:
                lines = file.read(_MOST_BYTES).splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            ends = [int(words[at].rpartition(b":")[2], 16) for at in (_LOCAL, _PEER)]
            if ends == [local, peer]:
                return int(words[_INODE])
    return 0


def _thread(pid: int, told: int) -> int:
    """A thread that the process has; the other numbers in `thread.id` are a runtime's own."""
    return told if told and Path(f"/proc/{pid}/task/{told}").exists() else 0
