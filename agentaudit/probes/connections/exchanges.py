"""
Requests on one connection, told from its byte counters: questions go one way, answers the other.

A request lasts from the first byte of its question to the last byte of its answer. A pause does
not end it, since answers are streamed; the next question does, or the end of the connection.
Instants come from the kernel's ages rather than from when we looked, and are as fine as its ticks.

On an encrypted connection the handshake belongs to the first request. There, packets too small
for a question are taken for the protocol's own: HTTP/2 acknowledges, TLS says goodbye. Requests
that share a connection at once, as HTTP/2 has them, cannot be told apart and count as one.
"""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.probes.connections.sock_diag import Counters

_CHATTER_BYTES = 64
"""HTTP/2's WINDOW_UPDATE and PING make records of 35 to 48 bytes, TLS's goodbye of 24 to 31."""
_FINISHED_BYTES = 150
"""The last flight of a client's handshake, without a question: 58 to 126 bytes."""
_HANDSHAKE_NS = 1_000_000_000
_HANDSHAKE_BYTES = 2500
"""At most so much is sent in a handshake; keys that resist quantum computers take 1216 bytes."""
_THOUGHT_NS = 200_000_000
"""What comes after such a pause answers a question, which went with the end of the handshake."""
_HANDSHAKE_ALONE_NS = 500_000_000
_PARALLEL_NS = 50_000_000
"""More of a question after such a pause is another question, where a protocol allows that."""
_LATE_NS = 30_000_000_000
"""What comes later without a question answers none: servers ping in streams every 15 s or so."""
_STALE_NS = 600_000_000_000
_PAUSE_NS = 1_000_000_000
"""An answer that pauses so long may be at its end."""
_ENDING_NS = 250_000_000
_SELDOM_NS = 30_000_000_000


class Exchange(Struct, frozen=True, kw_only=True):
    """One request as far as it went; `answer_ns` is 0 while that is not known."""

    start_ns: int
    end_ns: int
    asked_bytes: int
    answered_bytes: int
    answer_ns: int
    open: bool
    multiplexed: bool


class _Draft(Struct, kw_only=True):
    """The request that a connection is at, or was last."""

    start_ns: int
    asked_ns: int
    asked: int
    answered: int = 0
    answer_ns: int = 0
    last_ns: int = 0
    """When the last byte of the answer came."""
    joined: bool = False
    """True of a request that began with a handshake."""
    multiplexed: bool = False
    told_ns: int = 0
    told_open: bool = False
    changed: bool = True
    """True when it went on since it was told."""

    @property
    def waiting(self) -> bool:
        return not self.answered

    @property
    def untold(self) -> bool:
        return self.changed or self.told_open or self.waiting

    def exchange(self, now_ns: int, *, going_on: bool) -> Exchange:
        return Exchange(
            start_ns=self.start_ns,
            end_ns=now_ns if self.waiting else self.last_ns,
            asked_bytes=self.asked,
            answered_bytes=self.answered,
            answer_ns=0 if self.joined else self.answer_ns,
            open=going_on,
            multiplexed=self.multiplexed,
        )


class _Moved(Struct, frozen=True, kw_only=True):
    """What went over a connection between two looks, seen from who asks."""

    asked: int
    answered: int
    asked_ns: int
    answered_ns: int


