"""
API Management before models and tools: what its policies ask of callers, and add to calls.

The elements are those of https://learn.microsoft.com/azure/api-management/api-management-policies.
What a policy inherits (`<base />`) stands elsewhere: one that asks nothing leaves that open, unless
its API asks for the key of a subscription.
"""

import re
from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.controls import Gateway
from agentaudit.readers.document import Document, Node
from agentaudit.readers.lines import Lines

_CHECK = "check-header"
_ASKS = frozenset(
    {"validate-jwt", "validate-azure-ad-token", "validate-client-certificate", _CHECK}
)
_LIMITS = frozenset(
    {
        *("rate-limit", "rate-limit-by-key", "quota", "quota-by-key"),
        *("azure-openai-token-limit", "llm-token-limit"),
    }
)
_READ = Budget("characters of policies", 5_000_000, whole=True)
"""A file as often as something has it for a policy."""
_KEYS = frozenset({"api-key", "authorization", "x-api-key", "x-functions-key"})
_MODELS = regex(r"openai|llm|foundry|ai-?gateway", re.IGNORECASE)
_TOOLS = regex(r"(?:^|[^A-Za-z])(?:mcp|Mcp|MCP)(?![a-z])|(?<=[a-z])M(?:cp|CP)(?![a-z])")
"""In names."""
_BEFORE_MODELS = regex(
    r"<(?:azure-openai|llm)-|cognitiveservices\.azure\.com|ai\.azure\.com"
    r"|backend-id=\"[^\"<>]{0,80}?(?:openai|llm|foundry)",
    re.IGNORECASE,
)
_BEFORE_TOOLS = regex(r"(?:base-url|backend-id)=\"[^\"<>]{0,200}?\bmcp\b", re.IGNORECASE)
"""In policies: variables and comments speak of much."""
_VALUED = regex(r"<[a-z-]{1,60}(?:[^<>]{0,400}[^<>/])?>\s{0,200}<value>")
"""A header that is compared; otherwise it need only be there."""
_ELEMENT = regex(r"<([a-z][a-z-]{2,60})(?=[\s/>])")
_HEADER = regex(r"<set-header\s[^<>]{0,200}?name=[\"']([\w-]{1,60})[\"']([^<>]{0,200})")
_FILE = regex(
    r"(?:loadTextContent\(\s*'|(?:file|templatefile)\(\s*\"(?:\$\{path\.module\}/)?)"
    r"([\w./-]{1,200}\.xml)"
)


class ManagedApi(Struct, frozen=True, kw_only=True):
    """What a policy is for, and what is written for it."""

    name: str
    key: str
    """What makes it itself."""
    document: Document
    policy: Node
    """Its text, or what names the file of it."""
    subscribed: Evidence | None = None
    """Where the API says that it asks for the key of a subscription."""


class _Policy(Struct, frozen=True, dict=True):
    """A policy, with comments as they were written."""

    text: str
    document: Document
    node: Node

    @cached_property
    def bare(self) -> str:
        return _without_comments(self.text)

    @cached_property
    def start(self) -> int:
        """Where the way in begins."""
        return max(self.bare.find("<inbound"), 0)

    @cached_property
    def inbound(self) -> str:
        """What callers pass on their way in."""
        return self.bare[self.start : max(self.bare.find("</inbound>"), self.start)]

    @cached_property
    def elements(self) -> Mapping[str, int]:
        """Where on the way in each element stands first; a check that compares nothing is none."""
        found: dict[str, int] = {}
        for match in _ELEMENT.finditer(self.inbound):
            if match[1] != _CHECK or _VALUED.match(self.inbound, match.start()):
                found.setdefault(match[1], match.start())
        return found

    def place(self, offset: int, snippet: str) -> Evidence:
        """Where an element of the way in stands; in a text that is a value, where that begins."""
        if self.document.syntax != "xml":
            return evidence(self.document, self.node, snippet)
        line, column = Lines(self.text).place(self.start + offset)
        place = self.node.changed(
            line=line, column=column, end_line=line, end_column=column + len(snippet)
        )
        return evidence(self.document, place, snippet)


def add_managed_api(api: ManagedApi, documents: Documents, collector: Collector) -> None:
    """The gateway that a policy makes of an API, where models or tools are behind it."""
    place, what = evidence(api.document, api.policy), f"the policy of {api.name}"
    end = (place, what, "whether it asks who calls")
    policy = _policy(api, documents)
    if policy is None:
        if any(_named(api.name)) or any(_named(api.policy.raw)):
            collector.leave_open(*end)
        return
    if collector.affords(_READ, len(policy.text), end):
        _add_gateway(api, policy, collector)


def _add_gateway(api: ManagedApi, policy: _Policy, collector: Collector) -> None:
    models, tools = (
        named or before.search(policy.bare) is not None
        for named, before in zip(_named(api.name), (_BEFORE_MODELS, _BEFORE_TOOLS), strict=True)
    )
    if not (models or tools):
        return
    found = policy.elements
    asking = next((name for name in found if name in _ASKS), None)
    limits = next((name for name in found if name in _LIMITS), None)
    adding = _adds_key(policy)
    told = [policy.place(found[name], f"<{name}>") for name in (asking, limits) if name]
    told += [api.subscribed] if api.subscribed is not None else []
    asks = asking is not None or api.subscribed is not None
    own = evidence(api.document, api.policy, api.name)
    if not asks:
        collector.leave_open(own, f"whether {api.name} asks who calls", "it may not")
    collector.add(
        Gateway(
            id=fact_id("gateway", api.name, api.key),
            name=plain(api.name),
            evidence=tuple(dict.fromkeys((*told, *([adding] if adding else ()), own))),
            product="api-management",
            authorizer=Known.SET if asks else Known.UNKNOWN,
            brokers_credentials=Truth.UNKNOWN if adding is None else Truth.YES,
            fronts_tools=Truth.YES if tools else Truth.NO,
            budget=Known.UNKNOWN if limits is None else Known.SET,
            logged=Truth.YES if "log-to-eventhub" in found else Truth.UNKNOWN,
        )
    )


def _policy(api: ManagedApi, documents: Documents) -> _Policy | None:
    """The text of a policy: as it stands, or in the file that it is taken from."""
    document, node = api.document, api.policy
    text = node.text
    if text is None or "<inbound" not in text:
        named = _FILE.search(node.raw)
        other = documents.beside(document, named[1]) if named is not None else None
        if other is None or other.syntax != "xml":
            return None
        document, node, text = other, other.root, other.text
    return _Policy(text=text, document=document, node=node)


def _without_comments(text: str) -> str:
    """A text of the same length, in which comments are blank."""
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start)
        end = len(text) if end < 0 else end + len("-->")
        blank = "".join("\n" if sign == "\n" else " " for sign in text[start:end])
        pieces += [text[at:start], blank]
        at = end
    return "".join((*pieces, text[at:]))


def _named(text: str) -> tuple[bool, bool]:
    """Whether a name speaks of models, and whether of tools."""
    return _MODELS.search(text) is not None, _TOOLS.search(text) is not None


def _adds_key(policy: _Policy) -> Evidence | None:
    """Where a policy proves to what is behind it that it may be called."""
    for name in ("authentication-managed-identity", "authentication-certificate"):
        if name in policy.elements:
            return policy.place(policy.elements[name], f"<{name}>")
    for match in _HEADER.finditer(policy.inbound):
        if match[1].lower() in _KEYS and "delete" not in match[2]:
            return policy.place(match.start(), "<set-header>")
    return None
