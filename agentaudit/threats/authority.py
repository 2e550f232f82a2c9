"""
Authority: as whom a tool acts, and what that principal may do.

Acting with a credential is not seeing it: behind a broker a tool uses what its process never holds.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import product

from agentaudit.extract.iam_links import decides
from agentaudit.model.deployment import Edge, EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.agents import Agent, Instruction
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.runtimes import Runtime, Workflow
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.threats.draft import Doubt, Draft
from agentaudit.threats.invocation import CALLS, invocations, server_of
from agentaudit.threats.visibility import held_by, runtimes_of

_AS = (EdgeKind.AUTHENTICATES_AS, EdgeKind.RESOLVES, EdgeKind.ASSUMES)
_ACCESS = (EdgeKind.READS, EdgeKind.WRITES, EdgeKind.DELETES)
_STEERING = (EdgeKind.CONFIGURED_IN, EdgeKind.PROMPTS)
_CHANGING = frozenset({"write", "delete", "send", "execute"})


def draw_authority(draft: Draft) -> None:
    """Tools to credentials, identities, grants and resources."""
    for agent, tool in invocations(draft):
        _own_authority(draft, tool)
        _process_authority(draft, agent, tool)
        _execution(draft, agent, tool)
        _instructions(draft, agent, tool)
    _identities(draft)
    _grants(draft)
    _direct_access(draft)


def _own_authority(draft: Draft, tool: Tool) -> None:
    """What the tool or its server acts as, whoever holds the credential."""
    server = server_of(draft, tool)
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
        fronted = list(draft.relations.joined(CALLS, gateway, ToolServer))
        doubt = Doubt(known=len(fronted) == 1)
        for credential in held_by(draft, gateway):
            place = credential.evidence[0]
            draft.draw(tool, EdgeKind.AUTHENTICATES_AS, credential, place, doubt=doubt)


def _process_authority(draft: Draft, agent: Agent, tool: Tool) -> None:
    """
    What the agent's own process acts as, for a tool that runs inside it or beside it.

    Code that a tool executes may use all of it. A function of the process that changes something or
    reads what is private uses what there is, if it is one; of several, nobody can say which.
    """
    server = server_of(draft, tool)
    if tool.sandboxed is Truth.YES or (server is not None and server.remote):
        return
    executes = "execute" in tool.effects
    acts = _CHANGING & set(tool.effects) or tool.reads_private is Truth.YES
    if tool.effects_known and not executes and (server is not None or not acts):
        return
    principals = {fact.id: fact for fact in _principals(draft, agent, everything=executes)}
    known = executes or (server is None and bool(acts) and len(principals) == 1)
    doubt = Doubt(known=known, confidence=Confidence.LIKELY)
    for principal in principals.values():
        draft.draw(tool, EdgeKind.AUTHENTICATES_AS, principal, principal.evidence[0], doubt=doubt)


def _principals(draft: Draft, agent: Agent, *, everything: bool) -> Iterator[Fact]:
    """
    The agent's own credentials, and the identities that it runs as.

    With `everything` also what it merely sees: the credentials that it hands to its servers.
    """
    for holder in (agent, *runtimes_of(draft, agent)):
        for credential in held_by(draft, holder):
            if everything or credential.holder_id in ("", holder.id):
                yield credential
        yield from (principal for principal, _ in _stated(draft, holder))
    yield from (item for item in draft.relations.of(Identity) if agent.id in item.agents)


def _execution(draft: Draft, agent: Agent, tool: Tool) -> None:
    """Where code that a tool executes runs."""
    if "execute" not in tool.effects or tool.sandboxed is Truth.YES:
        return
    server = server_of(draft, tool)
    homes = runtimes_of(draft, server) if server else ()
    if not homes and not (server is not None and server.remote):
        homes = runtimes_of(draft, agent)
    for runtime in homes:
        draft.draw(tool, EdgeKind.EXECUTES_ON, runtime, tool.evidence[0])


def _instructions(draft: Draft, agent: Agent, tool: Tool) -> None:
    """An agent that can write the text that steers it."""
    if not {"write", "execute"} & set(tool.effects):
        return
    for instruction, edge in draft.relations.joined(_STEERING, agent, Instruction):
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
    allowing = (grant for grant in draft.relations.of(Grant) if grant.effect == "allow")
    for grant, resource in product(allowing, draft.relations.of(Resource)):
        if not decides(grant, resource) and covers(grant, resource):
            kind = EdgeKind.WRITES if grant.write_count else EdgeKind.READS
            doubt = Doubt(known=not grant.conditions)
            draft.draw(grant, kind, resource, grant.evidence[0], doubt=doubt)


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
