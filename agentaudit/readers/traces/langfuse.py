"""Langfuse: observations, one a row or below their trace, in the names of the API or of a table."""

from collections.abc import Iterator, Mapping
from itertools import chain

from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.readers.traces.notes import BadFieldError, Notes, count, instant, required, text
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.span_rows import ended, spans_of_rows

_TRACE = ("traceId", "trace_id")
_PARENT = ("parentObservationId", "parent_observation_id")
_START = ("startTime", "start_time")
_END = ("endTime", "end_time")
_MODEL = ("model", "providedModelName", "provided_model_name")
_INPUT = ("input", "prompt_tokens", "promptTokens", "input_tokens")
_OUTPUT = ("output", "completion_tokens", "completionTokens", "output_tokens")


def is_langfuse(fields: object) -> bool:
    if not isinstance(fields, dict):
        return False
    observation = any(name in fields for name in _TRACE) and any(name in fields for name in _START)
    return (observation and "type" in fields) or isinstance(fields.get("observations"), list)


def langfuse(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """Every observation is a span; one without a parent is a request."""
    return spans_of_rows(chain.from_iterable(_observations(row) for row in rows), notes, _span)


def _observations(row: Row) -> Iterator[Row]:
    nested = row.fields.get("observations")
    if not isinstance(nested, list):
        yield row
        return
    for observation in nested:
        if isinstance(observation, dict):
            yield Row(row.file, row.line, {"traceId": row.fields.get("id"), **observation})


def _span(row: Row) -> SpanSeen | None:
    if not any(name in row.fields for name in _START):
        return None  # a trace or a score beside the observations: it took no time
    start_ns = required(instant(row, *_START), _START[0])
    kind = text(row, "type").lower()
    end_ns = start_ns if kind == "event" else ended(start_ns, instant(row, *_END))
    name = text(row, "name", default=kind)
    usage = _usage(row)
    return SpanSeen(
        trace=text(row, *_TRACE),
        span=text(row, "id"),
        parent=text(row, *_PARENT, default=""),
        name=name,
        start_unix_ns=start_ns,
        end_unix_ns=end_ns,
        kinds=(Attribute(key="langfuse.observation.type", value=kind),),
        model=text(row, *_MODEL, default=""),
        tool=name if kind == "tool" else "",
        failed=text(row, "level", default="") == "ERROR",
        tokens_in=_tokens(usage, _INPUT),
        tokens_out=_tokens(usage, _OUTPUT),
    )


def _usage(row: Row) -> Mapping[str, object]:
    for name in ("usageDetails", "usage_details", "usage"):
        usage = row.fields.get(name)
        if isinstance(usage, dict):
            return usage
        if isinstance(usage, list):  # a map, as Parquet holds it
            return {str(pair[0]): pair[1] for pair in usage if isinstance(pair, tuple)}
    return row.fields if "promptTokens" in row.fields else {}


def _tokens(usage: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, str | dict | list):
            raise BadFieldError(f"`{name}` must be a number")
        if value is not None:
            return count(value, name)
    return None
