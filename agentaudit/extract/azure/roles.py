"""
Roles of Azure in Terraform: whom they are assigned to, and what custom ones allow.

A condition on an assignment can say which roles may be assigned in turn (Microsoft Learn, "Delegate
Azure role assignment management to others with conditions"); other conditions narrow, and clear
nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.azure.role_ids import built_in_role
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import lowered, plain
from agentaudit.extract.iam.globs import matches
from agentaudit.extract.terraform.azure_identities import azure_identity_of
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.permissions import Grant
from agentaudit.readers.document import Node

_DEFINITION = "azurerm_role_definition"
_ADMIN = frozenset({"Owner", "Contributor"})
_GRANTING = frozenset(
    {"Owner", "User Access Administrator", "Role Based Access Control Administrator"}
)
_OPENING = frozenset(
    {"Key Vault Administrator", "Key Vault Secrets Officer", "Key Vault Secrets User"}
)
"""Roles that read any secret of each vault in their scope."""
_ASSIGNS = "microsoft.authorization/roleassignments/write"
_WIDE_SCOPE = regex(
    r"^/subscriptions/[^/]+/?$|/providers/Microsoft\.Management/managementGroups/[^/]+/?$"
    r"|azurerm_subscription\.|data\.azurerm_subscription|azurerm_management_group\.",
    re.IGNORECASE,
)
_ATTRIBUTE = regex(r"@(?:request|resource|principal|environment)\[([^\[\]]{1,200})\]")
_WHICH_ROLES = "microsoft.authorization/roleassignments:roledefinitionid"
_HELD = Budget("actions held against exceptions of a role", 1_000_000, free=10_000, whole=True)
_ASSIGNED = Budget("actions of custom roles", 200_000, free=40, whole=True)
"""Each as often as somebody is assigned its role."""
_OPEN = "it may be anything"
_LISTS = (("actions", "not_actions"), ("data_actions", "not_data_actions"))


class _Block(Struct, frozen=True):
    """One block of permissions of a custom role."""

    node: Node
    left: tuple[str, ...]
    """What it allows; what it excepts is taken away, within the block."""
    taken: tuple[str, ...]


_Custom = Mapping[str, tuple[_Block, ...]]
"""The blocks of each custom role, by its key."""


def add_azure_roles(module: Module, collector: Collector) -> None:
    """One grant for each assignment, and for each block of permissions of a custom role."""
    definitions = [
        (declared, tuple(_blocks(declared, collector)))
        for declared in module.resources(_DEFINITION)
    ]
    custom = {declared.key: blocks for declared, blocks in definitions}
    for declared in module.resources("azurerm_role_assignment"):
        role = _assigned(declared, custom, collector)
        if role is not None:
            _add_assignment(declared, role, collector)
    for declared, blocks in definitions:
        for number, block in enumerate(blocks):
            if block.left:
                _add_permissions(declared, number, block, collector)


class _Role(Struct, frozen=True, kw_only=True):
    """A role where it is assigned."""

    name: str
    place: Node
    actions: tuple[str, ...]
    """Its own name, where it is one of Azure's."""
    changes: bool
    administers: bool
    assigns: bool
    """Whether it allows to assign roles."""


def _assigned(declared: Declared, custom: _Custom, collector: Collector) -> _Role | None:
    """The role of an assignment: by its name, by its id, or as a resource or data source."""
    named, by_id = (declared.body.get(f"role_definition_{word}") for word in ("name", "id"))
    written = named or by_id
    if written is not None:
        definition = declared.module.references(_DEFINITION).named(written.raw)
        name = _name_of(declared.module, named, by_id)
        if definition is not None:
            allowed = tuple(each for block in custom[definition.key] for each in block.left)
            end = (evidence(declared.document, written), f"what {declared.shown} grants", _OPEN)
            affordable = collector.affords(_ASSIGNED, len(allowed), end)
            return _of_files(definition.title, written, allowed) if affordable else None
        if name:
            return _of_azure(name, written)
    place = evidence(declared.document, written or declared.header)
    collector.leave_open(place, f"the role of {declared.shown}", "what it grants is open")
    return None


def _name_of(module: Module, named: Node | None, by_id: Node | None) -> str:
    """The name of a role that Azure has; empty where no file tells it."""
    if named is not None and named.text is not None:
        return named.text
    written = by_id or named
    if written is None:
        return ""
    looked_up = re.search(rf"\bdata\.{_DEFINITION}\.([\w-]+)", written.raw)
    sources = module.data_source(_DEFINITION, looked_up[1]) if looked_up is not None else ()
    return next((source.body.text_at("name") for source in sources), built_in_role(written.raw))


