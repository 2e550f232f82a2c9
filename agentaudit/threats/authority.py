"""
Authority: as whom a tool acts, and what that principal may do.

Acting with a credential is not seeing it: behind a broker a tool uses what its process never holds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice

from msgspec import Struct

from agentaudit.extract.iam.reach import decided_by_actions, has_arn
from agentaudit.model.deployment import Edge, EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.agents import Agent, Instruction
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.runtimes import Runtime, Workflow
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.threats.calls import CALLS
from agentaudit.threats.draft import Doubt, Draft
from agentaudit.threats.stages import CHANGING
from agentaudit.threats.visibility import held_by, runtimes_of

_AS = (EdgeKind.AUTHENTICATES_AS, EdgeKind.RESOLVES, EdgeKind.ASSUMES)
_ACCESS = (EdgeKind.READS, EdgeKind.WRITES, EdgeKind.DELETES)
_STEERING = (EdgeKind.CONFIGURED_IN, EdgeKind.PROMPTS)


def draw_authority(draft: Draft) -> None:
    """Tools to credentials, identities, grants and resources."""
    for tool in {tool.id: tool for _, tool in draft.calls.tools}.values():
        _own_authority(draft, tool)
    identities = _by_agent(draft.relations.of(Identity))
    processes: dict[FactId, _Process] = {}
    for agent, tool in draft.calls.tools:
        if agent.id not in processes:
            processes[agent.id] = _process(draft, agent, identities.get(agent.id, ()))
        process = processes[agent.id]
        _process_authority(draft, process, tool)
        _execution(draft, process, tool)
        _instructions(draft, process, tool)
    _identities(draft)
    _grants(draft)
    _direct_access(draft)


def _own_authority(draft: Draft, tool: Tool) -> None:
    """What the tool or its server acts as, whoever holds the credential."""
    server = draft.calls.exposing.get(tool.id)
    for actor in (tool, *([server] if server else [])):
        for principal, edge in _stated(draft, actor):
            draft.draw(tool, EdgeKind.AUTHENTICATES_AS, principal, edge)
        for credential in held_by(draft, actor):
            draft.draw(tool, EdgeKind.AUTHENTICATES_AS, credential, credential.evidence[0])
    if server is not None:
        _brokered(draft, tool, server)


def _stated(draft: Draft, actor: Fact) -> Iterator[tuple[Fact, Edge]]:
    yield from draft.relations.joined(_AS, actor, Credential)
    yield from draft.relations.joined(_AS, actor, Identity)


def _brokered(draft: Draft, tool: Tool, server: ToolServer) -> None:
    """
    What a gateway in front of the server attaches to its calls.

    Which of several servers a credential of the gateway is for, no file says.
    """
    for gateway, _ in draft.relations.joined(CALLS, server, Gateway):
        fronted = list(islice(draft.relations.joined(CALLS, gateway, ToolServer), 2))
        doubt = Doubt(known=len(fronted) == 1)
        for credential in held_by(draft, gateway):
            place = credential.evidence[0]
            draft.draw(tool, EdgeKind.AUTHENTICATES_AS, credential, place, doubt=doubt)


class _Process(Struct, frozen=True, kw_only=True):
    """What the process of an agent has to act with."""

    agent: Agent
    homes: tuple[Runtime, ...]
    own: tuple[Fact, ...]
    """The agent's own credentials, and the identities that it runs as."""
    seen: tuple[Fact, ...]
    """Also what it merely sees: the credentials that it hands to its servers."""
    instructions: tuple[tuple[Instruction, Edge], ...]


def _by_agent(identities: Iterable[Identity]) -> Mapping[FactId, Sequence[Identity]]:
    found: dict[FactId, list[Identity]] = {}
    for identity in identities:
        for agent in identity.agents:
            found.setdefault(agent, []).append(identity)
    return found


def _process(draft: Draft, agent: Agent, identities: Sequence[Identity]) -> _Process:
    homes = runtimes_of(draft, agent)
    own: list[Fact] = []
    seen: list[Fact] = []
    for holder in (agent, *homes):
        stated = [principal for principal, _ in _stated(draft, holder)]
        credentials = held_by(draft, holder)
        own += [item for item in credentials if item.holder_id in ("", holder.id)]
        own += stated
        seen += (*credentials, *stated)
    return _Process(
        agent=agent,
        homes=homes,
        own=(*own, *identities),
        seen=(*seen, *identities),
        instructions=tuple(draft.relations.joined(_STEERING, agent, Instruction)),
    )


def _process_authority(draft: Draft, process: _Process, tool: Tool) -> None:
    """
    What the agent's own process acts as, for a tool that runs inside it or beside it.

    Code that a tool executes may use all of it. A function of the process that changes something or
    reads what is private uses what there is, if it is one; of several, nobody can say which.
    """
    server = draft.calls.exposing.get(tool.id)
    if tool.sandboxed is Truth.YES or (server is not None and server.remote):
        return
    executes = "execute" in tool.effects
    changes = not CHANGING.isdisjoint(tool.effects)
    may_act = changes or tool.reads_private is not Truth.NO
    if tool.effects_known and not executes and (server is not None or not may_act):
        return
    principals = {fact.id: fact for fact in (process.seen if executes else process.own)}
    if not draft.affords("what its tools act as", len(principals), process.agent):
        return
    acts = changes or tool.reads_private is Truth.YES
    known = executes or (server is None and acts and len(principals) == 1)
    doubt = Doubt(known=known, confidence=Confidence.LIKELY)
    for principal in principals.values():
        draft.draw(tool, EdgeKind.AUTHENTICATES_AS, principal, principal.evidence[0], doubt=doubt)


