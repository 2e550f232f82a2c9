"""
Roles of Google Cloud in Terraform: who has them on what, and what custom ones allow.

A condition narrows, and clears nothing, except one on the roles that its holder may grant in turn
(`modifiedGrantsByRole`: https://cloud.google.com/iam/docs/setting-limits-on-granting-roles). Ways
to more are those of Rhino Security Labs' collection for Google Cloud.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import lowered
from agentaudit.extract.google.platforms import account_by_address
from agentaudit.extract.terraform.google_accounts import google_account_of
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant
from agentaudit.readers.document import Node

_BASIC = frozenset({"roles/owner", "roles/editor"})
_ESCALATING: Mapping[str, str] = MappingProxyType(
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
        "iam.serviceaccounts.getaccesstoken": "impersonate-service-accounts",
        "iam.serviceaccounts.implicitdelegation": "impersonate-service-accounts",
        "iam.serviceaccounts.signblob": "impersonate-service-accounts",
        "iam.serviceaccounts.signjwt": "impersonate-service-accounts",
        "iam.serviceaccounts.actas": "act-as-service-accounts",
        "iam.serviceaccountkeys.create": "create-service-account-keys",
        "iam.serviceaccounts.setiampolicy": "change-policy-of-service-accounts",
        "iam.roles.update": "change-custom-roles",
        "resourcemanager.projects.setiampolicy": "change-project-policy",
        "resourcemanager.folders.setiampolicy": "change-folder-policy",
        "resourcemanager.organizations.setiampolicy": "change-organisation-policy",
        "deploymentmanager.deployments.create": "deploy-as-project-editor",
        "cloudbuild.builds.create": "build-as-project-editor",
    }
)
"""Roles, and permissions of custom ones in small letters."""
_POLICY_CHANGING = frozenset(
    {
        *("change-any-policy", "change-project-policy", "change-folder-policy"),
        *("change-organisation-policy", "change-policy-of-service-accounts"),
    }
)
_SECRET_READS = frozenset(
    {
        *("roles/secretmanager.secretaccessor", "roles/secretmanager.admin"),
        "secretmanager.versions.access",
    }
)
"""What fetches any secret of what it is given on."""
_THINGS: Mapping[str, str] = MappingProxyType(
    {"secret_manager_secret": "secret", "service_account": "service account"}
)
"""What a role may be given on, too; only what everybody is given there is told."""
GOOGLE_BOUND: Mapping[str, str] = MappingProxyType(
    {"project": "project", "folder": "folder", "organization": "organization", **_THINGS}
)
"""What roles are given on, and how it is called, by the word for it in types of resources."""
GOOGLE_EVERYBODY: Mapping[str, str] = MappingProxyType(
    {"allUsers": "anybody", "allAuthenticatedUsers": "any_account"}
)
"""
Members that are no principal: without an account, and with any account of Google.

