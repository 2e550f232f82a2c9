"""
Raw sessions of coding agents: the JSON lines that Claude Code and Codex keep of a conversation.

Only times, names and token counts are read; what was said, asked of tools and answered is not.
A model call begins with the last thing the model was given, and ends with the last it said.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.notes import BadFieldError, Notes, count, unix_ns
from agentaudit.readers.traces.rows import Row
from agentaudit.readers.traces.turns import Session

_MOST_OPEN = 10_000
_Fields = Mapping[str, object]


def is_claude_code(fields: object) -> bool:
    return isinstance(fields, dict) and "sessionId" in fields and "type" in fields


def is_codex(fields: object) -> bool:
    return isinstance(fields, dict) and {"type", "payload", "timestamp"} <= set(fields)


def claude_code(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """A line for each piece of a message; side conversations are requests of their own."""
    yield from _read(rows, notes, "claude-code")


def codex(rows: Iterator[Row], notes: Notes) -> Iterator[SpanSeen]:
    """A rollout: a line for each item; the session is named by its first line."""
    yield from _read(rows, notes, "codex")


def _read(rows: Iterator[Row], notes: Notes, agent: str) -> Iterator[SpanSeen]:
    notes.lack(
        "tool times hold what the user took to allow a call",
        "how long tools themselves took, where a user was asked",
    )
    talks: dict[str, _Talk] = {}
    current = ""
    for row in rows:
        try:
            if agent == "codex":
                current = _codex_session(row.fields) or current or row.file
                talk = talks.setdefault(current, _Talk(Session(current, agent=agent)))
                _codex_line(row.fields, talk)
            else:
                name = _claude_session(row.fields)
                talk = talks.setdefault(name, _Talk(Session(name, agent=agent)))
                _claude_line(row.fields, talk)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        yield from talk.session.taken()
    for talk in talks.values():
        notes.counts["unended"] += talk.end()
        yield from talk.session.taken()


class _Talk(Struct):
    """One conversation: the call that the model is in, and the tools that have not answered."""

    session: Session
    model: str = ""
    given_ns: int = 0
    _call: str = ""
    _start_ns: int = 0
    _end_ns: int = 0
    _tokens: tuple[int | None, int | None, int | None] = (None, None, None)
    _tools: dict[str, tuple[str, int]] = field(default_factory=dict)

    def asked(self, at_ns: int) -> None:
        self.answered_all()
        self.session.asked(at_ns)
        self.given_ns = at_ns

    def said(self, call: str, at_ns: int) -> None:
        """A piece of an answer; another call's first piece ends the one before."""
        if call != self._call:
            self.answered_all()
            self._call, self._start_ns = call, min(self.given_ns or at_ns, at_ns)
        self._end_ns = max(at_ns, self._start_ns)

    def used(self, tokens_in: int | None, tokens_out: int | None, cached: int | None) -> None:
        self._tokens = (tokens_in, tokens_out, cached)

    def answered_all(self) -> None:
        if not self._call:
            return
        tokens_in, tokens_out, cached = self._tokens
        self.session.model_call(
            self._start_ns,
            self._end_ns,
            model=self.model,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_cached=cached,
        )
        self._call, self._tokens = "", (None, None, None)

    def called(self, tool: str, name: str, at_ns: int) -> None:
        if len(self._tools) < _MOST_OPEN:
            self._tools[tool] = (name[:200], at_ns)

    def returned(self, tool: str, at_ns: int, *, failed: bool = False) -> None:
        self.given_ns = max(self.given_ns, at_ns)
        name, start_ns = self._tools.pop(tool, ("", 0))
        if name:
            self.session.tool_call(name, start_ns, at_ns, failed=failed)

    def end(self) -> int:
        """Closes all; the number of tools that never answered, which are left out."""
        self.answered_all()
        self.session.close()
        return len(self._tools)


