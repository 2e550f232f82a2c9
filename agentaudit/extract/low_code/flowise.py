"""
Flows that Flowise exports: agents, their memory, their tools.

Read in Flowise's `packages/components/nodes` (memory nodes of version 2, `agentflow/Agent`), autumn
2026. A Redis memory without `sessionTTL` never expires; a window node keeps four exchanges unless
it says otherwise; an agent of an agentflow passes all messages to the model until `agentMemoryType`
says less. An export holds no credentials, only that some are connected.
"""

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.bounds import bound
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.known_tools import CODE, FILES, PAGES, PRIVATE, WEB, KnownTool
from agentaudit.extract.low_code.flowise_memory import agent_memory, is_memory, memory_of
from agentaudit.extract.low_code.flowise_tools import CUSTOM, CustomTool, custom_tools
from agentaudit.extract.mcp.configurations import Reading, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, Node

_AGENT = re.compile(
    r"agent|conversationchain|conversationalretrieval|supervisor|worker", re.IGNORECASE
)
_AGENT_CATEGORIES = frozenset({"Agents", "Sequential Agents", "Multi Agents", "Chains"})
_TOOL_CATEGORIES = frozenset({"Tools", "Tools (MCP)", "MCP"})
_TOOLS: dict[str, KnownTool] = {
    "calculator": KnownTool(effects=("read",)),
    "currentDateTime": KnownTool(effects=("read",)),
    **dict.fromkeys(
        ("serpAPI", "serper", "braveSearchAPI", "googleCustomSearch", "searXNG", "tavilyAPI"),
        WEB,
    ),
    **dict.fromkeys(("requestsGet", "webBrowser", "webScraperTool"), PAGES),
    **dict.fromkeys(
        ("requestsPost", "requestsPut", "requestsDelete"),
        KnownTool(effects=("send",), egress=True, free_form=("url",)),
    ),
    "readFile": FILES,
    "writeFile": KnownTool(effects=("write",), free_form=("path",)),
    "codeInterpreterE2B": CODE,
    "retrieverTool": PRIVATE,
    "gmail": KnownTool(
        effects=("read", "write", "send"), untrusted=True, private=True, egress=True
    ),
}
_SANDBOXED = frozenset({"codeInterpreterE2B"})
"""Run in a machine of the provider, not beside the agent."""


class _Tools(Struct, frozen=True):
    """What the flows of all exports share."""

    written: Mapping[str, CustomTool]
    """Tools that somebody wrote, by their ids."""
    given: set[str]
    """The ids of those that an agent has, in any flow."""


class _Flow(Struct, frozen=True):
    document: Document
    nodes: dict[str, Node]
    """The data of each node, by the node's id."""
    edges: tuple[tuple[str, str], ...]
    tools: _Tools

    def into(self, identifier: str) -> list[tuple[str, Node]]:
        """The nodes that feed a node."""
        return [
            (source, self.nodes[source])
            for source, target in self.edges
            if target == identifier and source in self.nodes
        ]


def extract_flowise(documents: Documents, collector: Collector) -> None:
    """Every flow of every export, and every tool that somebody wrote."""
    tools = _Tools(custom_tools(documents), set())
    for document in documents.of("json"):
        for root in (document.root, *_flows_in(document.root)):
            flow = _flow(document, root, tools)
            if flow is not None:
                _extract(flow, documents, collector)
    for identifier in sorted(tools.written.keys() - tools.given):
        add_declared_tool(collector, None, _written(tools.written[identifier]))


def _flows_in(root: Node) -> tuple[Node, ...]:
    """The flows of an export of everything, which groups them by their kind."""
    return tuple(
        element
        for _, group in root.items()
        for element in group.elements
        if element.child("nodes") is not None
    )


def _flow(document: Document, root: Node, tools: _Tools) -> _Flow | None:
    nodes = {
        node.text_at("id"): data
        for node in (root.child("nodes") or root).elements
        if (data := node.child("data")) is not None and _is_flowise(data)
    }
    listed = root.child("edges")
    edges = tuple(
        (edge.text_at("source"), edge.text_at("target"))
        for edge in (listed.elements if listed is not None else ())
    )
    return _Flow(document, nodes, edges, tools) if nodes else None


def _is_flowise(data: Node) -> bool:
    described = any(data.child(key) for key in ("inputParams", "inputAnchors", "baseClasses"))
    return data.child("inputs") is not None and data.child("name") is not None and described


