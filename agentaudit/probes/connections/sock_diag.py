"""
TCP sockets and their byte counters, from the kernel itself over netlink (`sock_diag`).

It needs no privileges, stops nothing and sees no content: it tells how many bytes went each way
and when the last of them did. One `SockDiag` reads the table of one network namespace.
"""

import os
import socket
import struct
import time
from collections.abc import Container, Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.probes.connections.namespaces import in_namespace_of

LISTENING = 1 << 10
CARRYING = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 8
"""States in which a socket may carry bytes: connected, and closed by one side alone."""

_NETLINK_SOCK_DIAG = 4
_BOTH_FAMILIES, _ONE_FAMILY = 18, 20
"""The older request, `TCPDIAG_GETSOCK`, lists IPv4 and IPv6 in one walk of the kernel's table."""
_ERROR, _DONE = 2, 3
_REQUEST, _DUMP = 0x1, 0x300
_ALL_STATES = 0xFFF
_TCP_INFO = 2
_WITH_TCP_INFO = 1 << (_TCP_INFO - 1)
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_ENDED = (1, 3)
"""`SKNLGRP_INET_TCP_DESTROY` and its IPv6 sibling: each TCP socket, when it is freed."""
_ANY_COOKIE = b"\xff" * 8

_HEADER = struct.Struct("=IHHII")
_SOCKET = struct.Struct("=BBxx48s16xI")
_INODE, _INODE_AT = struct.Struct("=I"), 68
_ATTRIBUTE = struct.Struct("=HH")
_AGES = struct.Struct("=I4xI")
_TOTALS = struct.Struct("=QQ")
_SEGMENTS = struct.Struct("=I")
_AGES_AT, _ACKNOWLEDGED_AT, _SEGMENTS_AT, _SENT_AT = 44, 120, 152, 200
"""Places in `struct tcp_info`."""
_BATCH = 64
"""Answers to so many questions fit into a receive buffer of the usual size."""
_ANSWER_TIME = struct.pack("@ll", 2, 0)
"""The kernel answers before a request returns; what it does not answer by then, it never will."""


class Socket(Struct, frozen=True, kw_only=True):
    """A TCP socket. `key` is the kernel's name for it: ports, addresses, device and cookie."""

    family: int
    state: int
    key: bytes
    inode: int
    """0 while it waits to be accepted, and after its owner closed it."""

    @property
    def cookie(self) -> bytes:
        """No two sockets of a running kernel share it."""
        return self.key[40:48]

    @property
    def local(self) -> tuple[str, int]:
        return _host(self.family, self.key[4:20]), int.from_bytes(self.key[:2])

    @property
    def peer(self) -> tuple[str, int]:
        return _host(self.family, self.key[20:36]), int.from_bytes(self.key[2:4])


class Counters(Struct, frozen=True, kw_only=True):
    """
    Bytes of data that a connection carried until `at_ns`, and how long ago the last of them were.

    The kernel tells ages in ticks of 1, 4 or 10 ms; they mean nothing as long as there are no
    bytes. `segments` counts what came in with data: the end of a stream adds a byte, but none here.
    """

    at_ns: int
    sent: int
    received: int
    segments: int
    sent_age_ns: int
    received_age_ns: int


