"""Recordings made by hand, in milliseconds, for the tests of attribution."""

from collections.abc import Sequence

from agentaudit.model.observed import Attribute, InFlight, Marked, SpanSeen, TaskRun
from agentaudit.model.recording import (
    Closed,
    Frame,
    Opened,
    ProcessBorn,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    StackRun,
    ThreadTick,
    ThreadTime,
    recording_of,
)
from agentaudit.model.rule import LabelRules, SpanRule, StepRule
from agentaudit.model.trace import ClockPair, Host, StepKind, Target, Trace
from agentaudit.profiling.attribution import trace_of

MS = 1_000_000
PID = 100
UNIX_NS = 1_700_000_000 * 1_000_000_000
"""Unix time at instant 0."""

ASYNCIO = "/usr/lib/python3.12/asyncio/base_events.py"
SELECT = Frame(file="/usr/lib/python3.12/selectors.py", function="EpollSelector.select")
RUN_ONCE = Frame(file=ASYNCIO, function="BaseEventLoop._run_once")
HANDLER = Frame(file="/app/server.py", function="Handler.handle")
SEARCH = Frame(file="/app/work.py", function="search")
EMBED = Frame(file="/app/work.py", function="embed")
ASK = Frame(file="/app/client.py", function="ask")
FRAMEWORK = Frame(file="/usr/lib/python3.12/json/decoder.py", function="JSONDecoder.decode")

STACKS = [
    (SELECT, RUN_ONCE),
    (SEARCH, RUN_ONCE),
    (EMBED, RUN_ONCE),
    (FRAMEWORK, RUN_ONCE),
    (ASK, HANDLER),
    (SEARCH, HANDLER),
    (EMBED, HANDLER),
    (HANDLER,),
    (ASK,),
    (ASK, HANDLER, RUN_ONCE),
]
WAITING, LOOP_SEARCH, LOOP_EMBED, LOOP_OTHER = range(4)
ASKING, SEARCHING, EMBEDDING, HANDLING, BARE_ASK, TASK_ASKING = range(4, 10)


def rule(function: str, kind: StepKind, *, when: str = "own_code", file: str = "*.py") -> StepRule:
    return StepRule(
        id=f"test.{function}.{when}", framework="test", file=file, function=function, when=when,
        kind=kind, confidence=0.5,
    )  # fmt: skip


ASK_RULE = rule("ask", StepKind.LLM_INFERENCE)
SEARCH_RULE = rule("search", StepKind.TOOL_CALL)
EMBED_RULE = rule("embed", StepKind.RETRIEVAL)
REQUEST_RULE = rule("Handler.handle", StepKind.ORCHESTRATION, when="request")
LOOP_RULE = rule("*", StepKind.ORCHESTRATION, when="ordinary", file="asyncio/*.py")
FRAMES = (ASK_RULE, SEARCH_RULE, EMBED_RULE, REQUEST_RULE, LOOP_RULE)
OPERATION = "gen_ai.operation.name"
SPANS = (
    SpanRule(attribute=OPERATION, value="chat", kind=StepKind.LLM_INFERENCE),
    SpanRule(attribute=OPERATION, value="execute_tool", kind=StepKind.TOOL_CALL),
    SpanRule(attribute=OPERATION, value="retrieval", kind=StepKind.RETRIEVAL),
    SpanRule(
        attribute=OPERATION, value="embeddings", kind=StepKind.RETRIEVAL, sub_kind="embedding"
    ),
    SpanRule(
        attribute=OPERATION, value="invoke_agent", kind=StepKind.ORCHESTRATION, self_time=True
    ),
)
RULES = LabelRules(frames=FRAMES, spans=SPANS)


def run(start: float, end: float, stack: int, *, tid: int = PID) -> StackRun:
    return StackRun(
        pid=PID, tid=tid, start_ns=round(start * MS), end_ns=round(end * MS), stack=stack
    )


def used(since: float, at: float, cpu: float, *, tid: int = PID) -> tuple[Record, Record]:
    """The thread used so much, and its process as well."""
    cpu_ns = round(cpu * MS)
    between = round(since * MS), round(at * MS)
    return (
        ThreadTick(
            since_ns=between[0],
            at_ns=between[1],
            times=(ThreadTime(pid=PID, tid=tid, cpu_ns=cpu_ns, queue_ns=0),),
        ),
        ProcessTick(
            since_ns=between[0], at_ns=between[1], times=(ProcessTime(pid=PID, cpu_ns=cpu_ns),)
        ),
    )


def span(  # noqa: PLR0913 -- a span has many fields, and most of them do not matter
    operation: str, start: float, end: float, *, within: str = "", own: str = "", trace: str = "t",
    tool: str = "", pid: int = PID, tid: int = 0, agent: str = "", server_ms: float | None = None,
) -> SpanSeen:  # fmt: skip
    return SpanSeen(
        trace=trace, span=own or f"{operation}-{start}-{end}", parent=within, pid=pid, tid=tid,
        name=operation, start_unix_ns=UNIX_NS + round(start * MS),
        end_unix_ns=UNIX_NS + round(end * MS), kinds=(Attribute(key=OPERATION, value=operation),),
        tool=tool, agent=agent, server_ns=None if server_ms is None else round(server_ms * MS),
    )  # fmt: skip


def mark(  # noqa: PLR0913 -- so has a marker
    number: int, kind: StepKind, start: float, end: float, *, parent: int = 0, tid: int = PID,
    name: str = "step", task: int = 0,
) -> Marked:  # fmt: skip
    return Marked(
        pid=PID, tid=tid, task=task, marker=number, parent=parent, kind=kind, name=name,
        start_ns=round(start * MS), end_ns=round(end * MS),
    )  # fmt: skip


def call(
    number: int, start: float, end: float, *, inbound: bool = False, likely: bool = False,
    peer_pid: int = 0,
) -> InFlight:  # fmt: skip
    return InFlight(
        pid=PID, connection=number, peer="10.0.0.1:8000", start_ns=round(start * MS),
        end_ns=round(end * MS), sent_bytes=1, received_bytes=1, model=not inbound and not likely,
        likely=likely, inbound=inbound, peer_pid=peer_pid,
    )  # fmt: skip


def waiting(
    task: int, start: float, end: float, stack: int, *, root: int = 0, parent: int = 0
) -> TaskRun:
    return TaskRun(
        pid=PID, tid=PID, task=task, root=root or task, parent=parent, name=f"Task-{task}",
        start_ns=round(start * MS), end_ns=round(end * MS), stack=stack,
    )  # fmt: skip


def trace_from(
    *records: Record | Sequence[Record], rules: LabelRules = RULES, end: float = 10_000
) -> Trace:
    opened = Opened(
        tool_version="1", start_ns=0, rate_hz=100.0,
        host=Host(name="h", system="Linux", cores=2, memory_bytes=1),
        target=Target(pid=PID, command="agent", launched=False),
    )  # fmt: skip
    born = ProcessBorn(at_ns=0, pid=PID, parent_pid=1, parent_tid=0, name="python")
    clock = ClockPair(monotonic_ns=0, unix_ns=UNIX_NS)
    stacks = [StackDefined(stack=at, frames=frames) for at, frames in enumerate(STACKS)]
    flat: list[Record] = []
    for record in records:
        flat += record if isinstance(record, Sequence) else [record]
    closed = Closed(at_ns=round(end * MS), because="the duration was reached")
    return trace_of(recording_of([opened, clock, born, *stacks, *flat, closed]), rules)
