"""
Settings of Spring AI, LangChain4j and Quarkus: tool servers, memory, and what goes into logs.

The programs themselves are not read. Names by Spring AI, "MCP Client Boot Starter", "Chat Memory"
and "Observability" (with those before 1.0); Quarkus LangChain4j, "Configuration"; LangChain4j,
"Spring Boot Integration".
"""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.java_settings import JavaSetting, java_settings
from agentaudit.extract.made_nodes import made_list, made_mapping, made_text, made_unknown
from agentaudit.extract.mcp.configurations import Reading, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.stages import stage_named
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import AuditLog
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node, NodeKind, bounded_name

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
    r'|quarkus\.langchain4j\.mcp)\.(?P<name>"[^"]{1,200}"|[\w-]{1,200})\.(?P<part>.+)'
)
_NAMES = ("spring.application.name", "quarkus.application.name")
_PARTS: Mapping[str, str] = {"command": "command", "args": "args", "url": "url"}
_NESTED = regex(r'(?P<block>env|environment|headers?)\.(?P<name>"[^"]{1,200}"|[\w.-]{1,200})')
_BLOCKS = {"environment": "env", "header": "headers"}
_INDEX = regex(r"(?P<part>[\w-]{1,100})\[\d{1,4}\]")
_WINDOW = regex(
    r"quarkus\.langchain4j\.chat-memory\.(?:(?P<turns>memory-window\.max-messages)"
    r"|token-window\.max-tokens)"
)
_REPOSITORY = regex(
    r"spring\.ai\.chat\.memory\.(?:repository\.)?"
    r"(?P<backend>jdbc|cassandra|neo4j|cosmosdb|mongo|redis)\.(?P<part>[\w.-]+)"
)
_EXPIRING = frozenset({"time-to-live", "ttl"})
_NEVER_EXPIRING = frozenset({"jdbc", "neo4j"})
"""Repositories that have no setting for it, and delete a conversation only when they are told."""
_DURATION = regex(
    r"p?(?:(?P<d>\d{1,6})d)?t?(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,6})m)?(?:(?P<s>\d{1,9})s)?",
    re.IGNORECASE,
)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_TRIED = frozenset({"test", "local", "dev", "development", "it"})
"""Profiles in which people look at what their own models are asked."""


class _Application(Struct, frozen=True):
    """What one file sets, and the application that it is for."""

    documents: Documents
    document: Document
    collector: Collector
    settings: Sequence[JavaSetting]
    name: str

    def agent(self, setting: JavaSetting) -> Agent:
        """The agent of the application: one, whatever number of files and profiles it has."""
        document, spring = self.document, setting.name.startswith("spring.")
        place = evidence(document, setting.key)
        own = fact_id("agent", self.name, f"{folder_of(document.file)}#java")
        if own not in self.collector.facts:
            what = f"the program of {self.name}, which is in Java or Kotlin, is not read"
            effect = "its other tools, its memory and its limits are open"
            self.collector.leave_open(place, what, effect)
        return self.collector.add(
            Agent(
                id=own,
                name=self.name,
                framework="spring-ai" if spring else "quarkus-langchain4j",
                evidence=(place,),
            )
        )


def extract_java(documents: Documents, collector: Collector) -> None:
    """What the settings of applications in Java say of their agents."""
    found = tuple(java_settings(documents))
    names = {
        folder_of(document.file): each.value.raw
        for document, settings in found
        for each in settings
        if each.name in _NAMES
    }
    for document, settings in found:
        folder = folder_of(document.file)
        name = bounded_name(names.get(folder, "")) or f"the application in {folder or '.'}"
        application = _Application(documents, document, collector, settings, name)
        _add_servers(application)
        _add_memory(application)
        _add_logs(application)


