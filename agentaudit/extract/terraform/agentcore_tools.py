"""
What AgentCore gives agents to work with: interpreters of code, browsers, targets behind a gateway.

Network modes: https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/code-interpreter-resource-management.html
"""

from collections.abc import Iterator, Sequence

from agentaudit.extract.addresses import tls_of
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.container import runtime_id
from agentaudit.extract.containers.facts import add_egress
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.mcp.tools import add_source, add_tools, tool_id
from agentaudit.extract.schemas import Taken, as_taking, taken_of
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.networks import egress_of
from agentaudit.extract.terraform.runtimes import authenticate
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.readers.document import Node, NodeKind

_LIKELY = Confidence.LIKELY
_JOINED = Budget("joined tools", 20_000)
"""Agents times tools."""
_PROVIDERS = ("credential_provider_configuration", "credential_provider_configurations")
_EGRESS = {"public": "any", "sandbox": "allowlist"}
"""By the network mode; in a VPC the security groups decide."""


def add_agentcore_tools(
    module: Module, principals: Principals, collector: Collector, agents: Sequence[FactId]
) -> None:
    """The tools of a module; the agents that stand beside them likely use them."""
    for declared in module.resources("aws_bedrockagentcore_code_interpreter"):
        tool = collector.add(_interpreter(declared))
        _place_tool(declared, tool, principals, _users(collector, declared, agents))
    for declared in module.resources("aws_bedrockagentcore_browser"):
        tool = collector.add(_browser(declared))
        add_source(collector, tool.id, "web pages", tool.evidence[0])
        _place_tool(declared, tool, principals, _users(collector, declared, agents))
    for declared in module.resources("aws_bedrockagentcore_gateway_target"):
        server = _add_target(declared, collector)
        for agent in _users(collector, declared, agents):
            collector.link(EdgeKind.EXPOSES, agent, server, declared.place(), confidence=_LIKELY)
    for declared in module.resources("aws_bedrockagentcore_workload_identity"):
        collector.add(_workload_identity(declared))


def _users(collector: Collector, declared: Declared, agents: Sequence[FactId]) -> Sequence[FactId]:
    """The agents beside a tool, as far as a file has room for telling that of each tool."""
    end = (declared.place(), f"which agents use {declared.title}", "what they may do is open")
    return agents if collector.affords(_JOINED, len(agents), end) else ()


