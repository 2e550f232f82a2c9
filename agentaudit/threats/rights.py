"""
Rights: what the principals that are reached may do, as far as the files say.

A principal whose permissions no file states may do nothing, or everything: both bounds say so.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.model.threat import ActionClasses
from agentaudit.threats.actions import matching, permission_actions, sensitive_actions
from agentaudit.threats.flows import AUTHORITY
from agentaudit.threats.graph import Steps, ThreatGraph, World
from agentaudit.threats.routes import reached

EVERYTHING = 11_000
"""As many sensitive actions as AWS has, rounded up: what an unread policy may allow."""

Action = tuple[str, str]

_CLOUDS = frozenset({"aws", "gcp", "google", "azure", "kubernetes"})


class Rights(Struct, frozen=True, kw_only=True):
    """Sensitive actions as (provider, name), those of them of two kinds, and what stays open."""

    actions: frozenset[Action] = frozenset()
    permissions: frozenset[Action] = frozenset()
    irreversible: frozenset[Action] = frozenset()
    unread: frozenset[str] = frozenset()
    """Providers of which some permission is not in the files: any of their actions may be."""

    def count(self, actions: frozenset[Action]) -> int:
        """How many these are, with all that may hide in what was not read."""
        named = sum(provider not in self.unread for provider, _ in actions)
        return named + EVERYTHING * len(self.unread)


def together(every: Iterable[Rights]) -> Rights:
    """What several may do, all told."""
    known = tuple(every)
    return Rights(
        actions=frozenset().union(*(rights.actions for rights in known)),
        permissions=frozenset().union(*(rights.permissions for rights in known)),
        irreversible=frozenset().union(*(rights.irreversible for rights in known)),
        unread=frozenset().union(*(rights.unread for rights in known)),
    )


class View(Struct, frozen=True, kw_only=True):
    """A graph in one world."""

    graph: ThreatGraph
    world: World
    classes: ActionClasses
    steps: Steps

    def rights(self, principals: Iterable[str]) -> Rights:
        """What these credentials and identities may do, with all that they can become."""
        stages = [frozenset(principals), self.graph.facts.keys()]
        found = (self.fact(name) for name in sorted(reached(self.steps, stages, AUTHORITY)))
        return together(
            self._own(fact) for fact in found if isinstance(fact, Credential | Identity)
        )

    def _own(self, principal: Credential | Identity) -> Rights:
        edges = [edge for edge in self.steps.get(principal.id, ()) if edge.kind in AUTHORITY]
        if edges:
            ends = (self.graph.facts[FactId(edge.dst)] for edge in edges)
            return self._granted([fact for fact in ends if isinstance(fact, Grant)])
        return self._unread(principal)

    def _granted(self, grants: Sequence[Grant]) -> Rights:
        """What is allowed and not denied; what depends on a condition counts against both."""
        certain = self.world is World.CERTAIN
        allowing = [
            grant
            for grant in grants
            if grant.effect != "deny" and not (certain and grant.conditions)
        ]
        denied = tuple(
            pattern
            for grant in grants
            if grant.effect == "deny" and (certain or _outright(grant))
            for pattern in grant.actions
        )
        return together(_allowed(grant, denied, self.classes) for grant in allowing)

    def _unread(self, principal: Credential | Identity) -> Rights:
        """A principal without permissions in any file; a key of a service is one action to use."""
        if isinstance(principal, Identity) or principal.provider in _CLOUDS:
            possible = self.world is World.POSSIBLE
            return Rights(unread=frozenset({principal.provider} if possible else ()))
        return Rights(actions=frozenset({("", f"use of {principal.id}")}))

    def fact(self, name: str) -> Fact:
        return self.graph.facts[FactId(name)]


@lru_cache(maxsize=1024)
def _allowed(grant: Grant, denied: tuple[str, ...], classes: ActionClasses) -> Rights:
    """What is left of a grant. Every what-if asks for it again, and a wide one is long."""
    actions = sensitive_actions(grant)
    left = actions.difference(matching(actions, denied))
    return Rights(
        actions=_named(grant, left),
        permissions=_named(grant, left & permission_actions(grant, classes)),
        irreversible=_named(grant, matching(left, classes.irreversible)),
    )


def _named(grant: Grant, actions: Iterable[str]) -> frozenset[Action]:
    return frozenset((grant.provider, action) for action in actions)


def _outright(grant: Grant) -> bool:
    """Whether a denial holds always and everywhere."""
    return not grant.conditions and not grant.not_resources and "*" in grant.resources


def view(graph: ThreatGraph, world: World, classes: ActionClasses) -> View:
    """A graph as it is walked in one world."""
    return View(graph=graph, world=world, classes=classes, steps=graph.steps(world))