def _claude_session(fields: _Fields) -> str:
    """Side conversations of sub-agents have the session's id, and one of their own."""
    session = str(fields.get("sessionId") or "session")[:200]
    side = fields.get("agentId") or ("side" if fields.get("isSidechain") is True else "")
    return f"{session}/{side}"[:300] if side else session


def _claude_line(fields: _Fields, talk: _Talk) -> None:
    message = fields.get("message")
    if fields.get("type") not in ("user", "assistant") or not isinstance(message, dict):
        return
    at_ns = unix_ns(fields.get("timestamp"), "timestamp")
    content = message.get("content")
    pieces = content if isinstance(content, list) else []
    blocks = [block for block in pieces if isinstance(block, dict)]
    if fields["type"] == "user":
        _claude_user(fields, blocks, talk, at_ns)
        return
    talk.said(str(message.get("id") or at_ns), at_ns)
    talk.model = str(message.get("model") or "")[:200]
    talk.used(*_claude_usage(message.get("usage")))
    for block in blocks:
        if block.get("type") == "tool_use":
            talk.called(str(block.get("id")), str(block.get("name") or "tool"), at_ns)


def _claude_user(fields: _Fields, blocks: Sequence[_Fields], talk: _Talk, at_ns: int) -> None:
    results = [block for block in blocks if block.get("type") == "tool_result"]
    for block in results:
        failed = block.get("is_error") is True
        talk.returned(str(block.get("tool_use_id")), at_ns, failed=failed)
    if not results and fields.get("isMeta") is not True:
        talk.asked(at_ns)


def _claude_usage(usage: object) -> tuple[int | None, int | None, int | None]:
    if not isinstance(usage, dict):
        return None, None, None
    cached = count(usage.get("cache_read_input_tokens") or 0, "cache_read_input_tokens")
    made = count(usage.get("cache_creation_input_tokens") or 0, "cache_creation_input_tokens")
    fresh = count(usage.get("input_tokens") or 0, "input_tokens")
    return fresh + made + cached, count(usage.get("output_tokens") or 0, "output_tokens"), cached


def _codex_session(fields: _Fields) -> str:
    payload = fields.get("payload")
    if fields.get("type") == "session_meta" and isinstance(payload, dict):
        return str(payload.get("id") or "")[:200]
    return ""


_ANSWERS = frozenset({"reasoning", "web_search_call", "function_call", "custom_tool_call"})
_RESULTS = frozenset({"function_call_output", "custom_tool_call_output"})


def _codex_line(fields: _Fields, talk: _Talk) -> None:
    payload = fields.get("payload")
    if not isinstance(payload, dict):
        return
    at_ns = unix_ns(fields.get("timestamp"), "timestamp")
    match fields.get("type"), payload.get("type"):
        case "turn_context", _:
            talk.model = str(payload.get("model") or "")[:200]
        case "event_msg", "user_message":
            talk.asked(at_ns)
        case "event_msg", "token_count":
            talk.used(*_codex_usage(payload.get("info")))
            talk.answered_all()
        case "response_item", kind:
            _codex_item(payload, str(kind), talk, at_ns)
        case _:
            pass


def _codex_item(payload: _Fields, kind: str, talk: _Talk, at_ns: int) -> None:
    if kind in _RESULTS:
        talk.returned(str(payload.get("call_id")), at_ns)
        return
    answer = kind == "message" and payload.get("role") == "assistant"
    if not answer and kind not in _ANSWERS:
        return
    talk.said(f"after {talk.given_ns}", at_ns)
    if kind.endswith("tool_call") or kind == "function_call":
        name = str(payload.get("name") or "tool")
        talk.called(str(payload.get("call_id")), name, at_ns)


def _codex_usage(info: object) -> tuple[int | None, int | None, int | None]:
    usage = info.get("last_token_usage") if isinstance(info, dict) else None
    if not isinstance(usage, dict):
        return None, None, None
    return (
        count(usage.get("input_tokens") or 0, "input_tokens"),
        count(usage.get("output_tokens") or 0, "output_tokens"),
        count(usage.get("cached_input_tokens") or 0, "cached_input_tokens"),
    )
