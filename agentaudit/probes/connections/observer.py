"""
Requests in flight on the TCP connections of the tree, and who is connected to a model.

It sees what no stack shows: that a process with an event loop waits for an answer. A thread of its
own keeps the pace, so that no listing of a busy host's sockets holds up the recording. UDP (so
HTTP/3) and Unix sockets are not seen; what io_uring does is, since these are the kernel's counters.
"""

import select
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from queue import SimpleQueue

from agentaudit.model.observed import InFlight
from agentaudit.model.recording import ModelPeer
from agentaudit.model.trace import Incident
from agentaudit.probes.connections.exchanges import Exchange
from agentaudit.probes.connections.model_endpoints import Evidence, ModelEndpoints, shown
from agentaudit.probes.connections.namespaces import namespace_of
from agentaudit.probes.connections.servers import Servers
from agentaudit.probes.connections.sockets import ModelPeers
from agentaudit.probes.connections.table import Connection, ConnectionTable
from agentaudit.probes.handed import handed_over

_MOST_NAMESPACES = 16
_NAMESPACES_EVERY_NS = 250_000_000
_LONGEST_SLEEP_NS = 100_000_000
_JUDGED_NS = 1_000_000_000
_MOST_JUDGED = 10_000
_LONG_WAIT_NS = 300_000_000
"""Most answers of tools come sooner, and most of models later."""

_GONE, _DENIED = 0, -1

Seen = InFlight | ModelPeer | Incident


class Watcher:
    """What the thread does: all namespaces of the tree, one look after the other."""

    def __init__(self, endpoints: Collection[str], now_ns: int) -> None:
        self._start_ns = now_ns
        self._models = ModelEndpoints(endpoints)
        self._servers = Servers()
        self._fallback = ModelPeers(endpoints)
        self._numbers = count(1)
        self._tables: dict[int, ConnectionTable] = {}
        self._refused: set[int] = set()
        self._denied = False
        self._namespaces: dict[int, int] = {}
        self._next_ns = now_ns
        self._judged: dict[int, tuple[int, Evidence | None, int]] = {}
        self._peers: set[tuple[int, str]] = set()

    def look(self, now_ns: int, pids: Sequence[int]) -> Iterator[Seen]:
        """What became known since the look before."""
        if now_ns >= self._next_ns or set(pids) - self._namespaces.keys():
            self._next_ns = now_ns + _NAMESPACES_EVERY_NS
            yield from self._open_tables(now_ns, pids)
        for number, table in tuple(self._tables.items()):
            here = [pid for pid in pids if self._namespaces.get(pid) == number]
            try:
                for told in table.look(now_ns, here):
                    yield self._in_flight(now_ns, table, *told)
            except OSError as error:
                yield self._refuse(now_ns, number, error)
                continue
            yield from self._new_peers(now_ns, table)
        lost = [pid for pid in pids if self._namespaces.get(pid) in self._refused]
        if lost:
            yield from self._fallback.look(now_ns, lost)

    def wait(self, now_ns: int) -> None:
        """Until the next look is due, or a connection ended."""
        tables = self._tables.values()
        until_ns = min([table.next_ns for table in tables], default=now_ns + _LONGEST_SLEEP_NS)
        wait_ns = min(max(until_ns - now_ns, 1_000_000), _LONGEST_SLEEP_NS)
        endings = select.poll()  # `select` takes no file beyond the 1024th
        for table in tables:
            if table.ending is not None:
                endings.register(table.ending, select.POLLIN)
        endings.poll(wait_ns / 1e6)

    def close(self, now_ns: int) -> Iterator[Seen]:
        """What is open still."""
        for number in tuple(self._tables):
            yield from self._closed(now_ns, number)

    def _open_tables(self, now_ns: int, pids: Sequence[int]) -> Iterator[Seen]:
        self._namespaces = {pid: _namespace(pid) for pid in pids}
        denied = [pid for pid, number in self._namespaces.items() if number == _DENIED]
        if denied and not self._denied:
            self._denied = True
            yield _incident(now_ns, f"we may not see the sockets of process {denied[0]}")
        here = set(self._namespaces.values())
        for number in self._tables.keys() - here:
            yield from self._closed(now_ns, number)
        for pid, number in self._namespaces.items():
            if self._wanted(number):
                try:
                    table = ConnectionTable(pid, number, self._start_ns, self._numbers)
                    self._tables[number] = table
                except OSError as error:
                    yield self._refuse(now_ns, number, error)

    def _wanted(self, number: int) -> bool:
        known = number in self._tables or number in self._refused
        return number not in {_GONE, _DENIED} and not known and len(self._tables) < _MOST_NAMESPACES

    def _closed(self, now_ns: int, number: int) -> Iterator[Seen]:
        table = self._tables.pop(number)
        try:
            for told in table.close(now_ns):
                yield self._in_flight(now_ns, table, *told)
        except OSError as error:
            yield self._refuse(now_ns, number, error)

    def _refuse(self, now_ns: int, number: int, error: OSError) -> Incident:
        table = self._tables.pop(number, None)
        if table is not None:
            table.release()
        self._refused.add(number)
        why = error.strerror or str(error)
        return _incident(now_ns, f"the kernel does not tell us of TCP connections: {why}")

    def _new_peers(self, now_ns: int, table: ConnectionTable) -> Iterator[ModelPeer]:
        """Connections to models, told once for each process and address."""
        for connection in table.new:
            address = shown(*connection.socket.peer)
            evidence, _ = self._evidence(now_ns, table, connection)
            if evidence and evidence.sure and (connection.pid, address) not in self._peers:
                self._peers.add((connection.pid, address))
                yield ModelPeer(at_ns=now_ns, pid=connection.pid, address=address)
        table.new.clear()

    def _evidence(
        self, now_ns: int, table: ConnectionTable, connection: Connection
    ) -> tuple[Evidence | None, int]:
        """What speaks for a model at the other end, and the process there; asked once a second."""
        if connection.inbound:
            return None, 0
        known_ns, evidence, peer_pid = self._judged.get(connection.number, (0, None, 0))
        if now_ns - known_ns > _JUDGED_NS:
            one = connection.socket
            peer_pid = self._servers.find(now_ns, table.diag, table.namespace, one) or peer_pid
            evidence = self._models.evidence(now_ns, connection.pid, shown(*one.peer), peer_pid)
            if len(self._judged) > _MOST_JUDGED:
                self._judged.clear()
            self._judged[connection.number] = (now_ns, evidence, peer_pid)
        return evidence, peer_pid

    def _in_flight(
        self, now_ns: int, table: ConnectionTable, connection: Connection, exchange: Exchange
    ) -> InFlight:
        evidence, peer_pid = self._evidence(now_ns, table, connection)
        sent, received = exchange.asked_bytes, exchange.answered_bytes
        if connection.inbound:
            sent, received = received, sent
        sure = evidence is not None and evidence.sure
        waited = exchange.end_ns - exchange.start_ns >= _LONG_WAIT_NS
        likely = evidence is not None and not sure and waited
        return InFlight(
            pid=connection.pid,
            connection=connection.number,
            peer=shown(*connection.socket.peer),
            start_ns=exchange.start_ns,
            end_ns=exchange.end_ns,
            sent_bytes=sent,
            received_bytes=received,
            model=sure,
            inbound=connection.inbound,
            peer_pid=peer_pid,
            open=exchange.open,
            likely=likely,
            evidence=evidence.text if evidence and (sure or likely) else "",
            answer_ns=exchange.answer_ns,
            multiplexed=exchange.multiplexed,
        )


