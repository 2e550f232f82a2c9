"""
Actions that rules ask for by name, as far as a statement's patterns stand for them.

`iam:Pass*` passes roles as `iam:PassRole` does, and neither does where a denial takes it away.
What has a whole service is told by that.
"""

from functools import cache

from agentaudit.extract.iam.actions import expanded
from agentaudit.extract.iam.policies import Statement
from agentaudit.extract.iam.scope import EVERY, patterns_of

_WATCHED = (
    *("iam:passrole", "iam:createaccesskey", "iam:createloginprofile"),
    "iam:createservicespecificcredential",
    *("bedrock:invokemodel*", "bedrock:deleteguardrail", "bedrock:updateguardrail"),
    *("bedrock:updateagent", "bedrock:deleteagent"),
    "bedrock:deletemodelinvocationloggingconfiguration",
    "bedrock:putmodelinvocationloggingconfiguration",
    *("cloudtrail:stoplogging", "cloudtrail:deletetrail", "cloudtrail:puteventselectors"),
    "logs:delete*",
)


def watched_actions(statement: Statement, left: frozenset[str]) -> tuple[str, ...]:
    """Which of them a statement names, as far as its bearer's denials and boundary leave them."""
    found = _watched() & left
    if not found or statement.not_actions:
        return ()
    patterns = (
        each for each in patterns_of(statement) if each not in EVERY and not each.endswith(":*")
    )
    return tuple(sorted(found & frozenset().union(*map(expanded, patterns))))


@cache
def _watched() -> frozenset[str]:
    return frozenset().union(*map(expanded, _WATCHED))
