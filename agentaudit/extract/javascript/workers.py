"""
Agents that are classes of Cloudflare's Agents SDK: what they keep, and what they are given.

A class that extends `Think` is an agent whole: its methods say which tools it has. One that extends
`AIChatAgent` keeps all messages in its own SQLite, and runs the AI SDK within `onChatMessage`. Any
other keeps what it says it does: rows that its SQL inserts, or a state with messages in it.
Sources: https://developers.cloudflare.com/agents/, https://github.com/cloudflare/agents.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript import durable_objects
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.classes import Lineage, lineage_around
from agentaudit.extract.javascript.frameworks import Builder
from agentaudit.extract.javascript.options import Options
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.syntax import returned_by, standing_in
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.limits import count
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.lines import lines_of

_THINKS = frozenset({"@cloudflare/think.Think"})
_CHATS = frozenset({"@cloudflare/ai-chat.AIChatAgent", "agents/ai-chat-agent.AIChatAgent"})
_BASE = "agents.Agent"
_WORKERS = _THINKS | _CHATS | {_BASE}
_THINKING = Builder("cloudflare-think", 10)
_CHATTING = Builder("cloudflare-agents")
_CHOOSING = ("beforeTurn", "onChatMessage", "configureChannels")
"""Methods that may set limits and tools of each turn anew."""
_HANDING_ON = frozenset({"convertToModelMessages", "convertToCoreMessages"})
_SHORTENING = frozenset(
    {"pruneMessages", "slice", "truncateOlderMessages", "onCompaction", "compact", "trimMessages"}
)
_FORGETTING = frozenset({"destroy", "deleteAll", "clearHistory", "clearMessages"})
_KEEPS = regex(
    rf"\.sql(?:<[^`<>]{{0,200}}>)?`\s*insert\s+(?:or\s+\w+\s+)?into\s+[\"'\w]{{0,40}}{durable_objects.SAID}"
    rf"|\.setState\([^;]{{0,400}}\b{durable_objects.SAID}\b",
    re.IGNORECASE,
)
"""How a class keeps what was said: in a table, or in its state, by what that is called."""
_DELETES = regex(r"\.sql(?:<[^`<>]{0,200}>)?`\s*(?:delete|drop)\s", re.IGNORECASE)


def worker_agents(
    building: Building, running: Sequence[Call]
) -> Iterator[tuple[Call, Builder, Options]]:
    """
    Classes that are agents, with what stands for the options of one.

    Where a class runs another agent itself, that is the one, and its tools stand there.
    """
    lines = sorted((call.node for call in running), key=lambda node: node.lineno)
    for lineage in _agents(building):
        if lineage.base in _THINKS:
            yield _class_call(lineage, "Think"), _THINKING, _thinking(lineage)
        elif not _runs_within(building, lineage, lines):
            yield _class_call(lineage, "AIChatAgent"), _CHATTING, Options({}, hidden=True)


def _agents(building: Building) -> Iterator[Lineage]:
    """The classes that talk to a model: one that extends `Think` names its own."""
    for lineage in building.lineages:
        thinks = lineage.base in _THINKS and lineage.method("getModel") is not None
        if thinks or lineage.base in _CHATS:
            yield lineage


def worker_around(building: Building, node: ast.AST) -> Lineage | None:
    """The class of Cloudflare's within which a node stands."""
    lineage = lineage_around(building.program, building.module, node)
    return lineage if lineage is not None and lineage.base in _WORKERS else None


def _runs_within(building: Building, lineage: Lineage, running: Sequence[ast.Call]) -> bool:
    """Whether the class, or one that it extends elsewhere, is where an agent is run."""
    if any(each.module is not building.module for each in lineage.classes):
        return True
    return any(standing_in(running, each.defined) for each in lineage.classes)


def _class_call(lineage: Lineage, base: str) -> Call:
    """What stands for the call that makes an agent, where its class does."""
    defined = lineage.defined
    func = ast.copy_location(ast.Name(id=lineage.name, ctx=ast.Load()), defined)
    func.end_lineno, func.end_col_offset = defined.lineno, defined.col_offset + len(lineage.name)
    made = ast.copy_location(ast.Call(func=func, args=[], keywords=[]), func)
    return Call(base, made, lineage.name)


