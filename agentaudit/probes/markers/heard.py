"""Steps that agents mark themselves, as they tell of them; `agentaudit.markers` is their side."""

from collections.abc import Iterator, Mapping, Sequence
from time import monotonic_ns

from agentaudit.markers import ENVIRONMENT
from agentaudit.model.observed import Marked
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident
from agentaudit.probes.markers.ear import Ear
from agentaudit.probes.markers.lines import Mark, marks_of
from agentaudit.probes.markers.sockets import common_socket, socket_of, threads_of

_MOST_SOCKETS = 1_024
_MOST_OPEN = 100_000
_KNOWN_THREADS = 10_000
_SHARED = 0
"""The owner of the socket that all of a launched command's processes send to."""


class Markers:
    """Tells of each marked step once, when it has ended, or when the recording does."""

    def __init__(self) -> None:
        self._ear = Ear()
        shared, self._name = common_socket()
        self._ear.add(_SHARED, shared)
        self._tree: set[int] = set()
        """Every process of the tree that was ever seen: a last word may come after its end."""
        self._deaf: set[int] = set()
        self._open: dict[tuple[int, int], Mark] = {}
        self._threads: dict[tuple[int, int], int] = {}
        self._listed: dict[int, Mapping[int, int] | None] = {}
        """Threads by their processes' own numbers, as of this look."""
        self._counts = {"no markers": 0, "of strangers": 0, "too many": 0}
        self._forbidden = 0
        self._closed = False

    @property
    def environment(self) -> Mapping[str, str]:
        """What tells a launched command where to send its markers."""
        return {ENVIRONMENT: self._name}

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:
        self._listen(pids)
        records: list[Record] = list(self._heard(now_ns))
        gone = {pid for pid, _ in self._open} - set(pids)
        if gone:
            records += self._given_up(now_ns, gone)
        return records

    def close(self, now_ns: int) -> Sequence[Record]:
        if self._closed:
            return ()
        self._closed = True
        self._ear.close()
        records: list[Record] = list(self._heard(now_ns))
        records += self._given_up(now_ns, {pid for pid, _ in self._open})
        return [*records, *self._account(now_ns)]

    def _listen(self, pids: Sequence[int]) -> None:
        """A socket for each process, as long as it lives."""
        now = set(pids)
        self._tree |= now
        owners = self._ear.owners
        for pid in owners - now - {_SHARED}:
            self._ear.remove(pid)
        self._deaf &= now
        for pid in pids:
            if pid in owners or pid in self._deaf:
                continue
            made = None
            if len(self._ear) < _MOST_SOCKETS:
                try:
                    made = socket_of(pid)
                except PermissionError:
                    self._forbidden += 1
            if made is None:
                self._deaf.add(pid)
            else:
                self._ear.add(pid, made)

    def _heard(self, now_ns: int) -> Iterator[Marked]:
        self._listed.clear()
        latest_ns = max(now_ns, monotonic_ns())  # a tick may be long: some end after its beginning
        for heard in self._ear.taken():
            if heard.lineage and not self._tree.intersection(heard.lineage):
                self._counts["of strangers"] += 1
                continue
            pid = heard.pid
            for mark in marks_of(heard.datagram):
                if mark is None:
                    self._counts["no markers"] += 1
                elif mark.end_ns is not None:
                    self._open.pop((pid, mark.marker), None)
                    yield self._marked(pid, mark, min(mark.end_ns, latest_ns))
                elif len(self._open) < _MOST_OPEN:
                    self._open[pid, mark.marker] = mark
                    self._thread(pid, mark.tid)  # known now; when the step ends it may be gone
                else:
                    self._counts["too many"] += 1

    def _given_up(self, now_ns: int, pids: set[int]) -> Iterator[Marked]:
        """Steps that had not ended: of processes that are gone, or of all at the end."""
        for pid, marker in [key for key in self._open if key[0] in pids]:
            yield self._marked(pid, self._open.pop((pid, marker)), now_ns, still_open=True)

    def _marked(self, pid: int, mark: Mark, end_ns: int, *, still_open: bool = False) -> Marked:
        start_ns = min(mark.start_ns, end_ns)
        return Marked(
            pid=pid,
            tid=self._thread(pid, mark.tid),
            task=mark.task,
            marker=mark.marker,
            parent=mark.parent,
            kind=mark.kind,
            name=mark.name,
            start_ns=start_ns,
            end_ns=end_ns,
            open=still_open,
            injected=mark.injected,
        )

    def _thread(self, pid: int, told: int) -> int:
        known = self._threads.get((pid, told))
        if known:
            return known
        if pid not in self._listed:
            self._listed[pid] = threads_of(pid)
        listed = self._listed[pid]
        known = told if listed is None else listed.get(told, 0)
        if known:
            if len(self._threads) >= _KNOWN_THREADS:
                self._threads.clear()
            self._threads[pid, told] = known
        return known

    def _account(self, now_ns: int) -> Iterator[Incident]:
        lost = self._ear.lost
        told = [f"{number} {what}" for what, number in self._counts.items() if number]
        if lost:
            told.append(f"{lost} not read in time")
        if told:
            yield Incident(
                at_ns=now_ns,
                probe="markers",
                what=f"messages to the recorder were ignored: {', '.join(told)}",
                lost="the steps that some markers may have told of",
            )
        if self._forbidden:
            yield Incident(
                at_ns=now_ns,
                probe="markers",
                what=f"network namespaces that we may not enter: {self._forbidden}",
                lost="steps that are marked in other network namespaces, unless AGENTAUDIT_MARKERS"
                " names a socket that is shared",
            )