def _namespace(pid: int) -> int:
    """The number of a process's network namespace, or why it has none for us."""
    try:
        return namespace_of(pid)
    except PermissionError:
        return _DENIED
    except OSError:
        return _GONE


def _incident(now_ns: int, what: str) -> Incident:
    return Incident(
        at_ns=now_ns,
        probe="connections",
        what=what,
        lost="requests in flight, and with them waits for a model that no stack shows",
    )


class Connections:
    """The observer: what the thread saw since the look before."""

    def __init__(self, endpoints: Collection[str]) -> None:
        self._watcher = Watcher(endpoints, time.monotonic_ns())
        self._seen: SimpleQueue[Seen] = SimpleQueue()
        self._pids: Sequence[int] = ()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="connections", daemon=True)

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Seen]:  # noqa: ARG002 -- observers are asked alike
        self._pids = tuple(pids)
        if self._thread.ident is None and not self._stopped.is_set():
            self._thread.start()
        return list(handed_over(self._seen))

    def close(self, now_ns: int) -> Sequence[Seen]:  # noqa: ARG002 -- observers are asked alike
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        return list(handed_over(self._seen))

    def _run(self) -> None:
        try:
            stopped = False
            while not stopped:
                stopped = self._stopped.is_set()  # before the look: what ended until then counts
                self._take(self._watcher.look(time.monotonic_ns(), self._pids))
                if not stopped:
                    self._watcher.wait(time.monotonic_ns())
            self._take(self._watcher.close(time.monotonic_ns()))
        except Exception as error:  # noqa: BLE001 -- a defect here must not end the recording
            self._take([self._defect(error)])

    def _take(self, seen: Iterable[Seen]) -> None:
        for record in seen:
            self._seen.put(record)

    def _defect(self, error: Exception) -> Incident:
        return Incident(
            at_ns=time.monotonic_ns(),
            probe="connections",
            what=f"looking at connections failed: {type(error).__name__}: {error}",
            lost="requests in flight from then on",
        )