def _thinking(lineage: Lineage) -> Options:
    given: dict[str, Written] = {}
    steps, tools = lineage.field("maxSteps"), lineage.method("getTools")
    if steps is not None:
        given["maxSteps"] = steps
    if tools is not None:
        module, function = tools
        either = ast.BoolOp(op=ast.Or(), values=list(returned_by(function)))
        given["tools"] = Written(module, ast.copy_location(either, function))
    return Options(given, hidden=any(lineage.method(name) is not None for name in _CHOOSING))


def worker_memories(building: Building) -> Iterator[tuple[MemoryStore, Lineage]]:
    """The messages that each class keeps in the storage of its own."""
    for lineage in _agents(building):
        yield _messages(building, lineage), lineage
    for lineage in building.lineages:
        if lineage.base not in {_BASE, durable_objects.BASE}:
            continue
        written = _text(building, lineage)
        if lineage.base == _BASE and _KEEPS.search(written):
            yield _rows(building, lineage, written), lineage
        elif durable_objects.keeps_talk(written) and building.module.once(
            durable_objects.speaks_with_model
        ):
            yield _talk(building, lineage, written), lineage


def _text(building: Building, lineage: Lineage) -> str:
    """What a class is written as, without what stands beside it on its lines."""
    place = building.module.node(lineage.defined)
    lines = [*lines_of(building.module.document.text)[place.line - 1 : place.end_line]]
    lines[-1] = lines[-1][: place.end_column]
    lines[0] = lines[0][place.column - 1 :]
    return "\n".join(lines)


def _rows(building: Building, lineage: Lineage, written: str) -> MemoryStore:
    """What a class keeps of what is said by itself; what of that a model gets is not seen."""
    store = _messages(building, lineage)
    return replace(
        store,
        ttl=Known.UNKNOWN if _DELETES.search(written) else store.ttl,
        max_turns=Known.UNKNOWN,
        compaction=Known.UNKNOWN,
    )


def _talk(building: Building, lineage: Lineage, written: str) -> MemoryStore:
    """What a Durable Object keeps; what of that a model gets is not seen."""
    return replace(
        _messages(building, lineage),
        ttl=durable_objects.lifetime(written),
        max_turns=durable_objects.turns(written),
        compaction=Known.UNKNOWN,
    )


def _messages(building: Building, lineage: Lineage) -> MemoryStore:
    module = building.module
    calls = (building.program.called_in(each.module, each.defined) for each in lineage.classes)
    called = frozenset[str]().union(*calls)
    kept = lineage.field("maxPersistedMessages")
    turns, number = count(kept.module, kept.node) if kept is not None else (Known.NONE, None)
    name = f"{lineage.name}.messages"
    return MemoryStore(
        id=fact_id("memory_store", name, f"{module.document.file}#{lineage.defined.lineno}.{name}"),
        name=name,
        evidence=(module.place(_class_call(lineage, "").node, lineage.name),),
        kind="history",
        backend="durable_object",
        ttl=Known.UNKNOWN if called & _FORGETTING else Known.NONE,
        max_turns=turns,
        max_turns_count=number,
        max_tokens=Known.NONE,
        compaction=Known.NONE if _hands_on_all(lineage, called) else Known.UNKNOWN,
        persistent=Truth.YES,
    )


def _hands_on_all(lineage: Lineage, called: frozenset[str]) -> bool:
    """Whether the model gets every message, as far as one can see."""
    if called & _SHORTENING:
        return False
    if lineage.base in _THINKS:
        return all(lineage.method(name) is None for name in (*_CHOOSING, "configureSession"))
    return bool(called & _HANDING_ON)


def added_servers(building: Building, node: ast.AST) -> Sequence[ast.Call]:
    """The servers of MCP that the class around an agent adds: `this.addMcpServer(name, url)`."""
    lineage = worker_around(building, node) if building.adding else None
    if lineage is None:
        return ()
    added = standing_in(building.adding, lineage.defined)
    return added if building.module.affords(len(added)) else ()
