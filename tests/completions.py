"""A server of OpenAI's completions API over real HTTP, whose model counts and sleeps."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN_S = 0.0005


class Completions(ThreadingHTTPServer):
    """Calls share it evenly: with n of them, each token takes n times as long."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        *,
        heeds: bool = True,
        broken_after: int | None = None,
        says: tuple[int, str] | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heeds = heeds
        """Whether it writes as many tokens as it is asked for, and says so."""
        self.broken_after = broken_after
        """How many calls it answers before it fails."""
        self.says = says
        """A status and a text, in place of all that it would answer."""
        self.asked: list[dict[str, Any]] = []
        self.told: list[Mapping[str, str]] = []
        """The headers of each call, and of the question for its models."""
        self.running = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Completions
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.told.append(dict(self.headers))
        self._say(200, {"data": [{"id": "counter"}, {"id": "other"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(asked)
            self.server.told.append(dict(self.headers))
            self.server.running += 1
            broken = self.server.broken_after is not None and (
                len(self.server.asked) > self.server.broken_after
            )
        tokens = asked["max_tokens"] if self.server.heeds else 1
        for _ in range(tokens):
            time.sleep(TOKEN_S * self.server.running)
        with self.server.lock:
            self.server.running -= 1
        if broken:
            self._say(500, {"error": "out of memory"})
        else:
            self._say(200, {"choices": [{"text": ""}], "usage": {"completion_tokens": tokens}})

    def _say(self, status: int, answer: object) -> None:
        status, text = self.server.says or (status, json.dumps(answer))
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if "<" in text else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, its name
        """Nothing: the test reads what was asked."""


@contextmanager
def completions(
    *,
    heeds: bool = True,
    broken_after: int | None = None,
    says: tuple[int, str] | None = None,
) -> Iterator[Completions]:
    """The server while it serves."""
    with Completions(heeds=heeds, broken_after=broken_after, says=says) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
