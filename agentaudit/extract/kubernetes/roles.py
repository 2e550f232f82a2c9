"""
Roles of Kubernetes: what their rules allow, and what that amounts to.

A rule that names the things it is for gives nothing of all others of their kind.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.kubernetes.aggregation import Aggregation, Part, gathers
from agentaudit.extract.kubernetes.escalations import (
    CHANGING,
    CORE,
    READING,
    ROLES,
    Rule,
    escalations_of,
)
from agentaudit.extract.kubernetes.objects import KubernetesObject
from agentaudit.model.evidence import Evidence

_QUESTIONS = frozenset(
    {
        *("tokenreviews", "subjectaccessreviews", "selfsubjectaccessreviews"),
        *("selfsubjectrulesreviews", "localsubjectaccessreviews", "selfsubjectreviews", "events"),
        "leases",
    }
)
"""
Creating a review asks the API server something and keeps nothing (Kubernetes API reference,
authentication.k8s.io and authorization.k8s.io); an event only reports, and a lease who leads.
"""
_REPORTS = ("/status", "/finalizers")
_WHOLE = frozenset({"*", CORE, ROLES})
"""Groups of which everything is the cluster: with pods and secrets, or by binding any role."""
_ITS_OWN = regex(r"^(?:apps|batch|autoscaling|policy|extensions|\*?)$|(?:^|\.)k8s\.io$")
"""
Groups of the API that Kubernetes brings along, or keeps for itself; others were added to a cluster.

