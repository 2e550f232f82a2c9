"""Trust policies: who may become a role, on which conditions, and from which repository."""

from collections.abc import Iterable
from dataclasses import dataclass

from agentaudit.extract.iam_policies import Condition, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a role's trust policy says, all its allowing statements together."""

    principals: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    wildcard: bool = False
    """Anyone may become the role: a principal is `*`, and no condition says who."""
    oidc_subject: str = ""
    """The subject that a federated token must have: `repo:acme/agent:ref:refs/heads/main`."""


def trust(statements: Iterable[Statement]) -> Trust:
    """The trust that statements give; a denial gives none."""
    allowing = [statement for statement in statements if statement.allows]
    conditions = [condition for statement in allowing for condition in statement.conditions]
    return Trust(
        principals=tuple(sorted({name for statement in allowing for name in statement.principals})),
        conditions=tuple(sorted({condition.key for condition in conditions})),
        wildcard=any(_trusts_everyone(statement) for statement in allowing),
        oidc_subject=", ".join(sorted(_subjects(conditions))),
    )


def _trusts_everyone(statement: Statement) -> bool:
    return "*" in statement.principals and not any(
        condition.key in _SAYS_WHO for condition in statement.conditions
    )


_SAYS_WHO = frozenset(
    {
        "aws:principalorgid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "sts:externalid",
    }
)


def _subjects(conditions: Iterable[Condition]) -> set[str]:
    return {
        value
        for condition in conditions
        if condition.key.endswith(":sub")
        for value in condition.values
    }
