"""The receiver of spans: real exporters in other processes, and senders that mean no good."""

import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentaudit.model.observed import SpanSeen
from agentaudit.model.trace import Incident
from agentaudit.probes.spans import otlp_http
from agentaudit.probes.spans import receiver as spans
from agentaudit.probes.spans import senders as span_senders
from agentaudit.probes.spans.otlp import JSON, PROTOBUF, Reading
from agentaudit.probes.spans.receiver import SpanReceiver
from agentaudit.probes.spans.senders import Senders

EXPORTER = """
import sys
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider(resource=Resource.create({"service.name": "agent"}))
compression = Compression[sys.argv[1]]
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(compression=compression)))
tracer = provider.get_tracer("an.instrumentation")
with tracer.start_as_current_span("invoke_agent a"):
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": "secret words"}
    with tracer.start_as_current_span("chat m", attributes=attributes):
        pass
provider.shutdown()
"""


INTERFACES = Path("/proc/net/if_inet6")
IPV6 = INTERFACES.exists() and "0" * 31 + "1" in INTERFACES.read_text(encoding="ascii")


@pytest.fixture
def receiver() -> Iterator[SpanReceiver]:
    made = SpanReceiver(0, Reading())
    yield made
    made.close(0)


def exported(
    receiver: SpanReceiver, compression: str, **environment: str
) -> tuple[int, list[SpanSeen]]:
    """The process that exported, and what came of it."""
    told = {**os.environ, **receiver.environment({}), **environment}
    program = subprocess.Popen([sys.executable, "-c", EXPORTER, compression], env=told)
    receiver.look(0, [program.pid])
    assert program.wait() == 0
    return program.pid, spans_in(receiver)


def spans_in(receiver: SpanReceiver) -> list[SpanSeen]:
    return [record for record in receiver.look(0, ()) if isinstance(record, SpanSeen)]


