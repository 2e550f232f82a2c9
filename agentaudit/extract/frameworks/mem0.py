"""
Configurations of mem0: where it keeps memories, relations between them, and their history.

The mapping that `Memory.from_config` takes, in YAML, in JSON or as a dictionary of Python. Read in
mem0's `configs/base.py` and `memory/main.py`, autumn 2026: nothing of a configuration lets memories
expire; each may get an `expiration_date` when it is added, and is kept for ever without one. Where
none says in what they are kept, that is Qdrant in a folder of the machine (`/tmp/qdrant`).
"""

import ast
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.budgets import Budget
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.programs.nodes import node_of
from agentaudit.extract.programs.syntax import argument, splatted
from agentaudit.extract.python.frameworks import is_own_package
from agentaudit.extract.python.memory_keys import owned
from agentaudit.extract.python.session_keys import SessionKeys
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node, NodeKind

_BESIDE = frozenset(
    {"llm", "embedder", "graph_store", "history_db_path", "reranker", "custom_instructions"}
)
_TAKES = frozenset({"mem0.Memory.from_config", "mem0.AsyncMemory.from_config"})
_MAKES = _TAKES | {"mem0.Memory", "mem0.AsyncMemory"}
_EXPIRES = "expiration_date"
_REMEMBERING = Budget("remembering agents", 20_000)
"""Each as often as a file has stores."""


class _Found(Struct, frozen=True):
    document: Document
    node: Node
    route: str


def extract_mem0(documents: Documents, collector: Collector) -> None:
    """The stores and the credentials of every configuration."""
    expires = any(_EXPIRES in document.text for document in documents.of("python"))
    agents = by_folder(collector.of(Agent))
    programs = _of_mem0(documents)
    configurations = tuple(_configurations(documents, programs))
    for found in configurations:
        stores = [
            _store(collector, found, part, expires=expires)
            for part in ("vector_store", "graph_store")
            if found.node.get(part, "provider") is not None
        ]
        history = found.node.child("history_db_path")
        if history is not None and history.text:
            stores.append(_history(collector, found, history))
        _add_credentials(collector, found)
        if found.document.syntax == "python":
            _remember(collector, agents.get(found.document.file, ()), stores)
    for module in programs:
        if is_own_package(module.document.file):
            continue
        keys = SessionKeys(module, documents)
        stores = [
            collector.add(owned(keys, _default_store(module, made, expires=expires)))
            for made in _unconfigured(module, configured=bool(configurations))
        ]
        _remember(collector, agents.get(module.document.file, ()), stores)


def _remember(collector: Collector, agents: Sequence[Agent], stores: Sequence[MemoryStore]) -> None:
    """All agents of a file have the stores that it configures."""
    for store in stores:
        end = (store.evidence[0], f"who remembers in {store.name}", "whose memory it is is open")
        if collector.affords(_REMEMBERING, len(agents), end):
            for agent in agents:
                collector.remember(agent.id, store, confidence=Confidence.LIKELY)


def _configurations(documents: Documents, programs: Iterable[Module]) -> Iterator[_Found]:
    for document in documents.of("yaml", "json", "toml"):
        root = document.root
        for route, node in (("", root), *root.items()):
            if _is_mem0(node):
                yield _Found(document, node, route)
    for module in programs:
        yield from _of_code(module)


def _of_mem0(documents: Documents) -> Sequence[Module]:
    return [
        module
        for module in modules(documents).values()
        if any(name.partition(".")[0] == "mem0" for name in module.imports.values())
    ]


def _unconfigured(module: Module, *, configured: bool) -> Iterator[tuple[ast.Call, str]]:
    """
    Memories that nobody says where to keep.

    One that is given what cannot be read may have any configuration of the repository.
    """
    chosen = {
        id(each)
        for choice in (*module.of(ast.IfExp), *module.of(ast.BoolOp))
        for each in ast.iter_child_nodes(choice)
    }
    for call in module.of(ast.Call):
        made = module.dotted(call.func) in _MAKES and id(call) not in chosen
        backend = _backend(module, call) if made else ""
        if backend == "qdrant" or (backend and not configured):
            yield call, backend