def _interpreter(declared: Declared) -> Tool:
    return Tool(
        id=fact_id("tool", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        effects=("execute",),
        effects_known=True,
        egress=_lets_out(declared),
        free_form_parameters=("code",),
        sandboxed=Truth.YES,
    )


def _browser(declared: Declared) -> Tool:
    return Tool(
        id=fact_id("tool", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        effects=("read", "send"),
        effects_known=True,
        reads_untrusted=Truth.YES,
        egress=_lets_out(declared),
        free_form_parameters=("url",),
        sandboxed=Truth.YES,
    )


def _mode(declared: Declared) -> str:
    node = declared.body.get("network_configuration", "network_mode")
    return (node.text or "").lower() if node is not None else ""


def _lets_out(declared: Declared) -> Truth:
    return Truth.YES if _mode(declared) == "public" else Truth.UNKNOWN


def _place_tool(
    declared: Declared, tool: Tool, principals: Principals, agents: Sequence[FactId]
) -> None:
    """The machine that AgentCore starts for a tool, what it reaches, and the role it acts as."""
    collector, mode = principals.collector, _mode(declared)
    runtime = collector.add(
        Runtime(
            id=runtime_id(declared.title, declared.key),
            name=declared.title,
            evidence=tool.evidence,
            kind="agentcore",
            network=mode,
        )
    )
    groups = declared.body.get("network_configuration", "vpc_config", "security_groups")
    policy = _EGRESS.get(mode) or (egress_of(declared, groups) if mode == "vpc" else "")
    if policy:
        add_egress(collector, runtime, policy)
    authenticate(principals, declared, runtime.id, ("execution_role_arn",))
    collector.link(EdgeKind.EXECUTES_ON, tool.id, runtime.id, tool.evidence[0])
    for agent in agents:
        collector.link(EdgeKind.INVOKES, agent, tool.id, tool.evidence[0], confidence=_LIKELY)


def _add_target(declared: Declared, collector: Collector) -> FactId:
    """What a gateway offers as a server of tools: a function, an API, or another server of MCP."""
    mcp = declared.body.get("target_configuration", "mcp")
    endpoint = mcp.get("mcp_server", "endpoint") if mcp is not None else None
    url = (endpoint.text or "") if endpoint is not None else ""
    schema = mcp.get("lambda", "tool_schema", "inline_payload") if mcp is not None else None
    name = plain(declared.title)
    server = collector.add(
        ToolServer(
            id=fact_id("tool_server", name, declared.key),
            name=name,
            evidence=(declared.place(),),
            transport="http",
            url=bare_url(url),
            tls=tls_of(url) if url else Truth.YES,
            pinned=Truth.YES,
            remote=endpoint is not None,
            authenticated=_shown(declared) if endpoint is not None else Truth.YES,
        )
    )
    tools = tuple(_target_tools(declared, schema, server)) if schema is not None else ()
    if not tools:
        add_tools(collector, server, url)
    for tool in tools:
        fact = collector.add(tool)
        collector.link(EdgeKind.EXPOSES, server.id, fact.id, fact.evidence[0])
    return server.id


def proofs_of(target: Declared) -> Iterator[tuple[str, Evidence]]:
    """How a target's credentials are resolved: blocks of Terraform, types of CloudFormation."""
    for name in _PROVIDERS:
        block = target.body.get(name)
        for each in block.list() if block else ():
            kind = each.get("credential_provider_type")
            for node in (kind,) if kind is not None else (key for key, _ in each.entries):
                yield node.raw.lower(), evidence(target.document, node)


def _shown(target: Declared) -> Truth:
    """
    Whether a server of MCP is shown who calls; a gateway need not be told how, and then is not.

    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-outbound-auth.html
    """
    if any(True for _ in proofs_of(target)):
        return Truth.YES
    blocks = [node for name in _PROVIDERS if (node := target.body.get(name)) is not None]
    untold = any(node.unknown or node.kind is NodeKind.MAPPING for node in blocks)
    return Truth.UNKNOWN if untold else Truth.NO


def _target_tools(declared: Declared, schema: Node, server: ToolServer) -> Iterator[Tool]:
    """The tools that a target's own schema names; their functions stand elsewhere."""
    for each in schema.list():
        label, given = each.get("name"), each.get("input_schema")
        if label is None or not label.text:
            continue
        name = plain(label.text)
        tool = Tool(
            id=tool_id(server, name),
            name=f"{server.name}.{name}",
            evidence=(evidence(declared.document, label),),
            output_typed=Truth.NO if each.get("output_schema") is None else Truth.YES,
        )
        yield as_taking(tool, _taken(given) if given is not None else Taken(Truth.NO))


def _taken(given: Node) -> Taken:
    """What a tool takes; CloudFormation begins each word with a capital, Terraform has blocks."""
    schema = _in_words_of_json(given)
    listed = schema.child("properties")
    if listed is None or listed.unknown:
        return Taken(Truth.UNKNOWN if schema.unknown or listed is not None else Truth.YES)
    pairs = [
        (each.text_at("name"), each) for each in listed.list() if each.child("name") is not None
    ]
    blocks = given.child("property") is not None
    named = pairs if blocks else list(listed.items())
    return taken_of((plain(name), _in_words_of_json(each)) for name, each in named)


def _in_words_of_json(node: Node) -> Node:
    entries = tuple(
        (key.changed(raw=_WORDS.get(key.raw, key.raw[:1].lower() + key.raw[1:])), value)
        for key, value in node.entries
    )
    return node.changed(entries=entries)


_WORDS = {"property": "properties", "properties_json": "properties", "items_json": "items"}
"""What Terraform calls them."""


def _workload_identity(declared: Declared) -> Identity:
    """Who an agent is when it asks AgentCore for the tokens that its users or owners allow it."""
    return Identity(
        id=fact_id("identity", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        provider="aws",
        kind="workload_identity",
    )
