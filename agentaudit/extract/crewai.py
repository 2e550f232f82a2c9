"""CrewAI's own files: agents and crews in JSONC, or `agents.yaml` of the classic layout."""

import re
from dataclasses import dataclass

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.python_tools import CLASS_TOOLS, ClassTool
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document, Node, NodeKind

_AGENT_KEYS = frozenset({"role", "goal", "backstory"})
_FILES = re.compile(r"(?:^|/)(?:crew\.jsonc?|agents?\.(?:ya?ml|jsonc?)|agents/[^/]+\.jsonc?)$")
_DEFAULT_ITERATIONS = 25
"""Of CrewAI 1.15."""
_CODE_TOOL = ClassTool(effects=("read", "write", "execute"), free_form=("code",))


@dataclass(frozen=True, slots=True)
class _Declared:
    document: Document
    name: str
    place: Node
    node: Node


def extract_crewai(documents: Documents, collector: Collector) -> None:
    """Agents, their tools and limits, and the memory of the crew."""
    for document in documents.of("yaml", "json"):
        if not _FILES.search(document.file) or document.root.kind is not NodeKind.MAPPING:
            continue
        agents = [
            _add_agent(collector, declared, document.root) for declared in _declared(document)
        ]
        memory = document.root.key_of("memory")
        if memory is not None and _true(document.root, "memory"):
            _add_memory(collector, document, memory, agents)


def _declared(document: Document) -> list[_Declared]:
    """The agents of a file: the file itself, or a mapping or list of them."""
    root = document.root
    if _is_agent(root):
        return [_Declared(document, root.text_at("name") or root.text_at("role"), root, root)]
    block = root.child("agents") or root
    found = [
        _Declared(document, key.raw, key, value) for key, value in block.entries if _is_agent(value)
    ]
    found += [
        _Declared(document, value.text_at("name") or value.text_at("role"), value, value)
        for value in block.elements
        if _is_agent(value)
    ]
    return found


def _is_agent(node: Node) -> bool:
    return len(_AGENT_KEYS & {key.raw for key, _ in node.entries}) > 1


def _add_agent(collector: Collector, declared: _Declared, crew: Node) -> Agent:
    node = declared.node
    limit, count = _number(node, "max_iter", _DEFAULT_ITERATIONS)
    timeout, seconds = _number(node, "max_execution_time", None)
    budget, _ = _number(node, "max_rpm", None)
    if budget is Known.NONE:
        budget, _ = _number(crew, "max_rpm", None)
    agent = collector.add(
        Agent(
            id=fact_id("agent", declared.name, f"{declared.document.file}#agents.{declared.name}"),
            name=declared.name or "agent",
            evidence=(evidence(declared.document, declared.place, declared.name),),
            framework="crewai",
            max_iterations=limit,
            max_iterations_count=count,
            timeout=timeout,
            timeout_s=seconds,
            budget=budget,
        )
    )
    names = node.child("tools")
    for element in names.list() if names is not None else ():
        name = (element.text or "").rpartition(".")[2].rpartition(":")[2]
        place = evidence(declared.document, element, name)
        _add_tool(collector, agent, (name, CLASS_TOOLS.get(name)), place)
    if _true(node, "allow_code_execution"):
        key = node.key_of("allow_code_execution") or node
        place = evidence(declared.document, key, "allow_code_execution")
        safe = node.text_at("code_execution_mode") != "unsafe"
        _add_tool(collector, agent, ("code execution", _CODE_TOOL), place, sandboxed=safe)
    return agent


def _add_tool(
    collector: Collector,
    agent: Agent,
    named: tuple[str, ClassTool | None],
    place: Evidence,
    *,
    sandboxed: bool | None = None,
) -> None:
    name, known = named
    if known is None:
        collector.leave_open(place, f"the tool {name} is not known", "what it does is open")
    tool = collector.add(
        Tool(
            id=fact_id("tool", name or "tool", f"{agent.id}/{name}"),
            name=name or "tool",
            evidence=(place,),
            confidence=Confidence.LIKELY if known else Confidence.POSSIBLE,
            effects=known.effects if known else (),
            effects_known=known is not None,
            reads_untrusted=_truth(known.untrusted if known else None),
            reads_private=_truth(known.private if known else None),
            egress=_truth(known.egress if known else None),
            free_form_parameters=known.free_form if known else (),
            sandboxed=_truth(sandboxed),
        )
    )
    collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)


def _add_memory(collector: Collector, document: Document, key: Node, agents: list[Agent]) -> None:
    """`memory: true` is a LanceDB on disk, for which the product knows no TTL."""
    place = evidence(document, key, "memory: true")
    window = document.root.child("respect_context_window")
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", "crew memory", f"{document.file}#memory"),
            name="crew memory",
            evidence=(place,),
            kind="vector",
            backend="lancedb",
            ttl=Known.NONE,
            compaction=Known.NONE if window is not None and window.boolean is False else Known.SET,
            persistent=Truth.YES,
            agent_writable=Truth.YES,
        )
    )
    for agent in agents:
        for kind in (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM):
            collector.link(kind, agent.id, store.id, place)


def _number(node: Node, key: str, default: int | None) -> tuple[Known, int | None]:
    value = node.child(key)
    if value is None or value.kind is NodeKind.NULL:
        return (Known.SET, default) if default is not None else (Known.NONE, None)
    number = value.integer
    if number is None:
        return Known.UNKNOWN, None
    return (Known.SET, number) if number > 0 else (Known.NONE, None)


def _true(node: Node, key: str) -> bool:
    value = node.child(key)
    return value is not None and value.boolean is True


def _truth(holds: bool | None) -> Truth:  # noqa: FBT001, the one thing it asks
    if holds is None:
        return Truth.UNKNOWN
    return Truth.YES if holds else Truth.NO
