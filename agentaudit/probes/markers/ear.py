"""
Sockets of markers, emptied by a thread of their own as soon as something comes.

The kernel keeps few datagrams of a socket, ten on many systems, and whoever sends one more must not
wait. What was said is kept until somebody takes it.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from agentaudit.probes.markers.sockets import received

_MOST_WAITING = 20_000
_MOST_WAITING_BYTES = 8 * 1024 * 1024
"""Between two looks; what a hundred thousand steps say of themselves."""

_LAST_LOOKS = 64
"""So often is a socket emptied before it closes: a kernel may keep hundreds of datagrams."""

_REST_S = 0.0002
"""Lets a burst gather: a wake-up for each datagram would cost more than the datagram."""

_ANCESTORS = 4


class Heard(Struct, frozen=True, kw_only=True):
    """
    A datagram, who sent it, and whose child that was when it came: itself first.

    The lineage is empty of a sender that was gone by then.
    """

    pid: int
    lineage: tuple[int, ...]
    datagram: bytes


class Ear:
    """Any number of sockets, each by its owner."""

    def __init__(self) -> None:
        self.lost = 0
        self._sockets: dict[int, socket.socket] = {}
        self._by_file: dict[int, socket.socket] = {}
        self._waiting: list[Heard] = []
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._poll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll.register(self._bell, select.EPOLLIN)
        self._over = False
        self._thread = threading.Thread(target=self._listen, name="markers", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._sockets)

    @property
    def owners(self) -> set[int]:
        return set(self._sockets)

    def add(self, owner: int, made: socket.socket) -> None:
        with self._lock:
            self._sockets[owner] = self._by_file[made.fileno()] = made
        self._poll.register(made.fileno(), select.EPOLLIN)

    def remove(self, owner: int) -> None:
        """What still waits in its socket is heard before it closes."""
        with self._lock:
            made = self._sockets.pop(owner)
            del self._by_file[made.fileno()]
            for _ in range(_LAST_LOOKS):
                if not self._hear(made):
                    break
            self._poll.unregister(made.fileno())
            made.close()

    def taken(self) -> Sequence[Heard]:
        """What was heard since the last time."""
        with self._lock:
            heard, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return heard

    def close(self) -> None:
        """Hears what waits, and ends the thread."""
        self._over = True
        os.eventfd_write(self._bell, 1)
        self._thread.join()
        for owner in self.owners:
            self.remove(owner)
        self._poll.close()
        os.close(self._bell)

    def _listen(self) -> None:
        while not self._over:
            for file, _ in self._poll.poll():
                with self._lock:
                    waiting = self._by_file.get(file)
                    if waiting is not None:
                        self._hear(waiting)
            time.sleep(_REST_S)

    def _hear(self, waiting: socket.socket) -> bool:
        """Whether something was there."""
        any_there = False
        for sent in received(waiting):
            any_there = True
            self._waiting_bytes += len(sent.datagram)
            if len(self._waiting) >= _MOST_WAITING or self._waiting_bytes > _MOST_WAITING_BYTES:
                self.lost += 1
                continue
            lineage = self._lineage(sent.pid)
            self._waiting.append(Heard(pid=sent.pid, lineage=lineage, datagram=sent.datagram))
        return any_there

    def _lineage(self, pid: int) -> tuple[int, ...]:
        """A child may speak and end before anybody knew of it: its parents are asked for now."""
        line = [pid]
        while line[-1] not in self._sockets and len(line) <= _ANCESTORS:
            parent = _parent_of(line[-1])
            if parent is None:
                break
            line.append(parent)
        return tuple(line) if pid in self._sockets or len(line) > 1 else ()


def _parent_of(pid: int) -> int | None:
    """None of a process that is gone, or that has no parent here."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields: Sequence[bytes] = text[text.rindex(b")") + 2 :].split()
    return int(fields[1]) or None
