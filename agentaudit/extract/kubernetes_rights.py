"""Kubernetes RBAC as grants: who is bound to which role, everybody among them."""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes_accounts import service_account_id
from agentaudit.extract.kubernetes_objects import KubernetesObject, kubernetes_objects
from agentaudit.extract.kubernetes_roles import (
    BUILT_IN,
    Rights,
    RoleKey,
    Roles,
    bound_role,
)
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_PODS = "system:serviceaccounts"
_EVERYBODY: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("User", "system:anonymous"): "anybody",
        ("Group", "system:unauthenticated"): "anybody",
        ("Group", "system:authenticated"): "any_account",
        ("Group", _PODS): "every_pod",
    }
)
"""
Who a caller is without a token, with any, and with that of any pod.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects and
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests
"""
_UNLIMITED = "system:masters"
"""The group that the API server lets do everything, whatever is bound to it."""
_SHARED = Budget("shared rights", 200_000, free=40, whole=True)
"""Actions of roles, told once more for each further subject; its own lines are as long as some."""


def extract_rights(documents: Documents, collector: Collector) -> None:
    """What each subject of a binding may do, and which pods are everybody."""
    objects = kubernetes_objects(documents)
    roles = Roles(objects, collector)
    told: set[RoleKey] = set()
    for binding in objects:
        if binding.kind in {"RoleBinding", "ClusterRoleBinding"}:
            _add_binding(collector, binding, roles.of(binding), told)
    _join_pods(collector)


def _add_binding(
    collector: Collector,
    binding: KubernetesObject,
    rights: tuple[Rights, ...],
    told: set[RoleKey],
) -> None:
    subjects = binding.node.child("subjects")
    for node in subjects.list() if subjects is not None else ():
        subject, role = _subject(collector, binding, node), bound_role(binding)
        if role in told and not _affordable(collector, binding, rights):
            continue
        told.add(role)
        for numbered in enumerate(rights if subject.name != _UNLIMITED else ()):
            _add_grant(collector, binding, subject, numbered)


def _affordable(
    collector: Collector, binding: KubernetesObject, rights: tuple[Rights, ...]
) -> bool:
    """Whether a role may be told once more; many subjects times many rules outgrow any file."""
    place = evidence(binding.document, binding.place, binding.name)
    what = f"what the binding {binding.name} gives some of its subjects"
    effort = sum(right.effort for right in rights)
    return collector.affords(_SHARED, effort, (place, what, "they may do anything"))


def _subject(collector: Collector, binding: KubernetesObject, subject: Node) -> Identity:
    kind, name = subject.text_at("kind"), subject.text_at("name")
    namespace = subject.text_at("namespace") or binding.namespace
    place = evidence(binding.document, subject.child("name") or subject, name)
    account = kind == "ServiceAccount"
    open_to = _EVERYBODY.get((kind, name), "")
    if kind == "Group" and name.startswith(f"{_PODS}:"):
        open_to = "every_pod"
    return collector.add(
        Identity(
            id=service_account_id(namespace, name)
            if account
            else fact_id("identity", name, f"{kind}/{name}"),
            name=name,
            evidence=(place,),
            provider="kubernetes",
            kind="service_account" if account else kind.lower(),
            default_account=account and name == "default",
            open_to=open_to,
        )
    )


def _add_grant(
    collector: Collector,
    binding: KubernetesObject,
    subject: Identity,
    numbered: tuple[int, Rights],
) -> None:
    index, right = numbered
    cluster = binding.kind == "ClusterRoleBinding"
    role = binding.node.text_at("roleRef", "name")
    place = evidence(binding.document, binding.place, binding.name)
    grant = collector.add(
        Grant(
            id=fact_id(
                "grant",
                f"{role} {subject.name}",
                f"{binding.kind}/{binding.namespace}/{binding.name}/{subject.id}/{index}",
            ),
            name=f"{role} for {subject.name}",
            evidence=tuple(dict.fromkeys((right.place, *right.via, place))),
            identity_id=subject.id,
            principal=subject.name,
            provider="kubernetes",
            actions=right.actions,
            resources=("*",) if cluster else (f"namespace/{binding.namespace}",),
            expanded_count=len(right.actions),
            write_count=len(right.writes),
            permissions_count=right.permissions_count,
            read_count=right.read_count,
            unscoped_writes=right.writes if cluster else (),
            sensitive_actions=right.sensitive,
            escalations=right.escalations,
            admin=right.admin,
            service_wildcards=right.wildcards,
            managed_policy=role if role in BUILT_IN else "",
            open_to=subject.open_to,
            source="kubernetes_rbac",
        )
    )
    collector.link(EdgeKind.GRANTS, subject.id, grant.id, right.place)


def _join_pods(collector: Collector) -> None:
    """The account of every pod is in the groups of all accounts, and may call as nobody too."""
    crowds: dict[str, list[Identity]] = {}
    for identity in collector.of(Identity):
        if identity.provider == "kubernetes" and identity.open_to:
            crowds.setdefault(_namespace(identity), []).append(identity)
    for workload in collector.workloads if crowds else ():
        runtime = collector.facts[workload.runtime_id]
        if not isinstance(runtime, Runtime) or runtime.kind != "pod":
            continue
        account = service_account_id(workload.namespace, runtime.service_account)
        for crowd in (*crowds.get("", ()), *crowds.get(workload.namespace, ())):
            collector.link(EdgeKind.ASSUMES, account, crowd.id, crowd.evidence[0])


def _namespace(crowd: Identity) -> str:
    """Of whose pods a group is; empty for all, and for those who need no pod."""
    return crowd.name.removeprefix(_PODS).lstrip(":") if crowd.open_to == "every_pod" else ""
