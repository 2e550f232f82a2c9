"""
Statements of an identity to grants: what its allowances amount to.

Conditions of an allowance are recorded; they narrow, and never clear.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.iam.actions import all_actions, expanded
from agentaudit.extract.iam.allowances import (
    Allowance,
    allowances_of,
    readable,
    together,
)
from agentaudit.extract.iam.escalations import METHODS, SECRET_READS, Method
from agentaudit.extract.iam.exfiltration import READS, outlets
from agentaudit.extract.iam.globs import matches
from agentaudit.extract.iam.measures import measured
from agentaudit.extract.iam.policies import Condition, Statement
from agentaudit.extract.iam.scope import (
    EVERY,
    may_hold_secrets,
    names_only_bare_interpreters,
    names_something,
    patterns_of,
    reaches_every,
    unscoped,
)
from agentaudit.extract.iam.watched import watched_actions
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Grant

_ROLE_PASSING = "iam:passrole"
_ENCRYPTED = frozenset({"aws:securetransport", "s3:tlsversion"})
_POLICY_GIVING = frozenset(
    {
        *("iam:attachrolepolicy", "iam:attachuserpolicy", "iam:attachgrouppolicy"),
        *("iam:putrolepolicy", "iam:putuserpolicy"),
    }
)
_NARROWED_BY_ANY_RESOURCE = (
    "lambda:",
    "ssm:",
    "ecs:",
    "sts:",
    "bedrock-agentcore:",
    "iam:passrole",
    "cloudformation:createchangeset",
    "cloudformation:executechangeset",
)
"""Actions that give more only where they are not tied to a named resource."""
_OF_FUNCTIONS = frozenset(
    {
        *("lambda:createfunction", "lambda:invokefunction"),
        *("lambda:addpermission", "lambda:updatefunctioncode"),
    }
)
"""Those for which layers, which Lambda has too, are nothing (Service Authorization Reference)."""
_INTERPRETING = frozenset(
    {
        "bedrock-agentcore:startcodeinterpretersession",
        "bedrock-agentcore:invokecodeinterpreter",
    }
)
_FETCHING = (
    *("secretsmanager:", "ssm:", "sts:assumerole", "bedrock-agentcore:", "redshift:"),
    *("redshift-serverless:", "ec2:getpassworddata", "lightsail:"),
)
_ROLE_TAKING = "sts:assumerole"


class Bearer(Struct, frozen=True, kw_only=True):
    """Who has the permissions: an identity, or a policy that waits for one."""

    name: str
    key: str
    identity_id: FactId = NOBODY
    environment: str = ""
    ceiling: frozenset[str] | None = None
    """What a permissions boundary allows at most."""


def add_grants(
    collector: Collector, bearer: Bearer, statements: Iterable[Statement]
) -> tuple[Grant, ...]:
    """The grants of a bearer, added and linked; the order of the statements changes nothing."""
    listed = readable(collector, bearer.name, statements)
    allowances = allowances_of(collector, listed, bearer.ceiling)
    allowances = with_outlets(with_escalations(allowances))
    denials = [statement for statement in listed if not statement.allows]
    grants = [_allowing(bearer, allowance) for allowance in allowances]
    grants += [_written(bearer, statement) for statement in denials]
    for grant in grants:
        collector.add(grant)
        if bearer.identity_id:
            collector.link(EdgeKind.GRANTS, bearer.identity_id, grant.id, *grant.evidence)
    return tuple(grants)


def with_escalations(allowances: Sequence[Allowance]) -> list[Allowance]:
    """The allowances, each method of escalation named by the first that it needs."""
    named: dict[int, list[str]] = {}
    wide: set[int] = set()
    given = together(allowance.actions for allowance in allowances)
    for name, method in METHODS.items():
        if not given.issuperset(method.actions):
            continue
        givers = [next(_givers(allowances, action, method), None) for action in method.actions]
        known = [giver[0] for giver in givers if giver is not None]
        if len(known) == len(givers):
            named.setdefault(known[0], []).append(name)
            if all(_gives_any(allowances, action, method) for action in _deciding(method)):
                wide.add(known[0])
    return [
        replace(
            allowance,
            escalations=tuple(named.get(number, ())),
            escalates_by_name=number in named and number not in wide,
        )
        for number, allowance in enumerate(allowances)
    ]


def with_outlets(allowances: Sequence[Allowance]) -> list[Allowance]:
    """The allowances, with what they read without limit, and what of them lets it out."""
    free = [item.actions & READS if item.everywhere else frozenset[str]() for item in allowances]
    every = tuple(sorted(frozenset().union(*free)))
    if not every:
        return list(allowances)
    found = (outlets(item.actions, everywhere=item.everywhere) for item in allowances)
    return [
        replace(allowance, free_reads=every if sends else tuple(sorted(reads)), outlets=sends)
        for allowance, reads, sends in zip(allowances, free, found, strict=True)
    ]


def _givers(
    allowances: Iterable[Allowance], action: str, method: Method
) -> Iterator[tuple[int, Allowance]]:
    """The allowances that give an action widely enough to escalate, each with its number."""
    for number, allowance in enumerate(allowances):
        if action in allowance.actions and _escalates(allowance, action, method):
            yield number, allowance


def _deciding(method: Method) -> Sequence[str]:
    """What says through whom a way leads: of a role that is passed, its name and not the job's."""
    return (_ROLE_PASSING,) if _ROLE_PASSING in method.actions else method.actions


