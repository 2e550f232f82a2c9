"""
Managed identities of Azure that a template makes and gives to what runs.

One that is assigned by a user can be shared; one of the system belongs to its resource (Microsoft
Learn, "What are managed identities for Azure resources?"). One that stands in no template, or that
several resources may be, is not told of.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import NOBODY, Fact, FactId
from agentaudit.model.facts.permissions import Identity

TYPE = "microsoft.managedidentity/userassignedidentities"
_SYMBOL = regex(r"^\$?\{?(?P<symbol>\w+)\.(?:id|properties\.principalId)\}?$")
_NAMED = regex(r"userassignedidentities'\s*,\s*'(?P<name>[^'{}]+)'\)", re.IGNORECASE)

_LOOKED_UP = regex(r"/userassignedidentities/([^/'{},()]{1,100}),", re.IGNORECASE)
_OWN = regex(
    r"(?:^(?P<symbol>\w+)|/(?P<name>[^/'{},()]{1,100}),[^()]{0,100}\))\.identity\.principalId$"
)
"""The principal of what the system makes, by a symbol, or as JSON has it."""
_ACTING = Budget("identities of containers", 20_000, free=20, whole=True)
"""Each as often as there are containers of its resource."""


class Identities(Struct, frozen=True):
    """The identities that one deployment makes, by their symbols and names."""

    made: Mapping[str, Sequence[Deployed]]
    on_ways: Mapping[tuple[str, str], Sequence[Deployed]]
    """By the way of templates to them, and their symbols and names."""
    owners: Mapping[str, Sequence[Deployed]]
    """Resources for which the system makes one."""

    def give(self, deployed: Deployed, runtimes: Sequence[Fact], collector: Collector) -> None:
        """What a resource runs acts as the identity of its own, and as those it is assigned."""
        listed = deployed.node.get("identity", "userAssignedIdentities")
        entries = listed.entries if listed is not None else ()
        found = [(key, self._assigned(key.raw, _way(deployed))) for key, _ in entries]
        if _has_own(deployed):
            found.append((deployed.node.get("identity", "type") or deployed.header, deployed))
        for node, made in found:
            if made is None:
                continue
            act_as(collector, runtimes, _add(made, collector), evidence(deployed.document, node))

    def of_principal(self, text: str, key: str, collector: Collector) -> FactId:
        """The identity whose principal a value of a resource means."""
        owned = _OWN.search(text)
        if owned is not None:
            found = self.owners.get((owned["symbol"] or owned["name"]).lower(), ())
            made = found[0] if len(found) == 1 else None
        else:
            made = self._assigned(text, key.partition("microsoft.authorization/")[0])
        return _add(made, collector) if made is not None else NOBODY

    def _assigned(self, text: str, way: str) -> Deployed | None:
        """The one that a text names: the only one of all, or of those made on the same way."""
        match = _SYMBOL.search(text) or _NAMED.search(text) or _LOOKED_UP.search(text)
        name = match[1].lower() if match is not None else ""
        every, beside = self.made.get(name, ()), self.on_ways.get((way, name), ())
        wanted = every if len(every) == 1 else beside
        return wanted[0] if len(wanted) == 1 else None


def _add(made: Deployed, collector: Collector) -> FactId:
    place = evidence(made.document, made.node.get("name") or made.header)
    return add_managed_identity(collector, made.name, made.key, place)


def _has_own(resource: Deployed) -> bool:
    """Whether the system makes an identity for a resource."""
    return "SystemAssigned" in resource.node.text_at("identity", "type")


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


def act_as(
    collector: Collector, runtimes: Sequence[Fact], identity: FactId, place: Evidence
) -> None:
    """All that a resource runs acts as an identity that it has."""
    name = collector.facts[identity].name
    end = (place, f"which containers act as {name}", "what they may do is not known")
    for runtime in runtimes if collector.affords(_ACTING, len(runtimes), end) else ():
        collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, identity, place)


def identities_of(resources: Sequence[Deployed]) -> Identities:
    """The identities of a deployment."""
    made: dict[str, list[Deployed]] = {}
    on_ways: dict[tuple[str, str], list[Deployed]] = {}
    owners: dict[str, list[Deployed]] = {}
    for resource in resources:
        for name in _names(resource) if resource.type == TYPE else ():
            made.setdefault(name, []).append(resource)
            on_ways.setdefault((_way(resource), name), []).append(resource)
        for name in _names(resource) if _has_own(resource) else ():
            owners.setdefault(name, []).append(resource)
    return Identities(made, on_ways, owners)


def _names(resource: Deployed) -> Iterator[str]:
    yield from dict.fromkeys(name.lower() for name in (resource.symbol, resource.name) if name)


def _way(deployed: Deployed) -> str:
    """The way of templates to a resource."""
    return deployed.key.rpartition(f"{deployed.type}/")[0]
