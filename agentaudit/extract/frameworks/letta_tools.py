"""
Tools of Letta's agents: its own by name, those of people by their source, servers.

A tool waits for an approval where it or a rule of the agent says so. Code of `run_code` runs at a
sandbox service; tools with a source run in a sandbox that the server's settings choose.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.frameworks.source_tools import add_tool_in, tool_in
from agentaudit.extract.known_tools import CODE, NOTHING, PAGES, PRIVATE, WEB, KnownTool
from agentaudit.extract.mcp.configurations import Reading, add_proofs, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.schemas import Taken, as_taking, taken_by
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document, Node, NodeKind

PartT = TypeVar("PartT")

_WRITES = KnownTool(effects=("write",))
_KNOWN = {
    **dict.fromkeys(
        ("conversation_search", "archival_memory_search", "open_files", "grep_files"), PRIVATE
    ),
    **dict.fromkeys(("semantic_search_files", "search_file", "core_memory_read"), PRIVATE),
    **dict.fromkeys(
        ("archival_memory_insert", "core_memory_append", "core_memory_replace", "memory"), _WRITES
    ),
    **dict.fromkeys(
        ("memory_insert", "memory_replace", "memory_rethink", "memory_apply_patch"), _WRITES
    ),
    **dict.fromkeys(("memory_finish_edits", "send_message"), NOTHING),
    "web_search": WEB,
    "fetch_webpage": PAGES,
    "run_code": CODE,
}
_SERVERS = Budget("servers of agents", 3_000)
"""Agents times servers, all of which each of them has."""
_CREDENTIALS = ("token", "api_key", "auth_token")


class Parts(Generic[PartT]):
    """The tools or blocks of a file, each read once; its agents name them by their ids."""

    def __init__(self, root: Node, key: str, read: Callable[[Node], PartT]) -> None:
        listed = root.child(key)
        nodes = listed.elements if listed is not None else ()
        self.all = tuple(map(read, nodes))
        self._by_id: dict[str, int] = {}
        for place, node in enumerate(nodes):
            self._by_id.setdefault(node.text_at("id"), place)

    def named(self, ids: Iterable[str]) -> Iterator[PartT]:
        """Those with some ids, in their own order."""
        places = {self._by_id[name] for name in ids if name in self._by_id}
        yield from (self.all[place] for place in sorted(places))


class ListedTool(Struct, frozen=True, kw_only=True):
    """A tool as a file has it, whichever of its agents may call it."""

    name: str
    place: Evidence
    approval: bool
    """Whether every agent waits for somebody's approval."""
    known: KnownTool | None
    taken: Taken | None
    function: Tool | None
    """What its source says."""


def listed_tool(document: Document, node: Node) -> ListedTool:
    """What a file says of one tool."""
    name = plain(node.text_at("name")) or "tool"
    waits, source = node.child("default_requires_approval"), node.child("source_code")
    known, taken, function = _KNOWN.get(name), _taken(node), None
    if known is None and source is not None and source.text:
        function = tool_in(document, source, name)
    if function is not None and taken is not None:
        function = as_taking(function, taken)
    return ListedTool(
        name=name,
        place=evidence(document, node.child("name") or node, name),
        approval=waits is not None and waits.boolean is True,
        known=known,
        taken=taken,
        function=function,
    )


def add_tools(reading: Reading, agent: Node, tools: Parts[ListedTool]) -> None:
    """Every tool that an agent has, by its id or within it; every server of the file."""
    asked, root = _asked(agent), reading.document.root
    for tool in tools.all if agent is root else tools.named(agent.texts_at("tool_ids")):
        _add_tool(reading, tool, approval=tool.approval or tool.name in asked)
    servers = root.child("mcp_servers")
    listed = servers.elements if servers is not None else ()
    what = f"the servers of {reading.agent.name}"
    end = (reading.agent.evidence[0], what, "what they may do is open")
    if not reading.collector.affords(_SERVERS, len(listed), end):
        return
    for index, server in enumerate(listed):
        _add_server(reading, server, f"mcp_servers.{index}")


def _asked(agent: Node) -> frozenset[str]:
    """The tools for which a rule of the agent wants an approval."""
    rules = agent.child("tool_rules")
    return frozenset(
        rule.text_at("tool_name")
        for rule in (rules.elements if rules is not None else ())
        if rule.text_at("type") == "requires_approval"
    )


def _add_tool(reading: Reading, tool: ListedTool, *, approval: bool) -> None:
    if tool.function is not None:
        asks = Truth.YES if approval else Truth.NO
        add_tool_in(reading, tool.function, tool.name, tool.place, approval=asks)
        return
    add_declared_tool(
        reading.collector,
        reading.agent,
        DeclaredTool(
            name=tool.name,
            key=f"{reading.agent.id}/{tool.name}",
            place=tool.place,
            known=tool.known,
            sandboxed=True if tool.name == "run_code" else None,
            approval=approval,
            taken=tool.taken if tool.known is None else None,
        ),
    )


def _taken(node: Node) -> Taken | None:
    """What the schema lets through that the model is shown; None where there is none."""
    schema = node.get("json_schema", "parameters")
    if schema is None or schema.child("properties") is None:
        return None
    return taken_by(schema)


def _add_server(reading: Reading, node: Node, route: str) -> None:
    key = node.child("server_name") or node
    name = plain(node.text_at("server_name")) or "mcp"
    address = node.child("server_url") or node.child("url")
    inner = node.child("stdio_config") or node.child("config") or node
    entries = [
        (each, value)
        for each, value in inner.entries
        if each.raw in {"command", "args", "env", "headers"}
    ]
    headers = node.child("custom_headers")
    if headers is not None:
        entries.append((headers.changed(raw="headers"), headers))
    if address is not None and address.text:
        entries.append((address.changed(raw="url"), address))
    mapping = node.changed(entries=tuple(entries))
    server = add_server(reading, DeclaredServer(name=name, key=key, node=mapping, route=route))
    if server is None:
        return
    settings = [
        Setting(key=f"mcp_{each}", value=value, document=reading.document, route=route)
        for each in _CREDENTIALS
        if (value := node.child(each)) is not None and value.kind is NodeKind.STRING
    ]
    if settings:
        reading.collector.update(replace(server, authenticated=Truth.YES))
    add_proofs(reading, server, settings, "header")
