"""Grants in a cluster: the rights of a role, as somebody has them, whatever gives them."""

from msgspec import Struct

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.kubernetes.roles import Rights
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Grant

UNLIMITED = "system:masters"
"""The group that the API server lets do everything, whatever is bound to it."""


class Giving(Struct, frozen=True, kw_only=True):
    """What gives somebody the rights of a role."""

    key: str
    """What makes it itself, with who gets them."""
    role: str
    place: Evidence
    principal: str
    identity_id: FactId = NOBODY
    open_to: str = ""
    namespaces: tuple[str, ...] = ()
    """Where they count; none for the whole cluster."""
    managed: bool = False
    """Whether the role is known by its name alone."""


def subject_id(kind: str, name: str) -> FactId:
    """The id of a user or a group of a cluster."""
    return fact_id("identity", name, f"{kind}/{name}")


def add_grant(collector: Collector, giving: Giving, index: int, right: Rights) -> None:
    """One rule of a role, as one who is given it has it."""
    grant = collector.add(
        Grant(
            id=fact_id("grant", f"{giving.role} {giving.principal}", f"{giving.key}/{index}"),
            name=f"{giving.role} for {giving.principal}",
            evidence=tuple(dict.fromkeys((right.place, *right.via, giving.place))),
            identity_id=giving.identity_id,
            principal=giving.principal,
            provider="kubernetes",
            actions=right.actions,
            resources=tuple(f"namespace/{name}" for name in giving.namespaces)
            or right.names
            or ("*",),
            expanded_count=len(right.actions),
            write_count=len(right.writes),
            permissions_count=right.permissions_count,
            read_count=right.read_count,
            unscoped_writes=() if giving.namespaces or right.names else right.writes,
            sensitive_actions=right.sensitive,
            escalations=right.escalations,
            admin=right.admin,
            service_wildcards=right.wildcards,
            managed_policy=giving.role if giving.managed else "",
            open_to=giving.open_to,
            source="kubernetes_rbac",
        )
    )
    if giving.identity_id:
        collector.link(EdgeKind.GRANTS, giving.identity_id, grant.id, right.place)
