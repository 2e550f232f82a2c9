"""
Connections of a process to what looks like a model's endpoint, from the tables in `/proc`.

They say who is connected, and nothing of bytes and times: it is what is left where the kernel does
not let us ask it (`connections.py`).
"""

import socket
import struct
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from agentaudit.model.recording import ModelPeer
from agentaudit.probes.connections.model_endpoints import MODEL_PORTS, shown
from agentaudit.probes.connections.owners import socket_inodes

_ESTABLISHED = "01"
_INODE = 9
"""The column of `/proc/net/tcp` that names the socket."""

_IPV4_BYTES = 4
_LAST_PORT = 65_535
_MAPPED = "::ffff:"
"""What stands before an IPv4 address among those of IPv6."""

_MOST_LINES = 20_000
_EVERY_NS = 1_000_000_000


class Row(NamedTuple):
    """A connection, with `host:port` of both ends."""

    local: str
    peer: str
    inode: int


class ModelPeers:
    """Tells once of each process and model that are connected; looks once a second."""

    def __init__(self, endpoints: Collection[str]) -> None:
        self._endpoints = endpoints
        self._known: set[tuple[int, str]] = set()
        self._looked_ns: int | None = None

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[ModelPeer]:
        if self._looked_ns is not None and now_ns - self._looked_ns < _EVERY_NS:
            return ()
        self._looked_ns = now_ns
        found = {(pid, peer) for pid in pids for peer in model_peers(pid, self._endpoints)}
        new = sorted(found - self._known)
        self._known |= found
        return [ModelPeer(at_ns=now_ns, pid=pid, address=address) for pid, address in new]

    def close(self, now_ns: int) -> Sequence[ModelPeer]:
        return self.look(now_ns, ())


def model_peers(pid: int, endpoints: Collection[str]) -> Collection[str]:
    """
    Addresses `host:port` of models that the process is connected to.

    `endpoints` are those that the user named, as `host:port` with a numeric host.
    """
    owned = socket_inodes(pid)
    if not owned:
        return ()
    peers = {
        address
        for table in ("tcp", "tcp6")
        for one in established(Path(f"/proc/{pid}/net/{table}"))
        if one.inode in owned
        for address in [one.peer]
    }
    return sorted(
        peer for peer in peers if peer in endpoints or int(peer.rpartition(":")[2]) in MODEL_PORTS
    )


def resolved(endpoint: str) -> Collection[str]:
    """
    The numeric addresses of `host:port`.

    Raises OSError when the name is not known, and ValueError when there is no port.
    """
    host, _, written = endpoint.rpartition(":")
    port = int(written) if written.isascii() and written.isdecimal() else 0
    if not host or not 0 < port <= _LAST_PORT:
        raise ValueError("it names no port")
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    hosts = {str(address[0]).removeprefix(_MAPPED) for *_, address in found}
    return sorted(shown(host, port) for host in hosts)


def established(table: Path) -> Iterator[Row]:
    """The connections in a table of `/proc`; none when it cannot be read."""
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:_MOST_LINES]
    except OSError:
        return
    for line in lines:
        words = line.split()
        if len(words) > _INODE and words[3] == _ESTABLISHED:
            yield Row(_address(words[1]), _address(words[2]), int(words[_INODE]))


def _address(text: str) -> str:
    """`0100007F:1F90` as `127.0.0.1:8080`: the kernel prints words in its own byte order."""
    host, port = text.split(":")
    raw = b"".join(struct.pack("=I", int(host[at : at + 8], 16)) for at in range(0, len(host), 8))
    family = socket.AF_INET if len(raw) == _IPV4_BYTES else socket.AF_INET6
    inside = socket.inet_ntop(family, raw).removeprefix(_MAPPED)
    return shown(inside, int(port, 16))
