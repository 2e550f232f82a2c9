"""Kubernetes RBAC as grants: who is bound to which role, everybody among them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.roles import keeps_any_cluster, keeps_clusters
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.accounts import service_account_id
from agentaudit.extract.kubernetes.grants import UNLIMITED, Giving, add_grant, subject_id
from agentaudit.extract.kubernetes.kustomize import applied_namespaces
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.extract.kubernetes.roles import (
    BUILT_IN,
    Rights,
    RoleKey,
    Roles,
    bound_role,
)
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import Fact
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
_SYSTEM = "kube-system"
"""Where the parts of Kubernetes itself run: its network, its names, its storage."""
_RUNNERS = regex(
    r"^(?:actions|github|gitlab|gitea|forgejo|arc)-runners?(?:-system)?$|^arc-(?:runners|systems?)$"
)
"""Where the runners of a code host start the pods in which builds run."""
_BUILDER = regex(
    r"^(?:(?:[a-z0-9]{1,30}-){0,3}(?:actions|github|gitlab|gitea|forgejo|arc|ci|builds?)-runners?(?:-sa)?"
    r"|(?:jenkins|woodpecker|drone|buildkite|tekton)(?:-[\w-]{1,60})?)$"
)
"""Accounts of what runs builds, wherever it starts them."""
_SHARED = Budget("shared rights", 200_000, free=40, whole=True)
"""Actions of roles, told once more for each further subject; its own lines are as long as some."""

Applied = Mapping[str, frozenset[str]]
"""By file, the namespaces of what it has, where that is not said in it."""

_ACCOUNT = "ServiceAccount"
_NO_NAMESPACE = "default"
"""What objects without a namespace are read as: whoever applies them may name another."""


def extract_rights(documents: Documents, collector: Collector) -> None:
    """What each subject of a binding may do, and which pods are everybody."""
    objects = kubernetes_objects(documents)
    add_bindings(objects, objects, collector, applied_namespaces(documents))


def add_bindings(
    bindings: Iterable[KubernetesObject],
    objects: Iterable[KubernetesObject],
    collector: Collector,
    applied: Applied = MappingProxyType({}),
) -> None:
    """What bindings give of the roles among some objects."""
    roles = Roles(objects, collector)
    told: set[RoleKey] = set()
    for binding in bindings:
        if binding.kind in {"RoleBinding", "ClusterRoleBinding"}:
            names = tuple(map(_account_of, binding.node.list_at("subjects")))
            named = (binding.name, binding.node.text_at("roleRef", "name"), *names)
            part, keeps = any(map(keeps_clusters, named)), any(map(keeps_any_cluster, names))
            subjects = _Subjects(collector, binding, applied, part, keeps)
            _add_binding(subjects, roles.of(binding), told)


class _Subjects(Struct, frozen=True):
    """Those to whom a binding gives a role, all of them parts of one thing."""

    collector: Collector
    binding: KubernetesObject
    applied: Applied
    part: bool
    """Whether that is one that keeps the cluster going."""
    keeps: bool
    """Whether many clusters have it."""


def _add_binding(subjects: _Subjects, rights: tuple[Rights, ...], told: set[RoleKey]) -> None:
    collector, binding = subjects.collector, subjects.binding
    for node in binding.node.list_at("subjects"):
        subject, role = _subject(subjects, node), bound_role(binding)
        if role in told and not _affordable(collector, binding, rights):
            continue
        told.add(role)
        giving = _giving(binding, subject)
        for index, right in enumerate(rights if subject.name != UNLIMITED else ()):
            add_grant(collector, giving, index, right)


def _affordable(
    collector: Collector, binding: KubernetesObject, rights: tuple[Rights, ...]
) -> bool:
    """Whether a role may be told once more; many subjects times many rules outgrow any file."""
    place = evidence(binding.document, binding.place, binding.name)
    what = f"what the binding {binding.name} gives some of its subjects"
    effort = sum(right.effort for right in rights)
    return collector.affords(_SHARED, effort, (place, what, "they may do anything"))


def _account_of(subject: Node) -> str:
    return subject.text_at("name") if subject.text_at("kind") == _ACCOUNT else ""


def _subject(subjects: _Subjects, subject: Node) -> Identity:
    """One of those to whom a binding gives a role."""
    collector, binding = subjects.collector, subjects.binding
    kind, name = subject.text_at("kind"), subject.text_at("name")
    namespace = subject.text_at("namespace") or binding.namespace
    place = evidence(binding.document, subject.child("name") or subject, name)
    account = kind == _ACCOUNT
    builds = _RUNNERS.match(namespace) is not None or _BUILDER.match(name) is not None
    if account and _is_applied_there(subjects, namespace, name):
        namespace = _NO_NAMESPACE
    open_to = _EVERYBODY.get((kind, name), "")
    if kind == "Group" and name.startswith(f"{_PODS}:"):
        open_to = "every_pod"
    identity = collector.add(
        Identity(
            id=service_account_id(namespace, name) if account else subject_id(kind, name),
            name=name,
            evidence=(place,),
            provider="kubernetes",
            kind="service_account" if account else kind.lower(),
            default_account=account and name == "default",
            open_to=open_to,
        )
    )
    if account:
        within = namespace == _SYSTEM
        identity = replace(
            identity,
            part_of_cluster=identity.part_of_cluster or subjects.part or within or builds,
            keeps_cluster=identity.keeps_cluster or subjects.keeps or within,
            runs_builds=identity.runs_builds or builds,
        )
        collector.update(identity)
    return identity


def _is_applied_there(subjects: _Subjects, namespace: str, name: str) -> bool:
    """
    Whether the account is in a file without a namespace, and who applies that names the one.

    Argo CD is installed so, with its binding in the same file (`kubectl apply -n argocd -f
    install.yaml`); a kustomization has its `namespace` for all that it lists.
    """
    facts = subjects.collector.facts
    if facts.get(service_account_id(namespace, name)) is not None:
        return False
    bare = facts.get(service_account_id(_NO_NAMESPACE, name))
    files = [place.file for place in bare.evidence] if bare is not None else []
    beside = files[:1] == [subjects.binding.document.file]
    return beside or any(namespace in subjects.applied.get(file, ()) for file in files)


def _giving(binding: KubernetesObject, subject: Identity) -> Giving:
    """What a binding gives one of its subjects."""
    role = binding.node.text_at("roleRef", "name")
    within = binding.kind == "RoleBinding"
    return Giving(
        key=f"{binding.kind}/{binding.namespace}/{binding.name}/{subject.id}",
        role=role,
        place=evidence(binding.document, binding.place, binding.name),
        principal=subject.name,
        identity_id=subject.id,
        open_to=subject.open_to,
        namespaces=(binding.namespace,) if within else (),
        managed=role in BUILT_IN,
    )


def join_pods(collector: Collector) -> None:
    """What a binding gives the account of every pod, itself or as one of a group."""
    crowds: dict[str, list[Identity]] = {}
    for identity in collector.of(Identity):
        if identity.provider == "kubernetes" and identity.open_to:
            crowds.setdefault(_namespace(identity), []).append(identity)
    bound = {grant.identity_id for grant in collector.of(Grant) if grant.provider == "kubernetes"}
    accounts = {each.name for each in map(collector.facts.get, bound) if _is_account(each)}
    for workload in collector.workloads if crowds or bound else ():
        runtime = collector.facts[workload.runtime_id]
        if not isinstance(runtime, Runtime) or runtime.kind != "pod":
            continue
        account = service_account_id(workload.namespace, runtime.service_account)
        shared = (*crowds.get("", ()), *crowds.get(workload.namespace, ()))
        for crowd in shared:
            collector.link(EdgeKind.ASSUMES, account, crowd.id, crowd.evidence[0])
        anywhere = workload.namespace == _NO_NAMESPACE and runtime.service_account in accounts
        if account in bound or anywhere:
            collector.update(replace(runtime, account_rights="own"))
        elif any(crowd.id in bound for crowd in shared):
            collector.update(replace(runtime, account_rights="shared"))


def _is_account(fact: Fact | None) -> TypeGuard[Identity]:
    return isinstance(fact, Identity) and fact.kind == "service_account"


def _namespace(crowd: Identity) -> str:
    """Of whose pods a group is; empty for all, and for those who need no pod."""
    return crowd.name.removeprefix(_PODS).lstrip(":") if crowd.open_to == "every_pod" else ""
