"""
The process at the other end of a connection, when it is on this host.

It may live in another network namespace, as a container's does: then the tables of all namespaces
that we can see are searched, by the caller's port, which address translation leaves as it is.
"""

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from agentaudit.probes.connections.model_endpoints import shown
from agentaudit.probes.connections.namespaces import namespace_of
from agentaudit.probes.connections.owners import all_pids, socket_inodes
from agentaudit.probes.connections.sock_diag import SockDiag, Socket
from agentaudit.probes.connections.sockets import Row, established
from agentaudit.probes.pace import Pace

_EVERY_NS = 500_000_000
_REST = 100
"""A search may cost a hundredth of the time until the next."""
_STALE_NS = 60_000_000_000
_FORWARDER = "docker-proxy"
"""Passes on what reaches a container's published port; its arguments say where to."""


class Servers:
    """Server processes by their address, searched for once in a while and then remembered."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[int, int]] = {}
        self._pace = Pace(_EVERY_NS, _REST)

    def find(self, now_ns: int, diag: SockDiag, namespace: int, one: Socket) -> int | None:
        """The process that `one` is connected to: 0 when none here, None when nobody looked yet."""
        key = (namespace, shown(*one.peer))
        pid, until_ns = self._known.get(key, (0, 0))
        if now_ns < until_ns and (not pid or Path(f"/proc/{pid}").exists()):
            return pid
        if not self._pace.due(now_ns):
            return None
        with self._pace.look(now_ns):
            found = _search(diag, namespace, one)
        if found is not None:
            self._known[key] = (found, now_ns + _STALE_NS)
        return found


def _search(diag: SockDiag, namespace: int, one: Socket) -> int | None:
    other = diag.other_end(one)
    if other is not None and not other.inode:
        return None  # nobody accepted it yet
    if other is not None:
        pid = _holder(other.inode, all_pids())
        behind = _behind(pid, namespace)
        return pid if behind == 0 else behind
    if not _maybe_here(one.peer[0]):
        return 0
    return _elsewhere(shown(*one.peer), shown(*one.local), namespace)


def _behind(pid: int, namespace: int) -> int | None:
    """
    The process in a container that a published port leads to; 0 when it leads to none.

    None while what was passed on waits there to be accepted.
    """
    words = _command(pid)
    if not words or words[0].rpartition("/")[2] != _FORWARDER:
        return 0
    given = dict(pairwise(words))
    try:
        address = shown(given["-container-ip"], int(given["-container-port"]))
    except (KeyError, ValueError):
        return 0
    return _elsewhere(address, "", namespace)


def _elsewhere(server: str, client: str, namespace: int) -> int | None:
    """
    Who serves `server` in another namespace, to `client` or, without one, to anybody.

    None while the connection waits there to be accepted.
    """
    for pids in _namespaces(namespace).values():
        rows = [
            row
            for table in ("tcp", "tcp6")
            for row in established(Path(f"/proc/{pids[0]}/net/{table}"))
        ]
        row = _serving(rows, server, client)
        if row is not None:
            return _holder(row.inode, pids) if row.inode else None
    return 0


def _serving(rows: Collection[Row], server: str, client: str) -> Row | None:
    """The server's end of a connection. Addresses may be translated, the caller's port is not."""
    if not client:
        return next((row for row in rows if row.local == server), None)
    port = client.rpartition(":")[2]
    calling = [row for row in rows if row.peer.rpartition(":")[2] == port]
    exact = [row for row in calling if row.local == server]
    if exact:
        return exact[0]
    return calling[0] if len(calling) == 1 else None


def _namespaces(except_for: int) -> Mapping[int, list[int]]:
    """Processes by the network namespace they live in, as far as we may know."""
    found: dict[int, list[int]] = {}
    for pid in all_pids():
        try:
            number = namespace_of(pid)
        except OSError:  # gone, or another user's
            continue
        if number != except_for:
            found.setdefault(number, []).append(pid)
    return found


def _holder(inode: int, pids: Collection[int] | Iterator[int]) -> int:
    """The youngest process that holds a socket, 0 for none: servers fork one for a connection."""
    return max((pid for pid in pids if inode and inode in socket_inodes(pid)), default=0)


def _maybe_here(host: str) -> bool:
    """False of addresses that no host has for itself and its containers alone."""
    address = ipaddress.ip_address(host)
    return address.is_private or address.is_loopback


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except (OSError, UnicodeDecodeError):
        return []
