"""
What permissions boundaries leave of what their bearers are given.

A boundary takes away only where it is known whole: of one with an action that no file tells, nobody
knows what it leaves. Control policies of an organisation take nothing away. They hold for the
members of an organisation below what they are attached to, and never for the account that manages
it; in which account a role comes to be, its files do not say.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

from collections.abc import Sequence
from functools import cache

from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded, unresolved
from agentaudit.extract.iam.actions import Level, access, all_actions
from agentaudit.extract.iam.allowances import allowed_by
from agentaudit.extract.iam.managed import policy_name
from agentaudit.extract.iam.policies import PolicySource, Statement
from agentaudit.readers.document import Node, NodeKind

_READING = frozenset({"ReadOnlyAccess", "ViewOnlyAccess", "SecurityAudit"})
_ALL_BUT_PEOPLE = "PowerUserAccess"
_OF_PEOPLE = ("iam:", "organizations:", "account:")
_LINKED_ROLES = frozenset({"iam:createservicelinkedrole", "iam:deleteservicelinkedrole"})
"""Which PowerUserAccess gives all the same (AWS Managed Policy Reference Guide)."""
_LEVELS = frozenset({Level.LIST, Level.READ})
_NAMING = frozenset({"action", "notaction"})


def declared_ceiling(
    source: PolicySource, documents: Documents, found: Sequence[Statement]
) -> frozenset[str] | None:
    """The actions that a policy of the files leaves as a boundary; None where it is not known."""
    policy = embedded(source.node, source.document, documents)
    members = policy.list_at("Statement") if policy is not None else ()
    if not members or len(found) < len(members) or not all(map(_is_whole, members)):
        return None
    return allowed_by(found)


def managed_ceiling(arn: str) -> frozenset[str] | None:
    """The most that a policy of AWS may leave as a boundary: what it is for, and rather more."""
    name = policy_name(arn)
    if name in _READING:
        return _reads()
    return _all_but_people() if name == _ALL_BUT_PEOPLE else None


def _is_whole(member: Node) -> bool:
    """Whether a statement names all its actions."""
    if member.kind is not NodeKind.MAPPING:
        return False
    named = [value for key, value in member.items() if key.lower() in _NAMING]
    return not any(unresolved(each) for value in named for each in (value, *value.list()))


@cache
def _reads() -> frozenset[str]:
    return frozenset(action for action in all_actions() if access(action).level in _LEVELS)


@cache
def _all_but_people() -> frozenset[str]:
    others = (action for action in all_actions() if not action.startswith(_OF_PEOPLE))
    return frozenset(others) | _reads() | _LINKED_ROLES
