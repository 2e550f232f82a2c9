"""What grants reach among the facts of the deployment: resources, and roles to assume or pass."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam_actions import Level, access, expanded
from agentaudit.extract.iam_globs import Glob, literal_head, meets, open_glob
from agentaudit.extract.iam_holders import principal_name
from agentaudit.extract.iam_measures import MOST_SENSITIVE
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.runtimes import Runtime

_DECLARED = re.compile(r"\$\{(aws_\w+\.[^{}]+)\}")
_ROLE = ("aws", "role")
_DELETING = ("delete", "terminate", "purge", "destroy", "batchdelete", "remove", "drop")


def _open_networks(collector: Collector) -> None:
    """A runtime on a public network lets out whatever its identity may read of any kind."""
    public: dict[FactId, list[str]] = {}
    for edge in collector.edges.values():
        runtime = collector.facts.get(edge.src)
        acts = edge.kind is EdgeKind.AUTHENTICATES_AS and isinstance(runtime, Runtime)
        if acts and isinstance(runtime, Runtime) and runtime.network == "public":
            public.setdefault(edge.dst, []).append(runtime.name)
    for grant in collector.of(Grant) if public else ():
        names = public.get(grant.identity_id, [])
        if names and grant.free_reads and not grant.outlets and not grant.conditions:
            outlets = tuple(f"the public network of {name}" for name in sorted(names))
            collector.update(replace(grant, outlets=outlets))


def link_grants(_documents: Documents, collector: Collector) -> None:
    """Edges from every grant of AWS to what it reaches."""
    resources = Reachable(collector.of(Resource))
    roles = [item for item in collector.of(Identity) if (item.provider, item.kind) == _ROLE]
    for grant in collector.of(Grant):
        if grant.source != "aws_iam" or grant.effect != "allow" or not grant.expanded_count:
            continue
        for resource in resources.of(grant):
            if decides(grant, resource):
                _link_resource(collector, grant, resource)
        _link_roles(collector, grant, roles)
    _open_networks(collector)


class _Place(Struct, frozen=True):
    """A resource, with what its ARN names and what is in it."""

    resource: Resource
    whole: Glob
    within: Glob


class Reachable:
    """
    Resources by what their ARNs begin with.

    A grant's pattern meets an ARN only where, up to the first sign that may stand for anything,
    one of them begins like the other: of thousands of resources, few are left to compare.
    """

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._all = resources
        self._known: dict[str, Sequence[Resource]] = {}
        self._by_head: dict[str, list[_Place]] = {}
        for resource in resources:
            arn = resource.pattern
            place = _Place(resource, _pattern(arn), _pattern(f"{arn}/*"))
            self._by_head.setdefault(literal_head(_fixed(arn)), []).append(place)
        self._heads = sorted(self._by_head)
        self._lengths = sorted({len(head) for head in self._heads})

    def of(self, grant: Grant) -> Sequence[Resource]:
        """The resources that one of a grant's may be, or that are around it; each once."""
        if grant.not_resources:
            excluded = [_pattern(each) for each in grant.not_resources]
            return [
                item
                for item in self._all
                if not any(meets(each, _pattern(item.pattern)) for each in excluded)
            ]
        found = (item for pattern in grant.resources for item in self._reached(pattern))
        return list(dict.fromkeys(found))

    def _reached(self, pattern: str) -> Sequence[Resource]:
        """What one pattern reaches; many grants have the same."""
        if pattern not in self._known:
            asked, near = _pattern(pattern), self._near(pattern)
            found = (place for head in dict.fromkeys(near) for place in self._by_head[head])
            if asked.literal:  # most are told apart by this look
                found = (place for place in found if place.whole.fixed in asked.text)
            self._known[pattern] = [
                place.resource
                for place in found
                if meets(asked, place.whole) or meets(asked, place.within)
            ]
        return self._known[pattern]

    def _near(self, pattern: str) -> Iterator[str]:
        head = literal_head(_fixed(pattern))
        first = bisect_left(self._heads, head)
        for at in range(first, len(self._heads)):
            if not self._heads[at].startswith(head):
                break
            yield self._heads[at]
        for length in self._lengths:
            if length < len(head) and head[:length] in self._by_head:
                yield head[:length]


