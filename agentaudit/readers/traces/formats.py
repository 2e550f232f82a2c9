"""The formats that can be imported, and which of them a file is in."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from msgspec import Struct

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.agentic_mooncake import agentic_mooncake, is_agentic_mooncake
from agentaudit.readers.traces.arrivals import (
    azure,
    burstgpt,
    is_azure,
    is_burstgpt,
    is_mooncake,
    mooncake,
)
from agentaudit.readers.traces.coding_sessions import (
    claude_code,
    codex,
    is_claude_code,
    is_codex,
)
from agentaudit.readers.traces.copilot import copilot, is_copilot
from agentaudit.readers.traces.langfuse import is_langfuse, langfuse
from agentaudit.readers.traces.langsmith import is_langsmith, langsmith
from agentaudit.readers.traces.notes import Notes
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.tracelab import (
    is_tracelab,
    is_tracelab_replay,
    tracelab,
    tracelab_replay,
)

_ROWS_LOOKED_AT = 50


class Format(Struct, frozen=True):
    """One format: how its rows are known, how they are read, and whether calls have a length."""

    name: str
    recognises: Callable[[object], bool]
    spans: Callable[[Iterator[Row], Notes], Iterator[SpanSeen]]
    timed: bool = True


_ALL = (
    Format("langsmith", is_langsmith, langsmith),
    Format("langfuse", is_langfuse, langfuse),
    Format("tracelab", is_tracelab, tracelab),
    Format("tracelab-replay", is_tracelab_replay, tracelab_replay, timed=False),
    Format("copilot", is_copilot, copilot),
    Format("claude-code", is_claude_code, claude_code),
    Format("codex", is_codex, codex),
    Format("agentic-mooncake", is_agentic_mooncake, agentic_mooncake, timed=False),
    Format("mooncake", is_mooncake, mooncake, timed=False),
    Format("azure", is_azure, azure, timed=False),
    Format("burstgpt", is_burstgpt, burstgpt, timed=False),
)
FORMATS: Mapping[str, Format] = {format_.name: format_ for format_ in _ALL}


def format_of(rows: Iterator[Row]) -> Format | None:
    """The format of the first rows; None when none of ours knows them."""
    seen = [row.fields for row in islice(rows, _ROWS_LOOKED_AT)]
    for format_ in _ALL:
        if any(format_.recognises(fields) for fields in seen):
            return format_
    return None
