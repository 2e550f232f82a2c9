"""
What a policy that stands at a resource lets everybody in the world do.

A condition that asks nothing of who calls, such as one for TLS, lets them in all the same, as does
one that names whom it keeps out, or that holds for calls which lack what it asks. Where a denial
keeps out all but some of them, what it covers is taken to be for those.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.iam.actions import all_actions
from agentaudit.extract.iam.allowances import allowances_of, allowed_by, readable
from agentaudit.extract.iam.measures import measured
from agentaudit.extract.iam.policies import Condition, Statement
from agentaudit.extract.iam.trust import ALL_CALLERS, may_be_lacking, names_callers, negates
from agentaudit.model.facts.permissions import Grant

_OF_THE_CALL = (
    *("aws:securetransport", "s3:tlsversion", "aws:requestedregion", "aws:useragent"),
    *("aws:referer", "s3:x-amz-"),
)
"""How keys begin that say how somebody calls, which is up to him."""
_EVERYBODY = "*"
_UNTOLD = regex(r"\$\{(?:(?:var|local)\.)?[\w-]{1,200}(?:\[\d{1,9}\])?\}|\$\{Fn::[A-Za-z]{1,40}\}")
"""
A principal that is a variable, a parameter or what a function gives as a whole, and may be `*`.
"""
_BUCKET_READS = ("s3:get", "s3:list")
_PUBLISHED = regex(
    r"(?:^|[^a-z])(?:public|static|assets?|web|website|site|www|cdn|frontend|ui|hosting)(?:[^a-z]|$)",
    re.IGNORECASE,
)


def opening(
    collector: Collector, owner: str, statements: Sequence[Statement]
) -> Iterator[Statement]:
    """
    The statements that let in everybody, as far as there is room to read them.

    Of an action that the table of AWS's actions does not know, no denial takes anything: it goes
    with the others of its statement.
    """
    for statement in statements:
        if may_be_for_anybody(statement):
            what = f"whom {statement.name} of {owner} is for"
            collector.leave_open(statement.place, what, "it may be anybody")
    named = [statement for statement in statements if _EVERYBODY in statement.principals]
    for_strangers = [_as_for_strangers(each) for each in readable(collector, owner, named)]
    for allowance in allowances_of(collector, for_strangers, None):
        statement = allowance.statement
        known = allowed_by((statement,)) & all_actions()
        denied = bool(known) and known.isdisjoint(allowance.actions)
        if not denied and all(map(_asks_nothing, statement.conditions)):
            yield statement


def may_be_for_anybody(statement: Statement) -> bool:
    """Whether no file says whom it lets in, and no condition narrows that."""
    untold = statement.allows and any(map(_may_be_everybody, statement.principals))
    return untold and all(map(_asks_nothing, statement.conditions))


def _may_be_everybody(principal: str) -> bool:
    """Whether it is open, as a whole or by an expression that has `*` among its values."""
    if not principal.startswith("${"):
        return False
    return _UNTOLD.fullmatch(principal) is not None or f'"{_EVERYBODY}"' in principal


def _as_for_strangers(statement: Statement) -> Statement:
    """A denial of all but some callers as strangers meet it: without that condition."""
    keeps_out = not statement.allows and any(map(_names_others, statement.conditions))
    return replace(statement, conditions=()) if keeps_out else statement


def _names_others(condition: Condition) -> bool:
    return names_callers(condition) and negates(condition)


def only_reads(statement: Statement) -> bool:
    """Whether it lets a bucket be read, and names nothing else."""
    actions = statement.actions
    return bool(actions) and all(action.startswith(_BUCKET_READS) for action in actions)


def is_published(name: str) -> bool:
    """Whether a bucket is called after what everybody is to read."""
    return _PUBLISHED.search(name) is not None


def open_grant(
    statement: Statement, *, key: str, name: str, open_to: str = "anybody", principal: str = "*"
) -> Grant:
    """What a statement gives, measured as it stands."""
    measure = measured(allowed_by((statement,)))
    return Grant(
        id=fact_id("grant", statement.name, f"{key}/{statement.key}"),
        name=name,
        evidence=(statement.place,),
        principal=principal,
        provider="aws",
        actions=statement.actions,
        not_actions=statement.not_actions,
        resources=statement.resources,
        not_resources=statement.not_resources,
        conditions=statement.condition_keys,
        expanded_count=measure.total,
        write_count=measure.writes + measure.permissions,
        permissions_count=measure.permissions,
        read_count=measure.reads,
        open_to=open_to,
        source="aws_resource_policy",
    )


def _asks_nothing(condition: Condition) -> bool:
    """Whether anybody can meet a condition."""
    if condition.key.startswith(_OF_THE_CALL) or condition.operator == "null":
        return True
    if may_be_lacking(condition):
        return True
    anything = not ALL_CALLERS.isdisjoint(condition.values)
    return anything is not negates(condition)
