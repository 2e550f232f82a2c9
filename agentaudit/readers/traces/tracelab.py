"""
TraceLab: sessions of coding agents, a row for each round of the model.

As JSON lines (`syfi_coding_trace.jsonl.gz`), where the events of a round carry their times; and as
the CSV for replays, which holds tokens, and how long the tools between two rounds took.
"""

from collections.abc import Iterator, Mapping

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.notes import (
    BadFieldError,
    Notes,
    milliseconds,
    required,
    since_start,
    text,
    unix_ns,
    whole,
)
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.turns import Session

_ASKING = frozenset({"user_message", "tool_result"})


def is_tracelab(fields: object) -> bool:
    return isinstance(fields, dict) and {"session_id", "round_index", "timing_events"} <= set(
        fields
    )


def is_tracelab_replay(fields: object) -> bool:
    return isinstance(fields, dict) and {"round_idx", "input_len", "output_len"} <= set(fields)


def tracelab(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """Rounds with times. A tool's time holds that in which its user was asked for permission."""
    notes.lack(
        "tool times hold what the user took to allow a call",
        "how long tools themselves took, where a user was asked",
    )
    sessions: dict[str, Session] = {}
    for row in rows:
        try:
            session = _session(sessions, row)
            _round(row, session)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        yield from session.taken()
    yield from _closed(sessions)


def tracelab_replay(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """Rounds without times: each begins when the tools after the one before it have ended."""
    ready_ns: dict[str, int] = {}
    sessions: dict[str, Session] = {}
    for row in rows:
        try:
            session = _session(sessions, row)
            arrival = row.fields.get("arrival_time") or 0
            arrival_ns = since_start(arrival, "arrival_time", notes)
            start_ns = ready_ns.get(session.trace, arrival_ns)
            ready_ns[session.trace] = _replayed(row, session, start_ns, notes)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        yield from session.taken()
    yield from _closed(sessions)


def _session(sessions: dict[str, Session], row: Row) -> Session:
    trace = text(row, "session_id", "id")
    if trace not in sessions:
        sessions[trace] = Session(trace, agent=text(row, "provider", default=""))
    return sessions[trace]


def _closed(sessions: Mapping[str, Session]) -> Iterator[SpanSeen]:
    for session in sessions.values():
        session.close()
        yield from session.taken()


def _replayed(row: Row, session: Session, start_ns: int, notes: Notes) -> int:
    """The instant at which the next round of the session can begin."""
    prefix = whole(row, "prefix_len") or 0
    new = required(whole(row, "input_len"), "input_len")
    out = required(whole(row, "output_len"), "output_len")
    end_ns = start_ns + notes.call_ns(new, out)
    wait_ns = milliseconds(row.fields.get("tool_wait_after_ms") or 0, "tool_wait_after_ms")
    session.model_call(
        start_ns, end_ns, tokens_in=prefix + new, tokens_out=out, tokens_cached=prefix
    )
    if wait_ns:
        session.tool_call("tools", end_ns, end_ns + wait_ns)
    return end_ns + wait_ns


def _round(row: Row, session: Session) -> None:
    asking: list[int] = []
    answering: list[int] = []
    for event in _dicts(row, "timing_events"):
        kind, at_ns = event.get("event_type"), unix_ns(event.get("timestamp"), "timestamp")
        if kind == "user_message":
            session.asked(at_ns)
        (asking if kind in _ASKING else answering).append(at_ns)
    if not asking and not answering:
        raise BadFieldError("`timing_events` hold no times")
    start_ns = max(asking) if asking else min(answering)
    session.model_call(
        start_ns,
        max(answering, default=start_ns),
        model=text(row, "model", default=""),
        tokens_in=whole(row, "input_tokens_total"),
        tokens_out=whole(row, "output_tokens"),
        tokens_cached=whole(row, "prefix_tokens"),
    )
    for tool in _dicts(row, "tools"):
        _tool(tool, session)


def _tool(tool: Mapping[str, object], session: Session) -> None:
    if not tool.get("emitted_at"):
        return
    start_ns = unix_ns(tool["emitted_at"], "emitted_at")
    end_ns = start_ns
    if tool.get("result_at"):
        end_ns = unix_ns(tool["result_at"], "result_at")
    elif tool.get("tool_wall_latency_ms"):
        end_ns += milliseconds(tool["tool_wall_latency_ms"], "tool_wall_latency_ms")
    name = str(tool.get("tool_name") or "tool")[:200]
    session.tool_call(name, start_ns, end_ns, failed=tool.get("is_error") is True)


def _dicts(row: Row, name: str) -> Iterator[Mapping[str, object]]:
    values = row.fields.get(name) or []
    if not isinstance(values, list):
        raise BadFieldError(f"`{name}` must be a list")
    return (value for value in values if isinstance(value, dict))
