"""What a set of AWS actions amounts to: counts by access level, and those that matter."""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from agentaudit.extract.iam.actions import READING_VERBS, Level, access
from agentaudit.extract.iam.escalations import SECRET_READS

MOST_SENSITIVE = 5_000
_TELEMETRY = frozenset(
    {
        "logs:createloggroup",
        "logs:createlogstream",
        "logs:putlogevents",
        "xray:puttracesegments",
        "xray:puttelemetryrecords",
        "cloudwatch:putmetricdata",
    }
)
_CRYPTOGRAPHY = frozenset(
    {
        *("kms:decrypt", "kms:encrypt", "kms:generatedatakey", "kms:generatedatakeypair"),
        *("kms:generatedatakeywithoutplaintext", "kms:generatedatakeypairwithoutplaintext"),
        *("kms:reencryptfrom", "kms:reencryptto", "kms:sign", "kms:generatemac", "kms:verify"),
    }
)
"""AWS counts the use of a key among the writes; it changes nothing."""
_SESSIONS = frozenset(
    f"bedrock-agentcore:{action}"
    for action in (
        *("startcodeinterpretersession", "invokecodeinterpreter", "stopcodeinterpretersession"),
        *("startbrowsersession", "stopbrowsersession", "updatebrowserstream"),
        *("connectbrowserautomationstream", "connectbrowserlivestream"),
    )
)
"""Sessions of sandboxes; that an interpreter lends its role is told as an escalation."""
_INTERFACES = frozenset(
    f"ec2:{action}"
    for action in (
        *("createnetworkinterface", "deletenetworkinterface"),
        *("assignprivateipaddresses", "unassignprivateipaddresses"),
    )
)
"""
What Lambda needs in a network, on whatever there is: AWS's own AWSLambdaVPCAccessExecutionRole.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""
UNTOLD = _TELEMETRY | _CRYPTOGRAPHY | _SESSIONS | _INTERFACES


class Measure(Struct, frozen=True, kw_only=True):
    """A set of actions, measured. What hands out permissions or secrets comes first."""

    total: int
    writes: int
    """Tagging included: tags decide where permissions follow attributes."""
    permissions: int
    reads: int
    sensitive: tuple[str, ...]
    permission_actions: tuple[str, ...]
    scopable: tuple[str, ...]
    """Those that change something and could name what: all, and the first `MOST_SENSITIVE`."""
    first_scopable: tuple[str, ...]
    telling: tuple[str, ...]
    """Of all those the first that are neither telemetry nor the use of a key."""


@lru_cache(maxsize=256)
def measured(actions: frozenset[str]) -> Measure:
    """The measure of a set; administrators' sets are large and alike, so measures are kept."""
    by_level: dict[Level, list[str]] = {level: [] for level in Level}
    scopable = []
    for action in actions:
        known = access(action)
        by_level[known.level].append(action)
        if known.scopable and known.changes and not _reads(action):
            scopable.append(action)
    permissions = by_level[Level.PERMISSIONS]
    grave = SECRET_READS.union(permissions)
    changing = {*by_level[Level.WRITE], *permissions}
    named = _first(grave, scopable)
    return Measure(
        total=len(actions),
        writes=len(by_level[Level.WRITE]) + len(by_level[Level.TAGGING]),
        permissions=len(permissions),
        reads=len(by_level[Level.READ]) + len(by_level[Level.LIST]),
        sensitive=_first(grave, changing | (SECRET_READS & actions))[:MOST_SENSITIVE],
        permission_actions=tuple(sorted(permissions)),
        scopable=named,
        first_scopable=named[:MOST_SENSITIVE],
        telling=tuple(action for action in named if action not in UNTOLD)[:MOST_SENSITIVE],
    )


def _reads(action: str) -> bool:
    """Whether an action gets, lists or describes: AWS counts some of these among the writes."""
    return action.partition(":")[2].startswith(READING_VERBS)


def _first(grave: frozenset[str], actions: Iterable[str]) -> tuple[str, ...]:
    """The actions sorted, the grave ones before the others, so that an end may be cut off."""
    ordered = sorted(actions)
    before = [action for action in ordered if action in grave]
    return (*before, *(action for action in ordered if action not in grave))
