"""
Templates of Azure to facts: in the words of Terraform, and then read by what reads Terraform.

What runs is in `azure_runtimes`. Types that may matter and are not read stay named as such. Source:
Microsoft Learn, "Azure resource reference" (https://learn.microsoft.com/en-us/azure/templates/),
and "Azure built-in roles" for the ids of roles.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from agentaudit.errors import Problem
from agentaudit.extract.azure_role_ids import BUILT_IN_ROLES
from agentaudit.extract.azure_runtimes import RUNTIMES, property_of
from agentaudit.extract.azure_templates import Deployed, project
from agentaudit.extract.cloudformation import Stack
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.terraform_clouds import add_clouds
from agentaudit.extract.terraform_modules import Declared
from agentaudit.extract.terraform_stores import add_stores
from agentaudit.readers.azure import UNREAD, type_of_interest
from agentaudit.readers.azure_functions import GROUP, SUBSCRIPTION
from agentaudit.readers.document import Node, NodeKind

_ROLE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOTHING_MORE = frozenset(
    {
        "microsoft.app/managedenvironments",
        "microsoft.app/managedenvironments/certificates",
        "microsoft.app/managedenvironments/storages",
        "microsoft.cognitiveservices/accounts/capabilityhosts",
        "microsoft.cognitiveservices/accounts/deployments",
        "microsoft.cognitiveservices/accounts/projects",
        "microsoft.cognitiveservices/accounts/projects/capabilityhosts",
        "microsoft.cognitiveservices/accounts/raipolicies",
        "microsoft.keyvault/vaults",
        "microsoft.keyvault/vaults/accesspolicies",
        "microsoft.keyvault/vaults/keys",
        "microsoft.managedidentity/userassignedidentities",
        "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        "microsoft.search/searchservices/sharedprivatelinkresources",
        "microsoft.web/sites/basicpublishingcredentialspolicies",
        "microsoft.web/sites/hostnamebindings",
        "microsoft.web/sites/privateendpointconnections",
        "microsoft.web/sites/virtualnetworkconnections",
    }
)
"""Types of which no field says more than that they are there."""
_LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "subscription": SUBSCRIPTION,
        "managementGroup": "/providers/Microsoft.Management/managementGroups/${group}",
        "tenant": "/providers/Microsoft.Management/managementGroups/${tenant}",
    }
)
"""What a right reaches that a template gives without saying where."""


def extract_azure(documents: Documents, collector: Collector) -> None:
    """Every template: rights, accounts with keys, caches, and what runs."""
    found = project(documents)
    for file, template in found.roots():
        _extract(file, tuple(found.deployed(file, template)), collector)
    for file, notes in found.problems.items():
        for place, message in dict.fromkeys(notes):
            collector.problems.append(
                Problem(file=file, message=message, line=place.line, column=place.column)
            )


def _extract(file: str, resources: Sequence[Deployed], collector: Collector) -> None:
    stack = Stack(folder=file, bodies=[])
    stack.members_by_type = tuple(
        Declared(
            type=_TYPES[resource.type][0],
            name=resource.name,
            document=resource.document,
            header=resource.node.get("name") or resource.header,
            body=_TYPES[resource.type][1](resource),
            module=stack,
            label=resource.name,
            own_key=resource.key,
        )
        for resource in resources
        if resource.type in _TYPES
    )
    add_stores(stack, collector, state=False)
    add_clouds(stack, collector)
    unread: dict[str, list[Node]] = {}
    for resource in resources:
        if resource.type in RUNTIMES:
            RUNTIMES[resource.type](resource, collector)
        elif _unread(resource.type):
            unread.setdefault(resource.document.file, []).append(resource.header)
    for where, places in unread.items():
        _name_unread(where, places, collector)


def _name_unread(file: str, places: Sequence[Node], collector: Collector) -> None:
    """The first of them, and how many more there are."""
    first, more = places[0], len(places) - 1
    message = f"{UNREAD}, and {more} more" if more else UNREAD
    problem = Problem(file=file, message=message, line=first.line, column=first.column)
    collector.problems.append(problem)


def _unread(type_: str) -> bool:
    """Whether a resource may matter, and nobody looks at it."""
    known = type_ in _TYPES or type_ in _NOTHING_MORE
    return not known and (not type_ or type_of_interest(type_))


def _body(resource: Node, members: Mapping[str, Node | None]) -> Node:
    """A body of Terraform's from nodes that keep their own places."""
    entries = tuple(
        (_text(resource, name), node) for name, node in members.items() if node is not None
    )
    return resource.changed(kind=NodeKind.MAPPING, entries=entries, elements=())