def _backend(module: Module, call: ast.Call) -> str:
    """Where it keeps memories: what it takes by itself, itself where nobody sees, or nothing."""
    given = module.meant(argument(call, 0, "config_dict", "config"))
    if given is None and not splatted(call):
        return "qdrant"
    if not isinstance(given, ast.Dict):
        return "mem0"
    if _says_where(module, given):
        return ""
    return "mem0" if None in given.keys else "qdrant"


def _says_where(module: Module, given: ast.Dict) -> bool:
    return any(module.text(key) == "vector_store" for key in given.keys)


def _default_store(module: Module, made: tuple[ast.Call, str], *, expires: bool) -> MemoryStore:
    """Where memories go that no configuration in sight says where to keep."""
    call, backend = made
    name = f"memories in {backend}"
    return MemoryStore(
        id=fact_id("memory_store", name, f"{module.document.file}#{call.lineno}.vector_store"),
        name=name,
        evidence=(module.place(call.func, "Memory"),),
        kind="vector",
        backend=backend,
        ttl=Known.UNKNOWN if expires else Known.NONE,
        persistent=Truth.YES,
        agent_writable=Truth.YES,
    )


def _of_code(module: Module) -> Iterator[_Found]:
    handed = {
        id(module.meant(given))
        for call in module.of(ast.Call)
        if module.dotted(call.func) in _TAKES
        for given in call.args
    }
    for index, expression in enumerate(module.of(ast.Dict)):
        if _says_where(module, expression):
            node = node_of(module, expression)
            if _is_mem0(node) or (id(expression) in handed and node.child("vector_store")):
                yield _Found(module.document, node, f"dict.{index}")


def _is_mem0(node: Node) -> bool:
    store = node.child("vector_store")
    return (
        store is not None
        and store.child("provider") is not None
        and any(key.raw in _BESIDE for key, _ in node.entries)
    )


def _store(collector: Collector, found: _Found, part: str, *, expires: bool) -> MemoryStore:
    block = found.node.child(part) or found.node
    backend = plain(block.text_at("provider")) or "unknown"
    name = plain(block.text_at("config", "collection_name")) or f"memories in {backend}"
    node = block.child("provider") or block
    passing = block.text_at("config", "path") == ":memory:"
    place = evidence(found.document, node, backend)
    if expires:
        what = f"some memories in {name} are given an expiry by code"
        collector.leave_open(place, what, "whether all of them expire")
    return collector.add(
        MemoryStore(
            id=fact_id("memory_store", name, f"{found.document.file}#{found.route}.{part}"),
            name=name,
            evidence=(place,),
            kind="vector" if part == "vector_store" else "managed",
            backend=backend,
            ttl=Known.UNKNOWN if expires else Known.NONE,
            persistent=Truth.NO if passing else Truth.YES,
            agent_writable=Truth.YES,
        )
    )


def _history(collector: Collector, found: _Found, node: Node) -> MemoryStore:
    """What memories were before they were changed or deleted."""
    return collector.add(
        MemoryStore(
            id=fact_id("memory_store", "mem0 history", f"{found.document.file}#{found.route}.log"),
            name="history of memories",
            evidence=(evidence(found.document, node, plain(node.text or "")),),
            kind="managed",
            backend="sqlite",
            ttl=Known.NONE,
            persistent=Truth.NO if node.text == ":memory:" else Truth.YES,
            explicit_retrieval=Truth.YES,
            agent_writable=Truth.YES,
        )
    )


def _add_credentials(collector: Collector, found: _Found) -> None:
    settings = []
    for part, block in found.node.items():
        provider = block.text_at("provider")
        inner = block.child("config")
        for key, value in inner.items() if inner is not None else ():
            if value.kind is NodeKind.STRING and value.text and not _of_process(found, value):
                named = f"{provider}_{key}" if key in {"api_key", "password"} else key
                route = f"{found.route}.{part}.config"
                settings.append(
                    Setting(key=named, value=value, document=found.document, route=route)
                )
    add_credentials(collector, settings, Holding(holder="agent", exposure="file"))


def _of_process(found: _Found, value: Node) -> bool:
    """Whether code reads it from its environment: then it is held by what starts the process."""
    return found.document.syntax == "python" and value.raw.startswith("${")