def _add_servers(application: _Application) -> None:
    """The tool servers that an application calls; Java may say more of how, so that is open."""
    found: dict[tuple[str, str, str], list[tuple[str, JavaSetting]]] = {}
    for setting in application.settings:
        match = _SERVER.fullmatch(setting.name)
        if match is not None:
            server = match["name"].strip('"'), match["transport"] or "", setting.profile
            found.setdefault(server, []).append((match["part"], setting))
    for (name, transport, profile), parts in found.items():
        node = _server(transport, parts)
        if node.child("command") is not None or node.child("url") is not None:
            first = parts[0][1]
            agent = application.agent(first)
            reading = Reading(
                application.documents, application.document, application.collector, agent
            )
            route = ".".join(filter(None, ("mcp", profile, transport, name)))
            add_server(reading, DeclaredServer(name=name, key=first.key, node=node, route=route))


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
            written = setting.key.raw.rpartition(".")[2].strip('"')
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


def _add_memory(application: _Application) -> None:
    """The windows and stores of conversations that settings name."""
    stores: dict[str, list[JavaSetting]] = {}
    for setting in application.settings:
        window, kept = _WINDOW.fullmatch(setting.name), _REPOSITORY.fullmatch(setting.name)
        if window is not None:
            _add_store(application, _window(application, setting, window), setting)
        elif kept is not None:
            stores.setdefault(kept["backend"], []).append(setting)
    for backend, settings in stores.items():
        _add_store(application, _kept(application, backend, settings), settings[0])


def _add_store(application: _Application, store: MemoryStore, setting: JavaSetting) -> None:
    agent = application.agent(setting)
    stored = application.collector.add(store)
    for edge in (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM):
        application.collector.link(edge, agent.id, stored.id, stored.evidence[0])


def _window(application: _Application, setting: JavaSetting, found: re.Match[str]) -> MemoryStore:
    count = setting.value.integer
    known = Known.SET if count else Known.UNKNOWN
    turns = found["turns"] is not None
    return MemoryStore(
        id=fact_id("memory_store", "chat memory", f"{application.document.file}#{setting.name}"),
        name=f"chat memory of {application.name}",
        evidence=(_place(application.document, setting),),
        kind="window",
        backend="in_memory",
        max_turns=known if turns else Known.UNKNOWN,
        max_turns_count=count if turns else None,
        max_tokens=Known.UNKNOWN if turns else known,
        max_tokens_count=None if turns else count,
    )


def _kept(application: _Application, backend: str, settings: Sequence[JavaSetting]) -> MemoryStore:
    """Conversations in a database; of each the last messages are kept, as long as it is told."""
    expiring = next((each for each in settings if each.name.rpartition(".")[2] in _EXPIRING), None)
    seconds = _duration_s(literal_of(expiring.value.raw)) if expiring is not None else None
    never = Known.NONE if backend in _NEVER_EXPIRING else Known.UNKNOWN
    return MemoryStore(
        id=fact_id("memory_store", backend, f"{application.document.file}#chat-memory.{backend}"),
        name=f"chat memory of {application.name} in {backend}",
        evidence=tuple(_place(application.document, each) for each in settings[:1]),
        kind="history",
        backend=backend,
        persistent=Truth.YES,
        ttl=Known.SET if seconds else never,
        ttl_s=seconds,
    )


def _duration_s(text: str) -> int | None:
    """Seconds of `30d` or `PT12H`; a number alone means something else in each library."""
    found = _DURATION.fullmatch(text.strip())
    parts = found.groupdict() if found is not None else {}
    told = [int(number) * _SECONDS[unit] for unit, number in parts.items() if number]
    return sum(told) if told else None


def _place(document: Document, setting: JavaSetting) -> Evidence:
    return evidence(document, setting.key, f"{setting.name}={plain(setting.value.raw)}")


def _add_logs(application: _Application) -> None:
    """One log for each profile in which prompts, answers or calls of tools are written down."""
    found: dict[str, list[JavaSetting]] = {}
    for setting in application.settings:
        logged = _CONTENT.fullmatch(setting.name) is not None
        on = literal_of(setting.value.raw).strip().lower() == "true"
        if logged and on and setting.profile not in _TRIED:
            found.setdefault(setting.profile, []).append(setting)
    document = application.document
    for profile, settings in found.items():
        application.collector.add(
            AuditLog(
                id=fact_id("audit_log", "log", f"{document.file}#{profile}"),
                name=f"log of {application.name}",
                evidence=tuple(_place(document, each) for each in settings),
                environment=stage_named(profile),
                kind="log",
                enabled=Truth.YES,
                content_logged=True,
            )
        )
