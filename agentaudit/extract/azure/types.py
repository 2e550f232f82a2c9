"""
Resources of Azure's templates in the words of Terraform: rights, accounts with keys, and stores.

Sources: Microsoft Learn, "Azure resource reference" for each type: `disableLocalAuth` of accounts,
`disableAccessKeyAuthentication` of caches, `evictionPolicy` of Azure Managed Redis, `defaultTtl` of
containers of Cosmos DB.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.azure.role_ids import built_in_role
from agentaudit.readers.azure.functions import GROUP, SUBSCRIPTION
from agentaudit.readers.document import Node, NodeKind

_POLICY = re.compile(r"(?<=[a-z])(?=LRU|LFU|TTL|Random|Eviction)")
_LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "subscription": SUBSCRIPTION,
        "managementGroup": "/providers/Microsoft.Management/managementGroups/${group}",
        "tenant": "/providers/Microsoft.Management/managementGroups/${tenant}",
    }
)
"""What a right reaches that a template gives without saying where."""


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
    role = deployed.property_at("roleDefinitionId")
    name = built_in_role(role.raw) if role is not None else ""
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
            "principal_id": deployed.property_at("principalId"),
            "condition": deployed.property_at("condition"),
        },
    )


def _definition(deployed: Deployed) -> Node:
    resource = deployed.node
    listed = deployed.property_at("permissions")
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
    name = deployed.property_at("roleName") or resource.get("name")
    return _body(resource, {"name": name, "permissions": permissions})


def _switch(
    property_: str, attribute: str, *, opposite: bool = False
) -> Callable[[Deployed], Node]:
    """A property that switches keys on or off, as an attribute that says the same or opposite."""

    def body(deployed: Deployed) -> Node:
        switch = deployed.property_at(property_)
        value = _turned(switch) if opposite else switch
        return _body(deployed.node, {"name": deployed.node.get("name"), attribute: value})

    return body


def _turned(node: Node | None) -> Node | None:
    """The switch that says the opposite."""
    if node is None or node.boolean is None:
        return node
    return _text(node, "false" if node.boolean else "true", NodeKind.BOOLEAN)


def _redis(deployed: Deployed) -> Node:
    resource = deployed.node
    policy = deployed.property_at("redisConfiguration", "maxmemory-policy")
    block = _body(policy, {"maxmemory_policy": policy}) if policy is not None else None
    keys = _turned(deployed.property_at("disableAccessKeyAuthentication"))
    return _body(
        resource,
        {
            "name": resource.get("name"),
            "redis_configuration": block,
            "access_keys_authentication_enabled": keys,
        },
    )


def _managed_redis(deployed: Deployed) -> Node:
    """A database of Azure Managed Redis: `AllKeysLRU` is what Redis calls `allkeys-lru`."""
    resource = deployed.node
    policy = deployed.property_at("evictionPolicy")
    if policy is not None and policy.text is not None:
        policy = _text(policy, _POLICY.sub("-", policy.raw).lower().replace("no-e", "noe"))
    block = _body(policy, {"maxmemory_policy": policy}) if policy is not None else None
    keys = deployed.property_at("accessKeysAuthentication")
    known = {"Enabled": "true", "Disabled": "false"}.get(keys.raw) if keys is not None else None
    if keys is None:
        enabled = _unknown(resource, "accessKeysAuthentication")
    else:
        enabled = _text(keys, known, NodeKind.BOOLEAN) if known else _unknown(keys, keys.raw)
    return _body(
        resource,
        {
            "name": _text(resource, deployed.name),
            "redis_configuration": block,
            "access_keys_authentication_enabled": enabled,
        },
    )


def _unknown(place: Node, raw: str) -> Node:
    """What depends on the version of the interface, or on a deployment."""
    return _text(place, raw, NodeKind.UNKNOWN)


def _container(deployed: Deployed) -> Node:
    """A container of Cosmos DB; what its database is called may say what it keeps."""
    resource = deployed.node
    return _body(
        resource,
        {
            "name": resource.get("name"),
            "database_name": resource.get("parent"),
            "default_ttl": deployed.property_at("resource", "defaultTtl"),
        },
    )


TYPES: Mapping[str, tuple[str, Callable[[Deployed], Node]]] = MappingProxyType(
    {
        "microsoft.authorization/roleassignments": ("azurerm_role_assignment", _assignment),
        "microsoft.authorization/roledefinitions": ("azurerm_role_definition", _definition),
        "microsoft.cognitiveservices/accounts": (
            "azurerm_cognitive_account",
            _switch("disableLocalAuth", "local_auth_enabled", opposite=True),
        ),
        "microsoft.search/searchservices": (
            "azurerm_search_service",
            _switch("disableLocalAuth", "local_authentication_enabled", opposite=True),
        ),
        "microsoft.storage/storageaccounts": (
            "azurerm_storage_account",
            _switch("allowSharedKeyAccess", "shared_access_key_enabled"),
        ),
        "microsoft.containerregistry/registries": (
            "azurerm_container_registry",
            _switch("adminUserEnabled", "admin_enabled"),
        ),
        "microsoft.cache/redis": ("azurerm_redis_cache", _redis),
        "microsoft.cache/redisenterprise/databases": ("azurerm_redis_cache", _managed_redis),
        "microsoft.documentdb/databaseaccounts": (
            "azurerm_cosmosdb_account",
            _switch("disableLocalAuth", "local_authentication_disabled"),
        ),
        "microsoft.documentdb/databaseaccounts/sqldatabases/containers": (
            "azurerm_cosmosdb_sql_container",
            _container,
        ),
    }
)
