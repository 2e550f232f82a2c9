"""
A model that answers what the benchmark of frameworks needs, on loopback, and writes down when.

What it says is in model_answers.py; here is how long it takes, whole or streamed.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from model_answers import Event, events_of

DELAY_S = 0.5


@dataclass(frozen=True, slots=True)
class Call:
    """When a question had come in, and when its answer was out."""

    start_ns: int
    end_ns: int


@dataclass(slots=True)
class Model:
    """A stub that runs: where it listens, and what it was asked."""

    address: str
    calls: list[Call] = field(default_factory=list)

    def busy_ns(self, start_ns: int, end_ns: int) -> int:
        """Time within the window in which at least one question was open."""
        inside = sorted(
            (max(call.start_ns, start_ns), min(call.end_ns, end_ns)) for call in self.calls
        )
        busy_ns = 0
        for begin_ns, done_ns in inside:
            busy_ns += max(done_ns - max(begin_ns, start_ns), 0)
            start_ns = max(start_ns, done_ns)
        return busy_ns

    def asked(self, start_ns: int, end_ns: int) -> int:
        """Questions that came within the window."""
        return sum(start_ns <= call.start_ns < end_ns for call in self.calls)


@contextmanager
def listening(delay_s: float = DELAY_S) -> Iterator[Model]:
    """The stub, on a free port of loopback, for as long as the context lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.delay_s = delay_s
    server.model = Model(address=f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.model
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    delay_s: float
    model: Model


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._send("application/json", json.dumps({"object": "list", "data": []}).encode())

    def do_POST(self) -> None:
        server = cast("_Server", self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        start_ns = time.monotonic_ns()
        asked = json.loads(body or b"{}")
        try:
            events = events_of(self.path.rpartition("/")[2], asked)
        except KeyError:
            self.send_error(404)
            return
        with suppress(ConnectionError):
            if asked.get("stream"):
                self._stream(events, server.delay_s)
            else:
                time.sleep(server.delay_s)
                self._send("application/json", json.dumps(events[-1][1]).encode())
        server.model.calls.append(Call(start_ns, time.monotonic_ns()))

    def _stream(self, events: Sequence[Event], delay_s: float) -> None:
        """The first half of the delay before the first event, the rest between the others."""
        time.sleep(delay_s / 2)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, event in events[:-1]:
            line = f"event: {name}\n" if name else ""
            self._chunk(f"{line}data: {json.dumps(event)}\n\n")
            time.sleep(delay_s / 2 / max(len(events) - 1, 1))
        if not events[0][0]:
            self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _send(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: the benchmark prints a table."""
