"""
Managed identities of Azure that a template makes and gives to what runs.

Only what is assigned by a user can be shared; an identity of the system belongs to one resource
(Microsoft Learn, "What are managed identities for Azure resources?"). One that stands in no
template, or that several resources may be, is not told of.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.extract.azure_deployed import Deployed
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime

TYPE = "microsoft.managedidentity/userassignedidentities"
_SYMBOL = re.compile(r"^\$?\{?(?P<symbol>\w+)\.id\}?$")
_NAMED = re.compile(r"userassignedidentities'\s*,\s*'(?P<name>[^'{}]+)'\)", re.IGNORECASE)


class Identities(Struct, frozen=True):
    """The identities that one deployment makes, by their symbols and names."""

    made: Mapping[str, Sequence[Deployed]]
    on_ways: Mapping[tuple[str, str], Sequence[Deployed]]
    """By the way of templates to them, and their symbols and names."""

    def give(self, deployed: Deployed, runtimes: Sequence[Runtime], collector: Collector) -> None:
        """What a resource runs acts as each of the identities that it is assigned."""
        listed = deployed.node.get("identity", "userAssignedIdentities")
        for key, _ in listed.entries if listed is not None else ():
            found = self._found(key.raw, deployed)
            if found is None:
                continue
            own = evidence(found.document, found.node.get("name") or found.header)
            identity = add_managed_identity(collector, found.name, found.key, own)
            place = evidence(deployed.document, key)
            for runtime in runtimes:
                collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, identity, place)

    def _found(self, text: str, deployed: Deployed) -> Deployed | None:
        """The one that a key names: the only one of all, or of those made on the same way."""
        match = _SYMBOL.search(text) or _NAMED.search(text)
        name = match[1].lower() if match is not None else ""
        every = self.made.get(name, ())
        beside = self.on_ways.get((_way(deployed), name), ())
        wanted = every if len(every) == 1 else beside
        return wanted[0] if len(wanted) == 1 else None


def add_managed_identity(collector: Collector, name: str, key: str, place: Evidence) -> FactId:
    """A managed identity, whichever format declares it."""
    identity = Identity(
        id=fact_id("identity", name, key),
        name=name,
        evidence=(place,),
        provider="azure",
        kind="managed_identity",
    )
    return collector.add(identity).id


def identities_of(resources: Sequence[Deployed]) -> Identities:
    """The identities of a deployment."""
    made: dict[str, list[Deployed]] = {}
    on_ways: dict[tuple[str, str], list[Deployed]] = {}
    for resource in resources:
        for name in _names(resource) if resource.type == TYPE else ():
            made.setdefault(name, []).append(resource)
            on_ways.setdefault((_way(resource), name), []).append(resource)
    return Identities(made, on_ways)


def _names(resource: Deployed) -> Iterator[str]:
    yield from dict.fromkeys(name.lower() for name in (resource.symbol, resource.name) if name)


def _way(deployed: Deployed) -> str:
    """The way of templates to a resource."""
    return deployed.key.rpartition(f"{deployed.type}/")[0]
