"""
What a policy that stands at a resource lets everybody in the world do.

A condition that asks nothing of who calls, such as one for TLS, lets them in all the same. Where a
denial keeps out all but some of them, its allowances are taken to be for those.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import re
from collections.abc import Iterator, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.iam.allowances import allowed_by, readable
from agentaudit.extract.iam.measures import measured
from agentaudit.extract.iam.policies import Condition, Statement
from agentaudit.extract.iam.trust import names_callers
from agentaudit.model.facts.permissions import Grant

_OF_THE_CALL = frozenset({"aws:securetransport", "s3:tlsversion", "aws:requestedregion"})
_EVERYBODY = "*"
BUCKET_READS = ("s3:get", "s3:list")
_PUBLISHED = regex(
    r"(?:^|[^a-z])(?:public|static|assets?|web|website|site|www|cdn|frontend|ui|hosting)(?:[^a-z]|$)",
    re.IGNORECASE,
)


def opening(
    collector: Collector, owner: str, statements: Sequence[Statement]
) -> Iterator[Statement]:
    """The statements that let in everybody, as far as there is room to read them."""
    named = [statement for statement in statements if _EVERYBODY in statement.principals]
    for_everybody = readable(collector, owner, named)
    if any(not each.allows and any(map(names_callers, each.conditions)) for each in for_everybody):
        return
    for statement in for_everybody:
        if statement.allows and all(map(_asks_nothing, statement.conditions)):
            yield statement


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
    negated = "not" in condition.operator or condition.operator == "null"
    anything = bool(condition.values) and set(condition.values) == {"*"}
    return condition.key in _OF_THE_CALL or (anything and not negated)
