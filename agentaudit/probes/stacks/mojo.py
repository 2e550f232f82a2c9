"""
MOJO, the binary stream of Austin: samples of threads, frames told once and then referred to.

An event is a byte that says its kind, and its fields. Frames stand root first, after the head of
their sample and before its time. Only what a sample needs is kept; the rest is read over.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from agentaudit.model.recording import Frame

DEEPEST = 200
"""Frames kept of a stack: those next to the root say which step it is, so the leaves go."""

_VERSIONS = (1, 2, 3)
_PLACES = {1: 1, 2: 4, 3: 4}
"""Numbers that say where in its file a frame is."""

_INTERPRETERS_SINCE = 3
_LONGEST_EVENT = 1 << 20
_LONGEST_TEXT = 1000
_MOST_KNOWN = 500_000
_MORE, _BITS = 0x80, 64


class Sample(Struct, frozen=True, kw_only=True):
    """What one thread was doing, leaf first, and how long after the look before."""

    tid: int
    frames: tuple[Frame, ...]
    passed_us: int
    valid: bool


class MojoReader:
    """Samples from a stream that comes in pieces."""

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._version = 0
        self._texts: dict[int, str] = {}
        self._frames: dict[int, Frame] = {}
        self._tid: int | None = None
        self._stack: list[Frame] = []
        self._passed_us = 0
        self._valid = True
        self._events: Mapping[int, Callable[[], Sample | None]] = {
            1: self._metadata,
            2: self._head,
            3: self._frame,
            4: self._invalid,
            5: self._reference,
            6: self._kernel,
            7: self._flag,
            8: self._flag,
            9: self._time,
            10: self._memory,
            11: self._string,
            12: self._memory,
        }

    def samples(self, data: bytes) -> Iterator[Sample]:
        """The samples that are complete by now. Raises ValueError when it is no such stream."""
        self._data = self._data[self._at :] + data
        self._at = 0
        while True:
            start = self._at
            try:
                sample = self._event()
            except IndexError:  # the rest of the event is still to come
                self._at = start
                if len(self._data) - start > _LONGEST_EVENT:
                    raise ValueError("an event of more than a megabyte") from None
                return
            if sample is not None:
                yield sample

    def rest(self) -> Iterator[Sample]:
        """The last sample, which none follows."""
        if self._tid is not None:
            yield self._done(self._tid)
            self._tid = None

    def _event(self) -> Sample | None:
        if not self._version:
            self._header()
            return None
        kind = self._byte()
        known = self._events.get(kind)
        if known is None:
            raise ValueError(f"an event of the unknown kind {kind}")
        return known()

    def _header(self) -> None:
        if bytes(self._byte() for _ in range(3)) != b"MOJ":
            raise ValueError("it does not begin as a MOJO stream")
        version = self._number()
        if version not in _VERSIONS:
            raise ValueError(f"version {version} of MOJO is not known")
        self._version = version

    def _head(self) -> Sample | None:
        self._number()
        if self._version >= _INTERPRETERS_SINCE:
            self._number()
        tid = int(self._text(), 16)
        done = None if self._tid is None else self._done(self._tid)
        self._tid, self._stack, self._valid = tid, [], True
        return done

    def _done(self, tid: int) -> Sample:
        return Sample(
            tid=tid,
            frames=tuple(reversed(self._stack[:DEEPEST])),
            passed_us=self._passed_us,
            valid=self._valid,
        )

    def _frame(self) -> None:
        key, file, function = self._number(), self._number(), self._number()
        for _ in range(_PLACES[self._version]):
            self._number()
        if len(self._frames) >= _MOST_KNOWN:
            raise ValueError("more frames than a program has")
        self._frames[key] = Frame(
            file=self._texts.get(file, ""), function=self._texts.get(function, "")
        )

    def _reference(self) -> None:
        frame = self._frames.get(self._number())
        if frame is None:
            self._valid = False
        else:
            self._stack.append(frame)

    def _string(self) -> None:
        key, text = self._number(), self._text()
        if len(self._texts) >= _MOST_KNOWN:
            raise ValueError("more names than a program has")
        self._texts[key] = text[:_LONGEST_TEXT]

    def _time(self) -> None:
        self._passed_us = max(self._number(), 0)

    def _invalid(self) -> None:
        self._valid = False

    def _metadata(self) -> None:
        self._text()
        self._text()

    def _kernel(self) -> None:
        self._text()

    def _memory(self) -> None:
        self._number()

    def _flag(self) -> None:
        """That a thread idles, or that the collector runs: nothing follows."""

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _number(self) -> int:
        """Six bits and the sign, then seven bits at a time as long as the first bit is set."""
        byte = self._byte()
        number, shift, negative = byte & 0x3F, 6, byte & 0x40
        while byte & _MORE:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if shift > _BITS + 7:
                raise ValueError("a number of more than 64 bits")
        return -number if negative else number

    def _text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise IndexError
        text = self._data[self._at : end].decode("utf-8", errors="replace")
        self._at = end + 1
        return text
