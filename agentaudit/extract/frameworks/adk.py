"""
Agent Config of Google's ADK: `root_agent.yaml` and the files of agents that it names.

Read in ADK's `agents/llm_agent_config.py`, `agents/config_agent_utils.py` and `tools/mcp_tool` of
autumn 2026. A loop without `max_iterations` goes on until an agent ends it. How often an agent may
call its model (`RunConfig.max_llm_calls`), where sessions are kept and whether they are compacted
is decided where the agent is started, and not here.
"""

import re

from msgspec import Struct, field

from agentaudit.extract.bounds import Bound, bound
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.frameworks.adk_tools import add_tools
from agentaudit.extract.mcp.configurations import Reading
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent, Model
from agentaudit.model.facts.controls import Guardrail
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_ROOT = re.compile(r"(?:^|/)root_agent\.ya?ml$")
_SCHEMA = "agents/config_schemas/AgentConfig.json"
_MODEL_CLASSES = frozenset({"LlmAgent", "Agent", ""})
_FLOWS = frozenset({"SequentialAgent", "ParallelAgent", "LoopAgent"})
_CALLBACKS = ("before_model_callbacks", "before_tool_callbacks", "before_agent_callbacks")
"""Code of the deployment's own that may stop what comes after it."""


class _Config(Struct):
    """The files of agents while they are read: each once, whoever names it."""

    documents: Documents
    collector: Collector
    agents: dict[str, Agent] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Files of agents that belong to another."""


def extract_adk(documents: Documents, collector: Collector) -> None:
    """Every agent of every file, with whom it hands work to."""
    config = _Config(documents, collector)
    waiting = [document for document in documents.of("yaml") if _is_config(document)]
    while waiting:
        document = waiting.pop(0)
        if document.file not in config.agents:
            config.agents[document.file] = _add_agent(config, document)
            waiting.extend(_named(config, document))
    for file in tuple(config.agents):
        document = documents.files[file]
        _hand_over(config, document)
        if file not in config.named:
            _add_session(config, document)


def _is_config(document: Document) -> bool:
    root = document.root
    if root.child("name") is None:
        return False
    known = _short(root.text_at("agent_class")) in {*_MODEL_CLASSES, *_FLOWS} - {""}
    by_file = bool(_ROOT.search(document.file)) or _SCHEMA in document.text
    return known or (
        by_file and (root.child("instruction") or root.child("agent_class")) is not None
    )


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _references(document: Document) -> list[Node]:
    """The agents that a file names: those it hands work to, and those that are tools of its own."""
    listed = document.root.child("sub_agents")
    found = list(listed.elements) if listed is not None else []
    tools = document.root.child("tools")
    for tool in tools.elements if tools is not None else ():
        inner = tool.get("args", "agent")
        if _short(tool.text_at("name")) == "AgentTool" and inner is not None:
            found.append(inner)
    return found


def _named(config: _Config, document: Document) -> list[Document]:
    found = []
    for reference in _references(document):
        other = config.documents.beside(document, reference.text_at("config_path"))
        if other is not None and other.syntax == "yaml" and other.file != document.file:
            config.named.add(other.file)
            found.append(other)
    return found


def _add_agent(config: _Config, document: Document) -> Agent:
    root, collector = document.root, config.collector
    name = plain(root.text_at("name")) or "agent"
    limit, count = _iterations(config, document)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{document.file}#agent"),
            name=name,
            evidence=(evidence(document, root.child("name") or root, name),),
            framework="google-adk",
            max_iterations=limit,
            max_iterations_count=count,
        )
    )
    _add_model(document, collector, agent)
    _add_guardrails(document, collector, agent)
    add_tools(Reading(config.documents, document, collector, agent))
    return agent


def _iterations(config: _Config, document: Document) -> Bound:
    """A loop says itself how often it runs; what else runs is bounded where it is started."""
    name = document.root.child("agent_class")
    kind = _short(name.text or "") if name is not None else ""
    if kind == "LoopAgent":
        return bound(document.root.child("max_iterations"))
    if name is not None and kind not in {*_MODEL_CLASSES, *_FLOWS}:
        place = evidence(document, name, kind)
        what = f"the agent class {plain(kind)} is not known"
        config.collector.leave_open(place, what, "what it runs, and how often")
    return Known.UNKNOWN, None


def _add_model(document: Document, collector: Collector, agent: Agent) -> None:
    """A model by its name, or by the class that wraps it and the arguments it is given."""
    node = document.root.child("model")
    code = document.root.child("model_code")
    given: dict[str, Node] = {}
    listed = code.child("args") if code is not None else None
    for item in listed.elements if listed is not None else ():
        value = item.child("value")
        if value is not None:
            given[item.text_at("name")] = value
    node = node or given.get("model")
    name = plain((node.text or "") if node is not None else "")
    if node is None or not name:
        return
    provider, mark, _ = name.partition("/")
    base = given.get("api_base")
    owner = provider if mark else "google"
    collector.add(
        Model(
            id=fact_id("model", name, f"{document.file}#model"),
            name=name,
            evidence=(evidence(document, node, name),),
            provider=owner,
            url=bare_url((base.text or "") if base is not None else ""),
        )
    )
    settings = [
        Setting(
            key=f"{owner}_{key}" if key == "api_key" else key,
            value=value,
            document=document,
            route="model_code.args",
        )
        for key, value in given.items()
        if value.text
    ]
    holding = Holding(holder="agent", exposure="file", holder_id=agent.id, seen_by=(agent.id,))
    add_credentials(collector, settings, holding)


def _add_guardrails(document: Document, collector: Collector, agent: Agent) -> None:
    for key in _CALLBACKS:
        listed = document.root.child(key)
        for item in listed.elements if listed is not None else ():
            name = plain(item.text_at("name"))
            if not name:
                continue
            guardrail = collector.add(
                Guardrail(
                    id=fact_id("guardrail", name, f"{document.file}#{key}.{name}"),
                    name=name,
                    evidence=(evidence(document, item.child("name") or item, name),),
                    product="callback",
                )
            )
            collector.link(EdgeKind.FILTERED_BY, agent.id, guardrail.id, *guardrail.evidence)


def _hand_over(config: _Config, document: Document) -> None:
    agent = config.agents[document.file]
    for reference in _references(document):
        node = reference.child("config_path") or reference.child("code") or reference
        place = evidence(document, node, plain(node.text or ""))
        other = config.documents.beside(document, reference.text_at("config_path"))
        found = config.agents.get(other.file) if other is not None else None
        if found is not None and reference.child("config_path") is not None:
            config.collector.link(EdgeKind.DELEGATES_TO, agent.id, found.id, place)
        else:
            what = f"the agent {plain(node.text or '')} is not among the files"
            config.collector.leave_open(place, what, "to whom work is handed")


def _add_session(config: _Config, document: Document) -> None:
    """What an agent and those below it remember of a conversation, where they get any of it."""
    root = document.root
    node = root.child("include_contents")
    if _short(root.text_at("agent_class")) not in _MODEL_CLASSES or (
        node is not None and node.text == "none"
    ):
        return
    agent = config.agents[document.file]
    store = config.collector.add(
        MemoryStore(
            id=fact_id("memory_store", "session", f"{document.file}#session"),
            name=f"session of {agent.name}",
            evidence=(evidence(document, node or root.child("name") or root),),
            kind="history",
            backend="adk",
            scope="session",
            max_turns=Known.NONE,
            max_tokens=Known.NONE,
            compaction=Known.UNKNOWN,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.NO,
        )
    )
    config.collector.remember(agent.id, store)