def _text(place: Node, raw: str, kind: NodeKind = NodeKind.STRING) -> Node:
    return place.changed(kind=kind, raw=raw, entries=(), elements=())


def _assignment(deployed: Deployed) -> Node:
    """A right holds for what a template is deployed to, unless it says where."""
    resource = deployed.node
    role = property_of(resource, "roleDefinitionId")
    found = _ROLE.search(role.raw) if role is not None else None
    name = BUILT_IN_ROLES.get(found[0].lower()) if found is not None else None
    where = resource.get("scope")
    if where is None:
        scope = _text(resource, _LEVELS.get(deployed.level, GROUP))
    elif re.fullmatch(r"subscription\(\)(?:\.id)?", where.raw):
        scope = _text(where, SUBSCRIPTION)
    else:
        scope = where
    return _body(
        resource,
        {
            "name": resource.get("name"),
            "role_definition_name": _text(role, name) if role is not None and name else None,
            "scope": scope,
            "principal_id": property_of(resource, "principalId"),
        },
    )


def _definition(deployed: Deployed) -> Node:
    resource = deployed.node
    listed = property_of(resource, "permissions")
    blocks = tuple(
        _body(
            block,
            {"actions": block.get("actions"), "not_actions": block.get("notActions")},
        )
        for block in (listed.list() if listed is not None else ())
    )
    permissions = (
        listed.changed(kind=NodeKind.SEQUENCE, raw="", entries=(), elements=blocks)
        if listed is not None and not listed.unknown
        else listed
    )
    name = property_of(resource, "roleName") or resource.get("name")
    return _body(resource, {"name": name, "permissions": permissions})


def _local_keys(attribute: str) -> Callable[[Deployed], Node]:
    """`disableLocalAuth` switches keys off; Terraform's attribute switches them on."""

    def body(deployed: Deployed) -> Node:
        resource = deployed.node
        node = property_of(resource, "disableLocalAuth")
        enabled = node
        if node is not None and node.boolean is not None:
            enabled = _text(node, "false" if node.boolean else "true", NodeKind.BOOLEAN)
        return _body(resource, {"name": resource.get("name"), attribute: enabled})

    return body


def _storage(deployed: Deployed) -> Node:
    resource = deployed.node
    shared = property_of(resource, "allowSharedKeyAccess")
    return _body(resource, {"name": resource.get("name"), "shared_access_key_enabled": shared})


def _redis(deployed: Deployed) -> Node:
    resource = deployed.node
    policy = property_of(resource, "redisConfiguration", "maxmemory-policy")
    block = _body(policy, {"maxmemory_policy": policy}) if policy is not None else None
    return _body(resource, {"name": resource.get("name"), "redis_configuration": block})


_TYPES: Mapping[str, tuple[str, Callable[[Deployed], Node]]] = MappingProxyType(
    {
        "microsoft.authorization/roleassignments": ("azurerm_role_assignment", _assignment),
        "microsoft.authorization/roledefinitions": ("azurerm_role_definition", _definition),
        "microsoft.cognitiveservices/accounts": (
            "azurerm_cognitive_account",
            _local_keys("local_auth_enabled"),
        ),
        "microsoft.search/searchservices": (
            "azurerm_search_service",
            _local_keys("local_authentication_enabled"),
        ),
        "microsoft.storage/storageaccounts": ("azurerm_storage_account", _storage),
        "microsoft.cache/redis": ("azurerm_redis_cache", _redis),
    }
)
