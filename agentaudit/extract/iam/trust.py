"""Trust policies: who may become a role, on which conditions, and from which repository."""

from collections.abc import Iterable

from msgspec import Struct

from agentaudit.extract.iam.policies import Condition, Statement

ALL_CALLERS = frozenset({"*", "0.0.0.0/0", "::/0"})
"""Values of a condition that all callers meet."""


class Trust(Struct, frozen=True, kw_only=True):
    """What a role's trust policy says, all its allowing statements together."""

    principals: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    unconditional: tuple[str, ...] = ()
    """Those whom some statement trusts without a condition that says who, or for whom."""
    oidc_subject: str = ""
    """The subject that a federated token must have: `repo:acme/agent:ref:refs/heads/main`."""


def trust(statements: Iterable[Statement]) -> Trust:
    """The trust that statements give; a denial gives none."""
    allowing = [statement for statement in statements if statement.allows]
    conditions = [condition for statement in allowing for condition in statement.conditions]
    return Trust(
        principals=tuple(sorted({name for statement in allowing for name in statement.principals})),
        conditions=tuple(sorted({condition.key for condition in conditions})),
        unconditional=tuple(
            sorted(
                {
                    name
                    for statement in allowing
                    if not any(map(_says_who, statement.conditions))
                    for name in statement.principals
                }
            )
        ),
        oidc_subject=", ".join(sorted(_subjects(conditions))),
    )


_SAYS_WHO = frozenset(
    {
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:userid"),
        *("aws:principalaccount", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"),
        *("aws:sourceorgpaths", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"),
        *("aws:vpcsourceip", "sts:externalid"),
    }
)


_OF_SOME = (
    *("aws:principalorg", "aws:principaltag/", "aws:sourcevpc", "aws:sourcearn"),
    *("aws:sourceaccount", "aws:sourceorg", "sts:externalid"),
)
"""How keys begin that calls of strangers may lack."""


def _says_who(condition: Condition) -> bool:
    """Whether a condition is met by some callers only, and not by all, or by all but a few."""
    named = names_callers(condition) and not negates(condition)
    return named and not may_be_lacking(condition) and ALL_CALLERS.isdisjoint(condition.values)


def names_callers(condition: Condition) -> bool:
    """Whether a condition asks who calls, or from where."""
    return condition.key in _SAYS_WHO or condition.key.startswith("aws:principaltag/")


def may_be_lacking(condition: Condition) -> bool:
    """Whether a condition is met by strangers whose calls lack what it asks for."""
    return condition.optional and condition.key.startswith(_OF_SOME)


def negates(condition: Condition) -> bool:
    """Whether a condition is met by those whom it does not name."""
    return "not" in condition.operator or condition.operator == "null"


def _subjects(conditions: Iterable[Condition]) -> set[str]:
    return {
        value
        for condition in conditions
        if condition.key.endswith(":sub")
        for value in condition.values
    }
