"""
Settings of Spring AI, LangChain4j and Quarkus: tool servers, memory, and what goes into logs.

The programs themselves are not read. Names by Spring AI, "MCP Client Boot Starter", "MCP Server
Boot Starter" and "Observability" (with those before 1.0); Quarkus LangChain4j and Quarkus MCP
Server, "Configuration"; LangChain4j, "Spring Boot Integration".
"""

import re
from collections.abc import Sequence

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.documents import Documents
from agentaudit.extract.frameworks.java_applications import JavaApplication
from agentaudit.extract.frameworks.java_memory import add_memory
from agentaudit.extract.java_settings import JavaSetting, java_files
from agentaudit.extract.made_nodes import made_list, made_mapping, made_text, made_unknown
from agentaudit.extract.mcp.configurations import Reading, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.settings import Setting
from agentaudit.extract.stages import stage_named
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.controls import AuditLog
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node, NodeKind, bounded_name

_KEY = r"""(?<=\.)"[^"]{1,200}"|(?<=\.)[\w-]{1,200}|\[[^\[\]]{1,200}\]"""
"""Of a mapping: in quotes in Quarkus, in brackets in Spring, or a word."""
_CONTENT = regex(
    r"spring\.ai\.[\w.-]+\.observations\."
    r"(?:log|include)-(?:prompt|completion|query-response|content|input)"
    r"|quarkus\.langchain4j\.(?:.+\.)?log-(?:requests|responses)(?:-curl)?"
    r"|quarkus\.langchain4j\.tracing\.include-(?:prompt|completion|tool-arguments|tool-result)"
    r"|langchain4j\.[\w.-]+\.log-(?:requests|responses)(?:-and-responses)?"
    r"|quarkus\.mcp\.server\.traffic-logging\.enabled"
)
_SERVER = regex(
    r"(?:spring\.ai\.mcp\.client\.(?P<transport>stdio|sse|streamable-http)\.connections"
    r"|quarkus\.langchain4j\.mcp)\.?(?P<name>" + _KEY + r")\.(?P<part>.+)"
)
_NAMES = ("spring.application.name", "quarkus.application.name")
_PARTS = frozenset({"command", "args", "url"})
_NESTED = regex(
    r"(?P<block>env|environment|headers?)\.?(?P<name>" + _KEY + r"|(?<=\.)[\w.-]{1,200})"
)
_LAST = regex(r"^.*[.\[](?=[^.\[]*$)")
_BLOCKS = {"environment": "env", "header": "headers"}
_INDEX = regex(r"(?P<part>[\w-]{1,100})\[\d{1,4}\]")
_SERVED = ("spring.ai.mcp.server.name", "quarkus.mcp.server.server-info.name")
_PROTOCOLS = {"sse": "sse", "streamable": "http", "stateless": "http"}


def extract_java(documents: Documents, collector: Collector) -> None:
    """What the settings of applications in Java say of their agents."""
    files = tuple(java_files(documents, collector))
    names = {
        file.home: literal_of(each.value.raw)
        for file in files
        for each in file.settings
        if each.name in _NAMES
    }
    for file in files:
        name = bounded_name(names.get(file.home, "")) or f"the application in {file.home or '.'}"
        application = JavaApplication(documents, collector, file, name)
        if file.mapped:
            _add_credentials(application)
        _add_servers(application)
        _add_own_server(application)
        add_memory(application)
        _add_logs(application)


def _add_credentials(application: JavaApplication) -> None:
    """What a ConfigMap shows to whoever reads it, under the whole names of its settings."""
    settings = [
        Setting(key=each.name, value=each.value, document=application.document, route=each.name)
        for each in application.settings
        if each.value.kind is NodeKind.STRING and _SERVER.fullmatch(each.name) is None
    ]
    holding = Holding(holder="repository", exposure="file")
    add_credentials(application.collector, settings, holding)


def _add_servers(application: JavaApplication) -> None:
    """The tool servers that an application calls; Java may say more of how, so that is open."""
    found: dict[tuple[str, str, str], list[tuple[str, JavaSetting]]] = {}
    for setting in application.settings:
        match = _SERVER.fullmatch(setting.name)
        if match is not None:
            name = _as_written(setting, match)
            server = name, match["transport"] or "", setting.profile
            found.setdefault(server, []).append((match["part"], setting))
    for (name, transport, profile), parts in found.items():
        node = _server(transport, parts)
        if node.child("command") is not None or node.child("url") is not None:
            first = parts[0][1]
            agent = application.agent(first)
            reading = Reading(
                application.documents, application.document, application.collector, agent
            )
            told = (
                application.file.home if application.file.mapped else "",
                profile,
                transport,
                name,
            )
            route = ".".join(filter(None, ("mcp", *told)))
            add_server(reading, DeclaredServer(name=name, key=first.key, node=node, route=route))


