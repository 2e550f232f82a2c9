"""The tool nodes of n8n: what they do by their type and operation, and the servers they ask."""

import re

from agentaudit.errors import InputError
from agentaudit.extract.addresses import stays_inside
from agentaudit.extract.bounds import truth
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.known_tools import PRIVATE, SHELL, WEB, KnownTool
from agentaudit.extract.low_code.n8n_workflows import Workflow, short_type
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.schemas import Taken, taken_by
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node
from agentaudit.readers.jsonc import parse_json

_KNOWN: dict[str, KnownTool] = {
    "executeCommandTool": SHELL,
    "sshTool": SHELL,
    "toolCalculator": KnownTool(effects=("read",)),
    "toolThink": KnownTool(effects=("read",)),
    "toolWikipedia": WEB,
    "toolSerpApi": WEB,
    "toolSearXng": WEB,
    "toolVectorStore": PRIVATE,
}
_MAIL = re.compile(r"gmail|outlook|email|imap|telegram|slack|discord|whatsApp|zendesk|jira|github")
_OPERATIONS = (
    (re.compile(r"^(?:get|getAll|getMany|search|read|list|select|lookup)", re.IGNORECASE), "read"),
    (re.compile(r"^(?:delete|remove|drop|clear)", re.IGNORECASE), "delete"),
    (re.compile(r"^(?:send|reply|post|publish|forward)", re.IGNORECASE), "send"),
    (
        re.compile(r"^(?:create|update|upsert|append|insert|add|move|upload)", re.IGNORECASE),
        "write",
    ),
    (re.compile(r"^executeQuery$"), "sql"),
)
_WITH_SCHEMA = frozenset({"toolCode", "toolWorkflow"})
_MODEL_FILLS = re.compile(r"\$fromAI\(|(?<!\{)\{\w+\}(?!\})")
"""Where the model fills in a part: n8n's `$fromAI(…)`, or a placeholder of the older node."""


def is_server(node: Node) -> bool:
    """Whether a tool node is a client of an MCP server."""
    return node.text_at("type").endswith(("mcpClientTool", "McpRegistryClientTool"))


def add_tool(workflow: Workflow, collector: Collector, agent: Agent, node: Node) -> None:
    """What one node that is connected as a tool lets an agent do."""
    if is_server(node):
        _add_server(workflow, collector, agent, node)
        return
    short = short_type(node)
    name = node.name_at("name") or short
    declared = DeclaredTool(
        name=name,
        key=f"{workflow.key}/nodes.{name}",
        place=evidence(workflow.document, node.child("type") or node, short),
        known=_behaviour(node, short),
        source="messages of strangers" if _MAIL.search(short) else "web pages",
        taken=_taken(workflow, node) if short in _WITH_SCHEMA else None,
    )
    add_declared_tool(collector, agent, declared)


def _taken(workflow: Workflow, node: Node) -> Taken | None:
    """What a tool takes by the schema that its author wrote; of no other form the type is known."""
    if node.text_at("parameters", "schemaType") != "manual":
        return None
    try:
        text = node.text_at("parameters", "inputSchema")
        return taken_by(parse_json(workflow.document.file, text).root)
    except InputError:
        return None


def _behaviour(node: Node, short: str) -> KnownTool | None:
    if short in _KNOWN:
        return _KNOWN[short]
    if short in {"toolHttpRequest", "httpRequestTool"}:
        return _request(node)
    return _operation(node, short)


def _request(node: Node) -> KnownTool:
    """A request: to where the model says, where the address holds a part that it fills in."""
    address = node.text_at("parameters", "url")
    chosen = not address or _MODEL_FILLS.search(address) is not None
    reading = node.text_at("parameters", "method") in {"", "GET", "HEAD"}
    return KnownTool(
        effects=("read",) if reading else ("send",),
        untrusted=reading and chosen,
        egress=chosen or not reading,
        free_form=("url",) if chosen else (),
    )


def _operation(node: Node, short: str) -> KnownTool | None:
    """A node of an application: by its operation, where that is written."""
    operation = node.text_at("parameters", "operation")
    effect = next((effect for pattern, effect in _OPERATIONS if pattern.search(operation)), "")
    if not effect or not short.endswith("Tool"):
        return None
    if effect == "sql":
        query = node.text_at("parameters", "query")
        fixed = bool(query) and not _MODEL_FILLS.search(query)
        free = () if fixed else ("query",)
        return KnownTool(effects=("read", "write", "delete"), private=True, free_form=free)
    return KnownTool(
        effects=(effect,),
        untrusted=effect == "read" and _MAIL.search(short) is not None,
        private=effect == "read",
        egress=effect == "send",
    )


def _add_server(workflow: Workflow, collector: Collector, agent: Agent, node: Node) -> None:
    name = plain(node.text_at("name"))
    address = node.text_at("parameters", "endpointUrl") or node.text_at("parameters", "sseEndpoint")
    url = node.get("parameters", "endpointUrl") or node.get("parameters", "sseEndpoint")
    place = evidence(workflow.document, url or node, bare_url(address))
    literal = "://" in address and not address.startswith("=")
    asks = node.text_at("parameters", "authentication")
    server = collector.add(
        ToolServer(
            id=fact_id("tool_server", name, f"{workflow.key}/nodes.{name}"),
            name=name,
            evidence=(place,),
            transport="sse" if address.rstrip("/").endswith("/sse") else "http",
            url=bare_url(address) if literal else "",
            remote=True,
            stays_inside=literal and stays_inside(address),
            tls=truth(address.startswith("https://") if literal else None),
            authenticated=truth(asks not in {"", "none"}),
        )
    )
    collector.link(EdgeKind.EXPOSES, agent.id, server.id, place)
    add_tools(collector, server, server.url)
