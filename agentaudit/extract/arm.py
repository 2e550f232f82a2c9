"""
ARM templates to facts: in the words of Terraform, and then read by what reads Terraform.

What runs is in `arm_runtimes`. Types that may matter and are not read stay named as such. Source:
Microsoft Learn, "Azure resource reference" (https://learn.microsoft.com/en-us/azure/templates/),
and "Azure built-in roles" for the ids of roles.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from agentaudit.errors import Problem
from agentaudit.extract.arm_runtimes import RUNTIMES
from agentaudit.extract.arm_values import property_of, template_of
from agentaudit.extract.cloudformation import Stack
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.terraform_clouds import add_clouds
from agentaudit.extract.terraform_modules import Declared
from agentaudit.extract.terraform_stores import add_stores
from agentaudit.readers.azure import UNREAD, arm_place, type_of_interest
from agentaudit.readers.document import Document, Node, NodeKind

_ROLE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
        "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": "Cognitive Services OpenAI User",
        "64702f94-c441-49e6-a78b-ef80e0188fee": "Azure AI Developer",
        "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
        "1407120a-92aa-4202-b7e9-c0e197c71c8f": "Search Index Data Reader",
        "8ebe5a00-799e-43f5-93ac-243d3dce84a7": "Search Index Data Contributor",
    }
)
_NOTHING_MORE = frozenset(
    {
        "microsoft.app/managedenvironments",
        "microsoft.cognitiveservices/accounts/deployments",
        "microsoft.keyvault/vaults",
        "microsoft.managedidentity/userassignedidentities",
    }
)
"""Types of which no field says more than that they are there."""
_SUBSCRIPTION = "/subscriptions/${subscription}"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/${{group}}"


def extract_arm(documents: Documents, collector: Collector) -> None:
    """Every template: rights, accounts with keys, caches, and what runs."""
    for document in documents.of("json"):
        if arm_place(document.text) is not None:
            _extract(document, collector)


def _extract(document: Document, collector: Collector) -> None:
    root = document.root
    template = template_of(root)
    resolved = template.resolved(root)
    resources = tuple(_resources(resolved))
    listed = resolved.get("resources")
    unread = [root] if template.exhausted or (listed is not None and listed.unknown) else []
    stack = Stack(folder=document.file, bodies=[])
    schema = root.text_at("$schema").lower()
    stack.members_by_type = tuple(
        Declared(
            type=_TYPES[type_][0],
            name=_name(resource),
            document=document,
            header=resource.get("name") or resource,
            body=_TYPES[type_][1](resource, schema),
            module=stack,
            label=_name(resource),
        )
        for type_, resource in resources
        if type_ in _TYPES
    )
    add_stores(stack, collector, state=False)
    add_clouds(stack, collector)
    for type_, resource in resources:
        if type_ in RUNTIMES:
            RUNTIMES[type_](document, resource, collector)
        elif _unread(type_):
            unread.append(resource.get("type") or resource)
    if unread:
        _name_unread(document, unread, collector)


def _name_unread(document: Document, places: Sequence[Node], collector: Collector) -> None:
    """The first of them, and how many more there are."""
    first, more = places[0], len(places) - 1
    message = f"{UNREAD}, and {more} more" if more else UNREAD
    problem = Problem(file=document.file, message=message, line=first.line, column=first.column)
    collector.problems.append(problem)


def _unread(type_: str) -> bool:
    """Whether a resource may matter, and nobody looks at it; a nested template may hold any."""
    known = type_ in _TYPES or type_ in _NOTHING_MORE
    open_ended = type_ in {"", "microsoft.resources/deployments"}
    return not known and (open_ended or type_of_interest(type_))


def _resources(node: Node, parent: str = "") -> Iterator[tuple[str, Node]]:
    """Resources with their full types in lower case, children after what they belong to."""
    listed = node.get("resources")
    if listed is None:
        return
    members = [value for _, value in listed.items()] or list(listed.elements)
    for resource in members:
        if _never_deployed(resource):
            continue
        own = resource.text_at("type").lower()
        type_ = f"{parent}/{own}" if parent and "." not in own.partition("/")[0] else own
        yield type_, resource
        yield from _resources(resource, type_)


def _never_deployed(resource: Node) -> bool:
    """A condition that only a parameter's default makes false may hold at any deployment."""
    condition, existing = resource.get("condition"), resource.get("existing")
    if condition is not None and condition.boolean is False and not condition.origin:
        return True
    return existing is not None and existing.boolean is True


def _name(resource: Node) -> str:
    node = resource.get("name")
    return node.raw if node is not None and node.raw else "unnamed"


def _body(resource: Node, members: Mapping[str, Node | None]) -> Node:
    """A body of Terraform's from nodes that keep their own places."""
    entries = tuple(
        (_text(resource, name), node) for name, node in members.items() if node is not None
    )
    return resource.changed(kind=NodeKind.MAPPING, entries=entries, elements=())


def _text(place: Node, raw: str, kind: NodeKind = NodeKind.STRING) -> Node:
    return place.changed(kind=kind, raw=raw, entries=(), elements=())


def _assignment(resource: Node, schema: str) -> Node:
    """A right holds for what a template is deployed to, unless it says where."""
    role = property_of(resource, "roleDefinitionId")
    found = _ROLE.search(role.raw) if role is not None else None
    name = _ROLES.get(found[0].lower()) if found is not None else None
    where = resource.get("scope")
    if where is None:
        scope = _text(resource, _SUBSCRIPTION if "subscriptiondeploy" in schema else _GROUP)
    elif re.fullmatch(r"subscription\(\)\.id", where.raw):
        scope = _text(where, _SUBSCRIPTION)
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


def _definition(resource: Node, _: str) -> Node:
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


def _local_keys(attribute: str) -> Callable[[Node, str], Node]:
    """`disableLocalAuth` switches keys off; Terraform's attribute switches them on."""

    def body(resource: Node, _: str) -> Node:
        node = property_of(resource, "disableLocalAuth")
        enabled = node
        if node is not None and node.boolean is not None:
            enabled = _text(node, "false" if node.boolean else "true", NodeKind.BOOLEAN)
        return _body(resource, {"name": resource.get("name"), attribute: enabled})

    return body


def _storage(resource: Node, _: str) -> Node:
    shared = property_of(resource, "allowSharedKeyAccess")
    return _body(resource, {"name": resource.get("name"), "shared_access_key_enabled": shared})


def _redis(resource: Node, _: str) -> Node:
    policy = property_of(resource, "redisConfiguration", "maxmemory-policy")
    block = _body(policy, {"maxmemory_policy": policy}) if policy is not None else None
    return _body(resource, {"name": resource.get("name"), "redis_configuration": block})


_TYPES: Mapping[str, tuple[str, Callable[[Node, str], Node]]] = MappingProxyType(
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