def post(
    receiver: SpanReceiver,
    body: bytes | Iterator[bytes],
    media: str = JSON,
    *,
    path: str = "/v1/traces",
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=30)
    try:
        chunked = not isinstance(body, bytes)
        connection.request(
            method,
            path,
            body,
            {"Content-Type": media, **(headers or {})},
            encode_chunked=chunked,
        )
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def body(**fields: object) -> bytes:
    span = {
        "traceId": "ab" * 16,
        "spanId": "cd" * 8,
        "name": "chat",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        **fields,
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(10)
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("compression", ["NoCompression", "Gzip", "Deflate"])
def test_spans_of_a_real_exporter_arrive_with_their_process(
    receiver: SpanReceiver, compression: str
) -> None:
    pid, told = exported(receiver, compression)

    chat, agent = told
    assert (chat.name, agent.name) == ("chat m", "invoke_agent a")
    assert (chat.parent, chat.trace) == (agent.span, agent.trace)
    assert (chat.pid, chat.service, chat.scope) == (pid, "agent", "an.instrumentation")
    assert "secret words" not in str(told)


def test_a_process_that_does_not_say_who_it_is_is_known_by_its_connection(
    receiver: SpanReceiver,
) -> None:
    pid, told = exported(receiver, "NoCompression", OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="otel")

    assert {span.pid for span in told} == {pid}


def test_a_sender_outside_the_tree_is_told_by_its_own_number(receiver: SpanReceiver) -> None:
    receiver.look(0, [1])
    post(receiver, body())
    resource = {"attributes": [{"key": "process.pid", "value": {"intValue": "4242"}}]}
    told = json.loads(body())
    told["resourceSpans"][0]["resource"] = resource
    post(receiver, json.dumps(told).encode())

    assert [span.pid for span in spans_in(receiver)] == [os.getpid(), 4242]


def test_a_number_of_a_container_is_the_process_that_has_it_there(
    receiver: SpanReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = {os.getpid(): (os.getpid(), 7), 99: (99, 8)}
    monkeypatch.setattr(span_senders, "numbers_of", lambda pid: inside.get(pid, (pid,)))
    receiver.look(0, [os.getpid(), 99])

    for number in (7, 8, 9):
        post(receiver, body(attributes=[{"key": "process.pid", "value": {"intValue": number}}]))

    assert [span.pid for span in spans_in(receiver)] == [os.getpid(), 99, os.getpid()]


def test_a_thread_is_kept_when_the_process_has_it(receiver: SpanReceiver) -> None:
    receiver.look(0, [os.getpid()])
    for number in (os.getpid(), 4_000_000):
        post(receiver, body(attributes=[{"key": "thread.id", "value": {"intValue": number}}]))

    assert [span.tid for span in spans_in(receiver)] == [os.getpid(), 0]


@pytest.mark.parametrize("media", [JSON, f"{JSON}; charset=utf-8"])
def test_an_answer_is_of_the_kind_of_the_question(receiver: SpanReceiver, media: str) -> None:
    assert post(receiver, body(), media) == (200, JSON, b"{}")
    assert post(receiver, b"", PROTOBUF) == (200, PROTOBUF, b"")
    assert len(spans_in(receiver)) == 1


def test_what_is_refused_of_a_body_is_said_in_both_encodings(receiver: SpanReceiver) -> None:
    service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    request = service.ExportTraceServiceRequest()
    made = request.resource_spans.add().scope_spans.add().spans
    for _ in range(300):
        made.add(name="without an id")

    status, _, told = post(receiver, request.SerializeToString(), PROTOBUF)
    answer = service.ExportTraceServiceResponse.FromString(told)
    _, _, in_json = post(receiver, body(spanId=""))

    assert (status, answer.partial_success.rejected_spans) == (200, 300)
    assert answer.partial_success.error_message.startswith("spans without an id")
    assert json.loads(in_json)["partialSuccess"]["rejectedSpans"] == "1"


def test_a_body_in_chunks_is_read(receiver: SpanReceiver) -> None:
    packed = gzip.compress(body())
    parts = iter([packed[:10], packed[10:]])

    assert post(receiver, parts, headers={"Content-Encoding": "gzip"})[0] == 200
    assert len(spans_in(receiver)) == 1


def test_metrics_and_logs_are_taken_and_dropped(receiver: SpanReceiver) -> None:
    assert post(receiver, b"{}", path="/v1/metrics")[0] == 200
    assert post(receiver, b"anything", PROTOBUF, path="/v1/logs")[0] == 200
    assert not receiver.look(0, ())


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (404, {"path": "/v1/spans"}),
        (404, {"path": "/", "method": "GET"}),
        (405, {"method": "GET"}),
        (405, {"method": "PUT"}),
        (405, {"method": "OPTIONS"}),
        (415, {"media": "text/plain"}),
        (415, {"media": ""}),
        (415, {"headers": {"Content-Encoding": "br"}}),
        (400, {"body": b"{"}),
        (400, {"body": b"\xff", "media": PROTOBUF}),
        (400, {"body": b"no gzip", "headers": {"Content-Encoding": "gzip"}}),
        (400, {"body": gzip.compress(b"{}")[:-4], "headers": {"Content-Encoding": "gzip"}}),
        (400, {"body": b"zz\r\n", "headers": {"Transfer-Encoding": "chunked"}}),
        (411, {"headers": {"Content-Length": "many"}}),
        (413, {"body": b" " * (17 << 20)}),
        (413, {"body": b"fffffff\r\n", "headers": {"Transfer-Encoding": "chunked"}}),
        (413, {"body": b'{"a":' + b"[" * 600_000}),
        (
            413,
            {"body": zlib.compress(b" " * (64 << 20)), "headers": {"Content-Encoding": "deflate"}},
        ),
    ],
)
def test_what_is_refused_gets_its_status(
    receiver: SpanReceiver, status: int, asked: Mapping[str, Any]
) -> None:
    told = {"body": b"{}", **asked}

    assert post(receiver, **told)[0] == status
    assert post(receiver, body())[0] == 200


def test_a_refusal_says_why_in_the_encoding_of_the_question(receiver: SpanReceiver) -> None:
    assert b"it is no protobuf of OTLP" in post(receiver, b"\xff", PROTOBUF)[2]
    assert "no JSON" in json.loads(post(receiver, b"{")[2])["message"]
    assert b"content type must be" in post(receiver, b"{", "text/plain")[2]


def test_a_body_that_ends_too_early_is_cut_off_and_nothing_is_taken(receiver: SpanReceiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 500\r\n\r\n" + body()[:20]
        )
        connection.shutdown(socket.SHUT_WR)

        assert b"400 Bad Request" in connection.recv(4096)
    assert not spans_in(receiver)


