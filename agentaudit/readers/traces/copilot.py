"""
Sessions of GitHub's Copilot coding agent, as published with Azure's datasets: a session a row.

Calls and tool batches carry their start and their length; the tools of a batch start together.
"""

from collections.abc import Iterator, Mapping
from itertools import count as numbers

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.notes import BadFieldError, Notes, count, milliseconds, text, unix_ns
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.turns import Session

_Fields = Mapping[str, object]
_TOOL_WORKED = 1


def is_copilot(fields: object) -> bool:
    if not isinstance(fields, dict) or "session_id" not in fields:
        return False
    turns = fields.get("turns")
    return isinstance(turns, list) and any(
        isinstance(turn, dict) and {"llm_calls", "tool_batches"} & turn.keys() for turn in turns
    )


def copilot(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """A turn is a request: from its first call to the end of its last."""
    for number, row in zip(numbers(1), rows, strict=False):
        try:
            trace = text(row, "session_id", default=f"{number:032x}")
            session = Session(trace, agent="copilot")
            for turn in _dicts(row.fields.get("turns")):
                _turn(turn, session)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        session.close()
        yield from session.taken()


def _turn(turn: _Fields, session: Session) -> None:
    calls, batches = list(_dicts(turn.get("llm_calls"))), list(_dicts(turn.get("tool_batches")))
    starts = [unix_ns(part.get("timestamp"), "timestamp") for part in (*calls, *batches)]
    if not starts:
        return
    session.asked(min(starts))
    for call in calls:
        _call(call, session)
    for batch in batches:
        start_ns = unix_ns(batch.get("timestamp"), "timestamp")
        for tool in _dicts(batch.get("function_calls")):
            length = tool.get("duration_ms", batch.get("duration_ms")) or 0
            session.tool_call(
                str(tool.get("name") or "tool")[:200],
                start_ns,
                start_ns + milliseconds(length, "duration_ms"),
                failed=tool.get("status") not in (_TOOL_WORKED, None),
            )


def _call(call: _Fields, session: Session) -> None:
    start_ns = unix_ns(call.get("timestamp"), "timestamp")
    tokens = call.get("tokens")
    tokens = tokens if isinstance(tokens, dict) else {}
    session.model_call(
        start_ns,
        start_ns + milliseconds(call.get("duration_ms") or 0, "duration_ms"),
        model=str(call.get("model") or "")[:200],
        tokens_in=_tokens(tokens, "prompt"),
        tokens_out=_tokens(tokens, "completion"),
        tokens_cached=_tokens(tokens, "cached"),
    )


def _tokens(tokens: _Fields, name: str) -> int | None:
    value = tokens.get(name)
    return None if value is None else count(value, name)


def _dicts(values: object) -> Iterator[_Fields]:
    found = values if isinstance(values, list) else []
    return (value for value in found if isinstance(value, dict))
