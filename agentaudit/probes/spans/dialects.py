"""
The dialects in which agents report their spans, as one `SpanSeen`.

GenAI conventions of OpenTelemetry (with the names they had before), OpenInference, Traceloop,
Langfuse, Logfire, MCP, and the server spans of vLLM. What a span means is for `rules/spans/`;
here stands only where each dialect keeps a name or a number, and which keys hold content.
"""

import math
from collections.abc import Collection, Mapping, Sequence

import msgspec

from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.probes.spans.otlp_spans import Told, Value, Wanted

_KINDS = (
    "gen_ai.operation.name",
    "openinference.span.kind",
    "traceloop.span.kind",
    "llm.request.type",
    "langfuse.observation.type",
    "mcp.method.name",
    "db.system.name",
    "db.system",
    "agentaudit.request.complete",
    "agentaudit.step.kind",
)
"""Kept of every span, so that rules written later still find them."""

_MODELS = (
    "gen_ai.request.model",
    "gen_ai.response.model",
    "llm.model_name",
    "embedding.model_name",
    "llm.request.model",
    "langfuse.observation.model.name",
)
_TOOLS = ("gen_ai.tool.name", "tool.name", "mcp.tool.name")
_AGENTS = ("gen_ai.agent.name", "agent.name", "gen_ai.workflow.name", "traceloop.workflow.name")
_ENTITY = "traceloop.entity.name"
"""The name of a tool or of an agent, as `traceloop.span.kind` says."""

_TOKENS_IN = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
)
_TOKENS_OUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
)
_TOKENS_CACHED = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
_USAGE = "langfuse.observation.usage_details"
"""Numbers of tokens in one JSON text."""

_HOSTS = ("server.address", "net.peer.name")
_PORTS = ("server.port", "net.peer.port")
_SERVED = (
    ("gen_ai.latency.time_in_model_inference",),
    ("gen_ai.latency.time_in_model_prefill", "gen_ai.latency.time_in_model_decode"),
    ("gen_ai.latency.time_in_model_execute",),
)
"""Seconds that vLLM computed, by the release: the first that is there."""

_TIMINGS = frozenset(key for keys in _SERVED for key in keys)
_QUEUED = "gen_ai.latency.time_in_queue"
_THREAD = "thread.id"
_ERROR = "error.type"
_PID = "process.pid"
_SERVICE = "service.name"
UNREAD = "agentaudit.unread"
"""What could not be read of the recording that was exported: it stands with the resource."""

_MOST_THREADS = 4 * 1024 * 1024
"""Largest pid of Linux; a larger `thread.id` is an address, or a name of the runtime's own."""

_MOST_NUMBER = 2**63
_TEXTS = frozenset(
    (*_KINDS, *_MODELS, *_TOOLS, *_AGENTS, _ENTITY, *_HOSTS, _ERROR, _SERVICE, UNREAD)
)
_NUMBERS = frozenset(
    (
        *(*_TOKENS_IN, *_TOKENS_OUT, *_TOKENS_CACHED, _USAGE, *_PORTS, _QUEUED, _THREAD, _PID),
        *_TIMINGS,
    )
)

CONTENT = (
    "all_messages",
    "db.query.text",
    "db.statement",
    "document.",
    "embedding.embeddings",
    "embedding.text",
    "exception.",
    "final_result",
    "gen_ai.completion",
    "gen_ai.event.content",
    "gen_ai.input",
    "gen_ai.output.messages",
    "gen_ai.prompt",
    "gen_ai.retrieval.documents",
    "gen_ai.retrieval.query",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "gen_ai.tool.message",
    "gen_ai.user.message",
    "input.",
    "langfuse.observation.input",
    "langfuse.observation.metadata",
    "langfuse.observation.output",
    "langfuse.trace.input",
    "langfuse.trace.output",
    "llm.completions",
    "llm.function_call",
    "llm.input_messages",
    "llm.output_messages",
    "llm.prompt",
    "llm.tools",
    "mcp.request.argument",
    "message.",
    "output.",
    "pydantic_ai.all_messages",
    "request_data",
    "reranker.",
    "retrieval.documents",
    "tool.parameters",
    "tool_arguments",
    "tool_call.function",
    "tool_response",
    "traceloop.entity.input",
    "traceloop.entity.output",
)
"""Keys that begin so hold prompts, arguments or results. They are never names of a kind."""


