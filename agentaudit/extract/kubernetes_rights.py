"""Kubernetes RBAC as grants, and network policies as egress."""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.extract.collector import Collector, Workload, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes_accounts import service_account_id
from agentaudit.extract.kubernetes_objects import KubernetesObject, kubernetes_objects
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.model.facts.runtimes import Egress
from agentaudit.readers.document import Node

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection", "*"})
_QUESTIONS = frozenset(
    {
        *("tokenreviews", "subjectaccessreviews", "selfsubjectaccessreviews"),
        *("selfsubjectrulesreviews", "localsubjectaccessreviews", "events"),
    }
)
"""
Creating a review asks the API server something and keeps nothing (Kubernetes API reference,
authentication.k8s.io and authorization.k8s.io); an event only reports.
"""
_REPORTS = ("/status", "/finalizers")
_READS = frozenset({"get", "list", "watch", "*"})
_ESCALATIONS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("read secrets", frozenset({"secrets"}), _READS),
    ("create pods", frozenset({"pods"}), frozenset({"create", "*"})),
    ("execute in pods", frozenset({"pods/exec"}), frozenset({"create", "get", "*"})),
    ("create tokens", frozenset({"serviceaccounts/token"}), frozenset({"create", "*"})),
    (
        "change roles",
        frozenset({"roles", "clusterroles"}),
        frozenset({"escalate", "bind", "*"}),
    ),
    (
        "impersonate",
        frozenset({"users", "groups", "serviceaccounts"}),
        frozenset({"impersonate", "*"}),
    ),
    ("reach nodes", frozenset({"nodes/proxy"}), frozenset({"get", "create", "*"})),
    (
        "change admission",
        frozenset({"validatingwebhookconfigurations", "mutatingwebhookconfigurations"}),
        _WRITES,
    ),
)
"""From the Kubernetes documentation, "RBAC good practices", on the risks of escalation."""
_BUILT_IN = {
    "cluster-admin": (("*",), ("*",)),
    "admin": (("*",), ("secrets", "pods", "pods/exec", "deployments", "configmaps")),
    "edit": (
        ("create", "update", "delete", "get", "list"),
        ("secrets", "pods", "pods/exec", "deployments", "configmaps"),
    ),
    "view": (("get", "list", "watch"), ("pods", "deployments", "configmaps")),
}


class _Rights(Struct, frozen=True):
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    place: Evidence
    groups: tuple[str, ...] = ("*",)
    """Of the API; those of Kubernetes itself have no name, or one that ends in `.k8s.io`."""

    @property
    def built_in(self) -> bool:
        """Whether any of its resources may be one of Kubernetes itself."""
        return any(
            group in {"", "*"} or group.endswith(".k8s.io") or "." not in group
            for group in self.groups
        )


def extract_rights(documents: Documents, collector: Collector) -> None:
    """What each service account may do, and what each pod may reach."""
    objects = kubernetes_objects(documents)
    for binding in objects:
        if binding.kind in {"RoleBinding", "ClusterRoleBinding"}:
            _add_binding(collector, binding, objects)
        elif binding.kind == "NetworkPolicy":
            _add_policy(collector, binding)


def _add_binding(
    collector: Collector, binding: KubernetesObject, objects: tuple[KubernetesObject, ...]
) -> None:
    rights = tuple(_rights(collector, binding, objects))
    subjects = binding.node.child("subjects")
    for subject in subjects.list() if subjects is not None else ():
        account = _subject(collector, binding, subject)
        for index, right in enumerate(rights):
            _add_grant(collector, binding, account, (index, right))


def _subject(collector: Collector, binding: KubernetesObject, subject: Node) -> FactId:
    name, namespace = subject.text_at("name"), subject.text_at("namespace") or binding.namespace
    place = evidence(binding.document, subject.child("name") or subject, name)
    account = subject.text_at("kind") == "ServiceAccount"
    known = collector.add(
        Identity(
            id=service_account_id(namespace, name)
            if account
            else fact_id("identity", name, f"{subject.text_at('kind')}/{name}"),
            name=name,
            evidence=(place,),
            provider="kubernetes",
            kind="service_account" if account else subject.text_at("kind").lower(),
            default_account=account and name == "default",
        )
    )
    return known.id


def _rights(
    collector: Collector, binding: KubernetesObject, objects: tuple[KubernetesObject, ...]
) -> Iterator[_Rights]:
    kind, name = binding.node.text_at("roleRef", "kind"), binding.node.text_at("roleRef", "name")
    place = evidence(binding.document, binding.node.get("roleRef", "name") or binding.place, name)
    role = next(
        (
            item
            for item in objects
            if item.kind == kind
            and item.name == name
            and (kind == "ClusterRole" or item.namespace == binding.namespace)
        ),
        None,
    )
    if role is None:
        if name in _BUILT_IN:
            verbs, resources = _BUILT_IN[name]
            yield _Rights(verbs, resources, place)
        else:
            collector.leave_open(
                place, f"the {kind} {name} is not among the files", "its rights are open"
            )
        return
    rules = role.node.child("rules")
    for rule in rules.list() if rules is not None else ():
        node = rule.child("verbs") or rule
        at = evidence(role.document, node, " ".join(_words(rule, "verbs")))
        groups = _words(rule, "apiGroups") or ("*",)
        yield _Rights(_words(rule, "verbs"), _words(rule, "resources"), at, groups)


