"""
Servers of MCP that apps of Azure Functions are, for the functions with an `mcpToolTrigger`.

The platform asks for a key of the app, unless `host.json` has it ask for none:
https://learn.microsoft.com/azure/azure-functions/functions-bindings-mcp
"""

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.embedded import embedded
from agentaudit.extract.schemas import Taken, as_taking, taken_by_properties
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.readers.document import Document, Node
from agentaudit.readers.javascript.document import TOOL_OF_FUNCTIONS as IN_SCRIPTS
from agentaudit.readers.lines import Lines
from agentaudit.readers.other_languages import OTHER_LANGUAGES
from agentaudit.readers.other_languages import TOOL_OF_FUNCTIONS as IN_PROGRAMS

TRIGGER = "mcptooltrigger"
"""In small letters."""
_HOST = "host.json"
_LEVEL = ("extensions", "mcp", "system", "webhookAuthorizationLevel")
_IN_FRONT = ("authsettingsV2", "auth_settings_v2", "WEBSITE_AUTH_PRM")
"""What has App Service ask who calls before the app does."""


def extract_functions(documents: Documents, collector: Collector) -> None:
    """The tools that files `function.json` declare, and servers whose code declares them."""
    for document in documents.of("json"):
        bindings = document.root.get("bindings") if _declares(document) else None
        for binding in bindings.list() if bindings is not None else ():
            if binding.text_at("type").lower() == TRIGGER:
                _add_tool(documents, document, binding, collector)


def extract_coded_functions(documents: Documents, collector: Collector) -> None:
    """The server of an app whose code, which is not read so far, says what its tools are."""
    read = {tool.evidence[0].file for tool in collector.of(Tool)}
    for document in documents.of("javascript", *OTHER_LANGUAGES):
        offer = IN_SCRIPTS if document.syntax == "javascript" else IN_PROGRAMS
        found = offer.search(document.text)
        if found is None or document.file in read:
            continue
        line, column = Lines(document.text).place(found.start())
        node = document.root.changed(line=line, column=column, end_line=line, end_column=column)
        place = evidence(document, node)
        server = add_function_server(documents, collector, folder_of(document.file), place)
        what = f"the tools of {server.name}, which its code declares"
        collector.leave_open(place, what, "what they read, write and send is open")


def add_function_server(
    documents: Documents, collector: Collector, folder: str, place: Evidence
) -> ToolServer:
    """The server of the app around a folder; the place of one of its tools is its own."""
    host = _host(documents, folder)
    around = folder_of(host.file) if host is not None else folder
    named = host.root.text_at("extensions", "mcp", "serverName") if host is not None else ""
    name = plain(named or around.rpartition("/")[2] or "function app")
    identifier = fact_id("tool_server", name, f"{around}#functions")
    known = collector.facts.get(identifier)
    if isinstance(known, ToolServer):
        return known
    asked, where = _asks(documents, host)
    if asked is Truth.UNKNOWN:
        collector.leave_open(where or place, f"whether {name} asks who calls", "it may not")
    places = (place, where) if where is not None and asked is not Truth.YES else (place,)
    return collector.add(
        ToolServer(
            id=identifier,
            name=name,
            evidence=places,
            transport="http",
            authenticated=asked,
            exposed=True,
        )
    )


def _declares(document: Document) -> bool:
    return document.file.rpartition("/")[2] == "function.json"


def _host(documents: Documents, folder: str) -> Document | None:
    """The nearest `host.json` at or above a folder."""
    while folder:
        found = documents.at(f"{folder}/{_HOST}")
        if found is not None:
            return found
        folder = folder_of(folder)
    return documents.at(_HOST)


def _asks(documents: Documents, host: Document | None) -> tuple[Truth, Evidence | None]:
    """Whether the platform asks who calls, and where that is decided."""
    if host is None:
        return Truth.UNKNOWN, None
    level, said = host.root.get(*_LEVEL), host.root.text_at(*_LEVEL).lower()
    if level is None or said == "system":
        return Truth.YES, None
    place = evidence(host, level, f"webhookAuthorizationLevel: {plain(level.raw)}")
    open_ = said == "anonymous" and not documents.once(_asked_before)
    return Truth.NO if open_ else Truth.UNKNOWN, place


def _asked_before(documents: Documents) -> bool:
    """Whether a file has App Service ask who calls, of this app or of another."""
    return any(any(word in document.text for word in _IN_FRONT) for document in documents)


def _add_tool(
    documents: Documents, document: Document, binding: Node, collector: Collector
) -> None:
    folder = folder_of(document.file)
    written = binding.get("toolName")
    name = plain((written.text if written is not None else None) or folder.rpartition("/")[2])
    place = evidence(document, written or binding, name)
    server = add_function_server(documents, collector, folder_of(folder), place)
    tool = Tool(id=fact_id("tool", name, f"{document.file}#{name}"), name=name, evidence=(place,))
    tool = collector.add(as_taking(tool, _taken(documents, document, binding)))
    collector.link(EdgeKind.EXPOSES, server.id, tool.id, place)
    effect = "what it reads, writes and sends is open"
    collector.leave_open(place, f"what the tool {name} does is not known", effect)


def _taken(documents: Documents, document: Document, binding: Node) -> Taken:
    """What a tool takes, by the properties that its binding describes, as a text of JSON."""
    described = binding.get("toolProperties")
    if described is None:
        return Taken()
    listed = embedded(described, document, documents)
    return Taken(Truth.YES) if listed is None else taken_by_properties(listed)
