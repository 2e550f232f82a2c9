"""
Sessions of a conversation as requests: a turn begins when somebody asks, and ends with the answer.

Each turn is a root span of its session's trace; model and tool calls are its children.
"""

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.model.observed import Attribute, SpanSeen

OPERATION = "gen_ai.operation.name"


class Session(Struct):
    """One conversation while it is read. Spans come out when they have ended."""

    trace: str
    agent: str = ""
    turn: str = "turn"
    _spans: int = 0
    _root: str = ""
    _start_ns: int = 0
    _end_ns: int = 0
    ended: list[SpanSeen] = field(default_factory=list)

    def asked(self, at_ns: int) -> None:
        """Somebody asked: the turn before has ended, a new one begins."""
        self.close()
        self._root = self._next()
        self._start_ns = self._end_ns = at_ns

    def model_call(
        self,
        start_ns: int,
        end_ns: int,
        *,
        model: str = "",
        tokens_in: int | None = None,
        tokens_out: int | None = None,
        tokens_cached: int | None = None,
    ) -> None:
        call = self._call("chat", model, start_ns, end_ns)
        self.ended.append(
            replace(
                call,
                model=model,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                tokens_cached=tokens_cached,
            )
        )

    def tool_call(self, name: str, start_ns: int, end_ns: int, *, failed: bool = False) -> None:
        call = self._call("execute_tool", name, start_ns, end_ns)
        self.ended.append(replace(call, tool=name, failed=failed))

    def close(self) -> None:
        """Nothing more comes of the turn that is open."""
        if not self._root:
            return
        self.ended.append(
            SpanSeen(
                trace=self.trace,
                span=self._root,
                name=f"invoke_agent {self.turn}",
                start_unix_ns=self._start_ns,
                end_unix_ns=self._end_ns,
                kinds=(Attribute(key=OPERATION, value="invoke_agent"),),
                agent=self.agent,
            )
        )
        self._root = ""

    def taken(self) -> tuple[SpanSeen, ...]:
        """What has ended since this was asked last."""
        ended = tuple(self.ended)
        self.ended.clear()
        return ended

    def _call(self, operation: str, what: str, start_ns: int, end_ns: int) -> SpanSeen:
        """The span of a call within the turn that is open."""
        end_ns = self._within(start_ns, end_ns)
        return SpanSeen(
            trace=self.trace,
            span=self._next(),
            parent=self._root,
            name=f"{operation} {what}".strip(),
            start_unix_ns=start_ns,
            end_unix_ns=end_ns,
            kinds=(Attribute(key=OPERATION, value=operation),),
        )

    def _within(self, start_ns: int, end_ns: int) -> int:
        """A call belongs to the turn around it, which lasts until its last call has ended."""
        if not self._root:
            self.asked(start_ns)
        end_ns = max(start_ns, end_ns)
        self._start_ns = min(self._start_ns, start_ns)
        self._end_ns = max(self._end_ns, end_ns)
        return end_ns

    def _next(self) -> str:
        self._spans += 1
        return f"{self._spans:016x}"
