"""
Declarations: what `agentaudit.yaml` says that no other file does, of tools and of memory.

A declaration fills in what is unknown and changes nothing that a file states: where the two
disagree, the file is believed and the contradiction is told. What rests on a declaration is likely
at most, and names its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declaration_file import (
    Behaviour,
    Declaration,
    Declarations,
    read_declarations,
)
from agentaudit.extract.declared_subjects import NOTHING, Named, expired, holds, one, subjects
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.tools import settle_unknown_tools, tool_id, unknown_tools
from agentaudit.lists import first_of
from agentaudit.model.deployment import Derivation, EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool, ToolServer

FILE = "agentaudit.yaml"
"""At the root of what is audited: no folder below can declare for the whole."""
_ELSEWHERE = (FILE, "agentaudit.yml")
_SHOWN = 5
_TOOLS = Budget("declared tools", 20_000, free=200)
"""Each as often as there are servers of the name that it is declared for."""
_CALLED = "mcp__"
_RULE = regex(rf"\b{_CALLED}([\w-]+?)__([\w-]+)")
_Allowed = Mapping[str, Mapping[str, str]]
"""Server to tool to the file that names it."""


def declare_servers(documents: Documents, collector: Collector) -> None:
    """The tools of declared servers, before the settings of clients say which ask first."""
    allowed = documents.once(_allowed_tools)
    named = Named(collector, ToolServer)
    for declaration in _declarations(documents).servers:
        servers = named.meant(declaration)
        if one(servers) and not expired(collector, declaration):
            for server in filter(partial(_affords, collector, declaration), servers):
                _declare_tools(collector, server, declaration)
                if not _undeclared(allowed, server, declaration):
                    settle_unknown_tools(collector, server)


def extract_declarations(documents: Documents, collector: Collector) -> None:
    """Everything that is declared and can count, and a word on everything that cannot."""
    declare_servers(documents, collector)
    declared, allowed = _declarations(documents), documents.once(_allowed_tools)
    collector.problems.extend(declared.problems)
    counted: list[str] = []
    servers, tools = Named(collector, ToolServer), Named(collector, Tool)
    for declaration in declared.servers:
        for server in subjects(servers, declaration, "tool server"):
            _tell_of_server(collector, server, declaration, allowed)
            counted.append(server.name)
    for declaration in declared.tools:
        for tool in subjects(tools, declaration, "tool"):
            _fill(collector, tool, declaration)
            counted.append(tool.name)
    if declared.no_memory is not None and _believed(collector, declared.no_memory):
        counted.append("no memory")
    if counted:
        collector.remarks[FILE] = _remark(counted)
    _tell_of_others(documents, collector)


def _believed(collector: Collector, declaration: Declaration) -> bool:
    """Whether nothing outlives a request: not where a file declares a store, or too late."""
    kept = [store for store in collector.of(MemoryStore) if store.outlives_request]
    for store in kept[:_SHOWN]:
        what = f"{store.evidence[0]} keeps {plain(store.name)}, and no memory is declared"
        collector.leave_open(declaration.at, what, "the file is believed")
    believed = holds(collector, declaration, "memory") and not kept
    if believed:
        collector.no_memory = declaration.at
    return believed


def _tell_of_others(documents: Documents, collector: Collector) -> None:
    """A file of our name elsewhere, which may have been meant to count."""
    for document in documents.of("yaml"):
        if document.file != FILE and document.file.rpartition("/")[2] in _ELSEWHERE:
            place = evidence(document, document.root)
            collector.leave_open(
                place, f"only {FILE} at the root of the audit declares", "this file adds nothing"
            )


def _remark(names: Sequence[str]) -> str:
    """Of what the audit takes somebody's word."""
    return f"declares {first_of(names, _SHOWN, plain)}"


def _declarations(documents: Documents) -> Declarations:
    document = documents.at(FILE)
    return read_declarations(document) if document is not None else Declarations()


def _affords(collector: Collector, declaration: Declaration, server: ToolServer) -> bool:
    """Whether the tools of a declaration can be told once more, for one server of its name."""
    what = f"the tools of {plain(server.name)}, of which many servers have the name"
    end = (declaration.at, what, "its tools stay unknown")
    return collector.affords(
        _TOOLS, len(declaration.behaviours), end, key=(server.id, declaration.at)
    )


def _declare_tools(collector: Collector, server: ToolServer, declaration: Declaration) -> None:
    """The tools of a server that nobody knew, beside what stands for them."""
    if unknown_tools(server) not in collector.facts:
        return
    for said in declaration.behaviours:
        approved = server.wildcard_tools or said.name in server.approved_tools
        tool = collector.add(
            Tool(
                id=tool_id(server, said.name),
                name=f"{server.name}.{said.name}",
                evidence=(server.evidence[0], declaration.at),
                confidence=Confidence.LIKELY,
                effects=said.effects or (),
                effects_known=said.effects is not None,
                reads_untrusted=said.reads_untrusted,
                reads_private=said.reads_private,
                egress=said.egress,
                approval=Truth.NO if approved else Truth.UNKNOWN,
            )
        )
        collector.link(
            EdgeKind.EXPOSES,
            server.id,
            tool.id,
            server.evidence[0],
            declaration.at,
            confidence=Confidence.LIKELY,
            derivation=Derivation.DECLARED,
        )


