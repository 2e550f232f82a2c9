"""
What the statements of a bearer allow, after its denials and its boundary.

A denial takes away only when it surely applies: it has no condition, and its resources cover those
of the statement. Sets of many thousand actions are shared by all statements that are alike.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod

from msgspec import Struct

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector
from agentaudit.extract.iam.actions import all_actions, expanded, width
from agentaudit.extract.iam.globs import matches
from agentaudit.extract.iam.policies import Statement
from agentaudit.extract.iam.scope import bounds_what_is_given, is_everything, patterns_of

_MOST_STATEMENTS = 1_000
"""Of one bearer. AWS lets a role have 10,240 characters of policies, and 20 more of 6,144 each."""
_MOST_NAMED = 20_000
"""Resources of allowances times those of denials, as far as they are held against each other."""
_OWN_USER = "${aws:username}"
_MOST_ACTIONS = 2_000_000
_PATTERNS, _ACTIONS = Budget("patterns", _MOST_ACTIONS), Budget("actions", _MOST_ACTIONS)
"""Actions that the patterns of a file are held against, and as many that are left of them."""


class Allowance(Struct, frozen=True):
    """One statement that allows, and the actions that its identity's denials leave of it."""

    statement: Statement
    actions: frozenset[str]
    everywhere: bool
    """Whether it holds for all resources of a kind."""
    own: bool
    """Whether it is for whoever asks alone: it names resources by the name of a user."""
    bounded: bool
    """Whether a condition says which policies may be given away, or what bounds who gets them."""
    escalations: tuple[str, ...] = ()
    escalates_by_name: bool = False
    """Whether each of those ways leads through resources that are named, and not through any."""
    free_reads: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()


def readable(collector: Collector, bearer: str, statements: Iterable[Statement]) -> list[Statement]:
    """The statements of a bearer in their order; those beyond what is read are left open."""
    listed = sorted(set(statements), key=lambda statement: (statement.key, statement.place))
    if len(listed) > _MOST_STATEMENTS:
        what = f"the statements of {bearer} beyond {_MOST_STATEMENTS:,}"
        collector.leave_unread(listed[_MOST_STATEMENTS].place, what, "they may allow anything")
    found = []
    for statement in listed[:_MOST_STATEMENTS]:
        patterns = (*statement.actions, *statement.not_actions)
        size = sum(map(width, patterns))
        if _affords(collector, statement, (_PATTERNS, patterns), size):
            found.append(statement)
    return found


def allowances_of(
    collector: Collector, statements: Sequence[Statement], ceiling: frozenset[str] | None
) -> list[Allowance]:
    """The statements that allow, each with what the others leave of it."""
    return [
        _allowance(statement, actions)
        for statement, actions in _left(statements, ceiling)
        if _affords(collector, statement, (_ACTIONS, actions), len(actions))
    ]


def _allowance(statement: Statement, actions: frozenset[str]) -> Allowance:
    resources = statement.resources
    everywhere = bool(statement.not_resources) or any(map(is_everything, resources))
    own = any(_OWN_USER in resource for resource in resources)
    bounded = any(map(bounds_what_is_given, statement.conditions))
    return Allowance(statement, actions, everywhere, own, bounded)


def _affords(
    collector: Collector, statement: Statement, counted: tuple[Budget, object], size: int
) -> bool:
    """Whether a file has room for a statement's patterns or actions; equal ones count once."""
    budget, value = counted
    end = (statement.place, f"the actions of {statement.name}", "it may allow anything")
    return collector.affords(budget, size, end, key=hash(value))


def allowed_by(statements: Iterable[Statement]) -> frozenset[str]:
    """Every action that the statements of a policy allow on some resource."""
    return together(actions for _, actions in _left(tuple(statements), None))


def together(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """All that is in one of the sets; where they are equal, it is made of none anew."""
    distinct = set(sets)
    return distinct.pop() if len(distinct) == 1 else frozenset().union(*distinct)


def _left(
    statements: Sequence[Statement], ceiling: frozenset[str] | None
) -> Iterable[tuple[Statement, frozenset[str]]]:
    allowing = [statement for statement in statements if statement.allows]
    everywhere, named = _denials(statements, allowing)
    for statement in allowing:
        gone = {_all_of(denial) for denial in named if _covers(denial, statement)}
        actions = _without(_all_of(statement), frozenset(filter(None, (everywhere, *gone))))
        yield statement, actions if ceiling is None else _within(ceiling, actions)


def _within(ceiling: frozenset[str], actions: frozenset[str]) -> frozenset[str]:
    """What a boundary leaves; an action that the table does not know may be among its patterns."""
    if actions is ceiling or actions <= ceiling:
        return actions
    return (actions & ceiling) | (actions - all_actions())


def _denials(
    statements: Sequence[Statement], allowing: Sequence[Statement]
) -> tuple[frozenset[str], Sequence[Statement]]:
    """What is denied on everything, and the denials that name resources, unless they are many."""
    sure = [
        statement
        for statement in statements
        if not statement.allows and not statement.conditions and not statement.not_resources
    ]
    everywhere = together(_all_of(denial) for denial in sure if "*" in denial.resources)
    named = [denial for denial in sure if "*" not in denial.resources]
    pairs = prod(sum(len(each.resources) for each in group) for group in (allowing, named))
    return everywhere, named if pairs <= _MOST_NAMED else ()


def _all_of(statement: Statement) -> frozenset[str]:
    if "*" in statement.not_resources:
        return frozenset()
    if statement.not_actions:
        return _all_but(statement.not_actions)
    return _expanded(tuple(patterns_of(statement)))


@lru_cache(maxsize=32)
def _expanded(patterns: tuple[str, ...]) -> frozenset[str]:
    return together(map(expanded, patterns))


@lru_cache(maxsize=32)
def _all_but(patterns: tuple[str, ...]) -> frozenset[str]:
    return all_actions().difference(*map(expanded, patterns))


@lru_cache(maxsize=32)
def _without(actions: frozenset[str], gone: frozenset[frozenset[str]]) -> frozenset[str]:
    return actions.difference(*gone) if gone else actions


def _covers(denial: Statement, statement: Statement) -> bool:
    """Whether every resource of a statement is among those that a denial names."""
    return bool(statement.resources) and all(
        any(matches(pattern, resource) for pattern in denial.resources)
        for resource in statement.resources
    )
