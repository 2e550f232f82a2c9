"""Identities, grants, keys and caches of Google Cloud and Azure in Terraform."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.azure_roles import add_role_definitions
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.terraform_modules import Declared, Module
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.readers.document import Node

_GOOGLE_BASIC = frozenset({"roles/owner", "roles/editor"})
_GOOGLE_ESCALATING: Mapping[str, str] = MappingProxyType(
    {
        "roles/owner": "own-project",
        "roles/editor": "act-as-any-service-account",
        "roles/iam.serviceAccountTokenCreator": "impersonate-service-accounts",
        "roles/iam.serviceAccountUser": "act-as-service-accounts",
        "roles/iam.serviceAccountKeyAdmin": "create-service-account-keys",
        "roles/iam.securityAdmin": "change-any-policy",
        "roles/resourcemanager.projectIamAdmin": "change-project-policy",
        "roles/resourcemanager.organizationAdmin": "change-organisation-policy",
        "roles/deploymentmanager.editor": "deploy-as-project-editor",
        "roles/cloudbuild.builds.editor": "build-as-project-editor",
    }
)
_GOOGLE_THINGS: Mapping[str, str] = MappingProxyType(
    {"secret_manager_secret": "secret", "service_account": "service account"}
)
"""What a role may be given on, too; only what everybody is given there is told."""
GOOGLE_BOUND: Mapping[str, str] = MappingProxyType(
    {"project": "project", "folder": "folder", "organization": "organization", **_GOOGLE_THINGS}
)
"""What roles are given on, and how it is called, by the word for it in types of resources."""
GOOGLE_EVERYBODY: Mapping[str, str] = MappingProxyType(
    {"allUsers": "anybody", "allAuthenticatedUsers": "any_account"}
)
"""
Members that are no principal: without an account, and with any account of Google.

https://cloud.google.com/iam/docs/principals-overview#all-authenticated-users
"""
_AZURE_ADMIN = frozenset({"Owner", "Contributor"})
_AZURE_GRANTING = frozenset(
    {"Owner", "User Access Administrator", "Role Based Access Control Administrator"}
)
_WIDE_SCOPE = re.compile(
    r"^/subscriptions/[^/]+/?$|/providers/Microsoft\.Management/managementGroups/[^/]+/?$"
    r"|azurerm_subscription\.|data\.azurerm_subscription|azurerm_management_group\.",
    re.IGNORECASE,
)


def add_clouds(module: Module, collector: Collector) -> None:
    """What a module says of the other two clouds."""
    _add_google(module, collector)
    for declared in module.resources("azurerm_role_assignment"):
        _add_azure_grant(declared, collector)
    add_role_definitions(module, collector)
    for declared in module.resources("google_redis_instance"):
        policy = declared.body.get("redis_configs", "maxmemory-policy")
        collector.add(_cache(declared, policy))
    for declared in module.resources("azurerm_redis_cache"):
        policy = declared.body.get("redis_configuration", "maxmemory_policy")
        collector.add(_cache(declared, policy))


def _add_google(module: Module, collector: Collector) -> None:
    for declared in module.resources("google_service_account"):
        collector.add(_google_account(declared))
    for type_, where in GOOGLE_BOUND.items():
        for declared in module.resources(
            f"google_{type_}_iam_member", f"google_{type_}_iam_binding"
        ):
            add_google_binding(declared, collector, where, google_binding(declared))
    for declared in module.resources("google_service_account_key"):
        _add_google_key(declared, collector)


def _google_account(declared: Declared) -> Identity:
    return Identity(
        id=google_account_id(declared),
        name=declared.title,
        evidence=(declared.place(),),
        provider="google",
        kind="service_account",
    )


def google_account_id(declared: Declared) -> FactId:
    """The id of a service account."""
    return fact_id("identity", declared.title, declared.key)


def google_account(module: Module, node: Node | None) -> Declared | None:
    """The service account that a value refers to, if it is one of the module's."""
    accounts = module.references("google_service_account")
    return accounts.referred(node.raw) if node is not None else None


def google_account_of(module: Module, node: Node | None) -> FactId:
    """The identity of such an account."""
    declared = google_account(module, node)
    return google_account_id(declared) if declared is not None else NOBODY


class GoogleBinding(Struct, frozen=True, kw_only=True):
    """A role, and those who have it."""

    role: Node | None
    members: Sequence[Node]
    via: tuple[Evidence, ...] = ()
    """What takes it from the document in which it stands."""
    of_several: bool = False
    """Whether its resource binds several roles."""


