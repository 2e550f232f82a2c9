"""Spans that agents report while they run: a receiver of OTLP, and how an agent finds it."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence

from agentaudit.model.observed import SpanSeen
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident
from agentaudit.probes.spans.otlp import Reading, read_body
from agentaudit.probes.spans.otlp_http import HERE, HERE_IPV6, Server
from agentaudit.probes.spans.otlp_spans import OtlpError
from agentaudit.probes.spans.senders import Senders

USUAL_PORT = 4318
"""Where exporters send when nobody tells them otherwise."""

ELSEWHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of a user who exports already."""

_MOST_WAITING = 50_000
_MOST_SPANS = 1_000_000
_LINGER_S = 0.25
"""Exporters that we told to hurry send every 0.2 s: what ended just now is on its way."""

_MOST_PROBLEMS = 10
_MORE = "refused: bodies, for further reasons"

_CHOICES = {
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process,otel",
    "OTEL_BSP_SCHEDULE_DELAY": "200",
}
"""What we set where the user did not: spans alone, by their latest names, with their process."""


class SpanReceiver:
    """
    Listens on this machine alone, and tells of each span that ended.

    Another port is taken where the one that was asked for is in use, and an incident says which.
    """

    def __init__(self, port: int, reading: Reading) -> None:
        self._reading = reading
        self._waiting: deque[SpanSeen] = deque()
        self._taken = 0
        self._problems: Counter[str] = Counter()
        self._asked_port = port
        self._server = self._opened(port)
        self._second = self._opened_second()
        self._senders = Senders(self.port)
        self._closed = False

    @property
    def port(self) -> int:
        return self._server.port

    def moved(self, now_ns: int) -> Sequence[Incident]:
        """What to say where another port had to be taken."""
        if self._asked_port in (0, self.port):
            return ()
        return (
            Incident(
                at_ns=now_ns,
                probe="spans",
                what=f"port {self._asked_port} is in use: spans are received on port {self.port}",
                lost=(
                    f"spans of agents that send to port {self._asked_port}; start them with"
                    f" OTEL_EXPORTER_OTLP_ENDPOINT=http://{HERE}:{self.port}"
                ),
            ),
        )

    def environment(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """
        What makes a launched command send its spans here; nothing where they go elsewhere already.

        `own` is the environment that it has anyway.
        """
        if any(own.get(name) for name in ELSEWHERE):
            return {}
        here = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HERE}:{self.port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }
        return here | {name: value for name, value in _CHOICES.items() if name not in own}

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:  # noqa: ARG002 -- an observer's
        self._senders.seen(pids)
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def close(self, now_ns: int) -> Sequence[Record]:
        if self._closed:
            return ()
        self._closed = True
        if self._taken:
            time.sleep(_LINGER_S)
        for server in (self._server, self._second):
            if server is not None:
                server.end()
        return [*self.look(now_ns, ()), *self._account(now_ns)]

    def _opened(self, port: int) -> Server:
        try:
            return Server(port, self._take)
        except OSError:
            return Server(0, self._take)

    def _opened_second(self) -> Server | None:
        """For exporters that send to `localhost` and take that for IPv6, where it can be had."""
        try:
            return Server(self.port, self._take, host=HERE_IPV6)
        except OSError:
            return None

    def _take(self, body: bytes, media: str, from_port: int) -> int:
        """How many spans of a body were refused. Called by the server's threads."""
        try:
            read = read_body(body, media, self._reading)
        except OtlpError as error:
            told = (
                f"refused: a body, because {error}"
                if len(self._problems) < _MOST_PROBLEMS
                else _MORE
            )
            self._problems[told] += 1
            raise
        room = min(_MOST_WAITING - len(self._waiting), _MOST_SPANS - self._taken)
        spans = read.spans[: max(room, 0)]
        self._taken += len(spans)
        self._waiting.extend(self._senders.placed(spans, from_port))
        if read.refused:
            self._problems["refused: spans without an id, or that end before they begin"] += (
                read.refused
            )
        if len(spans) < len(read.spans):
            self._problems["refused: spans beyond the most that are taken"] += len(
                read.spans
            ) - len(spans)
        return read.refused + len(read.spans) - len(spans)

    def _account(self, now_ns: int) -> Iterator[Incident]:
        for what, times in self._problems.most_common():
            yield Incident(
                at_ns=now_ns,
                probe="spans",
                what=f"{what} ({times:,} in all)",
                lost="the steps that some spans told of",
            )
