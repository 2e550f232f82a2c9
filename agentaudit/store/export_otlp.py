"""
A trace as OTLP JSON: a span for each request and each step, with GenAI attributes.

One document a line, as the file exporter of the OpenTelemetry Collector writes it, and as
`trace import` reads it. Prompts, arguments and results are in no trace, so they are in no span.
"""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from typing import Any

import msgspec

from agentaudit.model.reading import unread_text
from agentaudit.model.trace import Request, Step, StepKind, Trace
from agentaudit.store.clocks import unix_offset_ns

SPANS_PER_LINE = 1000
_OPERATIONS: Mapping[StepKind, str] = {
    StepKind.LLM_INFERENCE: "chat",
    StepKind.TOOL_CALL: "execute_tool",
    StepKind.RETRIEVAL: "retrieval",
    StepKind.MEMORY_READ: "search_memory",
    StepKind.MEMORY_WRITE: "update_memory",
}
"""What `gen_ai.operation.name` says of each kind; the others are nobody's operation."""

_INTERNAL, _CLIENT = 1, 3
_ENCODER = msgspec.json.Encoder()
_Span = dict[str, Any]


def otlp(trace: Trace) -> Iterator[bytes]:
    """The lines."""
    spans = _Spans(trace)
    by_process = sorted(trace.steps, key=lambda step: step.pid)
    yield from _lines(trace, trace.target.pid, map(spans.request, trace.requests))
    for pid, steps in groupby(by_process, key=lambda step: step.pid):
        yield from _lines(trace, pid, map(spans.step, steps))


def _lines(trace: Trace, pid: int, spans: Iterator[_Span]) -> Iterator[bytes]:
    while some := list(islice(spans, SPANS_PER_LINE)):
        scope = {"name": "agentaudit", "version": trace.tool_version}
        document = {
            "resourceSpans": [
                {
                    "resource": {"attributes": _resource(trace, pid)},
                    "scopeSpans": [{"scope": scope, "spans": some}],
                }
            ]
        }
        yield _ENCODER.encode(document) + b"\n"


def _resource(trace: Trace, pid: int) -> list[_Span]:
    name = next((process.name for process in trace.processes if process.pid == pid), "")
    return _attributes(
        {
            "service.name": name or "agent",
            "host.name": trace.host.name,
            "process.pid": pid,
            "agentaudit.cpu_total_ns": trace.cpu_total_ns,
            "agentaudit.unread": unread_text(trace.incidents),
        }
    )


class _Spans:
    """Requests and steps as spans of one recording."""

    def __init__(self, trace: Trace) -> None:
        self._offset_ns = unix_offset_ns(trace.clocks)
        start_ns = trace.start_ns + self._offset_ns
        self._origin = f"{trace.host.name} {trace.target.pid} {start_ns}"
        self._requests = {request.request_id: request for request in trace.requests}

    def request(self, request: Request) -> _Span:
        return {
            **self._ids(f"request {request.request_id}", f"request {request.request_id}"),
            "name": request.type,
            "kind": _INTERNAL,
            **self._extent(request.arrival_ns, request.finish_ns),
            "attributes": _attributes(
                {
                    "gen_ai.operation.name": "invoke_agent",
                    "gen_ai.agent.name": request.type,
                    "agentaudit.request.complete": request.complete,
                    "agentaudit.source": request.source.value,
                }
            ),
        }

    def step(self, step: Step) -> _Span:
        request = self._requests.get(step.request_id) if step.request_id is not None else None
        of_request = f"request {request.request_id}" if request else f"step {step.step_id}"
        parent = {"parentSpanId": self._digest(of_request, 8)} if request else {}
        return {
            **self._ids(of_request, f"step {step.step_id}"),
            **parent,
            "name": step.name or step.kind.value,
            "kind": _CLIENT if step.kind is StepKind.LLM_INFERENCE else _INTERNAL,
            **self._extent(step.start_ns, step.end_ns),
            "attributes": _attributes(_told(step)),
        }

    def _ids(self, trace: str, span: str) -> _Span:
        return {"traceId": self._digest(trace, 16), "spanId": self._digest(span, 8)}

    def _digest(self, what: str, size: int) -> str:
        text = f"{self._origin} {what}".encode(errors="replace")
        return hashlib.blake2b(text, digest_size=size).hexdigest()

    def _extent(self, start_ns: int, end_ns: int) -> _Span:
        return {
            "startTimeUnixNano": str(start_ns + self._offset_ns),
            "endTimeUnixNano": str(end_ns + self._offset_ns),
        }


def _told(step: Step) -> dict[str, object]:
    return {
        "gen_ai.operation.name": _OPERATIONS.get(step.kind),
        "gen_ai.tool.name": step.name if step.kind is StepKind.TOOL_CALL else None,
        "gen_ai.usage.input_tokens": step.tokens_in,
        "gen_ai.usage.output_tokens": step.tokens_out,
        "thread.id": step.tid,
        "agentaudit.step.kind": step.kind.value,
        "agentaudit.cpu_ns": step.cpu_ns,
        "agentaudit.children_cpu_ns": step.children_cpu_ns,
        "agentaudit.gpu_ns": step.gpu_ns,
        "agentaudit.run_queue_ns": step.run_queue_ns,
        "agentaudit.source": step.source.value,
        "agentaudit.confidence": step.confidence,
    }


def _attributes(values: Mapping[str, object]) -> list[_Span]:
    return [
        {"key": key, "value": _value(value)} for key, value in values.items() if value is not None
    ]


def _value(value: object) -> _Span:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case _:
            return {"stringValue": str(value)}
