"""Tables and containers of documents that Terraform declares, as memories of agents."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.terraform.modules import Declared
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.memory import MemoryStore

_CONVERSATION = regex(
    r"chat|conversation|message|memory|history|session|thread|checkpoint", re.IGNORECASE
)
_OF_OTHERS = regex(
    r"(?:deploy(?:ment)?s?|releases?|builds?|jobs?|runs?|executions?|incidents?|alerts?|orders?"
    r"|prices?|payments?|transactions?|billing|migrations?|audits?|scans?|logins?|versions?)"
    r"[-_]?history"
    r"|(?:users?|log-?ins?|auth|oauth2?|web|http|mcp|admin|browser)[-_]?sessions?"
    r"|chat(?:[-_]?bot)?[-_](?:users?|accounts?|profiles?|customers?|tenants?|products?|orders?"
    r"|settings?|config(?:uration)?s?|feedback|connections?)(?![a-z])",
    re.IGNORECASE,
)
"""
What happened to other things, who is logged in or connected, and what else a chatbot keeps: there
nobody speaks.
"""


def holds_conversations(name: str) -> bool:
    """Whether a store is called after conversations."""
    return _CONVERSATION.search(_OF_OTHERS.sub("", name)) is not None


def _table_memory(declared: Declared) -> MemoryStore:
    ttl = declared.body.get("ttl", "enabled")
    expires = Known.UNKNOWN if ttl is not None and ttl.boolean is None else Known.NONE
    if ttl is not None and ttl.boolean:
        expires = Known.SET
    return replace(_history(declared, "dynamodb"), ttl=expires, sweep=expires)


def _container_memory(declared: Declared) -> MemoryStore:
    """
    A container of Cosmos DB, which deletes by itself what has expired.

    Without `default_ttl` nothing expires; with -1, what says so of itself (Microsoft Learn, "Time
    to live in Azure Cosmos DB").
    """
    node = declared.body.get("default_ttl")
    seconds = node.integer if node is not None else None
    limited = seconds is not None and seconds > 0
    return replace(
        _history(declared, "cosmosdb"),
        ttl=Known.NONE if node is None else Known.SET if limited else Known.UNKNOWN,
        ttl_s=seconds if limited else None,
        sweep=Known.SET,
    )


def _history(declared: Declared, backend: str) -> MemoryStore:
    """Conversations in a service of the cloud; when they expire, its settings say."""
    return MemoryStore(
        id=fact_id("memory_store", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        kind="history",
        backend=backend,
        persistent=Truth.YES,
        agent_writable=Truth.UNKNOWN,
        managed_service=True,
    )


MEMORIES: Mapping[str, Callable[[Declared], MemoryStore]] = MappingProxyType(
    {
        "aws_dynamodb_table": _table_memory,
        "azurerm_cosmosdb_sql_container": _container_memory,
    }
)
"""What keeps conversations where a name says so."""


def managed_cache(declared: Declared, eviction: str, places: tuple[Evidence, ...]) -> MemoryStore:
    """A Redis that a cloud manages, and of conversations where a name says so."""
    called = f"{declared.title} {declared.name} {declared.document.file}"
    return MemoryStore(
        id=fact_id("memory_store", declared.title, declared.key),
        name=declared.title,
        evidence=places,
        kind="cache",
        backend="redis",
        eviction=eviction,
        persistent=Truth.UNKNOWN,
        holds_conversation=holds_conversations(called),
        managed_service=True,
    )
