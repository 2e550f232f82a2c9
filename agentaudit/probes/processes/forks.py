"""
Forks, execs and exits as the kernel tells them: its process connector, over netlink.

The only way to see a child that lives a millisecond, and which thread of the parent forked it.
Open to every user since Linux 6.6; before, it asks for CAP_NET_ADMIN.
"""

import ctypes
import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

_NETLINK_CONNECTOR = 11
_CN_IDX_PROC = 1
_CN_VAL_PROC = 1
_LISTEN, _IGNORE = 1, 2
_NLMSG_DONE = 3
_RECEIVE_BYTES = 4 * 1024 * 1024
"""A burst of forks must fit between two looks."""

_MOST_MESSAGES = 20_000
"""Taken in at one look, threads and processes of the whole machine."""

_NETLINK_HEADER = struct.Struct("=IHHII")
_CONNECTOR_HEADER = struct.Struct("=IIIIHH")
_EVENT_HEADER = struct.Struct("=IIQ")
_FORK_BYTES = 16
_ANSWER, _FORK, _EXEC, _EXIT = 0x0, 0x1, 0x2, 0x80000000
_ANSWER_S = 0.5
"""The kernel answers before our request returns; where it does not answer, it never will."""


class Fork(Struct, frozen=True, kw_only=True):
    """A thread made a process. Threads made by threads are left out."""

    at_ns: int
    parent_pid: int
    parent_tid: int
    pid: int


class Exec(Struct, frozen=True, kw_only=True):
    """A process runs another program now."""

    pid: int


class Exit(Struct, frozen=True, kw_only=True):
    """A process ended; its parent may not have collected it yet."""

    at_ns: int
    pid: int


class ForkEvents:
    """The kernel's stream of process events. Raises OSError when we may not listen."""

    def __init__(self, receive_bytes: int = _RECEIVE_BYTES) -> None:
        self.lost = 0
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_CONNECTOR)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            _filter(self._socket)
            self._socket.bind((0, _CN_IDX_PROC))
            self._socket.setblocking(False)
            request = int.from_bytes(os.urandom(3))
            self._socket.send(_request(_LISTEN, request))
            self._await_answer(request)
        except OSError:
            self._socket.close()
            raise
        self._waiting = select.poll()
        self._waiting.register(self._socket, select.POLLIN)

    def read(self) -> Iterator[Fork | Exec | Exit]:
        """
        What happened since the read before. `lost` counts overflows of the buffer.

        A storm that goes on while we read is read on at the next look.
        """
        if not self._waiting.poll(0):  # cheaper than an error that says so
            return
        for _ in range(_MOST_MESSAGES):
            try:
                message = self._socket.recv(4096)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: events were dropped; a look at /proc makes up for them
                self.lost += 1
                return
            event = parsed(message)
            if event is not None:
                yield event

    def close(self) -> None:
        with suppress(OSError):  # closed already, or the kernel cannot be reached any more
            self._socket.send(_request(_IGNORE, 0))
        self._socket.close()

    def _await_answer(self, request: int) -> None:
        """
        Raises OSError unless the kernel takes us as a listener.

        In a PID namespace of our own it takes the request and says nothing. Events that others
        listen to may arrive there all the same, with numbers of processes that are not ours.
        """
        end_s = time.monotonic() + _ANSWER_S
        while (left_s := end_s - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], left_s)[0]:
                break
            code = _answered(self._socket.recv(4096), request)
            if code:
                raise OSError(code, os.strerror(code))
            if code == 0:
                return
        raise OSError(errno.EOPNOTSUPP, "not told in a container's own PID namespace")


_SO_ATTACH_FILTER = 26
_LOAD, _TO_X, _EQUAL, _EQUAL_X, _RETURN = 0x20, 0x07, 0x15, 0x1D, 0x06
"""linux/filter.h: instructions of the classic packet filter."""

_INSTRUCTION = struct.Struct("=HBBI")


def _filter(listener: socket.socket) -> None:
    """
    Only what `parsed` would tell of wakes us: the kernel drops the threads of the whole machine.

    Where it takes no filter, all of them are read, and dropped here.
    """
    what = _NETLINK_HEADER.size + _CONNECTOR_HEADER.size
    data = what + _EVENT_HEADER.size
    program = [
        (_LOAD, 0, 0, what),
        (_EQUAL, 12, 0, socket.htonl(_ANSWER)),
        (_EQUAL, 11, 0, socket.htonl(_EXEC)),
        (_EQUAL, 2, 0, socket.htonl(_FORK)),
        (_EQUAL, 5, 0, socket.htonl(_EXIT)),
        (_RETURN, 0, 0, 0),
        (_LOAD, 0, 0, data + 8),  # the new thread
        (_TO_X, 0, 0, 0),
        (_LOAD, 0, 0, data + 12),  # and its process
        (_EQUAL_X, 4, 5, 0),
        (_LOAD, 0, 0, data),  # the thread that ended
        (_TO_X, 0, 0, 0),
        (_LOAD, 0, 0, data + 4),  # and its process
        (_EQUAL_X, 0, 1, 0),
        (_RETURN, 0, 0, 0xFFFF),
        (_RETURN, 0, 0, 0),
    ]
    code = ctypes.create_string_buffer(b"".join(_INSTRUCTION.pack(*line) for line in program))
    with suppress(OSError):
        listener.setsockopt(
            socket.SOL_SOCKET,
            _SO_ATTACH_FILTER,
            struct.pack("@HP", len(program), ctypes.addressof(code)),
        )


def parsed(message: bytes) -> Fork | Exec | Exit | None:
    """The event in one netlink message; None for events of threads and for all others."""
    start = _NETLINK_HEADER.size + _CONNECTOR_HEADER.size
    if len(message) < start + _EVENT_HEADER.size + 8:
        return None
    what, _cpu, at_ns = _EVENT_HEADER.unpack_from(message, start)
    body = message[start + _EVENT_HEADER.size :]
    first, second = struct.unpack_from("=ii", body)
    if what == _FORK and len(body) >= _FORK_BYTES:
        tid, pid = struct.unpack_from("=ii", body, 8)
        if tid != pid:
            return None
        return Fork(at_ns=at_ns, parent_pid=second, parent_tid=first, pid=pid)
    if what == _EXEC:
        return Exec(pid=second)
    if what == _EXIT and first == second:
        return Exit(at_ns=at_ns, pid=second)
    return None


def _answered(message: bytes, request: int) -> int | None:
    """The error number in the kernel's answer to a request, 0 for none; None of other messages."""
    start = _NETLINK_HEADER.size + _CONNECTOR_HEADER.size
    if len(message) < start + _EVENT_HEADER.size + 4:
        return None
    acknowledged = _CONNECTOR_HEADER.unpack_from(message, _NETLINK_HEADER.size)[3]
    what = _EVENT_HEADER.unpack_from(message, start)[0]
    if what != _ANSWER or acknowledged != request + 1:
        return None
    return int(struct.unpack_from("=I", message, start + _EVENT_HEADER.size)[0])


def _request(wish: int, number: int) -> bytes:
    body = struct.pack("=I", wish)
    connector = _CONNECTOR_HEADER.pack(_CN_IDX_PROC, _CN_VAL_PROC, 0, number, len(body), 0) + body
    length = _NETLINK_HEADER.size + len(connector)
    return _NETLINK_HEADER.pack(length, _NLMSG_DONE, 0, 0, os.getpid()) + connector
