"""
The keys under which conversations are kept: one for everybody, one a session, one a tenant.

That a key lacks the tenant says something only where the deployment has tenants: a name of one has
to stand beside it.
"""

import re
from functools import lru_cache

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.model.evidence import Truth

TEMPLATE = regex(r"[{$%<]|\{\{")
_TENANT = regex(
    r"tenant|\borg(?:ani[sz]ation)?_?(?:id|slug|name)|workspace_?id|customer_?id|account_?id",
    re.IGNORECASE,
)
_USED = regex(r"\{\{[^{}\n]{1,500}\}\}")
_PERSON = regex(
    r"user|tenant|\borg|customer|account|workspace|e-?mail|phone|member|owner|principal|\bsub\b"
    r"|chat_?id|from\.id",
    re.IGNORECASE,
)


class Key(Struct, frozen=True, kw_only=True):
    """What a session key says of who shares a conversation."""

    scope: str = ""
    constant: bool = False
    tenant_scoped: Truth = Truth.UNKNOWN


def key_of(text: str, *, tenants: bool) -> Key:
    """The key that a text is; `tenants` says whether anything beside it names a tenant."""
    if not text:
        return Key()
    if not TEMPLATE.search(text):
        return Key(scope="global", constant=True)
    if _PERSON.search(text):
        scope = "tenant" if _TENANT.search(text) else "user"
        return Key(scope=scope, tenant_scoped=Truth.YES)
    return Key(scope="session", tenant_scoped=Truth.NO if tenants else Truth.UNKNOWN)


def person_named(text: str) -> bool:
    """Whether a text names a user or a tenant."""
    return _PERSON.search(text) is not None


def tenants_named(text: str) -> bool:
    """Whether a text names tenants, as identifiers of a deployment that serves several."""
    return _TENANT.search(text) is not None


@lru_cache(maxsize=1)  # each memory of an export asks
def tenants_used(export: str) -> bool:
    """Whether an expression of an exported workflow names tenants; a title may speak of flats."""
    return any(tenants_named(found[0]) for found in _USED.finditer(export))
