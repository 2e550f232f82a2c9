"""Identities, grants, keys and caches of Google Cloud and Azure in Terraform."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.azure.roles import add_azure_roles
from agentaudit.extract.bounds import switch
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.terraform.memories import managed_cache
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.state import key_in_state
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Identity
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
_GOOGLE_KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "google_service_account_key": ("key_file", "service_account_id"),
        "google_storage_hmac_key": ("access_key", "service_account_email"),
        "google_apikeys_key": ("api_key", "service_account_email"),
    }
)
"""Resources that make keys: of what kind, and where they name whose."""
_MODES = frozenset({"google_redis_cluster", "google_memorystore_instance"})
_OF_AZURE = regex(r"^(AllKeys|Volatile)(?=[A-Z])")
"""How a policy of Azure Managed Redis begins: `AllKeysLRU` is `allkeys-lru`."""


def add_clouds(module: Module, collector: Collector) -> None:
    """What a module says of the other two clouds."""
    _add_google(module, collector)
    add_azure_roles(module, collector)
    for declared in module.resources(*_CACHES):
        collector.add(_cache(declared, declared.body.get(*_CACHES[declared.type])))


def _add_google(module: Module, collector: Collector) -> None:
    for declared in module.resources("google_service_account"):
        collector.add(_google_account(declared))
    for declared in module.resources(*_GOOGLE_KEYS):
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


def _add_google_key(declared: Declared, collector: Collector) -> None:
    """A key that never expires, and that stands in the state."""
    kind, named = _GOOGLE_KEYS[declared.type]
    credential = collector.add(key_in_state(declared, "google", kind))
    owner = google_account_of(declared.module, declared.body.get(named))
    if owner:
        collector.link(EdgeKind.AUTHENTICATES_AS, credential.id, owner, declared.place())


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
    return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(
        switch(plain, absent=Truth.NO), Truth.UNKNOWN
    )


def _is_on(mode: Node | None) -> Truth:
    """What a mode says that is off where nobody says: `AUTH_MODE_DISABLED`, `IAM_AUTH`."""
    if mode is not None and mode.unknown:
        return Truth.UNKNOWN
    return Truth.NO if mode is None or mode.raw.endswith("DISABLED") else Truth.YES