def _changes(action: str) -> bool:
    """Whether a right changes what the cluster does, and does not only ask or report."""
    verb, _, name = action.partition(":")
    return verb in _WRITES and name not in _QUESTIONS and not name.endswith(_REPORTS)


def _add_grant(
    collector: Collector, binding: KubernetesObject, account: FactId, numbered: tuple[int, _Rights]
) -> None:
    index, right = numbered
    cluster = binding.kind == "ClusterRoleBinding"
    actions = tuple(f"{verb}:{name}" for name in right.resources for verb in right.verbs)
    writes = tuple(action for action in actions if _changes(action))
    role = binding.node.text_at("roleRef", "name")
    subject = collector.facts[account]
    place = evidence(binding.document, binding.place, binding.name)
    grant = collector.add(
        Grant(
            id=fact_id(
                "grant",
                f"{role} {subject.name}",
                f"{binding.kind}/{binding.namespace}/{binding.name}/{account}/{index}",
            ),
            name=f"{role} for {subject.name}",
            evidence=tuple(dict.fromkeys((right.place, place))),
            identity_id=account,
            principal=subject.name,
            provider="kubernetes",
            actions=actions,
            resources=("*",) if cluster else (f"namespace/{binding.namespace}",),
            expanded_count=len(actions),
            write_count=len(writes),
            permissions_count=sum("role" in action or "token" in action for action in writes),
            read_count=sum(action.partition(":")[0] in _READS for action in actions),
            unscoped_writes=writes if cluster else (),
            sensitive_actions=_sensitive(actions),
            escalations=_escalations(right),
            admin=right.built_in and "*" in right.verbs and "*" in right.resources,
            service_wildcards=tuple(action for action in actions if "*" in action),
            managed_policy=role if role in _BUILT_IN else "",
            source="kubernetes_rbac",
        )
    )
    collector.link(EdgeKind.GRANTS, account, grant.id, right.place)


def _sensitive(actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        action
        for action in actions
        if action.partition(":")[0] in _WRITES or action.endswith((":secrets", ":*"))
    )


def _escalations(right: _Rights) -> tuple[str, ...]:
    if not right.built_in:
        return ()
    verbs, resources = set(right.verbs), set(right.resources)
    return tuple(
        name
        for name, targets, needed in _ESCALATIONS
        if (verbs & needed or "*" in verbs) and (resources & targets or "*" in resources)
    )


def _add_policy(collector: Collector, policy: KubernetesObject) -> None:
    """A policy that names egress replaces the open network of the pods it selects."""
    types = _words(policy.node.child("spec") or policy.node, "policyTypes")
    rules = policy.node.get("spec", "egress")
    if "Egress" not in types and rules is None:
        return
    selected = [item for item in collector.workloads if _selects(policy, item)]
    listed = rules.list() if rules is not None else ()
    open_rule = any(rule.child("to") is None for rule in listed)
    destinations = tuple(_destinations(listed))
    wide = open_rule or "0.0.0.0/0" in destinations
    place = evidence(policy.document, policy.place, policy.name)
    egress = collector.add(
        Egress(
            id=fact_id("egress", policy.name, f"NetworkPolicy/{policy.namespace}/{policy.name}"),
            name=policy.name,
            evidence=(place,),
            policy="any" if wide else "allowlist" if listed else "none",
            destinations=destinations,
            runtime_ids=tuple(item.runtime_id for item in selected),
        )
    )
    for item in selected:
        _replace_open_network(collector, item)
        collector.link(EdgeKind.EGRESS_TO, item.runtime_id, egress.id, place)


def _replace_open_network(collector: Collector, item: Workload) -> None:
    """Takes away the egress that stood for the absence of a policy."""
    runtime = collector.facts[item.runtime_id]
    absent = fact_id("egress", runtime.name, f"{runtime.id}/egress")
    collector.forget(absent)
    collector.edges.pop((EdgeKind.EGRESS_TO, runtime.id, absent), None)


def _selects(policy: KubernetesObject, item: Workload) -> bool:
    labels = policy.node.get("spec", "podSelector", "matchLabels")
    wanted = {(key, value.text or "") for key, value in labels.items()} if labels else set()
    return item.namespace == policy.namespace and wanted <= set(item.labels)


def _destinations(rules: tuple[Node, ...]) -> Iterator[str]:
    for rule in rules:
        targets = rule.child("to")
        for target in targets.list() if targets is not None else ():
            block = target.get("ipBlock", "cidr")
            yield (block.text or "") if block is not None else "selected pods"


def _words(node: Node, key: str) -> tuple[str, ...]:
    found = node.child(key)
    return tuple(item.text or "" for item in found.list()) if found is not None else ()
