"""Caches that Google Cloud and Azure manage, as memories of agents."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.bounds import opposite, switch
from agentaudit.extract.collector import Collector
from agentaudit.extract.terraform.memories import managed_cache
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Node

_DEFAULT = "volatile-lru"
_CACHES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "google_redis_instance": ("redis_configs", "maxmemory-policy"),
        "google_redis_cluster": ("redis_configs", "maxmemory-policy"),
        "google_memorystore_instance": ("engine_configs", "maxmemory-policy"),
        "azurerm_redis_cache": ("redis_configuration", "maxmemory_policy"),
        "azurerm_managed_redis": ("default_database", "eviction_policy"),
        "azurerm_redis_enterprise_database": ("eviction_policy",),
    }
)
"""Where each managed Redis says what it evicts."""
_MODES = frozenset({"google_redis_cluster", "google_memorystore_instance"})
_OF_AZURE = regex(r"^(AllKeys|Volatile)(?=[A-Z])")
"""How a policy of Azure Managed Redis begins: `AllKeysLRU` is `allkeys-lru`."""


def add_cloud_caches(module: Module, collector: Collector) -> None:
    """Every managed Redis of the two clouds."""
    for declared in module.resources(*_CACHES):
        collector.add(_cache(declared, declared.body.get(*_CACHES[declared.type])))


def _cache(declared: Declared, policy: Node | None) -> MemoryStore:
    """A managed Redis; both clouds evict only keys with a time to live by default."""
    text = policy.text if policy is not None else _DEFAULT
    eviction = _OF_AZURE.sub(r"\1-", text or "").lower()
    return replace(
        managed_cache(declared, eviction, (declared.place(policy),)),
        max_bytes=Known.SET,
        asks_callers=_asks(declared),
        encrypted_on_the_way=_encrypted(declared),
    )


def _asks(declared: Declared) -> Truth:
    """Whether a cache of Google asks who connects; one of Azure does, by its keys."""
    body = declared.body
    if declared.type == "google_redis_instance":
        return switch(body.get("auth_enabled"), absent=Truth.NO)
    if declared.type in _MODES:
        return _is_on(body.get("authorization_mode"))
    return switch(body.get("redis_configuration", "authentication_enabled"), absent=Truth.YES)


def _encrypted(declared: Declared) -> Truth:
    """Whether nothing but TLS leads to a cache."""
    body = declared.body
    if declared.type.startswith("google_"):
        return _is_on(body.get("transit_encryption_mode"))
    plain = body.get("non_ssl_port_enabled") or body.get("enable_non_ssl_port")
    protocol = body.get("default_database", "client_protocol") or body.get("client_protocol")
    if protocol is not None and protocol.text == "Plaintext":
        return Truth.NO
    return opposite(switch(plain, absent=Truth.NO))


def _is_on(mode: Node | None) -> Truth:
    """What a mode says that is off where nobody says: `AUTH_MODE_DISABLED`, `IAM_AUTH`."""
    if mode is not None and mode.unknown:
        return Truth.UNKNOWN
    return Truth.NO if mode is None or mode.raw.endswith("DISABLED") else Truth.YES
