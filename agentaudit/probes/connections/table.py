"""The TCP connections of the tree in one network namespace, and the requests on them."""

from collections.abc import Collection, Iterator, Sequence
from itertools import count

from msgspec import Struct

from agentaudit.probes.connections.exchanges import Exchange, Exchanges
from agentaudit.probes.connections.model_endpoints import ENCRYPTED_PORTS
from agentaudit.probes.connections.owners import Owners
from agentaudit.probes.connections.sock_diag import (
    CARRYING,
    LISTENING,
    Counters,
    Endings,
    SockDiag,
    Socket,
)
from agentaudit.probes.pace import Pace

_SOON_NS, _USUAL_NS, _SELDOM_NS = 25_000_000, 50_000_000, 100_000_000
_SHORT_NS, _QUIET_NS = 200_000_000, 2_000_000_000
"""
Where requests are short, counters are read soon again, and seldom where all is quiet. Instants are
as exact either way: only short requests, two of them between two looks, become one.
"""
_QUIET_EVERY = 5
"""Connections that were quiet for long are looked at each fifth time."""
_COUNT_REST = 200
_LIST_EVERY_NS = 50_000_000
_LIST_REST = 100
"""
What a look costs may be such a part of the time until the next one of its kind.

A listing goes through all sockets of the host, but it is only made when the tree has new ones.
"""
_TOGETHER_NS = 10_000_000
"""Counters that are due so soon are read at once: waking up costs as much as looking."""

_CONNECTING_NS = 500_000_000
"""A socket that was just made may not be connected yet, and is listed when it is."""
_MOST_ENDINGS = 200
"""So many a second; on a host where more connections end, each would cost us too much."""


class Connection(Struct, kw_only=True):
    """A connection of the tree. `number` counts over the whole recording, from 1."""

    number: int
    socket: Socket
    pid: int
    inbound: bool
    exchanges: Exchanges
    active_ns: int
    carried: tuple[int, int] = (0, 0)


Told = tuple[Connection, Exchange]