def _extract(flow: _Flow, documents: Documents, collector: Collector) -> None:
    for identifier, data in flow.nodes.items():
        if not _is_agent(data):
            continue
        agent = _add_agent(flow, collector, identifier, data)
        memory = agent_memory(flow.document, identifier, data)
        if memory is not None:
            collector.remember(agent.id, collector.add(memory))
        for source, node in flow.into(identifier):
            if is_memory(node):
                memory = memory_of(flow.document, source, node)
                collector.remember(agent.id, collector.add(memory))
            elif node.text_at("category") in _TOOL_CATEGORIES:
                _add_tool(flow, documents, collector, (agent, source, node))
        _add_selected(flow, collector, agent, data)


def _is_agent(data: Node) -> bool:
    name, category = data.text_at("name"), data.text_at("category")
    if category in _TOOL_CATEGORIES or is_memory(data):
        return False
    flows = category == "Agent Flows" and name == "agentAgentflow"
    return flows or (category in _AGENT_CATEGORIES and _AGENT.search(name) is not None)


def _add_agent(flow: _Flow, collector: Collector, identifier: str, data: Node) -> Agent:
    name = plain(data.text_at("label") or data.text_at("name"))
    given = data.get("inputs", "maxIterations") or data.get("inputs", "agentMaxIterations")
    limit, count = bound(given) if given is not None and given.text else (Known.UNKNOWN, None)
    return collector.add(
        Agent(
            id=fact_id("agent", name, f"{flow.document.file}#nodes.{identifier}"),
            name=name,
            evidence=(evidence(flow.document, data.child("name") or data, name),),
            framework="flowise",
            max_iterations=limit,
            max_iterations_count=count,
        )
    )


def _add_tool(
    flow: _Flow, documents: Documents, collector: Collector, given: tuple[Agent, str, Node]
) -> None:
    agent, identifier, data = given
    configured = data.get("inputs", "mcpServerConfig")
    inner = embedded(configured, flow.document, documents) if configured is not None else None
    if inner is not None and configured is not None:
        name = data.text_at("label") or "mcp"
        route = f"nodes.{identifier}.mcpServerConfig"
        server = DeclaredServer(name=plain(name), key=configured, node=inner, route=route)
        add_server(Reading(documents, flow.document, collector, agent), server)
        return
    name = data.text_at("name")
    if name == CUSTOM and _give_written(flow, collector, agent, data.get("inputs")):
        return
    _declare(flow, collector, agent, (name, data.child("name") or data))


def _add_selected(flow: _Flow, collector: Collector, agent: Agent, data: Node) -> None:
    """The tools that an agent of an agentflow holds in its own inputs."""
    listed = data.get("inputs", "agentTools")
    for element in listed.elements if listed is not None else ():
        name = element.child("agentSelectedTool")
        if name is not None and name.text:
            asks = element.child("agentSelectedToolRequiresHumanInput")
            approval = True if asks is not None and asks.boolean is True else None
            chosen = element.child("agentSelectedToolConfig")
            if name.text == CUSTOM and _give_written(
                flow, collector, agent, chosen, approval=approval
            ):
                continue
            _declare(flow, collector, agent, (name.text, name), approval=approval)


def _give_written(
    flow: _Flow,
    collector: Collector,
    agent: Agent,
    chosen: Node | None,
    *,
    approval: bool | None = None,
) -> bool:
    """Whether a node's settings choose a tool that is among the files; the agent then has it."""
    identifier = chosen.text_at("selectedTool") if chosen is not None else ""
    tool = flow.tools.written.get(identifier)
    if tool is None:
        return False
    flow.tools.given.add(identifier)
    declared = _written(tool)
    if approval:  # asked of this agent alone
        declared = replace(declared, key=f"{agent.id}/{tool.key}", approval=True)
    add_declared_tool(collector, agent, declared)
    return True


def _written(tool: CustomTool) -> DeclaredTool:
    return DeclaredTool(
        name=tool.name,
        key=tool.key,
        place=evidence(tool.document, tool.node, plain(tool.name)),
        known=None,
        taken=tool.taken,
    )


def _declare(
    flow: _Flow,
    collector: Collector,
    agent: Agent,
    named: tuple[str, Node],
    *,
    approval: bool | None = None,
) -> None:
    name, node = named
    declared = DeclaredTool(
        name=name,
        key=f"{agent.id}/{name}",
        place=evidence(flow.document, node, name),
        known=_TOOLS.get(name),
        sandboxed=True if name in _SANDBOXED else None,
        approval=approval,
    )
    add_declared_tool(collector, agent, declared)
