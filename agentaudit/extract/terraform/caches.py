"""
Caches that AWS manages, as memories of agents: ElastiCache with nodes and without, and MemoryDB.

Sources: the resources' pages in the Terraform registry and in the AWS CloudFormation reference;
Amazon ElastiCache User Guide, "Scaling ElastiCache" (a cache without nodes evicts what expires, and
has a largest size that nobody need set) and "Role-Based Access Control" (without a group of users
everybody is the user `default`, who has no password); Amazon MemoryDB Developer Guide,
"Engine-specific parameters" (nothing is evicted) and "Authenticating users with Access Control
Lists" (`open-access` lets in whoever connects).
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.bounds import switch
from agentaudit.extract.collector import evidence
from agentaudit.extract.terraform.memories import managed_cache
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Node

_GIB = 1_024**3
_OPEN_LIST = "open-access"
_BOTH_WAYS = "preferred"
"""A mode of TLS that a client may do without."""
_NOT_OF_REDIS = "memcached"


class _Settled(Struct, frozen=True):
    """What a parameter group says of eviction, and where."""

    eviction: str
    group: Declared | None = None
    node: Node | None = None


def caches(module: Module) -> Iterator[MemoryStore]:
    """Every managed Redis or Valkey that is no part of another."""
    for declared in module.resources(*_CACHES):
        body = declared.body
        part = declared.type == "aws_elasticache_cluster" and body.get("replication_group_id")
        if not part and body.text_at("engine") != _NOT_OF_REDIS:
            yield _CACHES[declared.type](declared)


def _with_nodes(declared: Declared) -> MemoryStore:
    """ElastiCache with nodes: bounded by their size, evicting by its parameter group."""
    settled = _eviction(declared, "aws_elasticache_parameter_group", "volatile-lru")
    body = declared.body
    valkey = body.text_at("engine") == "valkey"
    return replace(
        _memory(declared, settled),
        max_bytes=Known.SET,
        asks_callers=_asks(body, "auth_token", "user_group_ids"),
        encrypted_on_the_way=Truth.NO
        if body.text_at("transit_encryption_mode") == _BOTH_WAYS
        else switch(
            body.get("transit_encryption_enabled"), absent=Truth.UNKNOWN if valkey else Truth.NO
        ),
    )


def _without_nodes(declared: Declared) -> MemoryStore:
    """A cache that grows with what is kept, as far as its owner lets it."""
    memory = _memory(declared, _Settled("volatile-lru"))
    limit = declared.body.get("cache_usage_limits", "data_storage", "maximum")
    unlimited = Known.NONE if memory.holds_conversation else Known.SET
    return replace(
        memory,
        max_bytes=unlimited if limit is None else Known.UNKNOWN if limit.unknown else Known.SET,
        max_bytes_count=limit.integer * _GIB if limit is not None and limit.integer else None,
        asks_callers=_asks(declared.body, "user_group_id"),
        encrypted_on_the_way=Truth.YES,
    )


def _durable(declared: Declared) -> MemoryStore:
    """MemoryDB, which keeps on disk what it holds, and refuses what it has no room for."""
    settled = _eviction(declared, "aws_memorydb_parameter_group", "noeviction")
    listed = declared.body.get("acl_name")
    asked = Truth.UNKNOWN if listed is None else Truth.YES
    return replace(
        _memory(declared, settled),
        max_bytes=Known.SET,
        persistent=Truth.YES,
        asks_callers=Truth.NO if listed is not None and listed.text == _OPEN_LIST else asked,
        encrypted_on_the_way=switch(declared.body.get("tls_enabled"), absent=Truth.YES),
    )


_CACHES: Mapping[str, Callable[[Declared], MemoryStore]] = MappingProxyType(
    {
        "aws_elasticache_replication_group": _with_nodes,
        "aws_elasticache_cluster": _with_nodes,
        "aws_elasticache_serverless_cache": _without_nodes,
        "aws_memorydb_cluster": _durable,
    }
)


def _asks(body: Node, *names: str) -> Truth:
    """Whether a proof is named; one that is empty or `null` is none."""
    named = any(each.raw for name in names for each in body.list_at(name))
    return Truth.YES if named else Truth.NO


def _memory(declared: Declared, settled: _Settled) -> MemoryStore:
    group, node = settled.group, settled.node
    where = (evidence(group.document, node),) if group is not None and node is not None else ()
    return managed_cache(declared, settled.eviction, (declared.place(), *where))


def _eviction(declared: Declared, type_: str, default: str) -> _Settled:
    """What a cache evicts: as its group says, by default where there is none, else unknown."""
    named = declared.body.get("parameter_group_name")
    group = declared.module.references(type_).named(named.raw) if named is not None else None
    for parameter in group.body.list_at("parameter") if group is not None else ():
        if parameter.text_at("name") == "maxmemory-policy":
            node = parameter.get("value")
            return _Settled((node.text or default) if node is not None else default, group, node)
    unseen = named is not None and group is None and not named.raw.startswith("default.")
    return _Settled("" if unseen else default)