class ConnectionTable:
    """
    Connections are found by listing sockets, and then asked for one by one, which is cheap.

    Raises OSError where the kernel does not let us ask.
    """

    def __init__(self, pid: int, namespace: int, now_ns: int, numbers: "count[int]") -> None:
        self.namespace = namespace
        self.new: list[Connection] = []
        """Connections that nobody took note of yet."""
        self.diag = SockDiag(pid)
        try:
            self._endings: Endings | None = Endings(pid)
        except OSError:
            self._endings = None
        self._numbers = numbers
        self._owners = Owners()
        self._connections: dict[bytes, Connection] = {}
        self._seen: dict[int, int] = {}
        """When each socket that the tree holds was first seen."""
        self._looked_ns = self._listed_ns = self._start_ns = now_ns
        self._old: Collection[int] | None = None
        """The sockets that the tree held before the recording."""
        self._some_ended = True
        self._listing = Pace(_LIST_EVERY_NS, _LIST_REST)
        self._counting = Pace(_SOON_NS, _COUNT_REST)
        self._next_ns = now_ns
        self._short_ns = -_QUIET_NS
        """When a short request was last seen."""
        self._counts = 0
        self._second = (0, 0)

    @property
    def next_ns(self) -> int:
        """When to look again."""
        return min(self._next_ns, self._counting.next_ns) if self._connections else self._next_ns

    @property
    def ending(self) -> Endings | None:
        """Tells when connections ended, where the kernel does, and as long as they are few."""
        return self._endings

    def look(self, now_ns: int, pids: Sequence[int]) -> Iterator[Told]:
        """Requests that ended, or are worth telling though they have not."""
        yield from self.ended(now_ns)
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + _LIST_EVERY_NS
            self._discover(now_ns, pids)
        if self._connections and self._counting.due(now_ns + _TOGETHER_NS):
            with self._counting.look(now_ns, self._least_ns(now_ns)):
                told = list(self._count(now_ns))
            yield from told

    def ended(self, now_ns: int) -> Iterator[Told]:
        """The last requests of connections that ended, by the kernel's last word on them."""
        if self._endings is None:
            return
        heard = 0
        for one, counters in self._endings.read():
            heard += 1
            connection = self._connections.pop(one.cookie, None)
            if connection is not None:
                self._some_ended = True
                yield from self._carried(connection, counters)
                for exchange in connection.exchanges.end(counters.at_ns):
                    yield connection, exchange
        second, before = self._second
        now_second = now_ns // 1_000_000_000
        self._second = (now_second, heard + (before if second == now_second else 0))
        if self._second[1] > _MOST_ENDINGS:
            self._endings.close()
            self._endings = None

    def close(self, now_ns: int) -> Iterator[Told]:
        """The requests that are still open."""
        try:
            yield from self.ended(now_ns)
            yield from self._count(now_ns, everyone=True)
        finally:
            self.release()
        for connection in self._connections.values():
            for exchange in connection.exchanges.stop(now_ns):
                yield connection, exchange

    def release(self) -> None:
        """Asks the kernel nothing more."""
        self.diag.close()
        if self._endings is not None:
            self._endings.close()

    def _least_ns(self, now_ns: int) -> int:
        if now_ns - self._short_ns < _QUIET_NS:
            return _SOON_NS
        moved_ns = max(one.active_ns for one in self._connections.values())
        return _USUAL_NS if now_ns - moved_ns < _QUIET_NS else _SELDOM_NS

    def _count(self, now_ns: int, *, everyone: bool = False) -> Iterator[Told]:
        self._counts += 1
        everyone |= self._counts % _QUIET_EVERY == 0
        asked = [
            connection
            for connection in self._connections.values()
            if everyone or now_ns - connection.active_ns < _QUIET_NS
        ]
        found = self.diag.counters([connection.socket for connection in asked])
        for connection in asked:
            counters = found[connection.socket.cookie]
            if counters is not None:
                yield from self._carried(connection, counters)
                told = connection.exchanges.due(counters.at_ns)
            else:
                del self._connections[connection.socket.cookie]
                self._some_ended = True
                told = connection.exchanges.end(now_ns)
            for exchange in told:
                yield connection, exchange

    def _carried(self, connection: Connection, counters: Counters) -> Iterator[Told]:
        carried = (counters.sent, counters.received)
        if carried != connection.carried:
            connection.carried, connection.active_ns = carried, counters.at_ns
        for exchange in connection.exchanges.see(counters):
            if exchange.end_ns - exchange.start_ns < _SHORT_NS:
                self._short_ns = counters.at_ns
            yield connection, exchange

    def _discover(self, now_ns: int, pids: Sequence[int]) -> None:
        """Takes in the connections that the tree made since the look before."""
        if self._owners.look(now_ns, pids, changed=self._some_ended):
            self._some_ended = False
            self._seen = {
                inode: self._seen.get(inode, self._looked_ns) for inode in self._owners.inodes
            }
            self._looked_ns = now_ns
            self._old = frozenset(self._seen) if self._old is None else self._old
            for connection in self._connections.values():
                connection.pid = self._owner(connection.socket, connection.inbound, connection.pid)
        known = {connection.socket.inode for connection in self._connections.values()}
        wanted = {
            inode
            for inode, seen_ns in self._seen.items()
            if inode not in known and self._listed_ns <= seen_ns + _CONNECTING_NS
        }
        if wanted and self._listing.due(now_ns):
            with self._listing.look(now_ns):
                found = list(self.diag.sockets(CARRYING, wanted))
                listening = {one.local[1] for one in self.diag.sockets(LISTENING)} if found else ()
            for one in found:
                self._adopt(one, now_ns, inbound=one.local[1] in listening)
            self._listed_ns = now_ns

    def _owner(self, one: Socket, inbound: bool, before: int = 0) -> int:  # noqa: FBT001 -- a fact of it
        return self._owners.of(one.inode, inbound=inbound) or before

    def _adopt(self, one: Socket, now_ns: int, *, inbound: bool) -> None:
        """
        What came in may have come long before the connection was accepted, which made it ours.
        """
        server_port = one.local[1] if inbound else one.peer[1]
        since_ns = self._start_ns if inbound else self._seen[one.inode]
        connection = Connection(
            number=next(self._numbers),
            socket=one,
            pid=self._owner(one, inbound),
            inbound=inbound,
            exchanges=Exchanges(
                inbound=inbound,
                encrypted=server_port in ENCRYPTED_PORTS,
                since_ns=since_ns,
                old=one.inode in (self._old or ()),
            ),
            active_ns=now_ns,
        )
        self._connections[one.cookie] = connection
        self.new.append(connection)
