"""
Ways to more rights in a cluster, rule by rule.

The groups that an escalation names are those of
https://kubernetes.io/docs/reference/kubernetes-api/group-versions/: `*` on a group of an operator's
own objects gives none of it. A rule that names its things gives more only where what it names does.
"""

from msgspec import Struct

CORE = ""
ROLES = "rbac.authorization.k8s.io"
READING = frozenset({"get", "list", "watch", "*"})
CHANGING = frozenset({"create", "update", "patch", "delete", "deletecollection", "*"})


class _Way(Struct, frozen=True):
    """What gives more: one of some verbs on one of some resources of a group of the API."""

    name: str
    group: str
    resources: frozenset[str]
    verbs: frozenset[str]


def _way(name: str, group: str, resources: str, verbs: str) -> _Way:
    return _Way(name, group, frozenset(resources.split()), frozenset(verbs.split()))


_CONTROLLERS = "deployments daemonsets statefulsets replicasets"
_WAYS = (
    _way("read secrets", CORE, "secrets", "get list watch patch"),
    _way("create pods", CORE, "pods replicationcontrollers", "create"),
    _way("create pods", "apps", _CONTROLLERS, "create"),
    _way("create pods", "batch", "jobs cronjobs", "create"),
    _way("change pods", CORE, "replicationcontrollers", "update patch"),
    _way("change pods", "apps", _CONTROLLERS, "update patch"),
    _way("change pods", "batch", "cronjobs", "update patch"),
    _way("execute in pods", CORE, "pods/exec", "create get"),
    _way("create tokens", CORE, "serviceaccounts/token", "create"),
    _way("change roles", ROLES, "roles clusterroles", "escalate bind"),
    _way("impersonate", CORE, "users groups serviceaccounts", "impersonate"),
    _way("reach nodes", CORE, "nodes/proxy", "get create"),
    _way(
        "change admission",
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations mutatingwebhookconfigurations",
        "create update patch delete deletecollection",
    ),
    _way(
        "approve certificates",
        "certificates.k8s.io",
        "certificatesigningrequests/approval",
        "update patch",
    ),
)
"""
Whoever makes or changes what makes pods runs them, as any account of their namespace. The answer to
a patch is the whole object.

https://kubernetes.io/docs/concepts/security/rbac-good-practices/, on the risks of escalation.
"""
_NAMED = (
    (_way("change who is let in", CORE, "configmaps", "update patch"), frozenset({"aws-auth"})),
    (_way("impersonate", CORE, "groups", "impersonate"), frozenset({"system:masters"})),
    (
        _way("change roles", ROLES, "clusterroles", "escalate bind"),
        frozenset({"cluster-admin", "admin", "edit"}),
    ),
)
"""
What gives more although a rule names it: the map of EKS, the group and the roles of administrators.

https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
"""


class Rule(Struct, frozen=True, kw_only=True):
    """One rule of a role, as it is written."""

    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    groups: tuple[str, ...] = ("*",)
    names: tuple[str, ...] = ()
    """Of the things that it is for: `resourceNames`."""

    def gives(self, way: _Way) -> bool:
        """Whether it opens a way, on all things of a kind or on those that it names."""
        return (
            (way.group in self.groups or "*" in self.groups)
            and ("*" in self.verbs or not way.verbs.isdisjoint(self.verbs))
            and ("*" in self.resources or any(map(self._means, way.resources)))
        )

    def _means(self, target: str) -> bool:
        """Whether it names a resource; `*/exec` is `exec` of whatever has it."""
        _, mark, part = target.partition("/")
        return target in self.resources or (mark != "" and f"*/{part}" in self.resources)


def escalations_of(rule: Rule) -> tuple[str, ...]:
    """The names of the ways that a rule opens, each once."""
    if not rule.names:
        return tuple(dict.fromkeys(way.name for way in _WAYS if rule.gives(way)))
    found = (way for way, things in _NAMED if not things.isdisjoint(rule.names))
    return tuple(dict.fromkeys(way.name for way in found if rule.gives(way)))