def wanted(kinds: Collection[str] = (), *, capture: bool = False) -> Wanted:
    """The attributes that are read: names and numbers, those that rules ask for, and content."""
    plain = _TEXTS | _NUMBERS | {key for key in kinds if not _is_content(key)}
    return Wanted(plain=plain.__contains__, content=_is_content if capture else None)


def _is_content(key: str) -> bool:
    return key.startswith(CONTENT)


def span_seen(told: Told, kinds: Collection[str] = ()) -> SpanSeen | None:
    """The span in the words of the model; None where it has no id, or no time that can be."""
    if not (told.trace and told.span) or not _timed(told):
        return None
    said = told.attributes
    usage = _usage(said.get(_USAGE))
    return SpanSeen(
        trace=told.trace,
        span=told.span,
        parent=told.parent,
        pid=_pid(said.get(_PID, told.resource.get(_PID))),
        tid=_pid(said.get(_THREAD)),
        service=_first(told.resource, (_SERVICE,)),
        name=told.name.partition("?")[0],  # a query belongs in no name, and may hold a secret
        start_unix_ns=told.start_unix_ns,
        end_unix_ns=told.end_unix_ns,
        kinds=_kinds(said, kinds),
        model=_first(said, _MODELS),
        tool=_first(said, _TOOLS) or _entity(said, "tool"),
        agent=_first(said, _AGENTS) or _entity(said, "agent", "workflow"),
        peer=_peer(said),
        failed=told.failed or _ERROR in said,
        tokens_in=_count(said, _TOKENS_IN, usage.get("input")),
        tokens_out=_count(said, _TOKENS_OUT, usage.get("output")),
        tokens_cached=_count(said, _TOKENS_CACHED, usage.get("input_cached_tokens")),
        server_ns=_served_ns(said),
        server_queue_ns=_nanoseconds(said.get(_QUEUED)),
        content=tuple(Attribute(key=key, value=text) for key, text in told.content),
        scope=told.scope,
        role=told.role,
    )


def _timed(told: Told) -> bool:
    return 0 < told.start_unix_ns <= told.end_unix_ns <= _MOST_NUMBER


def _kinds(said: Mapping[str, Value], more: Collection[str]) -> tuple[Attribute, ...]:
    keys = (*_KINDS, *sorted(set(more) - set(_KINDS))) if more else _KINDS
    return tuple(
        Attribute(key=key, value=str(said[key])) for key in keys if key in said and str(said[key])
    )


def _entity(said: Mapping[str, Value], *kinds: str) -> str:
    return _first(said, (_ENTITY,)) if said.get("traceloop.span.kind") in kinds else ""


def _first(said: Mapping[str, Value], keys: Sequence[str]) -> str:
    if said.keys().isdisjoint(keys):  # a span says little of what it could, and there are many
        return ""
    return next((str(said[key]) for key in keys if said.get(key) not in (None, "")), "")


def _peer(said: Mapping[str, Value]) -> str:
    host = _first(said, _HOSTS)
    port = _first(said, _PORTS)
    return f"{host}:{port}" if host and port else host


def _count(said: Mapping[str, Value], keys: Sequence[str], otherwise: object = None) -> int | None:
    """A number of tokens; None is that nobody told one."""
    if otherwise is None and said.keys().isdisjoint(keys):
        return None
    numbers = (_whole(said.get(key)) for key in keys)
    return next((number for number in numbers if number is not None), _whole(otherwise))


def _whole(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value < _MOST_NUMBER else None


def _pid(value: object) -> int:
    """A number of a process or thread, 0 for none."""
    number = _whole(value) or 0
    return number if number <= _MOST_THREADS else 0


def _served_ns(said: Mapping[str, Value]) -> int | None:
    if said.keys().isdisjoint(_TIMINGS):
        return None
    for keys in _SERVED:
        parts = [part for key in keys if (part := _nanoseconds(said.get(key))) is not None]
        if parts:
            return sum(parts)
    return None


def _nanoseconds(seconds: object) -> int | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return round(seconds * 1e9) if 0 <= seconds < _MOST_NUMBER / 1e9 else None


def _usage(text: object) -> Mapping[str, object]:
    """What Langfuse writes of tokens."""
    if not isinstance(text, str):
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return {}
