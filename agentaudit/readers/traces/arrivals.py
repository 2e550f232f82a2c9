"""
Traces of arrivals: when a model was asked, and how many tokens went in and came out.

Azure's LLM inference traces, BurstGPT and Mooncake's. They hold no tools, and not how long a call
took, so that has to be assumed.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.notes import (
    BadFieldError,
    Notes,
    instant,
    milliseconds,
    required,
    since_start,
    text,
    whole,
)
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.turns import Session

_NO_TOOLS = ("this format holds no tool calls", "tools: a replay loads the model alone")


def azure(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """`TIMESTAMP,ContextTokens,GeneratedTokens`, each row a call."""
    notes.lack(*_NO_TOOLS)
    yield from _calls(rows, notes, _azure_call)


def burstgpt(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """`Timestamp` in seconds since the trace began; conversations are told apart where they are."""
    notes.lack(*_NO_TOOLS)
    yield from _calls(rows, notes, _burstgpt_call)


def mooncake(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """`timestamp` in milliseconds since the trace began."""
    notes.lack(*_NO_TOOLS)
    yield from _calls(rows, notes, _mooncake_call)


def is_azure(fields: object) -> bool:
    return isinstance(fields, dict) and {"TIMESTAMP", "ContextTokens"} <= fields.keys()


def is_burstgpt(fields: object) -> bool:
    return isinstance(fields, dict) and {"Timestamp", "Request tokens"} <= fields.keys()


def is_mooncake(fields: object) -> bool:
    return (
        isinstance(fields, dict)
        and "timestamp" in fields
        and bool({"input_length", "input_tokens"} & fields.keys())
    )


class _Call(Struct, frozen=True, kw_only=True):
    at_ns: int
    tokens_in: int
    tokens_out: int
    model: str = ""
    length_ns: int | None = None


def _calls(
    rows: Iterator[Row], notes: Notes, read: Callable[[Row, Notes], _Call]
) -> Iterator[SpanSeen]:
    for number, row in enumerate(rows, start=1):
        try:
            call = read(row, notes)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        session = Session(f"{number:032x}", turn="completion")
        length_ns = call.length_ns
        if length_ns is None:
            length_ns = notes.call_ns(call.tokens_in, call.tokens_out)
        session.model_call(
            call.at_ns,
            call.at_ns + length_ns,
            model=call.model,
            tokens_in=call.tokens_in,
            tokens_out=call.tokens_out,
        )
        session.close()
        yield from session.taken()


def _azure_call(row: Row, _notes: Notes) -> _Call:
    return _Call(
        at_ns=required(instant(row, "TIMESTAMP"), "TIMESTAMP"),
        tokens_in=required(whole(row, "ContextTokens"), "ContextTokens"),
        tokens_out=required(whole(row, "GeneratedTokens"), "GeneratedTokens"),
    )


def _burstgpt_call(row: Row, notes: Notes) -> _Call:
    elapsed = row.fields.get("Elapsed time")
    return _Call(
        at_ns=since_start(row.fields.get("Timestamp"), "Timestamp", notes, scale=1000),
        tokens_in=required(whole(row, "Request tokens"), "Request tokens"),
        tokens_out=required(whole(row, "Response tokens"), "Response tokens"),
        model=text(row, "Model", default=""),
        length_ns=milliseconds(elapsed, "Elapsed time") * 1000 if elapsed else None,
    )


def _mooncake_call(row: Row, notes: Notes) -> _Call:
    at = row.fields.get("timestamp", row.fields.get("created_time"))
    return _Call(
        at_ns=since_start(at, "timestamp", notes),
        tokens_in=required(whole(row, "input_length", "input_tokens"), "input_length"),
        tokens_out=required(whole(row, "output_length", "output_tokens"), "output_length"),
    )
