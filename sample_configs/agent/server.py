"""
The agent as a service: HTTP, a thread per request.

    python server.py --model http://127.0.0.1:8000/v1 --data /tmp/agent --port 0
    curl -d '{"type": "research", "question": "Which incidents hit billing?"}' …/run
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from agent import Agent, Answer, Task, parts
from lifetime import end_when_told
from llm import ModelError

MAX_BODY = 20_000
MAX_QUESTION = 2_000
MAX_SESSION = 100


class RequestError(Exception):
    """What was asked cannot be understood."""


def task_of(body: bytes) -> Task:
    """The task that the body of a request asks for."""
    try:
        asked = json.loads(body)
        kind, question = asked["type"], asked["question"]
        session = asked.get("session", "default")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestError('send {"type": …, "question": …, "session": …}') from error
    if kind not in {"research", "chat"}:
        raise RequestError('type is "research" or "chat"')
    if not isinstance(question, str) or not 0 < len(question) <= MAX_QUESTION:
        raise RequestError(f"question is a text of 1 to {MAX_QUESTION} characters")
    if not isinstance(session, str) or not 0 < len(session) <= MAX_SESSION:
        raise RequestError(f"session is a text of 1 to {MAX_SESSION} characters")
    return Task(kind=kind, question=question, session=session)


def as_json(answer: Answer) -> dict[str, Any]:
    return {"answer": answer.text, "model_calls": answer.model_calls, "tools": list(answer.tools)}


class Handler(BaseHTTPRequestHandler):
    """`POST /run` and `GET /health`."""

    agent: ClassVar[Agent]
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        known = self.path == "/health"
        self._send(200 if known else 404, {"status": "ok"} if known else {"error": "no such path"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/run" or not 0 < length <= MAX_BODY:
            self.close_connection = True
            self._send(404, {"error": f"POST /run, up to {MAX_BODY} bytes"})
            return
        try:
            answer = self.agent.run(task_of(self.rfile.read(length)))
        except RequestError as error:
            self._send(400, {"error": str(error)})
        except ModelError as error:
            self._send(502, {"error": str(error)})
        else:
            self._send(200, as_json(answer))

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, as in the base class
        """Nothing: the load generator counts requests."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A small tool-using agent.")
    parser.add_argument("--model", required=True, help="base URL of the model, ending in /v1")
    parser.add_argument("--data", type=Path, required=True, help="folder for corpus and memory")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--with-input", action="store_true", help="end with standard input")
    return parser.parse_args()


def serve(agent: Agent, asked: argparse.Namespace) -> None:
    """The agent answers until the process is told to stop; then its tools are stopped too."""
    Handler.agent = agent
    server = ThreadingHTTPServer(("127.0.0.1", asked.port), Handler)
    server.daemon_threads = True
    end_when_told(with_input=asked.with_input)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        agent.tools.close()


def main() -> None:
    asked = options()
    model, tools, retriever, memory = parts(asked.data, asked.model)
    serve(Agent(model=model, tools=tools, retriever=retriever, memory=memory), asked)


if __name__ == "__main__":
    main()