def _gives_any(allowances: Iterable[Allowance], action: str, method: Method) -> bool:
    """Whether some allowance gives an action, as it escalates, on what it does not name."""
    givers = _givers(allowances, action, method)
    return any(
        not all(map(names_something, giver.statement.resources or ("*",))) for _, giver in givers
    )


def _escalates(allowance: Allowance, action: str, method: Method) -> bool:
    statement = allowance.statement
    if action == _ROLE_PASSING and not _passes_to(statement, method.service):
        return False
    if allowance.own:
        return False
    if allowance.bounded and action in _POLICY_GIVING:
        return False
    if action in _INTERPRETING and all(map(names_only_bare_interpreters, statement.resources)):
        return bool(statement.not_resources)
    if action in _OF_FUNCTIONS:
        return reaches_every(statement, "function")
    return allowance.everywhere or not action.startswith(_NARROWED_BY_ANY_RESOURCE)


def _passes_to(statement: Statement, service: str) -> bool:
    """Whether a role may be passed to a service, as far as conditions on it say."""
    for condition in statement.conditions:
        if condition.key == "iam:passedtoservice" and condition.operator.startswith("string"):
            return any(matches(value, service) for value in condition.values)
    return True


def _allowing(bearer: Bearer, allowance: Allowance) -> Grant:
    statement, measure = allowance.statement, measured(allowance.actions)
    return replace(
        _written(bearer, statement),
        expanded_count=measure.total,
        write_count=measure.writes,
        permissions_count=measure.permissions,
        read_count=measure.reads,
        unscoped_writes=unscoped(statement, measure),
        secret_reads=_secret_reads(allowance),
        sensitive_actions=measure.sensitive,
        permission_actions=measure.permission_actions,
        watched_actions=watched_actions(statement, allowance.actions),
        escalations=allowance.escalations,
        escalates_by_name=allowance.escalates_by_name,
        free_reads=allowance.free_reads,
        outlets=allowance.outlets,
        admin=_is_admin(allowance),
        service_wildcards=tuple(_service_wildcards(allowance)),
    )


def _secret_reads(allowance: Allowance) -> tuple[str, ...]:
    """What fetches any secret, parameter or role; what can name one and does."""
    if not allowance.everywhere:
        return ()
    fetched = allowance.actions & (SECRET_READS | {_ROLE_TAKING})
    told = (action for action in fetched if action.startswith(_FETCHING))
    return tuple(sorted(action for action in told if _finds(allowance.statement, action)))


def _finds(statement: Statement, action: str) -> bool:
    """Whether the resources of a statement may hold what an action fetches."""
    service = action.partition(":")[0]
    found = (may_hold_secrets(resource, service) for resource in statement.resources)
    return not statement.resources or any(found)


def _is_admin(allowance: Allowance) -> bool:
    """Whether a statement gives everything, and denials and a boundary leave most of it."""
    statement = allowance.statement
    every = bool(EVERY.intersection(statement.actions))
    unlimited = "*" in statement.resources and all(map(_is_met, statement.conditions))
    return every and unlimited and 2 * len(allowance.actions) > len(all_actions())


def _is_met(condition: Condition) -> bool:
    """Whether all calls meet a condition: they travel encrypted anyway."""
    return condition.key in _ENCRYPTED and "false" not in condition.values


def _service_wildcards(allowance: Allowance) -> list[str]:
    """Patterns that stand for a whole service, `s3:*`, of which denials leave most."""
    return [
        action
        for action in patterns_of(allowance.statement)
        if action.endswith(":*") and "*" not in action[:-1] and len(action) > 2  # noqa: PLR2004
        if _leaves_most(allowance, expanded(action))
    ]


def _leaves_most(allowance: Allowance, meant: frozenset[str]) -> bool:
    """Whether most of some actions are allowed in the end; of none nobody knows."""
    return not meant or 2 * len(meant & allowance.actions) > len(meant)


def _written(bearer: Bearer, statement: Statement) -> Grant:
    """The statement as it stands. A denial has no counts: nothing is given."""
    return Grant(
        id=fact_id("grant", statement.name, f"{bearer.key}|{statement.key}"),
        name=statement.name,
        evidence=(statement.place,),
        confidence=statement.confidence,
        environment=bearer.environment,
        identity_id=bearer.identity_id,
        principal=bearer.name,
        provider="aws",
        effect="allow" if statement.allows else "deny",
        actions=statement.actions,
        resources=statement.resources,
        not_actions=statement.not_actions,
        not_resources=statement.not_resources,
        conditions=statement.condition_keys,
        managed_policy=statement.managed_policy,
        source="aws_iam",
    )
