"""Which resources a statement of AWS is about: all, those of a kind, or those that it picks."""

import re
from collections.abc import Sequence

from agentaudit.extract.iam.globs import matches
from agentaudit.extract.iam.measures import MOST_SENSITIVE, UNTOLD, Measure
from agentaudit.extract.iam.policies import Condition, Statement

EVERY = frozenset({"*", "*:*"})
"""Actions that stand for all there are."""
_EVERY_NAME = re.compile(r"\*(?:/\*)*")
_EVERY_ONE_OF_A_KIND = re.compile(r"(?:[a-z-]+[:/])?\*(?:/\*)*")
_NAME_FIRST = frozenset({"codecommit", "codepipeline", "execute-api", "s3", "sns", "sqs"})
"""Services whose ARNs say no kind before the name: `arn:aws:sns:eu-west-1:111122223333:alerts`."""
_TAG = re.compile(r"resourcetag/|requesttag/")
_NAMING_KEYS = frozenset(
    {
        *("ecs:cluster", "ecs:service", "secretsmanager:name", "secretsmanager:secretid"),
        *("iam:passedtoservice", "iam:awsservicename", "iam:permissionsboundary"),
    }
)
"""
Conditions that name what an action is done to; others ask who does it, from where and when.

"Actions, resources, and condition keys" of ECS, of Secrets Manager and of IAM.
"""
_ITSELF = "${ec2:sourceinstancearn}"
"""What an instance may do to itself alone ("Amazon EC2: ec2:SourceInstanceARN")."""
_KIND_END = re.compile(r"[:/]")
_LONGEST = 20_480
"""Characters of the longest policy that AWS takes, of a bucket; a longer ARN names nothing."""
_HOLDING = {
    "secretsmanager": ("secret",),
    "ssm": ("parameter",),
    "bedrock-agentcore": ("token-vault", "workload-identity-directory"),
}
"""The kinds of resources in which a service keeps what its actions fetch."""

_MOST_GIVING = "arn:aws:iam::aws:policy/AdministratorAccess"
_UNRESOLVED = re.compile(r"\$\{[^}]*\}")
_OPEN = re.compile(r"(?:\$\{[^}]*\}|\*)+")
"""What may stand for anything: variables, `*`, and one after the other."""
_UNNAMED = "${}"
"""In the place of a variable, whose own name may have colons: `${AWS::Partition}`."""
_ONE_THING = re.compile(r"\$\{[^{}]*\.arn\}")
_WORD = re.compile(r"([a-z-]+)[:/]")
_NAMING = re.compile(r"[A-Za-z0-9]{2}")
"""What is left of a name that is more than `*` and what parts it: `*-*` is for nearly all."""


def patterns_of(statement: Statement) -> Sequence[str]:
    """Its actions; `*` on named resources stands for all that their services have."""
    if not EVERY.intersection(statement.actions) or statement.not_resources:
        return statement.actions
    services = {service_and_name(resource)[0] for resource in statement.resources}
    if not services or any(not service or "*" in service for service in services):
        return statement.actions
    if "iam" in services:  # a role is IAM's, and taking it on is an action of another service
        services.add("sts")
    named = (action for action in statement.actions if action not in EVERY)
    return (*named, *(f"{service}:*" for service in sorted(services)))


def is_everything(resource: str) -> bool:
    """`*`, or an ARN that names no resource of its kind: `arn:aws:iam::111122223333:role/*`."""
    if resource == "*":
        return True
    service, named = service_and_name(resource)
    every = _EVERY_NAME if service in _NAME_FIRST else _EVERY_ONE_OF_A_KIND
    return bool(service) and every.fullmatch(named) is not None


def reaches_every(statement: Statement, kind: str) -> bool:
    """Whether it is for all resources of one kind: `layer:*` of Lambda is for no function."""
    if statement.not_resources:
        return True
    every = filter(is_everything, statement.resources)
    return any(_kind(resource) in {"", kind} for resource in every)


