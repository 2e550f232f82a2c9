"""
Rights: what the principals that are reached may do, as far as the files say.

A principal whose permissions no file states may do nothing, or everything: both bounds say so.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.model.threat import ActionClasses
from agentaudit.threats.actions import actions_of, matching, permission_actions, sensitive_actions
from agentaudit.threats.flows import AUTHORITY
from agentaudit.threats.graph import World
from agentaudit.threats.views import View

EVERYTHING = 11_000
"""As many sensitive actions as AWS has, rounded up: what an unread policy may allow."""

Action = tuple[str, str]

_SPOKEN_OF = AUTHORITY | {Grant}
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
    known = {id(rights): rights for rights in every}.values()
    return Rights(
        actions=frozenset().union(*(rights.actions for rights in known)),
        permissions=frozenset().union(*(rights.permissions for rights in known)),
        irreversible=frozenset().union(*(rights.irreversible for rights in known)),
        unread=frozenset().union(*(rights.unread for rights in known)),
    )


def rights_of(seen: View, principals: Iterable[str]) -> Rights:
    """What these credentials and identities may do, with all that they can become."""
    return together(_of_all(seen, principals))


def acting(seen: View, principal: str) -> str:
    """Whom a principal stands for: what proves one identity and no more may do what that may."""
    step = seen.only_step(AUTHORITY, principal)
    return principal if step is None or step.kind == EdgeKind.GRANTS else step.dst


def unread_of(seen: View, principals: Iterable[str]) -> frozenset[str]:
    """The providers of which these, and all that they can become, have permissions unread."""
    return frozenset[str]().union(*(rights.unread for rights in _of_all(seen, principals)))


def unread_among(seen: View, names: Iterable[str]) -> frozenset[str]:
    """Those of which some permission of their own is not in the files."""
    facts = map(seen.fact, names)
    principals = [fact for fact in facts if isinstance(fact, Credential | Identity)]
    return frozenset(fact.id for fact in principals if _own(seen, fact).unread)


def _of_all(seen: View, principals: Iterable[str]) -> Iterator[Rights]:
    for name in seen.walk(AUTHORITY, frozenset(principals)).reached:
        fact = seen.fact(name)
        if isinstance(fact, Credential | Identity):
            yield _own(seen, fact)


def _own(seen: View, principal: Credential | Identity) -> Rights:
    """What one may do by itself; of the principal only its provider counts."""
    return seen.notes.known(
        ("own", seen.world, principal.id, principal.provider),
        _SPOKEN_OF,
        lambda: _stated(seen, principal),
    )


def _stated(seen: View, principal: Credential | Identity) -> Rights:
    edges = [edge for edge in seen.steps().get(principal.id, ()) if edge.kind in AUTHORITY]
    if edges:
        ends = (seen.fact(edge.dst) for edge in edges)
        return _granted(seen, [fact for fact in ends if isinstance(fact, Grant)])
    return _unread(seen, principal)


def _granted(seen: View, grants: Sequence[Grant]) -> Rights:
    """What is allowed and not denied; what depends on a condition counts against both."""
    certain = seen.world is World.CERTAIN
    allowing = [
        grant for grant in grants if grant.effect != "deny" and not (certain and grant.conditions)
    ]
    denied = tuple(
        pattern
        for grant in grants
        if grant.effect == "deny" and (certain or _outright(grant))
        for pattern in grant.actions
    )
    return together(_allowed(seen, grant, denied) for grant in allowing)


def _unread(seen: View, principal: Credential | Identity) -> Rights:
    """A principal without permissions in any file; a key of a service is one action to use."""
    if isinstance(principal, Identity) or principal.provider in _CLOUDS:
        possible = seen.world is World.POSSIBLE
        return Rights(unread=frozenset({principal.provider} if possible else ()))
    return Rights(actions=frozenset({("", f"use of {principal.id}")}))


def _allowed(seen: View, grant: Grant, denied: tuple[str, ...]) -> Rights:
    """What is left of a grant; both worlds ask, a wide one is long, and many are alike."""
    return seen.notes.known(
        ("allowed", grant.provider, *actions_of(grant), denied),
        frozenset({Grant}),
        lambda: _left(grant, denied, seen.classes),
    )


def _left(grant: Grant, denied: tuple[str, ...], classes: ActionClasses) -> Rights:
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
