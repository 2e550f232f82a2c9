"""
CrewAI's own files: agents and crews in JSONC, or `agents.yaml` of the classic layout.

Read in CrewAI 1.15.30 (`crewai/project/crew_definition.py`): an agent's further settings may stand
under `settings`, and `crew.jsonc` may hold its agents or name those of the folder `agents`.
"""

import re

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.addresses import on_own_machine
from agentaudit.extract.bounds import bound
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.frameworks.crew_execution import add_code_execution
from agentaudit.extract.frameworks.crew_memories import add_whole_context, crew_memory
from agentaudit.extract.known_tools import KnownTool
from agentaudit.extract.mcp.configurations import Reading, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.platform_files import CREW_FILE
from agentaudit.extract.python.class_tools import CLASS_TOOLS
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import AuditLog
from agentaudit.readers.document import Document, Node, NodeKind

_AGENT_KEYS = frozenset({"role", "goal", "backstory"})
_CREW = regex(r"(?:^|/)crew\.jsonc?$")
"""What is of a crew without an agent in it; `agents.json` may be of anybody's agents."""
_LOCAL = ("ollama/", "ollama_chat/")
_DEFAULT_ITERATIONS = 25
"""Of CrewAI 1.15."""


class _Declared(Struct, frozen=True):
    document: Document
    name: str
    place: Node
    node: Node


def extract_crewai(documents: Documents, collector: Collector) -> None:
    """Agents, their tools and limits, and the memory of the crew."""
    found: dict[str, list[Agent]] = {}
    crews: list[Document] = []
    files = [
        document
        for document in documents.of("yaml", "json")
        if CREW_FILE.search(document.file) and document.root.kind is NodeKind.MAPPING
    ]
    own = {_project(each.file): each.root for each in files if _CREW.search(each.file)}
    for document in files:
        crew = own.get(_project(document.file), document.root)
        agents = [
            _add_agent(documents, collector, declared, crew) for declared in _declared(document)
        ]
        found.setdefault(_project(document.file), []).extend(agents)
        if agents or _CREW.search(document.file):
            crews.append(document)
    for document in crews:
        memory = document.root.key_of("memory")
        if memory is not None and _remembers(document.root):
            _add_memory(collector, document, memory, found[_project(document.file)])
        _add_log(collector, document)


def _project(file: str) -> str:
    """The folder of a crew, whose agents may lie in a folder of their own below it."""
    return re.sub(r"(?:^|/)agents$", "", folder_of(file))


def _remembers(node: Node) -> bool:
    """Whether memory is on: a yes, or a memory that is described."""
    value = node.child("memory")
    return value is not None and (value.boolean is True or bool(value.entries))


def _declared(document: Document) -> list[_Declared]:
    """The agents of a file: the file itself, or a mapping or list of them."""
    root = document.root
    if _is_agent(root):
        return [_Declared(document, root.name_at("name") or root.name_at("role"), root, root)]
    block = root.child("agents") or root
    found = [
        _Declared(document, key.raw, key, value) for key, value in block.entries if _is_agent(value)
    ]
    found += [
        _Declared(document, value.name_at("name") or value.name_at("role"), value, value)
        for value in block.elements
        if _is_agent(value)
    ]
    return found


def _is_agent(node: Node) -> bool:
    return len(_AGENT_KEYS & {key.raw for key, _ in node.entries}) > 1


def _add_agent(
    documents: Documents, collector: Collector, declared: _Declared, crew: Node
) -> Agent:
    node = declared.node
    limit, count = bound(_setting(node, "max_iter"), _DEFAULT_ITERATIONS)
    timeout, seconds = bound(_setting(node, "max_execution_time"))
    budget, _ = bound(_setting(node, "max_rpm"))
    if budget is Known.NONE:
        budget, _ = bound(crew.child("max_rpm"))
    if budget is Known.NONE and _runs_here(_setting(node, "llm")):
        budget = Known.UNKNOWN  # what one's own machine answers costs nothing by the call
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
    names = _setting(node, "tools")
    for element in names.list() if names is not None else ():
        name = (element.text or "").rpartition(".")[2].rpartition(":")[2]
        place = evidence(declared.document, element, name)
        _add_tool(collector, agent, (name, CLASS_TOOLS.get(name)), place)
    code = _setting(node, "allow_code_execution")
    if code is not None and code.boolean is True:
        place = evidence(declared.document, code, "allow_code_execution")
        mode = _setting(node, "code_execution_mode")
        told = "" if mode is None else mode.text or None
        add_code_execution(collector, agent, place, told)
    window = _setting(node, "respect_context_window")
    if window is not None and window.boolean is False:
        place = evidence(declared.document, window, "respect_context_window")
        add_whole_context(collector, agent, place)
    _add_servers(documents, collector, agent, declared)
    return agent


def _runs_here(model: Node | None) -> bool:
    """Whether a model answers on the machine of its agent: by its address, or as Ollama's."""
    if model is None:
        return False
    told = (model.text or "", model.text_at("model"), model.text_at("base_url"))
    return any(text.startswith(_LOCAL) or on_own_machine(text) for text in told)


def _setting(node: Node, key: str) -> Node | None:
    """A setting of an agent: its own, or one of those it passes on."""
    return node.child(key) or node.get("settings", key)


def _add_tool(
    collector: Collector, agent: Agent, named: tuple[str, KnownTool | None], place: Evidence
) -> None:
    name, known = named
    declared = DeclaredTool(name=name, key=f"{agent.id}/{name}", place=place, known=known)
    add_declared_tool(collector, agent, declared)


def _add_servers(
    documents: Documents, collector: Collector, agent: Agent, declared: _Declared
) -> None:
    """MCP servers: an address, an address with one tool behind `#`, or a described server."""
    listed = _setting(declared.node, "mcps")
    for index, element in enumerate(listed.elements if listed is not None else ()):
        address, _, tool = (element.text or "").partition("#")
        name = element.text_at("name") or bare_url(address) or f"mcp {index}"
        node = element
        if element.text is not None:
            value = element.changed(raw=address)
            node = element.changed(
                kind=NodeKind.MAPPING, entries=((element.changed(raw="url"), value),)
            )
        route = f"agents.{declared.name}.mcps.{index}"
        if not element.entries and "://" not in address:
            place = evidence(declared.document, element, bare_url(address))
            what = f"the integration {plain(address)} is connected elsewhere"
            collector.leave_open(place, what, "what it may do is open")
            continue
        server = DeclaredServer(name=name, key=element, node=node, route=route)
        added = add_server(Reading(documents, declared.document, collector, agent), server)
        if added is not None and tool:
            collector.update(replace(added, approved_tools=(plain(tool),)))


def _add_memory(collector: Collector, document: Document, key: Node, agents: list[Agent]) -> None:
    """What every agent of a crew remembers."""
    place = evidence(document, key, "memory: true")
    store = collector.add(crew_memory(f"{document.file}#memory", place))
    for agent in agents:
        collector.remember(agent.id, store)


def _add_log(collector: Collector, document: Document) -> None:
    """The file that a crew writes every task and its result into, and that nothing ever ends."""
    file = document.root.child("output_log_file")
    if file is None or not file.text or file.boolean is False:
        return
    collector.add(
        AuditLog(
            id=fact_id("audit_log", "crew log", f"{document.file}#output_log_file"),
            name=f"log of the crew in {plain(file.text)}",
            evidence=(evidence(document, file, plain(file.text)),),
            kind="file",
            enabled=Truth.YES,
            retention=Known.NONE,
            content_logged=True,
        )
    )