class Exchanges(Struct, kw_only=True):
    """
    The requests on one connection, in order.

    `since_ns` is the last instant at which it was known to have carried nothing; of one that is
    older than the recording (`old`), it is the recording's start.
    """

    inbound: bool
    encrypted: bool
    since_ns: int
    old: bool = False
    _asked: int = 0
    _answered: int = 0
    _segments: int = 0
    _draft: _Draft | None = None
    _fresh: bool = False
    """True as long as what is said may be the handshake."""

    def __post_init__(self) -> None:
        self._fresh = self.encrypted and not self.old

    def see(self, counters: Counters) -> Iterator[Exchange]:
        """Takes in what the connection carried until now; gives what that ended."""
        moved = self._moved(counters)
        if self.old:
            self.old = False
            self._resume(moved, counters)
        elif moved.asked and moved.answered and moved.asked_ns > moved.answered_ns:
            yield from self._answer_then_ask(moved)
        else:
            yield from self._ask(moved)
            self._answer(moved)
        self.since_ns = counters.at_ns

    def due(self, now_ns: int) -> Iterator[Exchange]:
        """What should be told by now, though it may go on: a crash must not lose it."""
        draft = self._draft
        if draft is None or not draft.untold:
            return
        if draft.waiting or now_ns - draft.last_ns < _PAUSE_NS:
            told_ns = draft.told_ns or draft.start_ns
            rest_ns = min(max(_PAUSE_NS, (told_ns - draft.start_ns)), _SELDOM_NS)
            if now_ns - told_ns >= rest_ns:
                yield from self._tell(now_ns, going_on=True)
        else:
            yield from self._tell(now_ns, going_on=False)

    def end(self, now_ns: int) -> Iterator[Exchange]:
        """The last request of a connection that is gone."""
        draft = self._draft
        if draft and draft.untold:
            yield from self._tell(now_ns, going_on=False)
        self._draft = None

    def stop(self, now_ns: int) -> Iterator[Exchange]:
        """The last request of a connection that outlives the recording."""
        draft = self._draft
        if draft is None:
            return
        going_on = draft.waiting or now_ns - draft.last_ns < _ENDING_NS
        if draft.untold or going_on:
            yield from self._tell(now_ns, going_on=going_on)
        self._draft = None

    def _tell(self, now_ns: int, *, going_on: bool) -> Iterator[Exchange]:
        draft = self._draft
        if draft is None or self._handshake_alone(draft):
            return
        draft.told_ns, draft.told_open, draft.changed = now_ns, going_on, False
        yield draft.exchange(now_ns, going_on=going_on)

    def _moved(self, counters: Counters) -> _Moved:
        """Increments, and when the last bytes of each went, which was since the look before."""
        data_came = counters.segments != self._segments
        self._segments = counters.segments
        sent, received = counters.sent, counters.received
        sent_ns = counters.at_ns - counters.sent_age_ns
        received_ns = counters.at_ns - counters.received_age_ns
        asked, answered = (received, sent) if self.inbound else (sent, received)
        asked_ns, answered_ns = (received_ns, sent_ns) if self.inbound else (sent_ns, received_ns)
        moved = _Moved(
            asked=max(asked - self._asked, 0) if data_came or not self.inbound else 0,
            answered=max(answered - self._answered, 0) if data_came or self.inbound else 0,
            asked_ns=min(max(asked_ns, self.since_ns), counters.at_ns),
            answered_ns=min(max(answered_ns, self.since_ns), counters.at_ns),
        )
        self._asked, self._answered = asked, answered
        return moved

    def _resume(self, moved: _Moved, counters: Counters) -> None:
        """A connection from before the recording: it waits for an answer, or for a question."""
        ages = counters.sent_age_ns, counters.received_age_ns
        asked_age_ns, answered_age_ns = reversed(ages) if self.inbound else ages
        unanswered = not moved.answered or asked_age_ns < answered_age_ns
        if moved.asked and unanswered and asked_age_ns < _STALE_NS:
            self._draft = _Draft(start_ns=moved.asked_ns, asked_ns=moved.asked_ns, asked=0)

    def _answer_then_ask(self, moved: _Moved) -> Iterator[Exchange]:
        if self._draft is None:  # both of a first request came and went between two looks
            middle_ns = (self.since_ns + moved.answered_ns) // 2
            self._draft = _Draft(start_ns=middle_ns, asked_ns=middle_ns, asked=0)
        self._answer(moved)
        yield from self._ask(moved)

    def _ask(self, moved: _Moved) -> Iterator[Exchange]:
        draft = self._draft
        if not moved.asked:
            return
        if draft is not None and self._goes_on(draft, moved):
            self._extend(draft, moved)
            return
        if draft is not None and draft.untold:
            yield from self._tell(moved.asked_ns, going_on=False)
        whole = self._fresh and draft is None and moved.asked > _HANDSHAKE_BYTES
        self._fresh &= draft is None and not whole
        self._draft = _Draft(
            start_ns=moved.asked_ns, asked_ns=moved.asked_ns, asked=moved.asked, joined=whole
        )

    def _goes_on(self, draft: _Draft, moved: _Moved) -> bool:
        """Whether what was sent belongs to the request that is open already."""
        if draft.waiting:
            return True
        if self.encrypted and moved.asked <= _CHATTER_BYTES:
            return True
        return self._fresh and moved.asked_ns - draft.start_ns <= _HANDSHAKE_NS

    def _extend(self, draft: _Draft, moved: _Moved) -> None:
        draft.asked += moved.asked
        small = self.encrypted and moved.asked <= _CHATTER_BYTES
        if small and not draft.waiting:
            return
        if self.encrypted and draft.waiting and not small:
            draft.multiplexed |= moved.asked_ns - draft.asked_ns > _PARALLEL_NS
        if not draft.waiting:  # the handshake is over, and the question comes
            draft.joined, draft.answered = True, 0
            self._fresh = moved.asked <= _FINISHED_BYTES
        draft.asked_ns = moved.asked_ns
        draft.changed = True

    def _answer(self, moved: _Moved) -> None:
        draft = self._draft
        if not moved.answered or draft is None:
            return  # or the server speaks first, which answers nothing
        if not draft.waiting:
            quiet_ns = moved.answered_ns - draft.last_ns
            small = self.encrypted and moved.answered <= _CHATTER_BYTES
            if quiet_ns > (_PAUSE_NS if small else _LATE_NS):
                return
            if self._fresh and quiet_ns > _THOUGHT_NS:
                self._fresh, draft.joined = False, True
        draft.answered += moved.answered
        draft.answer_ns = draft.answer_ns or moved.answered_ns
        draft.last_ns = moved.answered_ns
        draft.changed = True

    def _handshake_alone(self, draft: _Draft) -> bool:
        """Connections are kept ready: that is no request."""
        return (
            self._fresh
            and not draft.joined
            and draft.asked <= _HANDSHAKE_BYTES
            and not draft.waiting
            and draft.last_ns - draft.start_ns <= _HANDSHAKE_ALONE_NS
        )
