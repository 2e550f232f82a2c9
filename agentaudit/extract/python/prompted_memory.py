"""
What agents write and others are instructed by: memory that is read into a system prompt.

Two ways are read. LangGraph's store under a namespace that names nobody, put by some code and put
into a system message by some other ("Memory", procedural memory, in LangGraph's documentation). And
ADK's state with the prefix `app:`, which all users and sessions of an application share ("State"),
where an instruction names it in braces and code of the application sets it.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct, field

from agentaudit.extract.budgets import Budget
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.programs.syntax import descendants, keyword
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore

_READS = frozenset({"get", "aget", "search", "asearch"})
_WRITES = frozenset({"put", "aput"})
_STORE = re.compile(r"store$", re.IGNORECASE)
_PROMPTS = ("instructions", "system_prompt", "system", "system_message", "state_modifier")
_SHARED = re.compile(r"\{\s*app:(\w{1,80})\??\s*\}")
_STATE = re.compile(r"^app:(\w{1,80})$")
_DEEPEST = 6
_MOST_PROMPTS = 500
"""More of them in one file are an attack on the reader."""
_PROMPTED = Budget("prompted agents", 20_000)
"""Agents times memories."""


class _Memory(Struct):
    """One memory that several sessions share, and where it is read and written."""

    name: str
    backend: str
    prompts: list[Evidence] = field(default_factory=list)
    """Where it reaches a model as instructions."""
    writes: list[Evidence] = field(default_factory=list)


def extract_prompted_memory(documents: Documents, collector: Collector) -> None:
    """Every memory that instructs a model, with whether code of the deployment writes it."""
    found: dict[str, _Memory] = {}
    for module in modules(documents).values():
        if any(name.startswith("langgraph") for name in module.imports.values()):
            _add_namespaces(module, found)
        if any(name.startswith("google.adk") for name in module.imports.values()):
            _add_states(module, found)
    for document in documents.of("yaml"):
        text = document.root.child("instruction")
        if text is not None and "app:" in text.raw:
            _add_prompt(found, text.raw, evidence(document, text, "instruction"))
    agents = by_folder(collector.of(Agent))
    for key, memory in sorted(found.items()):
        if memory.prompts:
            _add(collector, key, memory, agents)


def _add(
    collector: Collector, key: str, memory: _Memory, agents: Mapping[str, Sequence[Agent]]
) -> None:
    """The memory, with the agents of the files that it is read and written in."""
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", memory.name, f"prompted/{key}"),
            name=memory.name,
            evidence=tuple(dict.fromkeys((*memory.prompts, *memory.writes))),
            confidence=Confidence.LIKELY,
            kind="vector" if memory.backend == "langgraph" else "managed",
            backend=memory.backend,
            scope="global",
            agent_writable=Truth.YES if memory.writes else Truth.UNKNOWN,
            read_as_instructions=Truth.YES,
        )
    )
    what = f"who is instructed by {store.name}"
    effect = "which agents of this file remember it is open"
    for file, place in {place.file: place for place in reversed(store.evidence)}.items():
        beside = agents.get(file, ())
        room = collector.affords(_PROMPTED, len(beside), (place, what, effect))
        for agent in beside if room else ():
            collector.remember(agent.id, store, confidence=Confidence.LIKELY)


def _add_states(module: Module, found: dict[str, _Memory]) -> None:
    """State of ADK that all users share, by its name."""
    for text in module.of(ast.Constant):
        if isinstance(text.value, str) and "app:" in text.value:
            _add_prompt(found, text.value, module.place(text, "instruction"))
    for node, text_node in _set(module):
        name = _STATE.match(module.text(text_node))
        if name is not None:
            memory = found.setdefault(name[0], _Memory(name[0], "adk"))
            memory.writes.append(module.place(node, name[0]))


def _add_prompt(found: dict[str, _Memory], text: str, place: Evidence) -> None:
    for name in _SHARED.findall(text):
        memory = found.setdefault(f"app:{name}", _Memory(f"app:{name}", "adk"))
        memory.prompts.append(place)


def _set(module: Module) -> Iterator[tuple[ast.AST, ast.expr]]:
    """What is set: `state["…"] = …`, and the key under which an agent's answer is kept."""
    for assignment in module.of(ast.Assign):
        for target in assignment.targets:
            if isinstance(target, ast.Subscript):
                yield target, target.slice
    for call in module.of(ast.Call):
        key = keyword(call, "output_key")
        if key is not None:
            yield call, key


