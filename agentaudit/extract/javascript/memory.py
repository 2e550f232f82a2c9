"""
Memory that TypeScript and JavaScript code constructs: LangChain's, Mastra's, VoltAgent's, Convex's.

LangChain.js has the classes of Python. Mastra's `Memory` hands the last ten messages to the model
unless `lastMessages` says otherwise, and keeps all (https://mastra.ai/reference/memory/Memory);
VoltAgent's keeps all, and each run says how many it gets (https://voltagent.dev/docs/agents/memory).
An agent of Convex keeps all, and hands on the last hundred, or `recentMessages`
(https://docs.convex.dev/agents/context).
"""

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.options import Options, inner_options, options_of
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.limits import count
from agentaudit.extract.python.memory import memories
from agentaudit.extract.python.memory_forms import CONSTRUCTORS, FORMS
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore

_MASTRA = frozenset({"@mastra/memory.Memory", "@mastra/core/memory.Memory"})
_VOLTAGENT = "@voltagent/core.Memory"
_LAST = 10
_RECENT = 100
_STORE = regex(
    r"^@(?:mastra|voltagent)/(?P<backend>libsql|pg|postgres|supabase|upstash|mongodb|dynamodb"
    r"|cloudflare|cloudflare-d1|mssql|clickhouse|convex|lance|voltagent-memory)\."
)
_BACKENDS = {
    **dict.fromkeys(("pg", "supabase"), "postgres"),
    "upstash": "redis",
    "libsql": "sqlite",
    "voltagent-memory": "voltagent",
}


def module_memories(building: Building) -> Iterator[tuple[MemoryStore, Call]]:
    """Every memory that the module's calls construct, with the call that does it."""
    spelled = [_spelled(building, call) for call in building.calls]
    made = {id(ours.node): call for ours, call in zip(spelled, building.calls, strict=True)}
    for store, call in memories(building.module, spelled):
        yield store, made[id(call.node)]
    for call in building.calls:
        if call.name in _MASTRA:
            yield _of_mastra(building, call), call
        elif call.name == _VOLTAGENT:
            yield _of_voltagent(building, call), call


def _spelled(building: Building, call: Call) -> Call:
    """A call whose options, where they stand under a name, are its arguments by name."""
    node = call.node
    if FORMS.keys().isdisjoint(call.name.split(".")[-2:]):  # a class, or its constructor's name
        return call
    first = 1 if call.last in CONSTRUCTORS else 0
    if node.keywords or len(node.args) <= first or not isinstance(node.args[-1], ast.Name):
        return call
    options = options_of(building.program, building.module, node)
    keywords = [
        ast.copy_location(ast.keyword(arg=name, value=each.node), node)
        for name, each in options.given.items()
        if each.module is building.module
    ]
    if options.hidden or len(keywords) < len(options.given):
        keywords.append(ast.copy_location(ast.keyword(arg=None, value=node.args[-1]), node))
    made = ast.Call(func=node.func, args=node.args[:-1], keywords=keywords)
    return Call(call.name, ast.copy_location(made, node), call.variable)


def _of_mastra(building: Building, call: Call) -> MemoryStore:
    module = building.module
    options = options_of(building.program, module, call.node)
    inner = inner_options(building.program, options, "options")
    last = inner.get("lastMessages")
    turns, number = (Known.UNKNOWN, None) if inner.hidden else (Known.SET, _LAST)
    if last is not None:
        turns, number = count(last.module, last.node)
    backend = _backend(building, options.get("storage"))
    return MemoryStore(
        id=fact_id("memory_store", "Memory", f"{module.document.file}#{call.node.lineno}.Memory"),
        name=call.variable or "Memory",
        evidence=(module.place(call.node.func, "Memory"),),
        kind="history" if backend else "window",
        backend=backend,
        ttl=Known.NONE,
        max_turns=turns,
        max_turns_count=number,
        persistent=Truth.YES if backend else Truth.UNKNOWN,
    )


def _of_voltagent(building: Building, call: Call) -> MemoryStore:
    options = options_of(building.program, building.module, call.node)
    backend = _backend(building, options.get("storage"))
    store = _of_mastra(building, call)
    return replace(
        store,
        kind="history" if backend else "buffer",
        max_turns=Known.UNKNOWN,
        max_turns_count=None,
    )


def of_convex(building: Building, call: Call, options: Options) -> MemoryStore:
    """The messages that an agent of Convex keeps in the tables of its component."""
    recent = inner_options(building.program, options, "contextOptions").get("recentMessages")
    turns, number = (Known.UNKNOWN, None) if options.hidden else (Known.SET, _RECENT)
    if recent is not None:
        turns, number = count(recent.module, recent.node)
    place = building.module.place(call.node.func, call.last)
    name = f"{options.text('name') or call.variable or call.last}.messages"
    return MemoryStore(
        id=fact_id("memory_store", name, f"{place.file}#{place.line}.{name}"),
        name=name,
        evidence=(place,),
        kind="history",
        backend="convex",
        ttl=Known.NONE,
        max_turns=turns,
        max_turns_count=number,
        persistent=Truth.YES,
    )


def _backend(building: Building, storage: Written | None) -> str:
    """Where it is kept; empty where that is not seen."""
    meant = building.program.meant(storage) if storage is not None else None
    found = _STORE.match(meant.name) if meant is not None else None
    return _BACKENDS.get(found["backend"], found["backend"]) if found is not None else ""
