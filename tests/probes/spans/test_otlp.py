"""OTLP in both encodings, bodies that nobody should send, and what is never kept."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.probes.spans import otlp, otlp_protobuf
from agentaudit.probes.spans.dialects import CONTENT
from agentaudit.probes.spans.otlp import JSON, PROTOBUF, Reading, kind_keys, read_body
from agentaudit.probes.spans.otlp_spans import MOST_ATTRIBUTES, OtlpError, OtlpTooLargeError

service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
json_format = pytest.importorskip("google.protobuf.json_format")

SECRET = "canary-7f3a"  # noqa: S105 -- planted to be looked for
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

Told = Mapping[str, object]


def request(*attributes: Told, **fields: Any) -> Any:  # noqa: ANN401 -- types made at run time
    """A request with a span for each mapping of attributes."""
    made = service.ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    put(resource.resource.attributes, fields.pop("resource", {"service.name": "agent"}))
    scope = resource.scope_spans.add()
    scope.scope.name = "an.instrumentation"
    for told in attributes:
        span = scope.spans.add(
            trace_id=bytes.fromhex(TRACE),
            span_id=bytes.fromhex(SPAN),
            name="work",
            kind=3,
            start_time_unix_nano=1_000_000_000,
            end_time_unix_nano=2_000_000_000,
        )
        for name, value in fields.items():
            setattr(span, name, value)
        put(span.attributes, told)
    return made


def put(into: Any, told: Told) -> None:  # noqa: ANN401 -- types made at run time
    for key, value in told.items():
        put_value(into.add(key=key).value, value)


def put_value(into: Any, value: object) -> None:  # noqa: ANN401 -- types made at run time
    match value:
        case bool():
            into.bool_value = value
        case int():
            into.int_value = value
        case float():
            into.double_value = value
        case str():
            into.string_value = value
        case bytes():
            into.bytes_value = value
        case _:
            put_nested(into, value)


def put_nested(into: Any, value: object) -> None:  # noqa: ANN401 -- types made at run time
    match value:
        case list():
            into.array_value.SetInParent()
            for member in value:
                put_value(into.array_value.values.add(), member)
        case dict():
            into.kvlist_value.SetInParent()
            put(into.kvlist_value.values, value)
        case _:
            pass


def as_json(made: Any) -> bytes:  # noqa: ANN401 -- types made at run time
    """OTLP's JSON: as protobuf's, but ids are in hexadecimal."""
    document = json.loads(json_format.MessageToJson(made))
    for resource in document.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span, told in zip(
                scope.get("spans", ()), made.resource_spans[0].scope_spans[0].spans, strict=True
            ):
                span["traceId"] = told.trace_id.hex()
                span["spanId"] = told.span_id.hex()
                if told.parent_span_id:
                    span["parentSpanId"] = told.parent_span_id.hex()
    return json.dumps(document).encode()


def both(made: Any, reading: Reading | None = None) -> tuple[SpanSeen, ...]:  # noqa: ANN401 -- as above
    """The spans of a request, which both encodings must tell alike."""
    asked = reading or Reading()
    read = read_body(made.SerializeToString(), PROTOBUF, asked)
    assert read_body(as_json(made), JSON, asked) == read
    return read.spans


def one(told: Told, reading: Reading | None = None, **fields: object) -> SpanSeen:
    (span,) = both(request(told, **fields), reading)
    return span


def values(span: SpanSeen) -> dict[str, str]:
    return {attribute.key: attribute.value for attribute in span.kinds}


def test_a_span_of_the_genai_conventions() -> None:
    span = one(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m-1",
            "gen_ai.response.model": "m-1-2026",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 100,
            "server.address": "api.example.com",
            "server.port": 443,
        },
        resource={"service.name": "agent", "process.pid": 4242},
        parent_span_id=b"12345678",
        name="chat m-1",
    )

    assert span == SpanSeen(
        trace=TRACE,
        span=SPAN,
        parent=b"12345678".hex(),
        pid=4242,
        service="agent",
        name="chat m-1",
        start_unix_ns=1_000_000_000,
        end_unix_ns=2_000_000_000,
        kinds=(Attribute(key="gen_ai.operation.name", value="chat"),),
        model="m-1",
        peer="api.example.com:443",
        tokens_in=120,
        tokens_out=30,
        tokens_cached=100,
        scope="an.instrumentation",
        role="client",
    )


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ({"gen_ai.usage.prompt_tokens": 7}, "tokens_in", 7),
        ({"gen_ai.usage.completion_tokens": 7}, "tokens_out", 7),
        ({"llm.token_count.prompt": 7}, "tokens_in", 7),
        ({"llm.token_count.completion": 7}, "tokens_out", 7),
        ({"llm.token_count.prompt_details.cache_read": 7}, "tokens_cached", 7),
        ({"langfuse.observation.usage_details": '{"input": 7, "output": 8}'}, "tokens_in", 7),
        ({"langfuse.observation.usage_details": '{"input": 7, "output": 8}'}, "tokens_out", 8),
        ({"langfuse.observation.usage_details": "[["}, "tokens_in", None),
        ({"gen_ai.usage.input_tokens": -1}, "tokens_in", None),
        ({"gen_ai.usage.input_tokens": True}, "tokens_in", None),
        ({"gen_ai.usage.input_tokens": "12"}, "tokens_in", 12),
        ({"gen_ai.usage.input_tokens": "many"}, "tokens_in", None),
        ({"gen_ai.usage.input_tokens": 12.0}, "tokens_in", 12),
        ({}, "tokens_in", None),
        ({"llm.model_name": "m"}, "model", "m"),
        ({"langfuse.observation.model.name": "m"}, "model", "m"),
        ({"gen_ai.tool.name": "search"}, "tool", "search"),
        ({"tool.name": "search"}, "tool", "search"),
        ({"traceloop.span.kind": "tool", "traceloop.entity.name": "search"}, "tool", "search"),
        ({"traceloop.span.kind": "agent", "traceloop.entity.name": "a"}, "agent", "a"),
        ({"traceloop.span.kind": "task", "traceloop.entity.name": "a"}, "agent", ""),
        ({"gen_ai.agent.name": "a"}, "agent", "a"),
        ({"server.address": "host"}, "peer", "host"),
        ({"server.port": 80}, "peer", ""),
        ({"error.type": "timeout"}, "failed", True),
        ({"gen_ai.latency.time_in_model_inference": 1.5}, "server_ns", 1_500_000_000),
        (
            {
                "gen_ai.latency.time_in_model_prefill": 0.25,
                "gen_ai.latency.time_in_model_decode": 0.5,
            },
            "server_ns",
            750_000_000,
        ),
        ({"gen_ai.latency.time_in_queue": 0.1}, "server_queue_ns", 100_000_000),
        ({"gen_ai.latency.time_in_queue": -0.1}, "server_queue_ns", None),
        ({"gen_ai.latency.time_in_queue": "soon"}, "server_queue_ns", None),
        ({"thread.id": 77}, "tid", 77),
        ({"thread.id": 140_242_000_000_000}, "tid", 0),
        ({"process.pid": 12}, "pid", 12),
    ],
)
def test_where_each_dialect_keeps_what_we_ask(told: Told, field: str, expected: object) -> None:
    assert getattr(one(told), field) == expected


def test_attributes_that_rules_ask_for_are_kept_and_no_others() -> None:
    told = {"my.stage": "vector", "my.other": "x", "mcp.method.name": "tools/call", "flag": True}

    span = one(told, Reading(kinds=kind_keys(["my.stage", "flag", "name"])))

    assert values(span) == {"mcp.method.name": "tools/call", "flag": "True", "my.stage": "vector"}


def test_a_failed_span_says_so() -> None:
    made = request({})
    made.resource_spans[0].scope_spans[0].spans[0].status.code = 2

    assert both(made)[0].failed


def test_a_query_is_no_part_of_a_name() -> None:
    assert one({}, name=f"GET /find?q={SECRET}").name == "GET /find"


KEYS = st.sampled_from(["gen_ai.operation.name", "my.key", "gen_ai.usage.input_tokens", *CONTENT])
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(-1e15, 1e15)
    | st.text(max_size=300)
    | st.binary(max_size=20)
    | st.none()
)


@given(st.lists(st.dictionaries(KEYS, SCALARS, max_size=6), max_size=4), st.booleans())
def test_both_encodings_tell_the_same(attributes: list[Told], capture: bool) -> None:  # noqa: FBT001 -- drawn
    reading = Reading(kinds=frozenset({"my.key"}), capture=capture)

    assert len(both(request(*attributes), reading)) == len(attributes)


@given(st.text(max_size=400), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_span_is_taken_as_it_was_told_or_refused(name: str, start: int, end: int) -> None:
    made = request({}, name=name, start_time_unix_nano=start, end_time_unix_nano=end)

    read = read_body(made.SerializeToString(), PROTOBUF, Reading())

    assert [(span.start_unix_ns, span.end_unix_ns) for span in read.spans] == (
        [(start, end)] if 0 < start <= end <= 2**63 else []
    )
    assert read.refused == 1 - len(read.spans)
    assert all(span.name == name[:256].partition("?")[0] for span in read.spans)


@pytest.mark.parametrize("key", [f"{prefix.rstrip('.')}.x" for prefix in CONTENT] + ["input.value"])
def test_content_is_never_kept_unless_it_is_asked_for(key: str) -> None:
    told = {key: f"say {SECRET}", "gen_ai.operation.name": "chat"}

    assert SECRET not in str(one(told))
    assert SECRET not in str(one(told, Reading(kinds=frozenset({key}))))
    assert one(told, Reading(capture=True)).content == (Attribute(key=key, value=f"say {SECRET}"),)


def test_events_links_and_messages_of_a_status_are_content_too() -> None:
    made = request({})
    span = made.resource_spans[0].scope_spans[0].spans[0]
    span.status.message = SECRET
    put(span.events.add(name=f"event {SECRET}").attributes, {"gen_ai.prompt": SECRET, "x": SECRET})
    put(span.links.add().attributes, {"gen_ai.prompt": SECRET})

    assert SECRET not in str(both(made)[0])
    assert both(made, Reading(capture=True))[0].content == (
        Attribute(key="gen_ai.prompt", value=SECRET),
    )


def test_messages_in_lists_and_maps_are_told_as_json() -> None:
    messages = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}, None]
    made = request({"gen_ai.input.messages": messages})

    span = read_body(made.SerializeToString(), PROTOBUF, Reading(capture=True)).spans[0]

    assert json.loads(span.content[0].value) == messages


def test_content_is_cut_to_what_a_recording_holds() -> None:
    told = {f"gen_ai.prompt.{number}": "é" * 100_000 for number in range(20)}

    content = one(told, Reading(capture=True)).content

    assert {len(item.value) for item in content} == {8 * 1024}
    assert sum(len(item.value) for item in content) == 48 * 1024


def test_lists_within_lists_end_somewhere() -> None:
    nested: object = SECRET
    for _ in range(40):
        nested = [nested]
    made = request({"input.value": nested})

    (span,) = read_body(made.SerializeToString(), PROTOBUF, Reading(capture=True)).spans

    assert SECRET not in str(span)
    assert "…" in span.content[0].value


def test_no_more_attributes_are_looked_at_than_a_span_should_have() -> None:
    told = {f"a{number}": 1 for number in range(MOST_ATTRIBUTES)} | {"gen_ai.tool.name": "late"}

    assert not one(told).tool


@given(st.binary(max_size=400))
def test_no_bytes_do_harm(body: bytes) -> None:
    for media in (PROTOBUF, JSON):
        with suppress(OtlpError):
            read_body(body, media, Reading(capture=True))


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_no_damage_to_a_good_body_does_harm(noise: bytes, at: int, gone: int) -> None:
    made = request({"gen_ai.operation.name": "chat", "gen_ai.input.messages": ["a", {"b": 1.5}]})
    for body, media in ((made.SerializeToString(), PROTOBUF), (as_json(made), JSON)):
        with suppress(OtlpError):
            read_body(body[:at] + noise + body[at + gone :], media, Reading(capture=True))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"resourceSpans": 3}', "Expected `array`"),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\\ud800"}]}]}]}', "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 200_000, "Expected `object`"),
        (b'{"x":' + b"[" * 200_000, "it "),
    ],
)
def test_json_that_is_no_otlp_is_refused(body: bytes, what: str) -> None:
    with pytest.raises(OtlpError, match=what):
        read_body(body, JSON, Reading())


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\xff\xff\xff\x7f",  # longer than the body
        b"\x0b",  # a group, which is no part of OTLP
        b"\x0a" + b"\xff" * 12,  # a number without an end
        b"\x08\x01\x0a",  # ends within a field
        b"\x0a\x02\x10\x01\x0a\x02\x12\x00"[:-1],
    ],
)
def test_protobuf_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(OtlpError, match="no protobuf of OTLP"):
        read_body(body, PROTOBUF, Reading())


def _message(number: int, *parts: bytes) -> bytes:
    inner = b"".join(parts)
    return bytes([number << 3 | 2, len(inner)]) + inner


@pytest.mark.parametrize(
    "span",
    [
        _message(5, b"x") + b"\x08\x01",  # an id that is a number
        b"\x28\x01",  # a name that is a number
        b"\x48\x01",  # an attribute that is a number
        _message(7, b"x"),  # a time that is bytes
        _message(9, b"\x08\x01"),  # a key that is a number
        _message(9, _message(1, b"tool.name"), b"\x10\x01"),  # a value that is a number
        _message(9, _message(1, b"tool.name"), _message(2, _message(4, b"x"))),
    ],
)
def test_a_field_of_another_type_is_refused(span: bytes) -> None:
    body = _message(1, _message(2, _message(2, span)))

    with pytest.raises(OtlpError, match="no protobuf of OTLP"):
        read_body(body, PROTOBUF, Reading())


def test_numbers_in_json_may_be_texts_or_numbers_and_ids_must_be_hexadecimal() -> None:
    def read(**fields: object) -> Sequence[SpanSeen]:
        span = {
            "traceId": TRACE.upper(),
            "spanId": SPAN,
            "kind": "SPAN_KIND_SERVER",
            "startTimeUnixNano": "1000000000",
            "endTimeUnixNano": 2_000_000_000,
            "status": {"code": "STATUS_CODE_ERROR"},
            **fields,
        }
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
        return read_body(json.dumps(body).encode(), JSON, Reading()).spans

    (span,) = read()
    tokens = {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "9" * 30}}
    queued = {"key": "gen_ai.latency.time_in_queue", "value": {"doubleValue": "0.5"}}
    infinite = {"key": "gen_ai.latency.time_in_queue", "value": {"doubleValue": "Infinity"}}

    assert (span.trace, span.role, span.failed) == (TRACE, "server", True)
    assert not read(spanId="b7ad6b71692033Zz")
    assert not read(startTimeUnixNano="later")
    assert read(kind=99)[0].role == read(kind="?")[0].role == ""
    assert read(attributes=[tokens, {"key": "tool.name"}])[0].tokens_in is None
    assert read(attributes=[queued])[0].server_queue_ns == 500_000_000
    assert read(attributes=[infinite])[0].server_queue_ns is None


def test_a_body_may_be_empty() -> None:
    assert not read_body(b"", PROTOBUF, Reading()).spans
    assert not read_body(b"{}", JSON, Reading()).spans
    assert not read_body(b'{"resourceMetrics": [{"a": [1]}]}', JSON, Reading()).spans


def test_what_costs_the_reader_more_than_the_sender_is_refused() -> None:
    """Two bytes for an empty span would be some 170 in memory, were the body read as a whole."""
    with pytest.raises(OtlpTooLargeError, match="fields"):
        read_body(b"\x12\x00" * 600_000, PROTOBUF, Reading())
    with pytest.raises(OtlpTooLargeError, match="objects"):
        read_body(b'{"resourceSpans":[' + b"{}," * 600_000 + b"{}]}", JSON, Reading())


def test_a_body_has_no_more_spans_than_we_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "MOST_SPANS", 2)

    assert len(both(request({}, {}))) == 2
    with pytest.raises(OtlpTooLargeError, match="2 spans"):
        both(request({}, {}, {}))


def test_the_limit_is_on_the_body_and_not_on_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_protobuf, "MOST_FIELDS", 60)
    body = request({}).SerializeToString()

    assert all(read_body(body, PROTOBUF, Reading()).spans for _ in range(10))