def _kind(resource: str) -> str:
    """The kind that an ARN says before the name: `role`; empty where it stands for all."""
    words = _WORD.match(service_and_name(resource)[1])
    return words[1] if words is not None else ""


def names_something(resource: str) -> bool:
    """
    Whether it names what it is for, or how the names begin, whatever stands in for its variables.

    `role/desk-${stage}-*` does; `role/${name}` may be `role/*`.
    """
    if _ONE_THING.fullmatch(resource):
        return True
    service, named = service_and_name(_replaced(_OPEN, "*", resource))
    kind = _WORD.match(named)
    return bool(service) and _NAMING.search(named, kind.end() if kind else 0) is not None


def names_only_bare_interpreters(resource: str) -> bool:
    """
    Whether a resource stands for code interpreters of AWS alone, which have no role to lend.

    Those of an account are `code-interpreter-custom/` (Service Authorization Reference).
    """
    service, named = service_and_name(resource)
    return service == "bedrock-agentcore" and not matches(named, "code-interpreter-custom/any")


def may_hold_secrets(resource: str, service: str) -> bool:
    """
    Whether what a service hands out may be among what a resource stands for.

    All actions of AgentCore on `memory/*` fetch no key: keys are in a vault (Service Authorization
    Reference).
    """
    kinds = _HOLDING.get(service)
    named_service, named = service_and_name(resource)
    if kinds is None or named_service != service:
        return True
    kind = _KIND_END.split(named, maxsplit=1)[0]
    return any(matches(kind, each) for each in kinds)


def service_and_name(arn: str) -> tuple[str, str]:
    """The service of an ARN, and its resource; both empty for what is no ARN."""
    whole = _replaced(_UNRESOLVED, _UNNAMED, arn) if "${" in arn else arn
    parts = whole.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":  # noqa: PLR2004 - an ARN has six parts
        return "", ""
    return parts[2], parts[5]


def _replaced(variables: re.Pattern[str], stand_in: str, arn: str) -> str:
    """An ARN without its variables; behind its last brace none ends, however many begin."""
    if len(arn) > _LONGEST:
        return arn
    end = arn.rfind("}") + 1
    return variables.sub(stand_in, arn[:end]) + arn[end:]


def unscoped(statement: Statement, measure: Measure) -> tuple[str, ...]:
    """
    Of the changing actions that could name a resource, those that do not.

    Writing logs and measurements is left out: it is what every workload does. So are policies that
    AWS manages and that list their actions one by one: nobody can narrow them.
    """
    if statement.managed_policy and not any("*" in action for action in statement.actions):
        return measure.first_scopable if statement.not_actions else ()
    if any(_narrows(condition) for condition in statement.conditions):
        return ()
    if "*" in statement.resources or statement.not_resources:
        return measure.telling
    names = (service_and_name(resource) for resource in statement.resources)
    services = {service for service, name in names if name == "*"}
    if not services:
        return ()
    named = (action for action in measure.scopable if action.partition(":")[0] in services)
    return tuple(action for action in named if action not in UNTOLD)[:MOST_SENSITIVE]


def _narrows(condition: Condition) -> bool:
    """Whether a condition picks the resources, by their name or by a tag that they must have."""
    tagged = _TAG.search(condition.key) is not None
    if condition.operator.startswith("null"):
        return tagged and condition.values == ("false",)
    named = condition.key in _NAMING_KEYS and "*" not in condition.values
    picks = tagged or named or _ITSELF in map(str.lower, condition.values)
    return picks and condition.demands


def bounds_what_is_given(condition: Condition) -> bool:
    """
    Whether it names the policies that may be attached, or what bounds whoever gets one.

    AWS, "IAM and AWS STS condition context keys": `iam:PolicyARN`, `iam:PermissionsBoundary`.
    """
    if not condition.demands:
        return False
    if condition.key == "iam:permissionsboundary":
        return "*" not in condition.values
    return condition.key == "iam:policyarn" and not any(
        matches(value, _MOST_GIVING) or _UNRESOLVED.fullmatch(value) for value in condition.values
    )