def _of_azure(name: str, written: Node) -> _Role:
    return _Role(
        name=name,
        place=written,
        actions=(lowered(name),),
        changes=re.search(r"reader$", name, re.IGNORECASE) is None,
        administers=name in _ADMIN,
        assigns=name in _GRANTING,
    )


def _of_files(name: str, written: Node, allowed: tuple[str, ...]) -> _Role:
    return _Role(
        name=name,
        place=written,
        actions=allowed,
        changes=any(not action.endswith("/read") for action in allowed),
        administers="*" in allowed,
        assigns=any(matches(pattern, _ASSIGNS) for pattern in allowed),
    )


def _add_assignment(declared: Declared, role: _Role, collector: Collector) -> None:
    scope, principal = declared.body.get("scope"), declared.body.get("principal_id")
    where = scope.raw if scope is not None else ""
    wide = _WIDE_SCOPE.search(where) is not None
    conditions = _conditions(declared.body.get("condition"))
    escalates = wide and role.assigns and _WHICH_ROLES not in conditions
    grant = collector.add(
        Grant(
            id=fact_id("grant", role.name, declared.key),
            name=plain(f"{role.name} on {where or 'an unknown scope'}"),
            evidence=(
                evidence(declared.document, role.place, role.name),
                *(evidence(declared.document, origin) for origin in role.place.origin),
            ),
            confidence=Confidence.CERTAIN if scope is not None else Confidence.LIKELY,
            identity_id=azure_identity_of(declared, principal, collector),
            principal=principal.raw if principal is not None else "",
            provider="azure",
            actions=role.actions,
            resources=(where,) if where else (),
            conditions=conditions,
            expanded_count=len(role.actions),
            write_count=int(role.changes),
            read_count=int(not role.changes),
            secret_reads=role.actions if wide and role.name in _OPENING else (),
            sensitive_actions=role.actions if role.changes else (),
            escalations=("assign-any-role",) if escalates else (),
            admin=wide and role.administers,
            source="azure_rbac",
        )
    )
    if grant.identity_id:
        collector.link(EdgeKind.GRANTS, grant.identity_id, grant.id, *grant.evidence)


def _conditions(written: Node | None) -> tuple[str, ...]:
    """The attributes that a condition asks; one that is not known is a condition all the same."""
    if written is None:
        return ()
    return tuple(sorted(set(_ATTRIBUTE.findall(written.raw.lower())))) or ("condition",)


def _add_permissions(declared: Declared, number: int, block: _Block, collector: Collector) -> None:
    name = declared.body.get("name")
    shown = (name.text if name is not None else None) or declared.title
    place = block.node.get("actions") or block.node.get("data_actions") or block.node
    collector.add(
        Grant(
            id=fact_id("grant", shown, f"{declared.key}.{number}"),
            name=f"custom role {shown}",
            evidence=(evidence(declared.document, place, block.left[0]),),
            principal=f"whoever has the role {shown}",
            provider="azure",
            actions=block.left,
            not_actions=block.taken,
            source="azure_role",
        )
    )


def _blocks(declared: Declared, collector: Collector) -> Iterator[_Block]:
    for node in declared.body.list_at("permissions"):
        yield _block(declared, node, collector)


def _block(declared: Declared, node: Node, collector: Collector) -> _Block:
    left: list[str] = []
    excepted: list[str] = []
    place = evidence(declared.document, node)
    for listed, without in _LISTS:
        allowed = tuple(_texts(declared, node, listed, collector))
        taken = tuple(_texts(declared, node, without, collector))
        end = (place, f"what {declared.shown} excepts", "it allows less than is told")
        if collector.affords(_HELD, len(allowed) * len(taken), end):
            allowed = tuple(each for each in allowed if not _is_taken(each, taken))
        left += allowed
        excepted += taken
    return _Block(node, tuple(left), tuple(excepted))


def _is_taken(action: str, taken: Iterable[str]) -> bool:
    return any(matches(pattern, action) for pattern in taken)


def _texts(declared: Declared, block: Node, attribute: str, collector: Collector) -> Iterator[str]:
    """The patterns of a list in lower case, as Azure compares them; what is open is left open."""
    listed = block.get(attribute)
    if listed is None:
        return
    if listed.unknown:
        place = evidence(declared.document, listed)
        collector.leave_open(place, f"{attribute} of {declared.shown}", "it may allow any action")
        return
    for member in listed.list():
        if member.text is not None:
            yield lowered(member.text)
        else:
            place = evidence(declared.document, member)
            collector.leave_open(place, f"an action of {declared.shown}", "it may be any action")
