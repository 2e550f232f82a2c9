"""IAM principals while they are gathered: what they are called, and the policies they collect."""

import re

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers.roles import keeps_clusters_of_cloud
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.managed import MANAGED_POLICIES, policy_name
from agentaudit.extract.iam.open_policies import may_be_for_anybody
from agentaudit.extract.iam.policies import Statement
from agentaudit.extract.iam.trust import trust
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Identity

_ROLE_ARN = re.compile(
    r"^arn:aws[\w-]*:(?:iam|sts)::[^:]*:(?:role|user|assumed-role)/(?P<path>.+)$"
)


_MANAGING = frozenset(
    f"{service}.amazonaws.com"
    for service in (
        *("config", "cloudtrail", "vpc-flow-logs", "delivery.logs", "monitoring.rds", "backup"),
        *("eks", "eks-fargate-pods", "guardduty", "access-analyzer", "trustedadvisor"),
    )
)
"""Services of AWS that watch and keep, and run nobody's code under a role that they are given."""


class Holder(Struct):
    """A role or user, and the statements it has."""

    key: str
    name: str
    kind: str
    """`role` or `user`."""
    places: tuple[Evidence, ...]
    statements: list[Statement] = field(default_factory=list)
    trusted: list[Statement] = field(default_factory=list)
    max_session_s: int | None = None
    max_session: Known = Known.UNKNOWN
    boundary: Truth = Truth.UNKNOWN
    ceiling: frozenset[str] | None = None
    """The actions that its permissions boundary allows, where the boundary could be read."""

    def attach_managed(self, arn: str, place: Evidence, collector: Collector) -> None:
        """A policy that AWS manages; one that we do not know is left open."""
        self.statements.append(managed_statement(arn, place, self.name, collector))


def managed_statement(arn: str, place: Evidence, holder: str, collector: Collector) -> Statement:
    """What a policy that AWS manages allows; one that we do not know is left open."""
    name = policy_name(arn)
    policy = MANAGED_POLICIES.get(name)
    if policy is None:
        effect = f"what {holder} may do beyond its other policies is not known"
        collector.leave_open(place, f"the managed policy {name or arn}", effect)
    return Statement(
        key=f"{place.file}#managed.{name}",
        name=name,
        place=replace(place, snippet=arn),
        allows=True,
        actions=policy.actions if policy else (),
        not_actions=policy.not_actions if policy else (),
        resources=("*",),
        managed_policy=name,
        confidence=Confidence.CERTAIN if policy else Confidence.LIKELY,
    )


def add_identity(collector: Collector, holder: Holder) -> Identity:
    """The identity that a holder is, with its trust and its grants."""
    given = trust(holder.trusted)
    for statement in filter(may_be_for_anybody, holder.trusted):
        what = f"whom {holder.name} trusts by {statement.name}"
        collector.leave_open(statement.place, what, "it may be anybody")
    identity = Identity(
        id=fact_id("identity", holder.name, holder.key),
        name=holder.name,
        evidence=holder.places,
        provider="aws",
        kind=holder.kind,
        max_session=holder.max_session,
        max_session_s=holder.max_session_s,
        boundary=holder.boundary,
        trust_wildcard="*" in given.unconditional,
        trust_principals=given.principals,
        trust_conditions=given.conditions,
        trust_unconditional=given.unconditional,
        oidc_subject=given.oidc_subject,
        of_platform=bool(given.principals) and _MANAGING.issuperset(given.principals),
        part_of_cluster=keeps_clusters_of_cloud(holder.name),
    )
    added = collector.add(identity)
    bearer = Bearer(name=holder.name, key=added.id, identity_id=added.id, ceiling=holder.ceiling)
    add_grants(collector, bearer, holder.statements)
    return added


def add_outsider(collector: Collector, arn: str, kind: str, place: Evidence) -> FactId:
    """
    Who is named by an ARN and declared in no file: what he may do is open, not who he is.

    In which account he is may be open too; nobody where his name is, or where none is written.
    """
    name = principal_name(arn)
    if not name or "}" in name:  # of an expression, which may hold a slash
        return NOBODY
    identity = Identity(
        id=fact_id("identity", name, arn),
        name=name,
        evidence=(place,),
        provider="aws",
        kind=kind,
    )
    return collector.add(identity).id


def principal_name(arn: str) -> str:
    """The name of a role or user from its ARN; empty for any other text."""
    found = _ROLE_ARN.match(arn)
    if found is None:
        return ""
    path = found["path"]
    return path.split("/")[0] if ":assumed-role/" in arn else path.rpartition("/")[2]


def principal_kind(arn: str) -> str:
    """Whether an ARN is that of a user or, as nearly all are, that of a role."""
    return "user" if ":user/" in arn else "role"
