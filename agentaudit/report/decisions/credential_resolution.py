"""Who resolves a credential, how long it lives, and whether the agent can have it."""

from enum import StrEnum

from agentaudit.model.evidence import Confidence
from agentaudit.model.finding import CredentialSummary
from agentaudit.report.quantities import lifetime

_OUTSIDE_FORMS = ("workload_identity", "oauth")


class Resolution(StrEnum):
    """Who turns a reference into a secret, as far as the files say."""

    GATEWAY = "gateway"
    PLATFORM = "platform identity"
    CI = "CI secret store"
    AGENT = "agent process"
    FILE = "repository file"
    ELSEWHERE = "another process"
    UNKNOWN = "unknown"


HELD = {
    Resolution.AGENT: "lives until revoked, and the agent process holds it",
    Resolution.FILE: "lives until revoked, and stands readable in a file",
}


def resolution(credential: CredentialSummary) -> Resolution:
    """Who resolves a credential."""
    if credential.form in _OUTSIDE_FORMS:
        return Resolution.PLATFORM
    if credential.form == "literal":
        return Resolution.FILE
    if credential.holder == "gateway":
        return Resolution.GATEWAY
    if credential.visible_to_agent or credential.holder in ("agent", "tool_server"):
        return Resolution.AGENT
    if credential.holder == "ci" and credential.form == "secret_ref":
        return Resolution.CI
    return Resolution.ELSEWHERE if credential.holder else Resolution.UNKNOWN


def deployed(credential: CredentialSummary) -> bool:
    """Whether it can be used: a key that is certain works from a test or a manual, too."""
    works = credential.form == "literal" and credential.confidence is Confidence.CERTAIN
    return works or not credential.idle


def long_lived_in_reach(credential: CredentialSummary) -> bool:
    """Whether it lives until revoked and the agent, or whoever reads the files, can have it."""
    return (
        _exposed(credential)
        and credential.lifetime == "static"
        and credential.confidence is not Confidence.POSSIBLE
    )


def undecided(credential: CredentialSummary) -> bool:
    """Whether the files leave open who resolves it, how long it lives, or if it is a secret."""
    if not deployed(credential):
        return False
    if resolution(credential) is Resolution.UNKNOWN:
        return True
    possible = credential.confidence is Confidence.POSSIBLE
    return _exposed(credential) and (possible or credential.lifetime not in ("static", "short"))


def resolved_outside(item: CredentialSummary) -> bool:
    """Whether it is resolved outside the agent and for it, and not for what deploys it."""
    found = resolution(item)
    deploying = item.holder == "ci" and not item.visible_to_agent
    return found is Resolution.GATEWAY or (found is Resolution.PLATFORM and not deploying)


def _exposed(credential: CredentialSummary) -> bool:
    return deployed(credential) and resolution(credential) in HELD


def reached(credential: CredentialSummary) -> bool:
    """Whether the agent itself can have it."""
    return credential.visible_to_agent or resolution(credential) is Resolution.AGENT


def lived(credential: CredentialSummary) -> str:
    """How long a credential lives, in words."""
    if credential.lifetime == "short" and credential.ttl_s is not None:
        return lifetime(credential.ttl_s)
    words = {"static": "until revoked", "short": "short"}
    return words.get(credential.lifetime, "unknown")


def left_open(credential: CredentialSummary) -> str:
    """What stands open of it."""
    if credential.confidence is Confidence.POSSIBLE:
        return "stands readable in a file, and may be a secret or none"
    return f"lifetime {lived(credential)}, not decided"
