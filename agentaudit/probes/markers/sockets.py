"""
Where processes send their markers: sockets bound for them, and the kernel's word of who sent what.

The kernel tells the number of the sender with every datagram, in our PID namespace, so nobody can
speak for a process that is not theirs.
"""

import os
import secrets
import socket
import struct
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.probes.connections.namespaces import in_namespace_of
from agentaudit.probes.markers.lines import LARGEST_DATAGRAM
from agentaudit.probes.processes.pid_namespaces import numbers_of

_CREDENTIALS = struct.Struct("=iII")
_RECEIVE_BYTES = 4 * 1024 * 1024
_MOST_AT_ONCE = 64


class Sent(Struct, frozen=True, kw_only=True):
    """A datagram, and the process that sent it."""

    pid: int
    datagram: bytes


def common_socket() -> tuple[socket.socket, str]:
    """A socket for all that a command starts, and its name as the environment variable says it."""
    name = f"agentaudit-{os.getpid()}-{secrets.token_hex(8)}"
    return _bound(f"\0{name}"), f"@{name}"


def socket_of(pid: int) -> socket.socket | None:
    """
    The socket that a process looks for when nobody told it of one; None where it has one already.

    Its name holds the process's number as the process sees it, and stands in its network namespace.
    Raises OSError when that is not ours to enter.
    """
    numbers = numbers_of(pid)
    if not numbers:
        return None
    name = f"\0agentaudit-{numbers[-1]}"
    try:
        return in_namespace_of(pid, lambda: _bound(name))
    except OSError as error:
        if isinstance(error, PermissionError):
            raise
        return None


def received(from_: socket.socket) -> Iterator[Sent]:
    """What waits in a socket, up to some number of datagrams."""
    for _ in range(_MOST_AT_ONCE):
        try:
            datagram, said, _, _ = from_.recvmsg(
                LARGEST_DATAGRAM, socket.CMSG_SPACE(_CREDENTIALS.size)
            )
        except OSError:  # nothing waits, or it was closed
            return
        for level, kind, data in said:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                yield Sent(pid=_CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0], datagram=datagram)


def threads_of(pid: int) -> Mapping[int, int] | None:
    """Our numbers of a process's threads by those that it has itself; None where they are one."""
    if len(numbers_of(pid)) <= 1:
        return None
    try:
        threads = map(int, os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 -- names, not paths
    except OSError:
        return {}
    return {numbers[-1]: thread for thread in threads if (numbers := numbers_of(thread))}


def _bound(name: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        made.setblocking(False)
        made.bind(name)
    except OSError:
        made.close()
        raise
    return made