class SockDiag:
    """The TCP sockets in the network namespace of a process. Raises OSError where we may not."""

    def __init__(self, pid: int) -> None:
        self._number = 0
        self._buffer = bytearray(1 << 17)
        self._socket = in_namespace_of(pid, _asking)

    def sockets(self, states: int, inodes: Container[int] | None = None) -> Iterator[Socket]:
        """
        Those in these states, of both families; of these inodes alone where some are given.

        Raises OSError when the kernel refuses.
        """
        body = struct.pack("=4x48xII", states, 0)
        number = self._send([body], _BOTH_FAMILIES, _REQUEST | _DUMP)
        for kind, of, message in self._received():
            if of != number:
                continue  # of a listing that was given up
            if kind == _DONE:
                return
            if kind == _ERROR:
                code = -struct.unpack_from("=i", message)[0]
                raise OSError(code, os.strerror(code))
            if inodes is None or _INODE.unpack_from(message, _INODE_AT)[0] in inodes:
                yield _socket(message)

    def counters(self, sockets: Sequence[Socket]) -> Mapping[bytes, Counters | None]:
        """The counters of each by its cookie; None of those that are gone."""
        found: dict[bytes, Counters | None] = {}
        for at in range(0, len(sockets), _BATCH):
            batch = sockets[at : at + _BATCH]
            answers = self._asked([(one.family, one.key) for one in batch])
            for one, message in zip(batch, answers, strict=True):
                found[one.cookie] = (
                    None if message is None else counters_in(message, time.monotonic_ns())
                )
        return found

    def other_end(self, one: Socket) -> Socket | None:
        """The socket that it is connected to, when that is in the same namespace."""
        ends = one.key[2:4] + one.key[:2] + one.key[20:36] + one.key[4:20]
        for message in self._asked([(one.family, ends + bytes(4) + _ANY_COOKIE)]):
            found = None if message is None else _socket(message)
            if found is None or not 1 << found.state & CARRYING:
                return None  # or it ended, or there is only the one that listens
            if (found.local, found.peer) == (one.peer, one.local):
                return found
        return None

    def close(self) -> None:
        self._socket.close()

    def _asked(self, keys: Sequence[tuple[int, bytes]]) -> Iterator[memoryview | None]:
        """What the kernel says of single sockets, in order; None where there is no such socket."""
        bodies = [
            struct.pack("=BBBBI", family, socket.IPPROTO_TCP, _WITH_TCP_INFO, 0, _ALL_STATES) + key
            for family, key in keys
        ]
        first = self._send(bodies, _ONE_FAMILY, _REQUEST)
        wanted = first
        for kind, of, message in self._received():
            if of != wanted:
                continue
            yield None if kind == _ERROR else message
            wanted += 1
            if wanted == first + len(keys):
                return

    def _send(self, bodies: Sequence[bytes], kind: int, flags: int) -> int:
        """The number of the first of these requests."""
        first = self._number + 1
        self._number += len(bodies)
        self._socket.send(
            b"".join(
                _HEADER.pack(_HEADER.size + len(body), kind, flags, number, 0) + body
                for number, body in enumerate(bodies, start=first)
            )
        )
        return first

    def _received(self) -> Iterator[tuple[int, int, memoryview]]:
        """Messages until nobody asks for more. Raises OSError when the kernel says nothing."""
        view = memoryview(self._buffer)
        while True:
            yield from messages(view[: self._socket.recv_into(view)])


class Endings:
    """The last word on each TCP connection of a namespace, when it ends. May raise OSError."""

    def __init__(self, pid: int) -> None:
        self._socket = in_namespace_of(pid, _listening)

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> Iterator[tuple[Socket, Counters]]:
        """Those that ended since the read before; what overflowed the buffer is not told."""
        while True:
            try:
                data = self._socket.recv(8192)
            except OSError:  # no more, or some were dropped: polling finds out that they are gone
                return
            for _kind, _of, message in messages(memoryview(data)):
                counters = counters_in(message, time.monotonic_ns())
                if counters is not None:
                    yield _socket(message), counters

    def close(self) -> None:
        self._socket.close()


def messages(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Kind, number of the request, and body of each netlink message in a datagram."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _flags, number, _port = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= length <= len(data) - at:
            return
        yield kind, number, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def counters_in(message: memoryview, at_ns: int) -> Counters | None:
    """The counters in what the kernel says of a socket; None where it says none."""
    at = _SOCKET.size
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        if length < _ATTRIBUTE.size:
            return None
        if kind == _TCP_INFO:
            return _counters(message[at + _ATTRIBUTE.size : at + length], at_ns)
        at += (length + 3) & ~3
    return None


def _asking() -> socket.socket:
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _ANSWER_TIME)
    return made


def _listening() -> socket.socket:
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
    made.setblocking(False)
    try:
        made.bind((0, 0))  # to be somebody: what has no number of its own is told nothing
        for group in _ENDED:
            made.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
    except OSError:
        made.close()
        raise
    return made


def _counters(info: memoryview, at_ns: int) -> Counters | None:
    """
    The counters in a `struct tcp_info`.

    Linux before 4.19 counts what was acknowledged instead of what was sent, the handshake included.
    """
    if len(info) < _SEGMENTS_AT + _SEGMENTS.size:
        return None
    sent_age, received_age = _AGES.unpack_from(info, _AGES_AT)
    acknowledged, received = _TOTALS.unpack_from(info, _ACKNOWLEDGED_AT)
    sent = max(acknowledged - 1, 0)
    if len(info) >= _SENT_AT + _TOTALS.size:
        all_sent, again = _TOTALS.unpack_from(info, _SENT_AT)
        sent = all_sent - again
    return Counters(
        at_ns=at_ns,
        sent=sent,
        received=received,
        segments=_SEGMENTS.unpack_from(info, _SEGMENTS_AT)[0],
        sent_age_ns=sent_age * 1_000_000,
        received_age_ns=received_age * 1_000_000,
    )


def _socket(message: memoryview) -> Socket:
    family, state, key, inode = _SOCKET.unpack_from(message)
    return Socket(family=family, state=state, key=key, inode=inode)


def _host(family: int, raw: bytes) -> str:
    if family == socket.AF_INET:
        return socket.inet_ntop(family, raw[:4])
    return socket.inet_ntop(family, raw).removeprefix("::ffff:")
