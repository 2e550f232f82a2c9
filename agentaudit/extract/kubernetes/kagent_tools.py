"""The tools that a kagent agent is given: by name, or all that a server has."""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.kubernetes.objects import KubernetesObject
from agentaudit.extract.named_effects import named_effects
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.readers.document import Node


def add_agent_tools(
    collector: Collector, item: KubernetesObject, agent: Agent, declarative: Node
) -> bool:
    """Every tool of an agent, with whether somebody confirms its calls; whether any has a key."""
    listed, keyed = declarative.child("tools"), False
    for tool in listed.list() if listed is not None else ():
        server = tool.child("mcpServer")
        if server is not None:
            _add_server(collector, item, agent, server)
        holding = Holding(
            holder="agent", exposure="header", holder_id=agent.id, seen_by=(agent.id,)
        )
        route = f"Agent/{item.namespace}/{item.name}.headersFrom"
        headers = tuple(headers_of(item, tool.child("headersFrom"), route))
        keyed = bool(add_credentials(collector, headers, holding)) or keyed
    return keyed


def server_id(namespace: str, name: str) -> FactId:
    """The id of a tool server of the cluster, declared here or not."""
    return fact_id("tool_server", name, f"MCPServer/{namespace}/{name}")


def headers_of(item: KubernetesObject, node: Node | None, route: str) -> Iterator[Setting]:
    """`headersFrom`: values that stand here, and references to Secrets."""
    for entry in node.list() if node is not None else ():
        name, value, source = entry.text_at("name"), entry.child("value"), entry.child("valueFrom")
        if name and value is not None and value.text:
            yield Setting(key=name, value=value, document=item.document, route=route)
        elif name and source is not None and source.text_at("type") != "ConfigMap":
            yield Setting(
                key=name,
                value=source,
                document=item.document,
                route=route,
                form=CredentialForm.SECRET_REF,
            )


def _add_server(collector: Collector, item: KubernetesObject, agent: Agent, node: Node) -> None:
    """The server an agent names, which need not be among the files."""
    name = node.text_at("name")
    namespace = node.text_at("namespace") or item.namespace
    place = evidence(item.document, node.child("name") or node, plain(name))
    server = collector.facts.get(server_id(namespace, name))
    if not isinstance(server, ToolServer):
        server = collector.add(
            ToolServer(id=server_id(namespace, name), name=name, evidence=(place,))
        )
        collector.leave_open(
            place, f"the tool server {plain(name)} is not among the files", "what it is is open"
        )
    collector.link(EdgeKind.EXPOSES, agent.id, server.id, place)
    names = node.child("toolNames")
    if names is None or not names.list():
        known = collector.facts[agent.id]
        if isinstance(known, Agent):
            places = with_place(known, place)
            collector.update(replace(known, wildcard_tools=True, evidence=places))
        return
    asked = frozenset(node.texts_at("requireApproval"))
    for each in names.list():
        name = each.text or ""
        approval = Truth.YES if name in asked else Truth.NO
        tool = collector.add(_tool(server, name, evidence(item.document, each, name), approval))
        collector.link(
            EdgeKind.EXPOSES, server.id, tool.id, *tool.evidence, confidence=Confidence.LIKELY
        )


def _tool(server: ToolServer, name: str, place: Evidence, approval: Truth) -> Tool:
    """One tool by its name, which says as much of what it does as there is."""
    return Tool(
        id=fact_id("tool", f"{server.name} {name}", f"{server.id}/{name}"),
        name=f"{server.name}.{plain(name)}",
        evidence=(place,),
        confidence=Confidence.LIKELY,
        effects=named_effects(name),
        approval=approval,
    )
