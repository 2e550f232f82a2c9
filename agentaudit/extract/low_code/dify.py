"""
Applications that Dify exports (its DSL, `kind: app`): agents, memory, tools, environment.

Read in Dify's `api/tests/fixtures/workflow` (DSL 0.3.1) and its memory code, autumn 2026.
A memory whose window is off passes what fits into the model, at most 500 messages. A variable of
the kind `secret` is exported with its value when the one who exports asks for that.
"""

from collections.abc import Iterator

from agentaudit.extract.bounds import Bound, bound
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.documents import Documents
from agentaudit.extract.known_tools import CODE, PAGES, WEB, KnownTool
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_MOST_MESSAGES = 500
_PROVIDERS = {
    **dict.fromkeys(("google", "bing", "duckduckgo", "tavily", "searxng", "wikipedia"), WEB),
    "webscraper": PAGES,
    "code": CODE,
    "time": KnownTool(effects=("read",)),
}


def extract_dify(documents: Documents, collector: Collector) -> None:
    """Every exported application."""
    for document in documents.of("yaml", "json"):
        root = document.root
        if root.text_at("kind") == "app" and root.get("app", "mode") is not None:
            _add_configured(document, collector)
            for node in _nodes(root):
                _add_node(document, collector, node)
            _add_secrets(document, collector)


def _nodes(root: Node) -> Iterator[Node]:
    listed = root.get("workflow", "graph", "nodes")
    for node in listed.elements if listed is not None else ():
        if node.child("data") is not None:
            yield node


def _add_node(document: Document, collector: Collector, node: Node) -> None:
    data = node.child("data") or node
    if data.text_at("type") not in {"llm", "agent"}:
        return
    agent = _agent(document, collector, data, node.text_at("id"))
    if data.child("memory") is not None:
        _add_memory(document, collector, agent, data)
    tools = data.get("agent_parameters", "tools", "value")
    for element in tools.elements if tools is not None else ():
        _add_tool(document, collector, agent, element)


def _agent(document: Document, collector: Collector, data: Node, identifier: str) -> Agent:
    name = plain(data.text_at("title") or document.root.text_at("app", "name"))
    given = data.get("agent_parameters", "maximum_iterations", "value")
    limit, count = bound(given) if given is not None else _single(data)
    return collector.add(
        Agent(
            id=fact_id("agent", name, f"{document.file}#nodes.{identifier}"),
            name=name or "agent",
            evidence=(evidence(document, data.child("type") or data, data.text_at("type")),),
            framework="dify",
            max_iterations=limit,
            max_iterations_count=count,
        )
    )


def _single(data: Node) -> Bound:
    """A node that only asks the model asks it once."""
    return (Known.SET, 1) if data.text_at("type") == "llm" else (Known.UNKNOWN, None)


def _add_memory(document: Document, collector: Collector, agent: Agent, data: Node) -> None:
    window = data.get("memory", "window")
    enabled = window is not None and (window.child("enabled") or window).boolean is True
    size = window.child("size") if window is not None else None
    turns, count = bound(size) if enabled else (Known.SET, _MOST_MESSAGES)
    node = window or data.child("memory") or data
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", "dify history", f"{agent.id}/memory"),
            name=f"history of {agent.name}",
            evidence=(evidence(document, node, "window on" if enabled else "window off"),),
            kind="history",
            backend="dify",
            scope="session",
            max_turns=turns,
            max_turns_count=count,
            compaction=Known.NONE,
            persistent=Truth.YES,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.NO,
        )
    )
    collector.remember(agent.id, store)


def _add_configured(document: Document, collector: Collector) -> None:
    """An application without a workflow: one agent, as its model configuration says."""
    mode = document.root.get("model_config", "agent_mode")
    if mode is None or (mode.child("enabled") or mode).boolean is False:
        return
    name = plain(document.root.text_at("app", "name")) or "agent"
    limit, count = bound(mode.child("max_iteration"), 10)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{document.file}#model_config"),
            name=name,
            evidence=(evidence(document, mode.child("enabled") or mode, "agent_mode"),),
            framework="dify",
            max_iterations=limit,
            max_iterations_count=count,
        )
    )
    tools = mode.child("tools")
    for element in tools.elements if tools is not None else ():
        enabled = element.child("enabled")
        if enabled is None or enabled.boolean is not False:
            _add_tool(document, collector, agent, element)


def _add_tool(document: Document, collector: Collector, agent: Agent, node: Node) -> None:
    name = node.text_at("tool_name") or node.text_at("provider_name") or "tool"
    provider = (node.text_at("provider_id") or node.text_at("provider_name")).rpartition("/")[2]
    declared = DeclaredTool(
        name=name,
        key=f"{agent.id}/{name}",
        place=evidence(document, node.child("tool_name") or node, name),
        known=_PROVIDERS.get(provider) or _PROVIDERS.get(name),
    )
    add_declared_tool(collector, agent, declared)


def _add_secrets(document: Document, collector: Collector) -> None:
    """Variables that say of themselves that they are secret, and stand with a value."""
    listed = document.root.get("workflow", "environment_variables")
    settings = [
        Setting(
            key=variable.text_at("name") or "secret",
            value=value,
            document=document,
            route=f"workflow.environment_variables.{index}",
        )
        for index, variable in enumerate(listed.elements if listed is not None else ())
        if variable.text_at("value_type") == "secret"
        and (value := variable.child("value")) is not None
        and value.text
    ]
    add_credentials(collector, settings, Holding(holder="agent", exposure="file"))
