"""Actions: which permissions are sensitive, and how grave it is to have them."""

import re
from collections.abc import Callable, Hashable, Iterable
from fnmatch import translate
from functools import lru_cache

from agentaudit.model.facts.permissions import Grant
from agentaudit.model.threat import ActionClasses, Impact


def actions_of(grant: Grant) -> tuple[Hashable, ...]:
    """All that decides which actions of a grant are sensitive: equal for grants that are alike."""
    changes = bool(grant.write_count or grant.permissions_count or grant.admin)
    named = () if grant.sensitive_actions else grant.actions
    return grant.sensitive_actions, grant.permission_actions, named, changes


def sensitive_actions(grant: Grant) -> frozenset[str]:
    """The actions of a grant that change something or read secrets, expanded where possible."""
    if grant.sensitive_actions:
        return frozenset(grant.sensitive_actions)
    if grant.write_count or grant.permissions_count or grant.admin:
        return frozenset(grant.actions)
    return frozenset()


def permission_actions(grant: Grant, classes: ActionClasses) -> frozenset[str]:
    """Of these, the ones that hand out permissions."""
    if grant.permission_actions:
        return frozenset(grant.permission_actions)
    return frozenset(matching(sensitive_actions(grant), classes.permissions))


def matching(actions: Iterable[str], patterns: tuple[str, ...]) -> Iterable[str]:
    """The actions that one of the patterns stands for; a policy may have thousands of them."""
    matches = _compiled(patterns)
    return (action for action in actions if matches(action.lower()))


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> Callable[[str], object]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)").match


def impact_of(grant: Grant, classes: ActionClasses) -> Impact:
    """The gravest thing that a grant allows."""
    actions = sensitive_actions(grant)
    if grant.admin or grant.escalations or permission_actions(grant, classes):
        return Impact.ADMIN
    if any(True for _ in matching(actions, classes.irreversible)):
        return Impact.IRREVERSIBLE
    if grant.write_count:
        return Impact.WRITE
    return Impact.SECRET_READ if actions else Impact.READ