def _allowed_tools(documents: Documents) -> _Allowed:
    """The tools of servers that settings name, unless they refuse them: `mcp__server__tool`."""
    found: dict[str, dict[str, str]] = {}
    for document in documents.of("json", "yaml", "toml"):
        if _CALLED not in document.text:
            continue
        denied = document.root.get("permissions", "deny")
        refused = set(_RULE.findall(" ".join(denied.texts()))) if denied is not None else set()
        for server, tool in _RULE.findall(document.text) if document.file != FILE else ():
            if (server, tool) not in refused:
                found.setdefault(server, {}).setdefault(tool, document.file)
    return found


def _undeclared(
    allowed: _Allowed, server: ToolServer, declaration: Declaration
) -> Mapping[str, str]:
    """Tools that a file lets be used and the declaration leaves out, each with that file."""
    approved = dict.fromkeys(sorted(server.approved_tools), server.evidence[0].file)
    declared = {"*", *(said.name for said in declaration.behaviours)}
    named = {**allowed.get(server.name, {}), **approved}
    return {tool: file for tool, file in named.items() if tool not in declared}


def _tell_of_server(
    collector: Collector, server: ToolServer, declaration: Declaration, allowed: _Allowed
) -> None:
    """Why a declaration of a server's tools is not, or not wholly, believed."""
    name = plain(server.name)
    if server.catalogued:
        what = f"the tools of the server {name} are known already"
        collector.leave_open(declaration.at, what, NOTHING)
        return
    for tool, file in _undeclared(allowed, server, declaration).items():
        what = f"{file} lets {name} use {plain(tool)}, which is not declared"
        collector.leave_open(declaration.at, what, "its tools stay unknown")


def _fill(collector: Collector, tool: Tool, declaration: Declaration) -> None:
    """The answers that no file gives, from the declaration; the others stay."""
    said, stated = declaration.behaviours[0], _stated(collector, tool)
    for question in _contradictions(stated, said):
        what = f"{tool.evidence[0]} contradicts what is declared of {plain(tool.name)}: {question}"
        collector.leave_open(declaration.at, what, "the file is believed")
    merged = _merged(stated, said)
    if merged == stated:
        return
    sure = Confidence.LIKELY if tool.confidence is Confidence.CERTAIN else tool.confidence
    collector.update(
        replace(
            tool,
            evidence=(*tool.evidence, declaration.at),
            confidence=sure,
            effects=tool.effects if merged.effects is None else merged.effects,
            effects_known=tool.effects_known or (not stated.effects and merged.effects is not None),
            reads_untrusted=merged.reads_untrusted,
            reads_private=merged.reads_private,
            egress=merged.egress,
        )
    )
    if merged.complete:
        collector.settle(tool.evidence[0], f"the tool {tool.name} is not known")


def _stated(collector: Collector, tool: Tool) -> Behaviour:
    """What the files say of a tool, in its fields and by where it leads."""
    kinds = {edge.kind for edge in collector.from_fact(tool.id)}
    return Behaviour(
        name=tool.name,
        effects=tool.effects if tool.effects_known or tool.effects else None,
        reads_untrusted=Truth.YES if EdgeKind.INGESTS in kinds else tool.reads_untrusted,
        reads_private=tool.reads_private,
        egress=Truth.YES if EdgeKind.EGRESS_TO in kinds else tool.egress,
    )


def _contradictions(stated: Behaviour, said: Behaviour) -> Iterator[str]:
    both = stated.effects is not None and said.effects is not None
    if both and set(stated.effects or ()) != set(said.effects or ()):
        yield f"effects are {', '.join(stated.effects or ()) or 'none'}"
    answers = (
        ("reads_untrusted", stated.reads_untrusted, said.reads_untrusted),
        ("reads_private", stated.reads_private, said.reads_private),
        ("egress", stated.egress, said.egress),
    )
    for question, found, declared in answers:
        if Truth.UNKNOWN not in (found, declared) and found is not declared:
            yield f"{question} is {found}"


def _merged(stated: Behaviour, said: Behaviour) -> Behaviour:
    def known(found: Truth, declared: Truth) -> Truth:
        return declared if found is Truth.UNKNOWN else found

    return replace(
        stated,
        effects=said.effects if stated.effects is None else stated.effects,
        reads_untrusted=known(stated.reads_untrusted, said.reads_untrusted),
        reads_private=known(stated.reads_private, said.reads_private),
        egress=known(stated.egress, said.egress),
    )