def test_senders_that_dawdle_are_hung_up_on_and_hold_up_nobody(
    receiver: SpanReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp_http, "_PATIENCE_S", 0.3)
    dawdling = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(30)]
    for connection in dawdling:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nContent-Le")

    assert post(receiver, body())[0] == 200
    for connection in dawdling:
        connection.settimeout(30)
        assert hung_up(connection)
        connection.close()


def test_a_busy_port_is_left_alone_and_another_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        receiver = SpanReceiver(port, Reading())
        moved = receiver.moved(3)
        other = receiver.port
        receiver.close(0)

    (incident,) = moved
    assert other not in (0, port)
    assert incident.what == f"port {port} is in use: spans are received on port {other}"
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{other}" in incident.lost


def test_a_port_that_is_free_is_taken_and_nobody_outside_reaches_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    receiver = SpanReceiver(port, Reading())
    address = receiver._server.server_address

    assert (receiver.port, receiver.moved(0)) == (port, ())
    assert address[0] == "127.0.0.1"
    receiver.close(0)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.skipif(not IPV6, reason="this machine has no ::1")
def test_localhost_may_be_ipv6(receiver: SpanReceiver) -> None:
    connection = http.client.HTTPConnection("::1", receiver.port, timeout=30)
    connection.request("POST", "/v1/traces", body(), {"Content-Type": JSON})
    status = connection.getresponse().status
    connection.close()

    (span,) = spans_in(receiver)
    assert (status, span.pid) == (200, os.getpid())


@pytest.mark.skipif(not IPV6, reason="this machine has no ::1")
def test_where_ipv6_is_taken_the_other_address_serves() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        receiver = SpanReceiver(taken.getsockname()[1], Reading())
        (status, _, _) = post(receiver, body())
        receiver.close(0)

    assert status == 200


def test_a_command_is_told_where_to_send_unless_its_spans_go_elsewhere(
    receiver: SpanReceiver,
) -> None:
    told = receiver.environment({"OTEL_LOGS_EXPORTER": "otlp"})

    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://127.0.0.1:{receiver.port}"
    assert told["OTEL_EXPORTER_OTLP_PROTOCOL"] == "http/protobuf"
    assert told["OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"] == "process,otel"
    assert "OTEL_LOGS_EXPORTER" not in told
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        assert receiver.environment({name: "http://collector:4318"}) == {}


def test_what_could_not_be_taken_is_said_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_MOST_SPANS", 2)
    receiver = SpanReceiver(0, Reading())
    for _ in range(3):
        post(receiver, body())
    post(receiver, body(spanId=""))
    for number in range(12):
        post(receiver, b" " * number + b"x")

    records: Sequence[object] = receiver.close(9)
    told = [record.what for record in records if isinstance(record, Incident)]

    assert len([record for record in records if isinstance(record, SpanSeen)]) == 2
    assert any("refused: spans beyond the most that are taken (1 in all)" in what for what in told)
    assert any("spans without an id" in what for what in told)
    assert any("refused: a body, because it is no JSON" in what for what in told)
    assert any("refused: bodies, for further reasons" in what for what in told)
    assert receiver.close(10) == ()


def test_a_recording_ends_while_somebody_still_sends(receiver: SpanReceiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(b"POST /v1/tra")
        began_s = time.monotonic()
        receiver.close(0)

        assert hung_up(connection)
        assert time.monotonic() - began_s < otlp_http._PATIENCE_S


def test_a_recording_ends_while_all_connections_are_in_use_and_others_wait() -> None:
    receiver = SpanReceiver(0, Reading())
    waiting = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(20)]

    receiver.close(0)

    assert all(hung_up(connection) for connection in waiting)
    for connection in waiting:
        connection.close()


def test_a_sender_that_hung_up_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    senders = Senders(9)
    with socket.create_server(("127.0.0.1", 0)) as server:
        senders._port = port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            local = connection.getsockname()[1]
            known = senders._holder(local)
            monkeypatch.setattr(span_senders, "all_pids", lambda: iter(()))
            unseen = senders._holder(local)
            monkeypatch.setattr(span_senders, "_TABLES", ("/no/such/table",))
            untold = senders._holder(local)

    assert (known, unseen, untold) == (os.getpid(), 0, 0)
