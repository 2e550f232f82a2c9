"""
Agents that Microsoft's Agent Framework and Foundry read from YAML.

`kind: Prompt` is an agent with its model and tools, `kind: hosted` one that a container runs, alone
or as the `template` of a manifest; `kind: Workflow` is a row of actions. Read in the framework's
`agent_framework_declarative` and in its samples of autumn 2026, and in the reference of AgentSchema
(https://microsoft.github.io/AgentSchema/reference). `=Env.NAME` asks the environment.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.frameworks.agent_framework_tools import (
    add_http_call,
    add_server_of,
    add_tools,
)
from agentaudit.extract.mcp.configurations import Reading
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent, Model
from agentaudit.readers.document import Document, Node

_DECLARED = frozenset({"Prompt", "prompt", "Agent"})
_OWN_KEYS = ("instructions", "model", "tools", "inputSchema", "outputSchema")


class _Declared(Struct, frozen=True):
    node: Node
    route: str


def extract_agent_framework(documents: Documents, collector: Collector) -> None:
    """Every agent and workflow that a document declares."""
    for document in documents.of("yaml", "json"):
        for index, root in enumerate(document.roots):
            for declared in _declared(root, str(index)):
                kind = declared.node.text_at("kind")
                if kind in _DECLARED:
                    _add_prompt_agent(documents, document, collector, declared)
                else:
                    _add_hosted(document, collector, declared)
            if root.text_at("kind") == "Workflow" and root.get("trigger", "actions") is not None:
                _add_workflow(documents, document, collector, _Declared(root, str(index)))


def _declared(root: Node, route: str) -> Iterator[_Declared]:
    """The agent that a document is, or the one of its manifest; Kubernetes has other kinds."""
    for node, path in ((root, route), (root.child("template"), f"{route}.template")):
        if node is None or node.child("apiVersion") is not None:
            continue
        kind = node.text_at("kind")
        known = kind in _DECLARED and any(node.child(key) is not None for key in _OWN_KEYS)
        if known or (kind.lower() == "hosted" and node.child("protocols") is not None):
            yield _Declared(node, path)


def _add_agent(document: Document, collector: Collector, declared: _Declared) -> Agent:
    name = plain(declared.node.text_at("name")) or "agent"
    node = declared.node.child("name") or declared.node.child("kind") or declared.node
    return collector.add(
        Agent(
            id=fact_id("agent", name, f"{document.file}#{declared.route}"),
            name=name,
            evidence=(evidence(document, node, name),),
            framework="agent-framework",
        )
    )


def _add_prompt_agent(
    documents: Documents, document: Document, collector: Collector, declared: _Declared
) -> None:
    agent = _add_agent(document, collector, declared)
    model = declared.node.child("model")
    if model is not None:
        _add_model(document, collector, agent, (model, f"{declared.route}.model"))
    add_tools(Reading(documents, document, collector, agent), declared.node, declared.route)


def _add_model(
    document: Document, collector: Collector, agent: Agent, placed: tuple[Node, str]
) -> None:
    model, route = placed
    name = plain(model.text or model.text_at("id"))
    connection = model.child("connection")
    provider = (model.text_at("provider") or model.text_at("publisher")).lower()
    if name:
        collector.add(
            Model(
                id=fact_id("model", name, f"{document.file}#{route}"),
                name=name,
                evidence=(evidence(document, model.child("id") or model, name),),
                provider=provider.partition(".")[0],
                url=bare_url(connection.text_at("endpoint") if connection is not None else ""),
            )
        )
    if connection is not None:
        add_connection_key(document, collector, agent, (connection, route, provider))


def add_connection_key(
    document: Document, collector: Collector, agent: Agent, given: tuple[Node, str, str]
) -> None:
    """The key of a connection, under the name of whom it is for."""
    connection, route, owner = given
    word = owner.partition(".")[0] or "model"
    settings = [
        Setting(key=f"{word}_api_key", value=value, document=document, route=f"{route}.connection")
        for name in ("key", "apiKey")
        if (value := connection.child(name)) is not None and value.text
    ]
    holding = Holding(holder="agent", exposure="file", holder_id=agent.id, seen_by=(agent.id,))
    add_credentials(collector, settings, holding)


def _add_hosted(document: Document, collector: Collector, declared: _Declared) -> None:
    """An agent in a container of its own, with the environment that the platform gives it."""
    agent = _add_agent(document, collector, declared)
    listed = declared.node.child("environment_variables") or declared.node.child(
        "environmentVariables"
    )
    settings = [
        Setting(key=name, value=value, document=document, route=f"{declared.route}.{index}")
        for index, item in enumerate(listed.elements if listed is not None else ())
        if (name := item.text_at("name")) and (value := item.child("value")) is not None
    ]
    holding = Holding(holder="agent", exposure="env", holder_id=agent.id, seen_by=(agent.id,))
    add_credentials(collector, settings, holding)


def _add_workflow(
    documents: Documents, document: Document, collector: Collector, declared: _Declared
) -> None:
    """A workflow, which calls tools and agents in an order that its file says."""
    trigger = declared.node.child("trigger") or declared.node
    agent = _add_agent(document, collector, declared)
    name = plain(declared.node.text_at("name") or trigger.text_at("id"))
    if name:
        place = evidence(document, trigger.child("id") or trigger, name)
        agent = replace(agent, name=name, evidence=(place,))
        collector.update(agent)
    reading = Reading(documents, document, collector, agent)
    for number, action in enumerate(trigger.walk()):
        route = f"{declared.route}.actions.{number}"
        kind = action.text_at("kind")
        if kind == "InvokeMcpTool":
            add_server_of(reading, action, route)
        elif kind == "HttpRequestAction":
            add_http_call(reading, action, route)
        elif kind == "InvokeAzureAgent":
            _delegate(reading, action)


def _delegate(reading: Reading, action: Node) -> None:
    name = action.get("agent", "name")
    if name is not None and name.text and not name.text.startswith("="):
        place = evidence(reading.document, name, plain(name.text))
        reading.collector.refer(EdgeKind.DELEGATES_TO, reading.agent.id, Agent, name.text, place)
    elif name is not None:
        place = evidence(reading.document, name)
        what = "which agent is invoked is decided when the workflow runs"
        reading.collector.leave_open(place, what, "to whom work is handed")
