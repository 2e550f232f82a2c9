"""LangSmith: runs, exported as CSV, JSON or Parquet."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.readers.traces.notes import Notes, instant, required, text, whole
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.span_rows import ended, spans_of_rows

_ID = ("id", "run_id", "ID", "Run ID")
_TYPE = ("run_type", "Run Type")
_START = ("start_time", "Start Time")
_END = ("end_time", "End Time")
_KINDS: Mapping[str, str] = {
    "llm": "LLM",
    "tool": "TOOL",
    "retriever": "RETRIEVER",
    "embedding": "EMBEDDING",
    "prompt": "PROMPT",
}
"""In the words of OpenInference, which has one for each; a chain is whatever is left."""

_KEY = "openinference.span.kind"
_CHAIN = (Attribute(key=_KEY, value="CHAIN"),)
_TOOL = (Attribute(key=_KEY, value="TOOL"),)
_MOST_CHAINS = 2_000_000


def is_langsmith(fields: object) -> bool:
    return (
        isinstance(fields, dict)
        and any(name in fields for name in _TYPE)
        and any(name in fields for name in _START)
    )


def langsmith(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """
    Every run is a span; a run without a parent is a request.

    A chain below another, with no runs of its own, is a node of a graph that does work in the
    agent's own code: there is no other name for it here than a tool call.
    """
    parents: set[str] = set()
    chains: list[SpanSeen] = []
    for span in spans_of_rows(rows, notes, _span):
        parents.add(span.parent)
        if span.parent and span.kinds == _CHAIN and len(chains) < _MOST_CHAINS:
            chains.append(span)
        else:
            yield span
    for chain in chains:
        leaf = chain.span not in parents
        notes.counts["leaf chains"] += leaf
        yield replace(chain, kinds=_TOOL, tool=chain.name) if leaf else chain
    if notes.counts["leaf chains"]:
        notes.lack(
            "chains without runs of their own count as tool calls", "what kind of work chains are"
        )


def _span(row: Row) -> SpanSeen:
    start_ns = required(instant(row, *_START), _START[0])
    run, kind = text(row, *_ID), text(row, *_TYPE).lower()
    name = text(row, "name", "Name", default=kind)
    return SpanSeen(
        trace=text(row, "trace_id", "Trace ID", default=run),
        span=run,
        parent=text(row, "parent_run_id", "Parent Run ID", default=""),
        service=text(row, "session_name", "project_name", default=""),
        name=name,
        start_unix_ns=start_ns,
        end_unix_ns=ended(start_ns, instant(row, *_END)),
        kinds=(Attribute(key=_KEY, value=_KINDS.get(kind, "CHAIN")),),
        model=_model(row),
        tool=name if kind == "tool" else "",
        failed=text(row, "status", "Status", default="") == "error",
        tokens_in=whole(row, "prompt_tokens", "Prompt Tokens"),
        tokens_out=whole(row, "completion_tokens", "Completion Tokens"),
    )


def _model(row: Row) -> str:
    """Where the metadata of a run names it; inputs and outputs are never looked at."""
    extra = row.fields.get("extra")
    metadata = extra.get("metadata") if isinstance(extra, dict) else None
    name = metadata.get("ls_model_name") if isinstance(metadata, dict) else None
    return name[:200] if isinstance(name, str) else text(row, "model", default="")
