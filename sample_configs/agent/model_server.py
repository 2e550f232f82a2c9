"""
A model server without a model: OpenAI-compatible, in a process of its own, batching.

    python model_server.py --port 0

Content comes from a script (policy.py). Time does not: requests share a batch, join and leave it
at any moment (continuous batching), and each slows the others down as on a real GPU.
"""

import argparse
import json
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar

from lifetime import end_when_told
from policy import CHARACTERS_PER_TOKEN, Thought, next_thought

# Time of a batch relative to one request alone: measured on an H200 (arXiv 2511.00739, table 4).
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
RELATIVE_TIMES = (1.00, 1.23, 1.36, 1.78, 2.55, 3.62)
SECONDS_PER_PROMPT_TOKEN = 0.000_002  # most of a prompt was seen before, and is cached
SECONDS_PER_TOKEN = 0.001_2
MAX_BODY = 1_000_000


def slowdown(batch: int) -> float:
    """How much longer everything takes when so many requests run at once; linear in between."""
    right = bisect_left(BATCH_SIZES, batch)
    if right == 0 or BATCH_SIZES[right] == batch:
        return RELATIVE_TIMES[right]
    low, high = BATCH_SIZES[right - 1], BATCH_SIZES[right]
    share = (batch - low) / (high - low)
    return RELATIVE_TIMES[right - 1] * (1 - share) + RELATIVE_TIMES[right] * share


class Slot:
    """A request in the batch: the seconds of work left to it, and an event for its end."""

    def __init__(self, work_s: float) -> None:
        self.left_s = work_s
        self.done = threading.Event()


class Batch(threading.Thread):
    """The accelerator: serves every running request at the speed that the batch size allows."""

    def __init__(self, *, most: int = BATCH_SIZES[-1]) -> None:
        super().__init__(name="batch", daemon=True)
        self._most = most
        self._waiting: deque[Slot] = deque()
        self._changed = threading.Condition()

    def serve(self, work_s: float) -> None:
        """Returns when so much work has been done for the caller."""
        slot = Slot(work_s)
        with self._changed:
            self._waiting.append(slot)
            self._changed.notify()
        slot.done.wait()

    def run(self) -> None:
        running: list[Slot] = []
        while True:
            with self._changed:
                while not running and not self._waiting:
                    self._changed.wait()
                while self._waiting and len(running) < self._most:
                    running.append(self._waiting.popleft())
                slower = slowdown(len(running))
                begun = time.monotonic()
                self._changed.wait(min(slot.left_s for slot in running) * slower)
                passed = time.monotonic() - begun
            running = self._advance(running, passed / slower)

    @staticmethod
    def _advance(running: list[Slot], work_s: float) -> list[Slot]:
        for slot in running:
            slot.left_s -= work_s
            if slot.left_s <= 0:
                slot.done.set()
        return [slot for slot in running if slot.left_s > 0]


class Handler(BaseHTTPRequestHandler):
    """The three paths of the API that an agent needs."""

    batch: ClassVar[Batch]
    serial: ClassVar[Iterator[int]] = count(1)
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(200, {"status": "ok"})
        elif self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": "scripted-react"}]})
        else:
            self._send(404, {"error": {"message": "no such path"}})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/v1/chat/completions" or not 0 < length <= MAX_BODY:
            self.close_connection = True
            self._send(404, {"error": {"message": "POST /v1/chat/completions, up to 1 MB"}})
            return
        body = self.rfile.read(length)
        try:
            request = json.loads(body)
            thought = next_thought(request["messages"], has_tools=bool(request.get("tools")))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._send(400, {"error": {"message": "messages with a user's question are needed"}})
            return
        prompt = length // CHARACTERS_PER_TOKEN
        self.batch.serve(prompt * SECONDS_PER_PROMPT_TOKEN + thought.tokens * SECONDS_PER_TOKEN)
        self._send(200, completion(thought, prompt_tokens=prompt, serial=next(self.serial)))

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, as in the base class
        """Nothing: a log line per request would cost more than the request."""


def completion(thought: Thought, *, prompt_tokens: int, serial: int) -> dict[str, Any]:
    """The answer in the form of the chat completions API."""
    message: dict[str, Any] = {"role": "assistant", "content": thought.text or None}
    if thought.tool:
        function = {"name": thought.tool, "arguments": json.dumps(thought.arguments)}
        message["tool_calls"] = [{"id": f"call_{serial}", "type": "function", "function": function}]
    reason = "tool_calls" if thought.tool else "stop"
    return {
        "id": f"chatcmpl-{serial}",
        "object": "chat.completion",
        "model": "scripted-react",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": thought.tokens,
            "total_tokens": prompt_tokens + thought.tokens,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="A model server without a model.")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--with-input", action="store_true", help="end with standard input")
    options = parser.parse_args()
    Handler.batch = Batch()
    Handler.batch.start()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    end_when_told(with_input=options.with_input)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