def decides(grant: Grant, resource: Resource) -> bool:
    """Whether the edges from this grant say everything of what it may do with the resource."""
    known = grant.source == "aws_iam" and bool(grant.expanded_count)
    return known and resource.pattern.startswith("arn:")


def _link_resource(collector: Collector, grant: Grant, resource: Resource) -> None:
    service = resource.pattern.split(":")[2]
    confidence = Confidence.LIKELY if grant.conditions else Confidence.CERTAIN
    for kind in _kinds(grant, service):
        collector.link(kind, grant.id, resource.id, *grant.evidence, confidence=confidence)


def _pattern(arn: str) -> Glob:
    return open_glob(_fixed(arn))


def _fixed(arn: str) -> str:
    """
    An ARN in which something declared, whose name nobody knows, counts as itself.

    It is then reached by what refers to it, and by patterns for all of its kind.
    """
    return _DECLARED.sub(r"<\1>", arn)


def _kinds(grant: Grant, service: str) -> list[EdgeKind]:
    """Reading, writing and deleting, as far as the grant's actions on a service go."""
    actions = _actions_on(grant, service)
    levels = {access(action).level for action in actions}
    kinds = []
    if Level.READ in levels:
        kinds.append(EdgeKind.READS)
    if levels & {Level.WRITE, Level.PERMISSIONS}:
        kinds.append(EdgeKind.WRITES)
    if any(action.partition(":")[2].startswith(_DELETING) for action in actions):
        kinds.append(EdgeKind.DELETES)
    return kinds


def _actions_on(grant: Grant, service: str) -> frozenset[str]:
    """The actions of one service that a grant allows; a denial may have taken some away."""
    every = expanded(f"{service}:*")
    if grant.not_actions:
        found = every.difference(*map(expanded, grant.not_actions))
    else:
        found = every & frozenset().union(*map(expanded, grant.actions))
    kept = frozenset(grant.sensitive_actions)
    whole = len(kept) < MOST_SENSITIVE
    return frozenset(
        action for action in found if not (whole and access(action).changes) or action in kept
    )


def _link_roles(collector: Collector, grant: Grant, roles: list[Identity]) -> None:
    given = {"sts:assumerole": EdgeKind.ASSUMES, "iam:passrole": EdgeKind.PASSES_ROLE}
    held = [kind for action, kind in given.items() if action in grant.sensitive_actions]
    for role in roles if held and grant.identity_id else ():
        arn = _fixed(f"arn:aws:iam::${{account}}:role/{role.name}")
        if role.id == grant.identity_id or not reaches_role(grant, arn):
            continue
        for kind in held:
            if kind is EdgeKind.PASSES_ROLE or trusts(role, grant.principal):
                collector.link(
                    kind, grant.identity_id, role.id, *grant.evidence, confidence=Confidence.LIKELY
                )


def trusts(role: Identity, name: str) -> bool:
    """
    Whether a role's trust policy may let in a principal of the same account.

    A role that trusts only services and providers cannot be assumed by anybody else; one whose
    trust could not be read, by whoever may.
    """
    return not role.trust_principals or any(
        trusted == "*"
        or trusted.isdecimal()
        or trusted.endswith(":root")
        or "${" in trusted
        or principal_name(trusted) == name
        for trusted in role.trust_principals
    )


def reaches_role(grant: Grant, arn: str) -> bool:
    """Whether one of a grant's resources may be this role."""
    role = open_glob(arn)
    if grant.not_resources:
        return not any(meets(open_glob(each), role) for each in grant.not_resources)
    return any(meets(_pattern(each), role) for each in grant.resources)