https://cloud.google.com/iam/docs/principals-overview#all-authenticated-users
"""
_PERMITTED = Budget("permissions of custom roles", 200_000, free=40, whole=True)
"""Each as often as somebody has its role."""
_CUSTOM = ("google_project_iam_custom_role", "google_organization_iam_custom_role")
_ID = regex(r"^(?:projects|organizations)/[^/]{1,200}/roles/(?P<name>[\w.]{1,64})$")
_READ_ROLE = regex(r"viewer|reader|get$")
_READ_VERB = regex(r"\.(?:get|list|search|query|access|read|check|test|fetch)[a-z]*$")
_ASKED = regex(r"\b(?:request|resource|destination)\.[a-z]{1,60}|modifiedgrantsbyrole")
_ACCOUNT = "serviceAccount:"
_PEOPLE = ("user:", "group:", "domain:")
_WHICH_ROLES, _WHICH_THING = "modifiedgrantsbyrole", "resource.name"


def add_google_roles(module: Module, collector: Collector) -> None:
    """The grants of every member and binding of a module."""
    for type_, where in GOOGLE_BOUND.items():
        types = (f"google_{type_}_iam_member", f"google_{type_}_iam_binding")
        for declared in module.resources(*types):
            add_google_binding(declared, collector, where, google_binding(declared))


class GoogleBinding(Struct, frozen=True, kw_only=True):
    """A role, and those who have it."""

    role: Node | None
    members: Sequence[Node]
    condition: Node | None = None
    """Its expression."""
    via: tuple[Evidence, ...] = ()
    """What takes it from the document in which it stands."""
    of_several: bool = False
    """Whether its resource binds several roles."""


def google_binding(declared: Declared) -> GoogleBinding:
    """What `google_*_iam_member` and `google_*_iam_binding` bind."""
    body = declared.body
    found = (body.get(name) for name in ("member", "members"))
    return GoogleBinding(
        role=body.get("role"),
        members=tuple(each for listed in found if listed is not None for each in listed.list()),
        condition=body.get("condition", "expression"),
    )


def add_google_binding(
    declared: Declared, collector: Collector, where: str, binding: GoogleBinding
) -> None:
    """The grants of a binding; on single things only what everybody is given there."""
    members = binding.members
    if where in _THINGS.values():
        members = [member for member in members if member.raw in GOOGLE_EVERYBODY]
        if not members:
            return
    role = _role(declared, binding, collector)
    if role is None:
        return
    for member in members:
        identity = google_account_of(declared.module, member)
        if not identity and (member.text or "").startswith(_ACCOUNT):
            place = evidence(declared.document, member, member.raw)
            address = member.raw.removeprefix(_ACCOUNT)
            identity = account_by_address(collector, address, place)
        grant = collector.add(_grant(declared, binding, member, (role, where, identity)))
        if grant.identity_id:
            collector.link(EdgeKind.GRANTS, grant.identity_id, grant.id, *grant.evidence)


class _Role(Struct, frozen=True, kw_only=True):
    """A role where it is bound."""

    name: str
    place: Node
    actions: tuple[str, ...]
    """Its permissions where they are known, else its own name."""
    custom: bool = False

    @property
    def changing(self) -> tuple[str, ...]:
        """Those that do more than read."""
        reads = _READ_VERB if self.custom else _READ_ROLE
        basic = self.name in _BASIC
        return tuple(action for action in self.actions if basic or not reads.search(action))

    @property
    def secret_reads(self) -> tuple[str, ...]:
        return tuple(action for action in self.actions if action in _SECRET_READS)


def _role(declared: Declared, binding: GoogleBinding, collector: Collector) -> _Role | None:
    """The role of a binding, with the permissions of one that the module declares."""
    written = binding.role
    custom = _custom(declared.module, written) if written is not None else None
    if custom is not None and written is not None:
        place = evidence(declared.document, written)
        end = (place, f"what {declared.shown} grants", "it may be anything")
        listed = custom.body.get("permissions")
        count = len(listed.list()) if listed is not None else 0
        if not collector.affords(_PERMITTED, count * (1 + len(binding.members)), end):
            return None
        found = tuple(_permissions(custom, listed, collector))
        return _Role(name=custom.title, place=written, actions=found, custom=True)
    if written is None or written.text is None:
        place = evidence(declared.document, written or declared.header)
        collector.leave_open(place, f"the role of {declared.shown}", "what it grants is open")
        return None
    return _Role(name=written.raw, place=written, actions=(lowered(written.raw),))


def _permissions(custom: Declared, listed: Node | None, collector: Collector) -> Iterator[str]:
    """What a custom role permits, in small letters; what no value tells is left open."""
    for each in listed.list() if listed is not None else ():
        if each.text:
            yield lowered(each.text)
        else:
            place = evidence(custom.document, each)
            collector.leave_open(place, f"the permissions of {custom.shown}", "they may be any")


def _custom(module: Module, written: Node) -> Declared | None:
    """The custom role that a value means, by a reference or by its id."""
    known, by_id = module.references(*_CUSTOM), _ID.search(written.raw)
    return known.named(by_id["name"] if by_id is not None else written.raw)


def _grant(
    declared: Declared, binding: GoogleBinding, member: Node, given: tuple[_Role, str, FactId]
) -> Grant:
    (role, where, identity), key = given, f"{declared.key}.{member.raw}"
    conditions = _conditions(binding.condition)
    narrowed = _WHICH_THING in conditions or member.raw.startswith(_PEOPLE)
    changing = role.changing
    return Grant(
        id=fact_id("grant", role.name, f"{key}.{role.name}" if binding.of_several else key),
        name=f"{role.name} on {where}",
        evidence=(evidence(declared.document, role.place, role.name), *binding.via),
        identity_id=identity,
        principal=member.raw,
        provider="google",
        actions=role.actions,
        resources=(where,),
        conditions=conditions,
        expanded_count=len(role.actions),
        write_count=len(changing),
        read_count=len(role.actions) - len(changing),
        secret_reads=() if narrowed else role.secret_reads,
        sensitive_actions=changing,
        escalations=tuple(_escalations(role, conditions)),
        admin=role.name in _BASIC,
        open_to=GOOGLE_EVERYBODY.get(member.raw, ""),
        source="gcp_iam",
    )


def _escalations(role: _Role, conditions: Sequence[str]) -> Iterator[str]:
    """Ways from a role to more, each once; where a condition says which it may grant, not those."""
    asked = role.actions if role.custom else (role.name,)
    found = (_ESCALATING[each] for each in asked if each in _ESCALATING)
    for way in dict.fromkeys(found):
        if way not in _POLICY_CHANGING or _WHICH_ROLES not in conditions:
            yield way


def _conditions(written: Node | None) -> tuple[str, ...]:
    """What a condition asks for; one that is not known is a condition all the same."""
    if written is None:
        return ()
    return tuple(sorted(set(_ASKED.findall(written.raw.lower())))) or ("condition",)
