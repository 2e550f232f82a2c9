"""
Permissions that an application has by itself, for everybody of a tenant, and as no user.

Ids of app roles, and what they lead to, by Microsoft's "Microsoft Graph permissions reference".
Scopes by Google's "OAuth 2.0 Scopes for Google APIs"; those that only read say so in their names.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Grant
from agentaudit.readers.document import Document, Node

_GRAPH_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "19dbc75e-c2e2-444c-a770-ec69d8559fc7": "Directory.ReadWrite.All",
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61": "Directory.Read.All",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8": "RoleManagement.ReadWrite.Directory",
        "06b708a9-e830-4db3-a914-8e69da51d44f": "AppRoleAssignment.ReadWrite.All",
        "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9": "Application.ReadWrite.All",
        "18a4783c-866b-4cc7-a460-3d5e5662c884": "Application.ReadWrite.OwnedBy",
        "62a82d76-70ea-41e2-9197-370581804d09": "Group.ReadWrite.All",
        "dbaae8cf-10b5-4b86-a4a1-f871c94c6695": "GroupMember.ReadWrite.All",
        "741f803b-c850-494e-b5df-cde7c675a1ca": "User.ReadWrite.All",
        "df021288-bdef-4463-88db-98f22de89214": "User.Read.All",
        "5b567255-7703-4780-807c-7be8301ae99b": "Group.Read.All",
        "50483e42-d915-4231-9639-7fdb7fd190e5": "UserAuthenticationMethod.ReadWrite.All",
        "e2a3a72e-5f79-4c64-b1b1-878b674786c9": "Mail.ReadWrite",
        "810c84a8-4a9e-49e6-bf7d-12d183f40d01": "Mail.Read",
        "b633e1c5-b582-4048-a93e-9f11b44c7e96": "Mail.Send",
        "6931bccd-447a-43d1-b442-00a195474933": "MailboxSettings.ReadWrite",
        "ef54d2bf-783f-4e0f-bca1-3210c0444d99": "Calendars.ReadWrite",
        "6918b873-d688-4a76-8b30-e4baddca5513": "Contacts.ReadWrite",
        "75359482-378d-4052-8f01-80520e7db3cd": "Files.ReadWrite.All",
        "9492366f-7969-46a4-8d15-ed1a20078fff": "Sites.ReadWrite.All",
        "a82116e5-55eb-4c41-a434-62fe8a61c773": "Sites.FullControl.All",
    }
)
"""A selection: those that let an agent change things, and some that it often has beside them."""
_LEADING: Mapping[str, str] = MappingProxyType(
    {
        "RoleManagement.ReadWrite.Directory": "make-itself-global-administrator",
        "AppRoleAssignment.ReadWrite.All": "grant-itself-any-permission",
        "Application.ReadWrite.All": "become-any-application",
    }
)
_CHANGES = regex(
    r"ReadWrite|FullControl|\.(?:Manage|Send|Create|Write)(?:\.|$)|full_access_as_app"
    r"|^admin(?:\.|$)|:write$",
    re.IGNORECASE,
)


_SCOPES = "https://www.googleapis.com/auth/"
_READS = regex(
    r"\.read_?only$|\.freebusy$|^gmail\.metadata$|^(?:openid|email|profile|userinfo\.\w+)$"
)


class Application(Struct, frozen=True, kw_only=True):
    """An application as a file declares it."""

    provider: str
    """azure, google, slack or github."""
    name: str
    key: str
    document: Document
    identity: FactId = NOBODY


def add_permission(collector: Collector, owner: Application, place: Node, name: str) -> None:
    """One permission of an application, for the whole tenant or workspace."""
    _add(collector, owner, place, (name, _CHANGES.search(name) is not None))


def add_scope(collector: Collector, owner: Application, place: Node, scope: str) -> None:
    """One scope that a service account of Google has for all users of a domain."""
    name = scope.removeprefix(_SCOPES)
    _add(collector, owner, place, (name, _READS.search(name) is None))


def _add(collector: Collector, owner: Application, place: Node, asked: tuple[str, bool]) -> None:
    """A permission, and whether it lets its owner change anything."""
    name, changes = asked
    leads = _LEADING.get(name)
    shown = plain(name)
    grant = collector.add(
        Grant(
            id=fact_id("grant", shown, f"{owner.key}.{shown}"),
            name=f"{shown} of {owner.name}",
            evidence=(evidence(owner.document, place, shown),),
            identity_id=owner.identity,
            principal=owner.name,
            provider=owner.provider,
            actions=(shown,),
            resources=("everything of its kind",),
            expanded_count=1,
            write_count=int(changes),
            read_count=int(not changes),
            sensitive_actions=(shown,) if changes else (),
            escalations=(leads,) if leads else (),
            source="application",
        )
    )
    if owner.identity:
        collector.link(EdgeKind.GRANTS, owner.identity, grant.id, *grant.evidence)


def add_role(collector: Collector, owner: Application, place: Node, name: str) -> None:
    """An app role of Microsoft Graph, by its name; one without a name is left open."""
    if name:
        add_permission(collector, owner, place, name)
        return
    what = "an application permission that its id does not tell"
    effect = f"what {owner.name} may do is open"
    collector.leave_open(evidence(owner.document, place), what, effect)


def graph_role(text: str) -> str:
    """The name of an app role of Microsoft Graph, from its id or its name; empty if unknown."""
    found = _GRAPH_ROLES.get(text.lower())
    return found or (text if re.fullmatch(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+){1,4}", text) else "")