def _execution(draft: Draft, process: _Process, tool: Tool) -> None:
    """Where code that a tool executes runs."""
    if "execute" not in tool.effects or tool.sandboxed is Truth.YES:
        return
    server = draft.calls.exposing.get(tool.id)
    homes = runtimes_of(draft, server) if server else ()
    if not homes and not (server is not None and server.remote):
        homes = process.homes
    for runtime in homes:
        draft.draw(tool, EdgeKind.EXECUTES_ON, runtime, tool.evidence[0])


def _instructions(draft: Draft, process: _Process, tool: Tool) -> None:
    """An agent that can write the text that steers it."""
    if not {"write", "execute"} & set(tool.effects):
        return
    for instruction, edge in process.instructions:
        doubt = Doubt(known=instruction.writable_by_agent is Truth.YES)
        if instruction.writable_by_agent is not Truth.NO:
            draft.draw(tool, EdgeKind.WRITES, instruction, edge, doubt=doubt)


def _identities(draft: Draft) -> None:
    for credential, identity, edge in draft.relations.pairs(_AS, Credential, Identity):
        draft.draw(credential, EdgeKind.AUTHENTICATES_AS, identity, edge)
    for kind in (EdgeKind.ASSUMES, EdgeKind.PASSES_ROLE):
        for one, other, edge in draft.relations.pairs((kind,), Identity, Identity):
            draft.draw(one, kind, other, edge)
    for runtime, identity, edge in draft.relations.pairs(_AS, Runtime, Identity):
        draft.draw(runtime, EdgeKind.AUTHENTICATES_AS, identity, edge)


def _grants(draft: Draft) -> None:
    holders: tuple[type[Identity | Credential | Workflow], ...] = (Identity, Credential, Workflow)
    for holding in holders:
        for holder, grant, edge in draft.relations.pairs((EdgeKind.GRANTS,), holding, Grant):
            draft.draw(holder, EdgeKind.GRANTS, grant, edge)
    for grant in draft.relations.of(Grant):
        identity = draft.relations.facts.get(grant.identity_id)
        if identity is not None:
            draft.draw(identity, EdgeKind.GRANTS, grant, grant.evidence[0])
    _reach(draft)


def _reach(draft: Draft) -> None:
    """What grants reach: by the edges that actions decided, else by the names of resources."""
    for kind in _ACCESS:
        for grant, resource, edge in draft.relations.pairs((kind,), Grant, Resource):
            draft.draw(grant, kind, resource, edge, doubt=Doubt(known=not grant.conditions))
    every = _Named.of(tuple(draft.relations.of(Resource)))
    others = _Named.of(tuple(item for item in every.all if not has_arn(item)))
    covered: dict[tuple[str, tuple[str, ...], bool], Sequence[Resource]] = {}
    for grant in draft.relations.of(Grant):
        if grant.effect != "allow":
            continue
        decided = decided_by_actions(grant)
        wanted = grant.provider, grant.resources, decided
        if wanted not in covered:
            near = (others if decided else every).near(grant)
            covered[wanted] = [resource for resource in near if covers(grant, resource)]
        _cover(draft, grant, covered[wanted])


def _cover(draft: Draft, grant: Grant, resources: Sequence[Resource]) -> None:
    """What no action decided: whatever is named may be read, or written."""
    kind = EdgeKind.WRITES if grant.write_count else EdgeKind.READS
    doubt = Doubt(known=not grant.conditions)
    if draft.affords("what it reaches by name", len(resources), grant):
        for resource in resources:
            draft.draw(grant, kind, resource, grant.evidence[0], doubt=doubt)


_PATTERN = re.compile(r"[*?\[]")
_PATTERNS = "*"


class _Named(Struct, frozen=True, kw_only=True):
    """Resources by what they are called; those whose names are patterns are together."""

    all: Sequence[Resource]
    by_name: Mapping[str, Sequence[Resource]]

    @classmethod
    def of(cls, resources: Sequence[Resource]) -> "_Named":
        found: dict[str, list[Resource]] = {}
        for item in resources:
            name = _PATTERNS if _PATTERN.search(item.pattern) else item.pattern
            found.setdefault(name, []).append(item)
        return cls(all=resources, by_name=found)

    def near(self, grant: Grant) -> Iterable[Resource]:
        """Those that a grant may name: all, where it names them by a pattern."""
        if any(map(_PATTERN.search, grant.resources)):
            return self.all
        names = (*grant.resources, _PATTERNS)
        return (item for name in names for item in self.by_name.get(name, ()))


def covers(grant: Grant, resource: Resource) -> bool:
    """Whether a grant names the resource, by its pattern or with a wildcard."""
    if grant.provider and resource.provider and grant.provider != resource.provider:
        return False
    pattern = resource.pattern
    return any(
        wanted == "*" or (pattern != "" and (_alike(pattern, wanted) or _alike(wanted, pattern)))
        for wanted in grant.resources
    )


def _alike(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern) or fnmatchcase(text, pattern.removesuffix("/*"))


def _direct_access(draft: Draft) -> None:
    """Tools, or all tools of a server, that name the resource they work on."""
    for kind in _ACCESS:
        for tool, resource, edge in draft.relations.pairs((kind,), Tool, Resource):
            draft.draw(tool, kind, resource, edge)
        for server, resource, edge in draft.relations.pairs((kind,), ToolServer, Resource):
            for tool, _ in draft.relations.joined(CALLS, server, Tool):
                draft.draw(tool, kind, resource, edge)