def _add_namespaces(module: Module, found: dict[str, _Memory]) -> None:
    """Namespaces of a store that name nobody, by what they are called."""
    reads: dict[int, str] = {}
    for call in module.calls():
        owner, _, method = call.name.rpartition(".")
        if method in _READS | _WRITES and _STORE.search(owner):
            name = _namespace(module, call)
            if name and method in _WRITES:
                memory = found.setdefault(f"store/{name}", _Memory(name, "langgraph"))
                memory.writes.append(module.place(call.node, name))
            elif name:
                reads[id(call.node)] = name
    if not reads:
        return
    flow = _Flow(module, reads)
    for prompt in islice(_system_texts(module), _MOST_PROMPTS):
        for name in sorted(flow.behind(prompt)):
            memory = found.setdefault(f"store/{name}", _Memory(name, "langgraph"))
            memory.prompts.append(module.place(prompt, name))


def _namespace(module: Module, call: Call) -> str:
    """A namespace that is the same for everybody; empty where any part of it is decided later."""
    node = keyword(call.node, "namespace", "namespace_prefix")
    if node is None and call.node.args:
        node = call.node.args[0]
    node = module.meant(node)
    parts = node.elts if isinstance(node, ast.Tuple) else ()
    texts = [module.text(part) for part in parts]
    return "/".join(texts) if texts and all(texts) else ""


def _system_texts(module: Module) -> Iterator[ast.expr]:
    """What models are told as instructions: system messages, and arguments that are called so."""
    for call in module.of(ast.Call):
        if module.dotted(call.func).rpartition(".")[2] == "SystemMessage":
            yield from (*call.args, *(item.value for item in call.keywords))
        else:
            given = keyword(call, *_PROMPTS)
            yield from () if given is None else (given,)
    for message in module.of(ast.Dict):
        parts = dict(written_keys(module, message))
        if "content" in parts and module.text(parts.get("role")) in {"system", "developer"}:
            yield parts["content"]
    for pair in module.of(ast.Tuple):
        if len(pair.elts) == 2 and module.text(pair.elts[0]) == "system":  # noqa: PLR2004, a pair
            yield pair.elts[1]


class _Flow(Struct):
    """From which reads the values of an expression come, within its function."""

    module: Module
    reads: Mapping[int, str]
    _assigned: dict[int, Mapping[str, Sequence[ast.expr]]] = field(default_factory=dict)

    def behind(self, top: ast.expr) -> frozenset[str]:
        function = self.module.function_around(top)
        if function is None or not self.module.may_be_read(function):
            return frozenset()
        if id(function) not in self._assigned:
            self._assigned[id(function)] = _assigned(function)
        assigned = self._assigned[id(function)]
        found: set[str] = set()
        seen: set[str] = set()
        waiting: list[tuple[ast.AST, int]] = [(top, 0)]
        while waiting:
            node, depth = waiting.pop()
            for inner in descendants(node):
                if id(inner) in self.reads:
                    found.add(self.reads[id(inner)])
                if isinstance(inner, ast.Name) and inner.id not in seen and depth < _DEEPEST:
                    seen.add(inner.id)
                    waiting.extend((value, depth + 1) for value in assigned.get(inner.id, ()))
        return frozenset(found)


def _assigned(function: ast.AST) -> Mapping[str, Sequence[ast.expr]]:
    """The values that a function gives to its names, those of its loops among them."""
    found: dict[str, list[ast.expr]] = {}
    for target, value in bindings(descendants(function)):
        if isinstance(target, ast.Name):
            found.setdefault(target.id, []).append(value)
    return found
