"""
Whether a key or a password that never changes opens a resource, and whether secrets are rotated.

Sources: the resource pages of the providers' documentation (azurerm: keys are on unless switched
off, the admin user of a registry is off unless switched on; aws:
`iam_database_authentication_enabled`, `password_wo`, `advanced_security_options` with `enabled` and
`internal_user_database_enabled`, `aws_secretsmanager_secret_rotation`; ElastiCache's `auth_token`,
and `authentication_mode` of its users; `expiration_date` of a secret of Key Vault, `rotation`,
`ttl` and `expire_time` of one of Secret Manager), and the AWS CloudFormation resource reference for
the same properties.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.bounds import opposite, switch
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.references import addresses_in
from agentaudit.model.evidence import Truth
from agentaudit.readers.document import Node

SHARED_KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "azurerm_cognitive_account": ("model", ("local_auth_enabled",)),
        "azurerm_ai_services": ("model", ("local_authentication_enabled",)),
        "azurerm_search_service": ("search", ("local_authentication_enabled",)),
        "azurerm_storage_account": ("bucket", ("shared_access_key_enabled",)),
        "azurerm_redis_cache": ("cache", ("access_keys_authentication_enabled",)),
        "azurerm_container_registry": ("registry", ("admin_enabled",)),
        "azurerm_cosmosdb_account": ("database", ("local_authentication_disabled",)),
    }
)
"""Accounts of Azure: what they are, and the attribute that switches their keys off."""
_OPEN_BY_DEFAULT = {"azurerm_container_registry": Truth.NO}
"""Where nobody says, a registry has no admin user; all others have keys."""
_DATABASES = {
    "aws_db_instance": ("password", "password_wo"),
    "aws_rds_cluster": ("master_password", "master_password_wo"),
}
"""A password that is only written stays out of the state, and opens the database all the same."""
_ELASTICACHE = ("aws_elasticache_user_group", "aws_elasticache_user", "user_ids")
_MEMORYDB = ("aws_memorydb_acl", "aws_memorydb_user", "user_names")
_CACHES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "aws_elasticache_replication_group": _ELASTICACHE,
        "aws_elasticache_serverless_cache": _ELASTICACHE,
        "aws_memorydb_cluster": _MEMORYDB,
    }
)
"""What groups the users of a cache, what they are, and where the group names them."""
_IAM = "iam_database_authentication_enabled"
_ENDING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "azurerm_key_vault_secret": ("expiration_date",),
        "google_secret_manager_secret": ("rotation", "ttl", "expire_time"),
    }
)
"""What ends a secret, or asks for another, as an attribute of its own."""
_VAULTED = "aws_secretsmanager_secret"


def static_access(declared: Declared) -> Truth:
    """Whether a key or a password of its own opens a resource."""
    body = declared.body
    if declared.type in SHARED_KEYS:
        names = SHARED_KEYS[declared.type][1]
        found = (body.get(name) for name in names)
        node = next((node for node in found if node is not None), None)
        if declared.type == "azurerm_cosmosdb_account":
            return opposite(switch(node, absent=Truth.NO))
        return switch(node, absent=_OPEN_BY_DEFAULT.get(declared.type, Truth.YES))
    if declared.type in _DATABASES:
        if all(body.get(name) is None for name in _DATABASES[declared.type]):
            return Truth.UNKNOWN
        return opposite(switch(body.get(_IAM), absent=Truth.NO))
    if declared.type == "aws_opensearch_domain":
        return _own_users(body.get("advanced_security_options"))
    if declared.type in _CACHES:
        return _cache(declared)
    return Truth.UNKNOWN


def _cache(declared: Declared) -> Truth:
    """Whether a cache has one password for all, or a user with a password of its own."""
    token = declared.body.get("auth_token")
    if token is not None and token.text != "":
        return Truth.YES
    grouped, users, listed = _CACHES[declared.type]
    groups = _named(declared, grouped, "user_group_ids", "user_group_id", "acl_name")
    opened = [
        Truth.UNKNOWN if user is None else _with_password(user)
        for group in groups
        for user in (_named(group, users, listed) if group else (None,))
    ]
    if Truth.YES in opened:
        return Truth.YES
    return Truth.UNKNOWN if Truth.UNKNOWN in opened or not opened else Truth.NO


def _named(declared: Declared, type_: str, *attributes: str) -> Iterator[Declared | None]:
    """The resources that a list of ids names; None for one that is not in the module."""
    for attribute in attributes:
        for node in declared.body.list_at(attribute):
            yield declared.module.references(type_).named(node.raw)


def _with_password(user: Declared) -> Truth:
    """Whether a user of a cache logs in with a password; one that is off does not log in."""
    rights = user.body.get("access_string")
    if rights is not None and rights.raw.startswith("off"):
        return Truth.NO
    mode = user.body.get("authentication_mode", "type")
    if mode is not None:
        known = {"iam": Truth.NO, "password": Truth.YES}
        return known.get((mode.text or "").lower(), Truth.UNKNOWN)
    return Truth.YES if user.body.get("passwords") is not None else Truth.UNKNOWN


def _own_users(options: Node | None) -> Truth:
    """Whether a domain of OpenSearch has users of its own; none, unless access is fine-grained."""
    if options is None:
        return Truth.UNKNOWN
    fine_grained = switch(options.get("enabled"), absent=Truth.NO)
    users = switch(options.get("internal_user_database_enabled"), absent=Truth.NO)
    if fine_grained is Truth.YES:
        return users
    return fine_grained


class Rotations(Struct, frozen=True):
    """Which secrets something in a module rotates."""

    names: frozenset[str]
    """Their addresses without an instance, and the last parts of their ARNs."""
    unsure: bool
    """Whether one is rotated that nobody can tell."""

    def of(self, declared: Declared) -> Truth:
        """Whether a resource is a secret that is rotated."""
        if declared.type in _ENDING:
            ends = any(declared.body.get(name) is not None for name in _ENDING[declared.type])
            return Truth.YES if ends else Truth.NO
        if declared.type != _VAULTED:
            return Truth.UNKNOWN
        if declared.address.partition("[")[0] in self.names or declared.title in self.names:
            return Truth.YES
        return Truth.UNKNOWN if self.unsure else Truth.NO


def rotations(module: Module) -> Rotations:
    """What the rotations of a module rotate; what a function of its own does, its code says."""
    names, unsure = set[str](), False
    for declared in module.resources(f"{_VAULTED}_rotation"):
        node = declared.body.get("secret_id")
        text = node.raw if node is not None else ""
        names.update(address.partition("[")[0] for address in addresses_in(text))
        names.update(text.rpartition(":")[2:] if ":" in text else ())
        unsure = unsure or (node is not None and node.unknown and f"{_VAULTED}." not in text)
    own = any("rotat" in each.name.lower() for each in module.resources("aws_lambda_function"))
    return Rotations(frozenset(names), unsure or own)
