"""
Components of AutoGen as it writes and reads them: teams, agents, their models, memory and tools.

A component is a `provider`, the path of a class, with its `config`; galleries hold many. Read in
AutoGen 0.7.5 (`autogen_agentchat`, `autogen_core`, `autogen_ext`): an assistant calls tools once a
turn unless `max_tool_iterations` says otherwise, and its context has no bound unless
`model_context` gives it one. AG2 keeps its models and their keys in a list of its own,
`OAI_CONFIG_LIST`.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.bounds import bound
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.frameworks.autogen_limits import IN_TURN, Limits, One, bounds_of, narrowed
from agentaudit.extract.frameworks.autogen_memory import add_memory
from agentaudit.extract.frameworks.autogen_tools import add_executor, add_surfer, add_workbenches
from agentaudit.extract.mcp.configurations import Reading
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent, Model
from agentaudit.readers.document import Document, Node, NodeKind

_PROVIDER = re.compile(r"^autogen_(?:agentchat|core|ext|studio|magentic_one)\.")
_CONFIG_LIST = re.compile(r"(?:^|/)OAI_CONFIG_LIST[^/]*$")
_HANDOVERS = Budget("agents handed over to", 20_000, free=1)
_PEOPLE = frozenset({"UserProxyAgent"})
_CLIENTS = {
    "OpenAIChatCompletionClient": "openai",
    "AzureOpenAIChatCompletionClient": "azure",
    "AzureAIChatCompletionClient": "azure",
    "AnthropicChatCompletionClient": "anthropic",
    "AnthropicBedrockChatCompletionClient": "aws",
    "OllamaChatCompletionClient": "ollama",
    "LlamaCppChatCompletionClient": "llama.cpp",
    "OpenAIAgent": "openai",
    "OpenAIAssistantAgent": "openai",
}


class _Found(Struct, frozen=True):
    """A component, where it stands, and the teams around it from the outside in."""

    node: Node
    route: str
    teams: tuple[tuple[One, ...], ...]
    """What each of them bounds."""
    paced: bool = False
    """Whether the innermost of them asks a person in turn."""


def extract_autogen(documents: Documents, collector: Collector) -> None:
    """Every component that is an agent, with the limits of its teams; every list of models."""
    for document in documents.of("json", "yaml"):
        if _CONFIG_LIST.search(document.file):
            _add_models(document, collector)
            continue
        agents: dict[tuple[str, str], list[Agent]] = {}
        handed: list[tuple[Agent, Node, str]] = []
        for root in document.roots:
            for found in _agents(root):
                agent = _add_agent(documents, document, collector, found)
                team = found.route.rpartition(".participants.")[0]
                agents.setdefault((team, agent.name), []).append(agent)
                handed.extend((agent, name, team) for name in _handoffs(found.node))
        for agent, name, team in handed:
            others = agents.get((team, name.text or ""), [])
            _hand_over(document, collector, (agent, name), others)


def _agents(root: Node) -> Iterator[_Found]:
    waiting = [_Found(root, "", ())]
    while waiting:
        found = waiting.pop()
        teams, paced = found.teams, found.paced
        if _is_component(found.node):
            kind = _kind(found.node)
            if kind == "agent" and _class(found.node) not in _PEOPLE:
                yield found
            elif kind == "team":
                teams, paced = (*teams, bounds_of(found.node)), _asks_person(found.node)
        below = [(key, value) for key, value in found.node.items()]
        below += [(str(index), value) for index, value in enumerate(found.node.elements)]
        waiting.extend(
            _Found(value, f"{found.route}.{key}".strip("."), teams, paced)
            for key, value in reversed(below)
            if value.entries or value.elements
        )


def _is_component(node: Node) -> bool:
    return node.child("config") is not None and bool(_PROVIDER.match(node.text_at("provider")))


def _asks_person(team: Node) -> bool:
    """Whether a person is among those of a team who are asked in turn."""
    members = team.get("config", "participants")
    listed = members.elements if members is not None else ()
    return _class(team) == IN_TURN and any(_class(member) in _PEOPLE for member in listed)


def _class(node: Node) -> str:
    return node.text_at("provider").rpartition(".")[2]


def _kind(node: Node) -> str:
    """What a component says that it is, or what the place of its class says."""
    said = node.text_at("component_type")
    if said:
        return said
    provider = node.text_at("provider")
    return next((kind for kind in ("agent", "team") if f".{kind}s." in provider), "")


def _add_agent(
    documents: Documents, document: Document, collector: Collector, found: _Found
) -> Agent:
    config = found.node.child("config") or found.node
    name = plain(config.text_at("name")) or _class(found.node)
    place = config.child("name") or found.node.child("provider") or found.node
    around = [one for team in found.teams for one in team]
    limits = narrowed(around) if found.teams else _alone(found.node, config)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{document.file}#{found.route}"),
            name=name,
            evidence=(evidence(document, place, name),),
            framework="autogen",
            max_iterations=limits.iterations,
            max_iterations_count=limits.iterations_count,
            timeout=limits.timeout,
            timeout_s=limits.timeout_s,
            budget=limits.budget,
            paced_by_person=found.paced,
        )
    )
    _add_client(document, collector, agent, (config, found))
    add_memory(document, collector, agent, config, assistant=_class(found.node) == "AssistantAgent")
    reading = Reading(documents, document, collector, agent)
    add_workbenches(reading, config, found.route)
    add_executor(reading, config.child("code_executor"))
    add_surfer(reading, _class(found.node), place)
    return agent


def _alone(node: Node, config: Node) -> Limits:
    """An assistant without a team answers once; how often it calls tools for that is bounded."""
    if _class(node) != "AssistantAgent":
        return Limits()
    known, count = bound(config.child("max_tool_iterations"), 1)
    return Limits(iterations=known, iterations_count=count)


def _add_client(
    document: Document, collector: Collector, agent: Agent, given: tuple[Node, _Found]
) -> None:
    """The model, and the key that the file gives the agent for it."""
    config, found = given
    client = config.child("model_client") or found.node
    inner, kind = client.child("config") or client, _class(client)
    name = inner.text_at("model")
    if not name:
        return
    provider = _CLIENTS.get(kind, kind)
    address = inner.child("base_url") or inner.child("azure_endpoint") or inner.child("endpoint")
    collector.add(
        Model(
            id=fact_id("model", name, f"{document.file}#{found.route}.model_client"),
            name=plain(name),
            evidence=(evidence(document, inner.child("model") or inner, name),),
            provider=provider,
            url=bare_url((address.text or "") if address is not None else ""),
        )
    )
    settings = [
        Setting(
            key=f"{provider}_{key}" if key in {"api_key", "token"} else key,
            value=value,
            document=document,
            route=f"{found.route}.model_client.config",
        )
        for block in (inner, inner.child("default_headers"), inner.child("bedrock_info"))
        for key, value in (block.items() if block is not None else ())
        if value.kind is NodeKind.STRING
    ]
    holding = Holding(holder="agent", exposure="file", holder_id=agent.id, seen_by=(agent.id,))
    add_credentials(collector, settings, holding)


def _handoffs(node: Node) -> Iterator[Node]:
    listed = node.get("config", "handoffs")
    for element in listed.elements if listed is not None else ():
        target = element if element.text else element.child("target")
        if target is not None and target.text:
            yield target


def _hand_over(
    document: Document, collector: Collector, handed: tuple[Agent, Node], others: Sequence[Agent]
) -> None:
    """One name that an agent hands over to, and all of its team who are called so."""
    agent, name = handed
    place = evidence(document, name, plain(name.text or ""))
    end = (place, "whom an agent hands over to", "whose tools it reaches is open")
    if not collector.affords(_HANDOVERS, len(others), end):
        return
    for other in others:
        if other.id != agent.id:
            collector.link(EdgeKind.DELEGATES_TO, agent.id, other.id, place)


def _add_models(document: Document, collector: Collector) -> None:
    """The models of a list of AG2, with the keys that it holds for its agents."""
    settings: list[Setting] = []
    for index, entry in enumerate(document.root.elements):
        name = plain(entry.text_at("model"))
        address = entry.text_at("base_url") or entry.text_at("api_base")
        if not name:
            continue
        provider = entry.text_at("api_type") or ("openai" if not address else "")
        collector.add(
            Model(
                id=fact_id("model", name, f"{document.file}#{index}"),
                name=name,
                evidence=(evidence(document, entry.child("model") or entry, name),),
                provider=provider,
                url=bare_url(address),
            )
        )
        for key, value in entry.items():
            if value.kind is NodeKind.STRING:
                named = f"{provider or 'model'}_{key}" if key == "api_key" else key
                setting = Setting(key=named, value=value, document=document, route=f"{index}")
                settings.append(setting)
    for credential in add_credentials(
        collector, settings, Holding(holder="agent", exposure="file")
    ):
        collector.update(replace(credential, agent_reachable=True))
