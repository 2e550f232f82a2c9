"""The third form of the agent sends the spans that the GenAI conventions describe."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from agentaudit.cli.demo import running_sample
from agentaudit.store.shipped import shipped

Ask = Callable[..., tuple[int, dict[str, Any]]]
collector = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")


class Receiver(ThreadingHTTPServer):
    """Takes OTLP over HTTP, and keeps the spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.spans: list[Any] = []
        self.resources: list[dict[str, Any]] = []


class ReceiverHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for received in collector.ExportTraceServiceRequest.FromString(body).resource_spans:
            pairs = {item.key: item.value for item in received.resource.attributes}
            self.server.resources.append(pairs)
            for scope in received.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, as in the base class
        """Nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def test_every_kind_of_work_has_its_span(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    with receiving() as receiver:
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{receiver.server_port}"
        )
        with running_sample(load_s=0, variant="otel_server.py") as sample:
            ask(sample.agent_url, type="research", question="Which incidents hit billing?")
    names = sorted(span.name for span in receiver.spans)
    root = next(span for span in receiver.spans if not span.parent_span_id)

    assert names == [
        "chat scripted-react",
        "chat scripted-react",
        "chat scripted-react",
        "execute_tool search_files",
        "execute_tool summarize",
        "invoke_agent research",
        "retrieval reports",
        "search_memory",
        "update_memory",
    ]
    assert root.name == "invoke_agent research"
    assert {span.trace_id for span in receiver.spans} == {root.trace_id}
    assert receiver.resources[0]["process.pid"].int_value == sample.pid


def test_without_the_sdk_it_says_what_to_install() -> None:
    """`-S` leaves out everything that was ever installed."""
    script = shipped("sample_configs") / "agent" / "otel_server.py"
    run = subprocess.run(
        [sys.executable, "-S", "-B", script], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert "pip install opentelemetry-sdk" in run.stderr
