"""
Agentic Mooncake, as Dynamo writes it: model calls that wait for others, and for tools between them.

A row holds tokens and waits, but not how long its call took, so that has to be assumed.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.notes import (
    BadFieldError,
    Notes,
    milliseconds,
    required,
    since_start,
    text,
    whole,
)
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.turns import Session

_MOST_NAMES = 3


def is_agentic_mooncake(fields: object) -> bool:
    return (
        isinstance(fields, dict)
        and "request_id" in fields
        and bool({"input_length", "input_tokens"} & fields.keys())
    )


def agentic_mooncake(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """Calls of one session are one request; a call begins when all it waits for have ended."""
    calls = _Calls()
    sessions: dict[str, Session] = {}
    for row in rows:
        try:
            session = _session(row, sessions)
            _call(row, session, calls, notes)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        yield from session.taken()
    for session in sessions.values():
        session.close()
        yield from session.taken()


class _Calls(Struct):
    """When calls ended, and whom those wait for that could not be placed."""

    ends_ns: dict[str, int] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)

    def misplaced(self, name: str, waits_for: str) -> str:
        """What is wrong with a call that waits for one that does not stand before it."""
        self.late.setdefault(name, waits_for)
        seen, at = {name}, waits_for
        while at in self.late and at not in seen:
            seen.add(at)
            at = self.late[at]
        shown = repr(waits_for[:80])
        if waits_for == name:
            return "waits for itself"
        if at == name:
            return f"waits for {shown}, and that waits for it in turn: a loop"
        return f"waits for {shown}, which does not stand before it"


def _session(row: Row, sessions: dict[str, Session]) -> Session:
    trace = text(row, "session_id", "request_id")
    return sessions.setdefault(trace, Session(trace, turn="session"))


def _call(row: Row, session: Session, calls: _Calls, notes: Notes) -> None:
    if row.fields.get("dependencies"):
        raise BadFieldError("has `dependencies`, of a newer form that is not known here")
    tokens_in = required(whole(row, "input_length", "input_tokens"), "input_length")
    tokens_out = required(whole(row, "output_length", "output_tokens"), "output_length")
    delay = row.fields.get("delay", row.fields.get("delay_ms")) or 0
    ready_ns = _ready(row, calls, notes) + milliseconds(delay, "delay")
    start_ns = ready_ns + milliseconds(row.fields.get("tool_wait_ms") or 0, "tool_wait_ms")
    end_ns = start_ns + notes.call_ns(tokens_in, tokens_out)
    if start_ns > ready_ns:
        session.tool_call(_tools(row), ready_ns, start_ns)
    session.model_call(start_ns, end_ns, tokens_in=tokens_in, tokens_out=tokens_out)
    calls.ends_ns[text(row, "request_id")] = end_ns


def _ready(row: Row, calls: _Calls, notes: Notes) -> int:
    waits = row.fields.get("wait_for") or []
    if not isinstance(waits, list):
        raise BadFieldError("`wait_for` must be a list")
    unknown = [str(name) for name in waits if str(name) not in calls.ends_ns]
    if unknown:
        raise BadFieldError(calls.misplaced(text(row, "request_id"), unknown[0]))
    if waits:
        return max(calls.ends_ns[str(name)] for name in waits)
    at = row.fields.get("timestamp", row.fields.get("created_time"))
    return since_start(at or 0, "timestamp", notes)


def _tools(row: Row) -> str:
    """The names of the tools that were waited for."""
    events = row.fields.get("tool_events") or []
    names = [
        str(event.get("tool_class") or "tool")[:80]
        for event in (events if isinstance(events, list) else [])
        if isinstance(event, dict)
    ]
    return ", ".join(dict.fromkeys(names[:_MOST_NAMES])) or "tools"