def _as_written(setting: JavaSetting, match: re.Match[str]) -> str:
    """The name of a server, with the letters that it has in the file."""
    start = setting.name.count(".", 0, match.start("name"))
    parts = setting.written.split(".")[start : start + match["name"].count(".") + 1]
    return ".".join(parts).rpartition("[")[2].strip('"]')


def _server(transport: str, parts: Sequence[tuple[str, JavaSetting]]) -> Node:
    """A server in the words of other clients."""
    values: dict[str, Node | None] = {}
    blocks: dict[str, dict[str, Node | None]] = {}
    place = parts[0][1].value
    for part, setting in parts:
        nested = _NESTED.fullmatch(part)
        indexed = _INDEX.fullmatch(part)
        if nested is not None:
            block = _BLOCKS.get(nested["block"], nested["block"])
            written = _LAST.sub("", setting.key.raw).strip('"[]')
            blocks.setdefault(block, {})[written] = setting.value
        elif part == "transport-type":
            streams = setting.value.raw == "http"  # which is the older of the two in Quarkus
            values["type"] = made_text(setting.value, "sse") if streams else setting.value
        elif indexed is not None or part in _PARTS:
            name = indexed["part"] if indexed is not None else part
            values[name] = _joined(values.get(name), setting.value, name)
    values |= {block: made_mapping(place, inner) for block, inner in blocks.items()}
    command = values.get("command")
    if command is not None and command.kind is NodeKind.SEQUENCE:
        values["command"], *rest = command.elements
        values["args"] = made_list(command, tuple(rest))
    if transport == "sse":
        values["type"] = made_text(place, "sse")
    node = made_mapping(place, values)
    entry = made_unknown(place), made_unknown(place)  # what a program in Java adds
    return node.changed(entries=(*node.entries, entry))


def _joined(before: Node | None, value: Node, name: str) -> Node:
    """A list of words as it stands in one line, or one word more of those with a number each."""
    if before is not None:
        words = before.elements if before.kind is NodeKind.SEQUENCE else (before,)
        return made_list(before, (*words, value))
    if value.kind is NodeKind.STRING and name in ("args", "command"):
        words = tuple(made_text(value, word.strip()) for word in value.raw.split(","))
        return made_list(value, words) if name == "args" or len(words) > 1 else value
    return value


def _add_own_server(application: JavaApplication) -> None:
    """The server of tools that an application is; whom it asks who they are, its program says."""
    told = {each.name: each for each in reversed(application.settings)}
    named = next((told[name] for name in _SERVED if name in told), None)
    if named is None:
        return
    name = bounded_name(literal_of(named.value.raw))
    by_pipe = told.get("spring.ai.mcp.server.stdio")
    protocol = told.get("spring.ai.mcp.server.protocol")
    transport = _PROTOCOLS.get(protocol.value.raw.lower(), "") if protocol is not None else ""
    piped = by_pipe is not None and by_pipe.value.boolean is True
    server = application.collector.add(
        ToolServer(
            id=fact_id("tool_server", name, f"{application.file.home}#own"),
            name=name,
            evidence=(application.place(named),),
            transport="stdio" if piped else transport,
        )
    )
    what = f"the tools of {name}, which its program declares"
    effect = "what they do, and whether it asks who calls, is open"
    application.collector.leave_open(server.evidence[0], what, effect)


def _add_logs(application: JavaApplication) -> None:
    """One log for each profile in which prompts, answers or calls of tools are written down."""
    found: dict[str, list[JavaSetting]] = {}
    for setting in application.settings:
        logged = _CONTENT.fullmatch(setting.name) is not None
        on = literal_of(setting.value.raw).strip().lower() == "true"
        if logged and on and not setting.tried:
            found.setdefault(setting.profile, []).append(setting)
    document = application.document
    for profile, settings in found.items():
        application.collector.add(
            AuditLog(
                id=fact_id(
                    "audit_log", "log", f"{application.file.home}#{document.file}#{profile}"
                ),
                name=f"log of {application.name}",
                evidence=tuple(application.place(each) for each in settings),
                environment=stage_named(profile),
                kind="log",
                enabled=Truth.YES,
                content_logged=True,
            )
        )