https://kubernetes.io/docs/reference/using-api/#api-groups
"""
BUILT_IN = {
    "cluster-admin": (("*",), ("*",)),
    "admin": (("*",), ("secrets", "pods", "pods/exec", "deployments", "configmaps")),
    "edit": (
        ("create", "update", "delete", "get", "list"),
        ("secrets", "pods", "pods/exec", "deployments", "configmaps"),
    ),
    "view": (("get", "list", "watch"), ("pods", "deployments", "configmaps")),
}
_DISCOVERY = frozenset(
    {
        *("system:discovery", "system:basic-user", "system:public-info-viewer"),
        "system:service-account-issuer-discovery",
    }
)
"""
What Kubernetes itself lets everybody do: read which API there is, and ask who one is.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
"""
_MOST_VERBS = 20
"""Of one rule; the API server knows fewer."""
_EACH = 10
_GATHERED = Budget("rights gathered", 200_000, whole=True)
"""Actions of roles, told once more for each role that gathers them."""

RoleKey = tuple[str, str, str]
"""Kind, namespace (none of a cluster role) and name."""


class Rights(Struct, frozen=True, kw_only=True):
    """What one rule of a role allows."""

    place: Evidence
    actions: tuple[str, ...]
    """As `verb:resource`."""
    writes: tuple[str, ...]
    """The actions that change what the cluster does, and do not only ask or report."""
    sensitive: tuple[str, ...]
    wildcards: tuple[str, ...]
    escalations: tuple[str, ...]
    admin: bool
    permissions_count: int
    read_count: int
    names: tuple[str, ...] = ()
    """The things that it is for; none for all of their kinds."""
    via: tuple[Evidence, ...] = ()
    """What brings the rule into the role that is bound, where it stands in another."""

    @property
    def effort(self) -> int:
        """What it takes to tell it once more."""
        return len(self.actions) + _EACH


class Roles:
    """The roles of all manifests, by their names; the rules of each are read once."""

    def __init__(self, objects: Iterable[KubernetesObject], collector: Collector) -> None:
        self._collector = collector
        self._declared: dict[RoleKey, KubernetesObject] = {}
        self._rights: dict[RoleKey, tuple[Rights, ...]] = {}
        for item in objects:
            if item.kind in {"Role", "ClusterRole"}:
                self._declared.setdefault(_key(item.kind, item.namespace, item.name), item)
        whole = (role for key, role in self._declared.items() if key[0] == "ClusterRole")
        self._aggregation = Aggregation(whole, collector)

    def of(self, binding: KubernetesObject) -> tuple[Rights, ...]:
        """The rights that a binding gives; of a role that is not among the files they are open."""
        key = bound_role(binding)
        role = self._declared.get(key)
        if role is not None:
            return self._of_declared(key, role)
        kind, _, name = key
        if key not in self._rights:
            self._rights[key] = tuple(self._gathered(name, self._aggregation.added(name)))
        return (*self._elsewhere(binding, kind, name), *self._rights[key])

    def _of_declared(self, key: RoleKey, role: KubernetesObject) -> tuple[Rights, ...]:
        if key not in self._rights:
            self._rights[key] = tuple(
                self._gathered(role.name, self._aggregation.parts(role))
                if gathers(role)
                else self._read(role)
            )
        return self._rights[key]

    def _gathered(self, name: str, parts: Iterable[Part]) -> Iterator[Rights]:
        """The rights that a role has from others; where those are very many, the rest is open."""
        for part in parts:
            rights = self._of_part(part)
            end = (part.via, f"some of what the ClusterRole {name} gathers", "its rights are open")
            effort = 1 + sum(right.effort for right in rights)
            if not self._collector.affords(_GATHERED, effort, end):
                return
            yield from (replace(right, via=(part.via,)) for right in rights)

    def _of_part(self, part: Part) -> tuple[Rights, ...]:
        if part.role is None:
            return (rights_of(part.via, *BUILT_IN[part.built_in]),)
        return self._of_declared(_key(part.role.kind, "", part.role.name), part.role)

    def _elsewhere(self, binding: KubernetesObject, kind: str, name: str) -> Iterator[Rights]:
        node = binding.node.get("roleRef", "name") or binding.place
        place = evidence(binding.document, node, name)
        if name in BUILT_IN:
            yield rights_of(place, *BUILT_IN[name])
        elif name not in _DISCOVERY:
            self._collector.leave_open(
                place, f"the {kind} {name} is not among the files", "its rights are open"
            )

    def _read(self, role: KubernetesObject) -> Iterator[Rights]:
        for rule in role.node.list_at("rules"):
            written = rule.texts_at("verbs")
            place = evidence(role.document, rule.child("verbs") or rule, " ".join(written))
            verbs = tuple(dict.fromkeys(written))
            if len(verbs) > _MOST_VERBS:
                what = f"the verbs of {role.name} beyond {_MOST_VERBS}"
                self._collector.leave_unread(place, what, "they may allow anything")
            yield _rights(
                place,
                Rule(
                    verbs=verbs[:_MOST_VERBS],
                    resources=rule.texts_at("resources"),
                    groups=rule.texts_at("apiGroups") or ("*",),
                    names=rule.texts_at("resourceNames"),
                ),
            )


def bound_role(binding: KubernetesObject) -> RoleKey:
    """The role that a binding names."""
    kind, name = (binding.node.text_at("roleRef", word) for word in ("kind", "name"))
    return _key(kind, binding.namespace, name)


def _key(kind: str, namespace: str, name: str) -> RoleKey:
    return kind, "" if kind == "ClusterRole" else namespace, name


def rights_of(place: Evidence, verbs: tuple[str, ...], resources: tuple[str, ...]) -> Rights:
    """What these words allow in all groups, on all things of a kind."""
    return _rights(place, Rule(verbs=verbs, resources=resources))


def _rights(place: Evidence, rule: Rule) -> Rights:
    actions = tuple(f"{verb}:{name}" for name in rule.resources for verb in rule.verbs)
    writes = tuple(filter(_changes, actions))
    whole = not rule.names
    everything = "*" in rule.verbs and "*" in rule.resources
    added = bool(rule.groups) and not any(map(_ITS_OWN.search, rule.groups))
    of = f" of {', '.join(rule.groups)}" if added else ""
    return Rights(
        place=place,
        actions=actions,
        writes=writes,
        sensitive=tuple(filter(_sensitive, actions)),
        wildcards=tuple(
            f"{action}{of}" for action in actions if "*" in action and whole and _more(action)
        ),
        escalations=escalations_of(rule),
        admin=whole and everything and not _WHOLE.isdisjoint(rule.groups),
        permissions_count=sum("role" in action or "token" in action for action in writes),
        read_count=sum(action.partition(":")[0] in READING for action in actions),
        names=rule.names,
    )


def _more(action: str) -> bool:
    """Whether it is more than to look at all things of a group, as `get:*` is."""
    return action.partition(":")[0] in CHANGING


def _changes(action: str) -> bool:
    verb, _, name = action.partition(":")
    return verb in CHANGING and name not in _QUESTIONS and not name.endswith(_REPORTS)


def _sensitive(action: str) -> bool:
    return action.partition(":")[0] in CHANGING or action.endswith((":secrets", ":*"))
