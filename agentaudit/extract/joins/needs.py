"""
Credentials that a tool server is handed and has no use for.

Whose credentials a server works with is known of servers of the catalogue, by their documentation;
what works with whatever it is given, such as a shell, may need anything. Only credentials of widely
used services count: nobody can say of others whom they are for.
"""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.joins.credentials import targets
from agentaudit.extract.mcp.catalogue import known_server
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer

_NEEDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **{name: frozenset[str]() for name in ("fetch", "memory", "time", "sequential-thinking")},
        **{name: frozenset[str]() for name in ("filesystem", "puppeteer", "playwright", "sqlite")},
        **{name: frozenset((name,)) for name in ("github", "gitlab", "slack", "stripe")},
        **{name: frozenset[str]() for name in ("notion", "linear", "atlassian", "tavily", "exa")},
        "brave-search": frozenset(),
        "google-drive": frozenset({"google"}),
        **dict.fromkeys(("postgres", "mongodb"), frozenset({"database"})),
        "postgres-mcp": frozenset({"database", "openai"}),  # which tunes indexes for it
        "redis": frozenset({"database", "azure"}),
        **dict.fromkeys(("aws-api", "aws-s3"), frozenset({"aws"})),
    }
)
_WIDELY_USED = frozenset(
    {
        *("aws", "azure", "google", "openai", "anthropic", "github", "gitlab", "slack", "stripe"),
        *("database", "databricks", "pinecone", "huggingface", "langsmith", "groq", "mistral"),
    }
)


def join_needs(collector: Collector) -> None:
    """The servers that see a credential without a use for it, on that credential."""
    needless: dict[FactId, set[str]] = defaultdict(set)
    for source, seers in targets(collector, EdgeKind.VISIBLE_TO).items():
        credential = collector.facts.get(source)
        if not isinstance(credential, Credential) or credential.provider not in _WIDELY_USED:
            continue
        for seer in seers:
            server = collector.facts.get(seer)
            needs = _needs(server) if isinstance(server, ToolServer) else None
            if needs is not None and server is not None and credential.provider not in needs:
                needless[source].add(server.name)
    for identifier, servers in needless.items():
        known = collector.facts[identifier]
        if isinstance(known, Credential):
            collector.update(replace(known, needless_for=tuple(sorted(servers))))


def _needs(server: ToolServer) -> frozenset[str] | None:
    """Whose credentials a server works with; None of one of which that is not known."""
    known = known_server(server.package, server.url, *server.arguments)
    return _NEEDS.get(known.name) if known is not None else None
