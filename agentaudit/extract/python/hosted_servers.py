"""
Servers of MCP that the vendor of a model calls for a program: named in a list of tools.

OpenAI's Responses API and Microsoft Foundry take a label and a URL, ask before each call unless
`require_approval` says never, and send the headers or use the connection that they are given.
"""

import ast
from collections.abc import Mapping

from agentaudit.extract.addresses import tls_of
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.python.building import Building
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import ToolServer

_PROOFS = ("authorization", "project_connection_id", "connector_id")
_NEVER = "never"

Given = Mapping[str, ast.expr]
"""What is said of a server, by the names of entries or of arguments."""


def add_hosted_server(
    building: Building, agent: Agent, said: tuple[ast.expr, Given], *, asks: bool = True
) -> None:
    """A server that an agent's vendor calls; where nobody `asks`, that was said apart."""
    node, given = said
    module, collector = building.module, building.collector
    url = module.text(given.get("server_url"))
    name = plain(module.text(given.get("server_label"))) or "mcp"
    place = module.place(node, name)
    approved = _approved(module, given)
    unasked = not asks or module.text(given.get("require_approval")) == _NEVER or bool(approved)
    proven = _proven(module, given)
    if not url:
        proven = Truth.YES if proven is Truth.YES else Truth.UNKNOWN
        collector.leave_open(place, f"the address of the server {name} does not fold", "who it is")
    server = collector.add(
        ToolServer(
            id=fact_id("tool_server", name, f"{module.document.file}#hosted.{name}"),
            name=name,
            evidence=(place,),
            transport="http",
            url=bare_url(url),
            pinned=Truth.UNKNOWN,
            tls=tls_of(url),
            authenticated=Truth.YES if by_look(url) is not None else proven,
            remote=True,
            auto_approved=unasked,
            approved_tools=approved if unasked else (),
        )
    )
    collector.link(EdgeKind.EXPOSES, agent.id, server.id, place)
    add_tools(collector, server, url)


def _approved(module: Module, given: Given) -> tuple[str, ...]:
    """The tools that are called without a question, where they are named."""
    asked = module.meant(given.get("require_approval"))
    if isinstance(asked, ast.Dict):
        never = dict(written_keys(module, asked)).get(_NEVER)
        inner = dict(written_keys(module, never)) if isinstance(never, ast.Dict) else {}
        return _texts(module, inner.get("tool_names", never))
    return _texts(module, given.get("allowed_tools")) if module.text(asked) == _NEVER else ()


def _texts(module: Module, node: ast.expr | None) -> tuple[str, ...]:
    meant = module.meant(node)
    listed = meant.elts if isinstance(meant, ast.List | ast.Tuple) else []
    return tuple(sorted(filter(None, map(module.text, listed))))


def _proven(module: Module, given: Given) -> Truth:
    """Whether calls carry proof of who calls; of headers that do not fold, nobody can say."""
    if any(name in given for name in _PROOFS):
        return Truth.YES
    headers = module.meant(given.get("headers"))
    if headers is None:
        return Truth.NO
    if not isinstance(headers, ast.Dict) or None in headers.keys:
        return Truth.UNKNOWN
    names = {name.lower() for name, _ in written_keys(module, headers)}
    return Truth.YES if any("auth" in name or "key" in name for name in names) else Truth.NO