def add_google_binding(
    declared: Declared, collector: Collector, where: str, binding: GoogleBinding
) -> None:
    """The grants of a binding; on single things only what everybody is given there."""
    role, members = binding.role, binding.members
    if where in _GOOGLE_THINGS.values():
        members = [member for member in members if member.raw in GOOGLE_EVERYBODY]
        if not members:
            return
    if role is None or role.text is None:
        place = evidence(declared.document, role or declared.header)
        collector.leave_open(place, f"the role of {declared.shown}", "what it grants is open")
        return
    for member in members:
        grant = collector.add(_google_grant(declared, binding, member, where))
        if grant.identity_id:
            collector.link(EdgeKind.GRANTS, grant.identity_id, grant.id, *grant.evidence)


def google_binding(declared: Declared) -> GoogleBinding:
    """What `google_*_iam_member` and `google_*_iam_binding` bind."""
    found = (declared.body.get(name) for name in ("member", "members"))
    members = tuple(each for listed in found if listed is not None for each in listed.list())
    return GoogleBinding(role=declared.body.get("role"), members=members)


def _google_grant(declared: Declared, binding: GoogleBinding, member: Node, where: str) -> Grant:
    named = binding.role or member
    role, key = named.raw, f"{declared.key}.{member.raw}"
    escalation = _GOOGLE_ESCALATING.get(role)
    changes = role in _GOOGLE_BASIC or not re.search(r"viewer|reader|get$", role, re.IGNORECASE)
    return Grant(
        id=fact_id("grant", role, f"{key}.{role}" if binding.of_several else key),
        name=f"{role} on {where}",
        evidence=(evidence(declared.document, named, role), *binding.via),
        identity_id=google_account_of(declared.module, member),
        principal=member.raw,
        provider="google",
        actions=(role.lower(),),
        resources=(where,),
        expanded_count=1,
        write_count=int(changes),
        read_count=int(not changes),
        sensitive_actions=(role.lower(),) if changes else (),
        escalations=(escalation,) if escalation else (),
        admin=role in _GOOGLE_BASIC,
        open_to=GOOGLE_EVERYBODY.get(member.raw, ""),
        source="gcp_iam",
    )


def _add_google_key(declared: Declared, collector: Collector) -> None:
    """A key that never expires, and that stands in the state."""
    place = declared.place()
    credential = collector.add(
        Credential(
            id=fact_id("credential", declared.name, declared.key),
            name=declared.shown,
            evidence=(place,),
            provider="google",
            kind="key_file",
            form=CredentialForm.FILE,
            lifetime=Lifetime.STATIC,
            holder="repository",
            exposure="state",
            variable=declared.shown,
        )
    )
    owner = google_account_of(declared.module, declared.body.get("service_account_id"))
    if owner:
        collector.link(EdgeKind.AUTHENTICATES_AS, credential.id, owner, place)


def _add_azure_grant(declared: Declared, collector: Collector) -> None:
    body = declared.body
    role, scope, principal = (
        body.get(name) for name in ("role_definition_name", "scope", "principal_id")
    )
    if role is None or role.text is None:
        place = evidence(declared.document, declared.header)
        collector.leave_open(place, f"the role of {declared.shown}", "what it grants is open")
        return
    where = scope.raw if scope is not None else ""
    wide = _WIDE_SCOPE.search(where) is not None
    changes = not re.search(r"reader$", role.text, re.IGNORECASE)
    collector.add(
        Grant(
            id=fact_id("grant", role.text, declared.key),
            name=f"{role.text} on {where or 'an unknown scope'}"[:120],
            evidence=(
                evidence(declared.document, role, role.text),
                *(evidence(declared.document, origin) for origin in role.origin),
            ),
            confidence=Confidence.CERTAIN if scope is not None else Confidence.LIKELY,
            principal=principal.raw if principal is not None else "",
            provider="azure",
            actions=(role.text.lower(),),
            resources=(where,) if where else (),
            expanded_count=1,
            write_count=int(changes),
            read_count=int(not changes),
            sensitive_actions=(role.text.lower(),) if changes else (),
            escalations=("assign-any-role",) if wide and role.text in _AZURE_GRANTING else (),
            admin=wide and role.text in _AZURE_ADMIN,
            source="azure_rbac",
        )
    )


def _cache(declared: Declared, policy: Node | None) -> MemoryStore:
    """A managed Redis; both clouds evict only keys with a time to live by default."""
    text = policy.text if policy is not None else "volatile-lru"
    return MemoryStore(
        id=fact_id("memory_store", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(policy),),
        kind="cache",
        backend="redis",
        max_bytes=Known.SET,
        eviction=text or "",
        persistent=Truth.UNKNOWN,
        holds_conversation=re.search(
            r"chat|conversation|memory|history|session|thread|checkpoint",
            f"{declared.title} {declared.name}",
            re.IGNORECASE,
        )
        is not None,
        managed_service=True,
    )
