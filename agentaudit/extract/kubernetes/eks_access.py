"""
What principals of AWS may do in clusters of EKS, whichever file lets them in.

Groups are those of the cluster, to which its own roles are bound; access policies are roles that
EKS keeps: https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded_yaml
from agentaudit.extract.iam.holders import add_outsider, principal_kind
from agentaudit.extract.kubernetes.grants import UNLIMITED, Giving, add_grant, subject_id
from agentaudit.extract.kubernetes.roles import BUILT_IN, rights_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.readers.document import Document, Node

_READS = ("get", "list", "watch")
_ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "AmazonEKSClusterAdminPolicy": BUILT_IN["cluster-admin"],
        "AmazonEKSAdminPolicy": BUILT_IN["admin"],
        "AmazonEKSEditPolicy": BUILT_IN["edit"],
        "AmazonEKSViewPolicy": BUILT_IN["view"],
        "AmazonEKSAdminViewPolicy": (_READS, ("*",)),
        "AmazonEKSSecretReaderPolicy": (_READS, ("secrets",)),
        UNLIMITED: BUILT_IN["cluster-admin"],
    }
)
"""Verbs and resources of the access policies for people and programs, and of the one group."""
_POLICY = regex(r"cluster-access-policy/(\w+)")
_OF_NODES = frozenset(
    {
        *("system:bootstrappers", "system:nodes", "system:node-proxier", "eks:kube-proxy-windows"),
        "AmazonEKSAutoNodePolicy",
    }
)
"""Groups and a policy by which machines join a cluster, and no more than that."""
_MEANT = Budget("identities let into clusters", 20_000, free=40, whole=True)
"""Those of one name, each as often as it may be meant."""
_SHORT = 80


class Entry(Struct, frozen=True, kw_only=True):
    """One principal that is let into a cluster."""

    key: str
    """What makes it itself."""
    principal: Node
    """Its ARN, or what stands for that."""
    user: Node | None = None
    groups: Node | None = None
    policies: Sequence[tuple[Node, Node | None]] = ()
    """ARNs of access policies, each with its scope."""


class _Principal(Struct, frozen=True):
    """Who that is: several identities where files declare several of one name, or none."""

    name: str
    ids: Sequence[FactId]
    place: Evidence


class Doors(Struct, frozen=True, kw_only=True):
    """Where a file lets principals into clusters."""

    collector: Collector
    documents: Documents
    document: Document
    known: Callable[[Node], Sequence[FactId]]
    """The identities that an ARN may mean, where files declare any."""

    def admit(self, entry: Entry) -> None:
        """What a principal gets: by groups, as a user, and by access policies."""
        groups = entry.groups.list() if entry.groups is not None else ()
        groups = tuple(group for group in groups if group.raw not in _OF_NODES)
        policies = [pair for pair in entry.policies if _policy(pair[0]) not in _OF_NODES]
        user, facts = entry.user.text if entry.user is not None else None, self.collector.facts
        if not groups and not policies and subject_id("User", user or "") not in facts:
            return
        principal = self._principal(entry.principal)
        what = f"what {principal.name} may do in a cluster"
        end = (principal.place, what, "it may be one of its administrators")
        effort = len(principal.ids) * (1 + len(groups) + len(policies))
        if not self.collector.affords(_MEANT, effort, end):
            return
        if user:
            self._take(principal, "User", user, principal.place)
        for group in groups:
            self._join(entry, principal, group)
        for policy, scope in policies:
            self._give(entry, principal, policy, scope)

    def admit_listed(self, key: str, written: Node | None) -> None:
        """Those that a list has as `aws-auth` has them: as a text of YAML, or as it was made."""
        if written is None or (written.text is not None and not written.raw.strip()):
            return
        listed = embedded_yaml(written, self.document, self.documents) if written.text else written
        for number, item in enumerate((listed or written).list()):
            names = (item.get(name) for name in ("rolearn", "userarn", "arn"))
            principal = next((name for name in names if name is not None), None)
            if principal is not None:
                user, groups = item.get("username"), item.get("groups")
                entry = Entry(key=f"{key}.{number}", principal=principal, user=user, groups=groups)
                self.admit(entry)
            elif item.get("account") is None:
                self.leave_open(item)

    def leave_open(self, node: Node) -> None:
        """Somebody who is let in, and whom no file tells."""
        place, what = evidence(self.document, node), "somebody who is let into a cluster"
        self.collector.leave_open(place, what, "it may be one of its administrators")

    def _principal(self, arn: Node) -> _Principal:
        place = evidence(self.document, arn, arn.raw[:_SHORT])
        ids = self.known(arn)
        if not ids:
            outsider = add_outsider(self.collector, arn.raw, principal_kind(arn.raw), place)
            ids = (outsider,) if outsider else ()
        if ids:
            return _Principal(self.collector.facts[ids[0]].name, ids, place)
        what = f"the principal {arn.raw[:_SHORT]}"
        self.collector.leave_open(place, what, "whose rights in a cluster these are is not known")
        return _Principal(arn.raw[:_SHORT] or "a principal", (), place)

    def _join(self, entry: Entry, principal: _Principal, group: Node) -> None:
        name, place = group.text, evidence(self.document, group, group.raw[:_SHORT])
        if name == UNLIMITED:
            self._grant(entry, principal, _Role(UNLIMITED, place))
        elif name is None or not self._take(principal, "Group", name, place):
            what = f"what the group {group.raw[:_SHORT]} is bound to is not among the files"
            effect = f"what {principal.name} may do in the cluster is open"
            self.collector.leave_open(place, what, effect)

    def _take(self, principal: _Principal, kind: str, name: str, place: Evidence) -> bool:
        """Whether bindings among the files name this subject; the principal then is one of it."""
        subject = subject_id(kind, name)
        known = subject in self.collector.facts
        for identity in principal.ids if known else ():
            self.collector.link(EdgeKind.ASSUMES, identity, subject, place)
        return known

    def _give(self, entry: Entry, principal: _Principal, policy: Node, scope: Node | None) -> None:
        name, place = _policy(policy), evidence(self.document, policy, policy.raw[:_SHORT])
        if name in _ROLES:
            self._grant(entry, principal, _Role(name, place, _namespaces(scope)))
        else:
            what = f"the access policy {name or policy.raw[:_SHORT]}"
            effect = f"what {principal.name} may do in the cluster is open"
            self.collector.leave_open(place, what, effect)

    def _grant(self, entry: Entry, principal: _Principal, role: "_Role") -> None:
        right = rights_of(role.place, *_ROLES[role.name])
        for identity in principal.ids or (NOBODY,):
            giving = Giving(
                key=f"{entry.key}/{role.name}/{identity}",
                role=role.name,
                place=principal.place,
                principal=principal.name,
                identity_id=identity,
                namespaces=role.namespaces,
                managed=True,
            )
            add_grant(self.collector, giving, 0, right)


class _Role(Struct, frozen=True):
    """What a principal is given by its name, and where it counts."""

    name: str
    place: Evidence
    namespaces: tuple[str, ...] = ()


def _policy(arn: Node) -> str:
    found = _POLICY.search(arn.raw)
    return found[1] if found is not None else ""


def _namespaces(scope: Node | None) -> tuple[str, ...]:
    """Those that a policy is limited to; none where it holds in the whole cluster, or may."""
    if scope is None or scope.text_at("type") != "namespace":
        return ()
    listed = scope.get("namespaces")
    names = tuple(each.raw for each in listed.list()) if listed is not None else ()
    return () if "*" in names else names
