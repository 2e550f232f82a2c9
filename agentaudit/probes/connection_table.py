"""The TCP connections of the tree in one network namespace, and the requests on them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from agentaudit.probes.exchanges import Exchange, Exchanges
from agentaudit.probes.model_endpoints import ENCRYPTED_PORTS
from agentaudit.probes.owners import Owners
from agentaudit.probes.sock_diag import CARRYING, LISTENING, Counters, Endings, SockDiag, Socket

_COUNT_EVERY_NS = 20_000_000
_COUNT_REST = 250
_LIST_EVERY_NS = 50_000_000
_LIST_REST = 200
"""What a look costs may be a 250th or 200th of the time until the next: together below 1 %."""
_ACTIVE_NS = 2_000_000_000
_QUIET_EVERY = 5
"""Connections that were quiet for long are looked at each fifth time."""
_DOUBT_NS = 1_000_000_000
"""After so long, a socket that no process of the tree holds is a stranger's."""
_MOST_ENDINGS = 200
"""So many a second; on a host where more connections end, each would cost us too much."""


@dataclass(slots=True, kw_only=True)
class Connection:
    """A connection of the tree. `number` counts over the whole recording, from 1."""

    number: int
    socket: Socket
    pid: int
    inbound: bool
    exchanges: Exchanges
    active_ns: int
    carried: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown:
    """A socket whose owner nobody found yet."""

    since_ns: int
    seen_ns: int
    old: bool


Told = tuple[Connection, Exchange]


class ConnectionTable:
    """
    Connections are found by listing all sockets, and then asked for one by one, which is cheap.

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
        self._unknown: dict[bytes, _Unknown] = {}
        self._strangers: set[bytes] = set()
        self._listed_ns = now_ns
        self._first = True
        self._next_list_ns = self._next_count_ns = now_ns
        self._counts = 0
        self._second = (0, 0)

    @property
    def next_ns(self) -> int:
        """When to look again."""
        if self._connections:
            return min(self._next_list_ns, self._next_count_ns)
        return self._next_list_ns

    @property
    def ending(self) -> Endings | None:
        """Tells when connections ended, where the kernel does, and as long as they are few."""
        return self._endings

    def look(self, now_ns: int, pids: Sequence[int]) -> Iterator[Told]:
        """Requests that ended, or are worth telling though they have not."""
        yield from self.ended(now_ns)
        if now_ns >= self._next_list_ns:
            began_ns = time.thread_time_ns()
            self._list(now_ns, pids)
            cost_ns = time.thread_time_ns() - began_ns
            self._next_list_ns = now_ns + max(_LIST_EVERY_NS, _LIST_REST * cost_ns)
        if now_ns >= self._next_count_ns and self._connections:
            began_ns = time.thread_time_ns()
            yield from self._count(now_ns)
            cost_ns = time.thread_time_ns() - began_ns
            self._next_count_ns = now_ns + max(_COUNT_EVERY_NS, _COUNT_REST * cost_ns)

    def ended(self, now_ns: int) -> Iterator[Told]:
        """The last requests of connections that ended, by the kernel's last word on them."""
        if self._endings is None:
            return
        heard = 0
        for one, counters in self._endings.read():
            heard += 1
            connection = self._connections.pop(one.cookie, None)
            if connection is not None:
                yield from self._seen(connection, counters)
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
            self.diag.close()
            if self._endings is not None:
                self._endings.close()
        for connection in self._connections.values():
            for exchange in connection.exchanges.stop(now_ns):
                yield connection, exchange

    def _count(self, now_ns: int, *, everyone: bool = False) -> Iterator[Told]:
        self._counts += 1
        everyone |= self._counts % _QUIET_EVERY == 0
        asked = [
            connection
            for connection in self._connections.values()
            if everyone or now_ns - connection.active_ns < _ACTIVE_NS
        ]
        found = self.diag.counters([connection.socket for connection in asked])
        for connection in asked:
            counters = found[connection.socket.cookie]
            if counters is not None:
                yield from self._seen(connection, counters)
                told = connection.exchanges.due(counters.at_ns)
            else:
                del self._connections[connection.socket.cookie]
                told = connection.exchanges.end(now_ns)
            for exchange in told:
                yield connection, exchange

    def _seen(self, connection: Connection, counters: Counters) -> Iterator[Told]:
        carried = (counters.sent, counters.received)
        if carried != connection.carried:
            connection.carried, connection.active_ns = carried, counters.at_ns
        for exchange in connection.exchanges.see(counters):
            yield connection, exchange

    def _list(self, now_ns: int, pids: Sequence[int]) -> None:
        """Takes in the connections that the tree made since the listing before."""
        present: set[bytes] = set()
        candidates: list[Socket] = []
        for one in self.diag.sockets(CARRYING):
            present.add(one.cookie)
            if one.cookie not in self._connections and one.cookie not in self._strangers:
                candidates.append(one)
        self._strangers &= present
        unknown = {
            one.cookie: self._unknown.get(one.cookie)
            or _Unknown(since_ns=self._listed_ns, seen_ns=now_ns, old=self._first)
            for one in candidates
        }
        self._unknown = unknown
        self._listed_ns, self._first = now_ns, False
        if candidates and self._owners.look(now_ns, pids):
            listening = {one.local[1] for one in self.diag.sockets(LISTENING)}
            for one in candidates:
                self._adopt(one, now_ns, listening)

    def _adopt(self, one: Socket, now_ns: int, listening: set[int]) -> None:
        found = self._unknown[one.cookie]
        inbound = one.local[1] in listening
        pid = self._owners.of(one.inode, inbound=inbound)
        if not pid:
            if one.inode and now_ns - found.seen_ns > _DOUBT_NS:
                self._strangers.add(one.cookie)
            return
        server_port = one.local[1] if inbound else one.peer[1]
        connection = Connection(
            number=next(self._numbers),
            socket=one,
            pid=pid,
            inbound=inbound,
            exchanges=Exchanges(
                inbound=inbound,
                encrypted=server_port in ENCRYPTED_PORTS,
                since_ns=found.since_ns,
                old=found.old,
            ),
            active_ns=now_ns,
        )
        self._connections[one.cookie] = connection
        self.new.append(connection)
