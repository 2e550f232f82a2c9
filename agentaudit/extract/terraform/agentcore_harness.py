"""
Servers of tools that a harness of AgentCore calls by itself, and what it shows them.

A gateway of AgentCore it calls in its own name, unless it is told to call it in nobody's.
https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_HarnessGatewayOutboundAuth.html
"""

from collections.abc import Iterator

from agentaudit.extract.addresses import tls_of
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.terraform.modules import Declared
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node

_LISTS = ("tool", "tools")
"""Blocks of Terraform; the property of CloudFormation, and the key of the CLI's file."""


def add_harness_servers(declared: Declared, agent: FactId, collector: Collector) -> None:
    """Each remote server among the tools of a harness, with the headers that it is sent."""
    _add_open_gateways(declared, agent, collector)
    for tool, remote in _remote(declared):
        url, headers = remote.child("url"), remote.child("headers")
        label = tool.child("name") or url or tool
        name, address = plain(label.text or "remote"), url.text if url is not None else ""
        place = evidence(declared.document, url or label, name)
        server = collector.add(
            ToolServer(
                id=fact_id("tool_server", name, f"{declared.key}.tool.{name}"),
                name=name,
                evidence=(place,),
                transport="http",
                url=bare_url(address or ""),
                tls=tls_of(address) if address else Truth.UNKNOWN,
                pinned=Truth.YES,
                remote=True,
                authenticated=_shown(url, headers),
            )
        )
        add_tools(collector, server, address or "")
        collector.link(EdgeKind.EXPOSES, agent, server.id, place)
        holding = Holding(
            holder="tool_server", exposure="header", holder_id=server.id, seen_by=(server.id,)
        )
        route = f"{declared.address}.tool.{name}.headers"
        add_credentials(collector, settings_of(declared.document, headers, route), holding)


def _add_open_gateways(declared: Declared, agent: FactId, collector: Collector) -> None:
    """The gateways that a harness calls without a proof, so that they ask nobody for one."""
    for tool in _tools(declared):
        gateway = tool.get("config", "agentcore_gateway") or tool.get(
            "config", "agent_core_gateway"
        )
        proof = gateway.get("outbound_auth", "none") if gateway is not None else None
        if gateway is None or proof is None or proof.boolean is False:
            continue
        name = plain(tool.text_at("name") or gateway.text_at("gateway_arn") or "gateway")
        place = evidence(declared.document, proof)
        server = collector.add(
            ToolServer(
                id=fact_id("tool_server", name, f"{declared.key}.tool.{name}"),
                name=name,
                evidence=(place,),
                transport="http",
                tls=Truth.YES,
                pinned=Truth.YES,
                remote=True,
                authenticated=Truth.NO,
            )
        )
        collector.link(EdgeKind.EXPOSES, agent, server.id, place)


def _tools(declared: Declared) -> Iterator[Node]:
    for listed in _LISTS:
        yield from declared.body.list_at(listed)


def _remote(declared: Declared) -> Iterator[tuple[Node, Node]]:
    for tool in _tools(declared):
        remote = tool.get("config", "remote_mcp")
        if remote is not None:
            yield tool, remote


def _shown(url: Node | None, headers: Node | None) -> Truth:
    """Whether the server is shown anything that says who calls."""
    if headers is not None and (headers.entries or headers.unknown):
        return Truth.UNKNOWN if headers.unknown else Truth.YES
    return Truth.NO if url is not None and url.text else Truth.UNKNOWN
