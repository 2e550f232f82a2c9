"""What grants reach among the facts of the deployment: resources, and roles to assume or pass."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.actions import Level, access, expanded
from agentaudit.extract.iam.globs import Glob, meets, open_glob
from agentaudit.extract.iam.holders import principal_name
from agentaudit.extract.iam.measures import MOST_SENSITIVE
from agentaudit.extract.iam.reach import Reachable, decides, length, pattern_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.runtimes import Runtime

_ROLE = ("aws", "role")
_MOST_PAIRS = 100_000
"""Of a file's grants and what they may reach."""
_RESOURCES, _ROLES = Budget("resources", _MOST_PAIRS), Budget("roles", _MOST_PAIRS)
_DELETING = ("delete", "terminate", "purge", "destroy", "batchdelete", "remove", "drop")


def link_grants(_documents: Documents, collector: Collector) -> None:
    """Edges from every grant of AWS to what it reaches."""
    resources = Reachable(collector.of(Resource))
    identities = (item for item in collector.of(Identity) if (item.provider, item.kind) == _ROLE)
    roles = tuple(map(_role, identities))
    for grant in collector.of(Grant):
        if grant.source == "aws_iam" and grant.effect == "allow" and grant.expanded_count:
            _link_resources(collector, grant, resources)
            _link_roles(collector, grant, roles)
    _open_networks(collector)


def _open_networks(collector: Collector) -> None:
    """A runtime on a public network lets out whatever its identity may read of any kind."""
    public: dict[FactId, list[str]] = {}
    for edge in collector.edges_of(EdgeKind.AUTHENTICATES_AS):
        runtime = collector.facts.get(edge.src)
        if isinstance(runtime, Runtime) and runtime.network == "public":
            public.setdefault(edge.dst, []).append(runtime.name)
    for grant in collector.of(Grant) if public else ():
        names = public.get(grant.identity_id, [])
        if names and grant.free_reads and not grant.outlets and not grant.conditions:
            outlets = tuple(f"the public network of {name}" for name in sorted(names))
            collector.update(replace(grant, outlets=outlets))


def _link_resources(collector: Collector, grant: Grant, resources: Reachable) -> None:
    """Edges to what a grant reaches; where there are too many for a file, that is left open."""
    reached = (
        [resource for resource in resources.of(grant) if decides(grant, resource)]
        if _affords(collector, grant, _RESOURCES, resources.effort(grant))
        else []
    )
    confidence = Confidence.LIKELY if grant.conditions else Confidence.CERTAIN
    kinds: dict[str, Sequence[EdgeKind]] = {}
    for resource in reached:
        service = resource.pattern.split(":")[2]
        if service not in kinds:
            kinds[service] = _kinds(grant, service)
        for kind in kinds[service]:
            collector.link(kind, grant.id, resource.id, *grant.evidence, confidence=confidence)


def _affords(collector: Collector, grant: Grant, budget: Budget, pairs: int) -> bool:
    """Whether a file's grants are held against few enough of what they may reach."""
    what = f"the {budget.counted} that {grant.name} reaches"
    effect = "who acts as it may reach more than is known"
    return collector.affords(budget, pairs, (grant.evidence[0], what, effect))


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


class _Role(Struct, frozen=True):
    """A role, as far as it matters to who may take it on, or pass it."""

    identity: Identity
    arn: Glob
    trusted: frozenset[str] | None
    """The names of those that it lets in; None where it lets in whoever may."""


def _role(identity: Identity) -> _Role:
    arn = pattern_of(f"arn:aws:iam::${{account}}:role/{identity.name}")
    principals = identity.trust_principals
    anybody = not principals or any(map(_stands_for_many, principals))
    names = None if anybody else frozenset(map(principal_name, principals))
    return _Role(identity, arn, names)


def _stands_for_many(trusted: str) -> bool:
    """
    Whether a role that trusts this may let in any principal of the same account.

    A role that trusts only services and providers cannot be assumed by anybody else.
    """
    account = trusted.isdecimal() or trusted.endswith(":root")
    return trusted == "*" or account or "${" in trusted


def _link_roles(collector: Collector, grant: Grant, roles: Sequence[_Role]) -> None:
    given = {"sts:assumerole": EdgeKind.ASSUMES, "iam:passrole": EdgeKind.PASSES_ROLE}
    held = [kind for action, kind in given.items() if action in grant.sensitive_actions]
    patterns = length(grant.not_resources or grant.resources)
    effort = len(roles) * (1 if "*" in grant.resources else patterns)
    if not (held and grant.identity_id) or not _affords(collector, grant, _ROLES, effort):
        return
    reaches = _reaching(grant)
    for role in roles:
        if role.identity.id == grant.identity_id or not reaches(role.arn):
            continue
        for kind in held:
            trusts = role.trusted is None or grant.principal in role.trusted
            if kind is EdgeKind.PASSES_ROLE or trusts:
                collector.link(
                    kind,
                    grant.identity_id,
                    role.identity.id,
                    *grant.evidence,
                    confidence=Confidence.LIKELY,
                )


def _reaching(grant: Grant) -> Callable[[Glob], bool]:
    """Whether one of a grant's resources may be a role."""
    if grant.not_resources:
        excluded = [open_glob(each) for each in grant.not_resources]
        return lambda role: not any(meets(each, role) for each in excluded)
    if "*" in grant.resources:
        return lambda _: True
    patterns = [pattern_of(each) for each in grant.resources]
    return lambda role: any(meets(each, role) for each in patterns)
