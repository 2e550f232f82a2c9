"""What lint reports."""

from enum import StrEnum

from msgspec import Struct

from agentaudit.model.deployment import FileCoverage, Unresolved
from agentaudit.model.evidence import Confidence, Evidence


class Severity(StrEnum):
    """How bad it would be, least first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _SEVERITY_RANKS[self]


_SEVERITY_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Family(StrEnum):
    """What a rule is about; the tag of its findings in SARIF."""

    CREDENTIALS = "credentials"
    MEMORY = "memory"
    IAM = "iam"
    GATEWAY = "gateway"
    TOOLS = "tools"
    LOGGING = "logging"
    LIMITS = "limits"


class Suppression(Struct, frozen=True, kw_only=True):
    """Why a finding does not count."""

    kind: str
    """`inline`, `file`, `configuration` or `baseline`."""
    reason: str
    evidence: Evidence | None = None
    owner: str = ""
    expires: str = ""

    @property
    def told(self) -> str:
        """The reason, with who gave it and until when it holds, where that is known."""
        until = f"until {self.expires}" if self.expires else ""
        given = ", ".join(filter(None, (self.owner, until)))
        return f"{self.reason} ({given})" if given else self.reason


class Acceptance(Struct, frozen=True, kw_only=True):
    """A finding that a team lets stand, by fingerprint, in a file of its own."""

    rule: str
    fingerprint: str
    reason: str
    owner: str = ""
    expires: str = ""
    """The last day it holds, as YYYY-MM-DD; empty holds for ever."""
    value: str = ""
    """Keyed digest of the secret that it is about; without one it is about any secret there."""
    severity: Severity | None = None
    """How grave the finding was when it was accepted; without one it is accepted however grave."""
    file: str = ""
    line: int = 1


class FlowStep(Struct, frozen=True, kw_only=True):
    """One place on the way between an agent and what a finding is about."""

    says: str
    """What stands there, or what leads on from there: `compose.env → visible to → agent`."""
    evidence: Evidence


class Finding(Struct, frozen=True, kw_only=True):
    """One rule that holds for one fact."""

    rule: str
    title: str
    family: Family
    severity: Severity
    confidence: Confidence
    message: str
    """One sentence about this fact; the rule's `why` and `fix` explain."""
    evidence: Evidence
    related: tuple[Evidence, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    """
    How what it is about gets to an agent, or an agent to that, in order; empty where no agent is
    known to, or nothing stands between.
    """
    subject: str
    """Id of the fact."""
    fingerprint: str
    """Equal for the same finding in the next run, whatever its line."""
    value: str = ""
    """Keyed digest of the secret that it is about; empty without a key of the team."""
    suppression: Suppression | None = None


class RuleSummary(Struct, frozen=True, kw_only=True):
    """What the report shows of a rule."""

    id: str
    title: str
    family: Family
    severity: Severity
    why: str
    fix: str
    references: tuple[str, ...]


class CredentialSummary(Struct, frozen=True, kw_only=True):
    """A row of the first decision: a credential, where it is resolved, and how long it lives."""

    name: str
    provider: str
    form: str
    holder: str
    exposure: str
    lifetime: str
    ttl_s: int | None
    visible_to_agent: bool
    evidence: Evidence
    confidence: Confidence = Confidence.CERTAIN
    """How sure it is that this is a credential: a value of nothing but words is a possible one."""
    idle: bool = False
    """Whether it stands where nobody deploys it: in a test, a manual or an archive."""
    secret: int | None = None
    """Equal in all places of one secret, as far as the files tell."""


class IdentitySummary(Struct, frozen=True, kw_only=True):
    """An identity that a cloud gives to what runs an agent, so that it need hold no key."""

    name: str
    provider: str
    evidence: Evidence


class MemorySummary(Struct, frozen=True, kw_only=True):
    """A row of the second decision: a store and its bounds, each `none`, `unknown` or a value."""

    name: str
    kind: str
    backend: str
    scope: str
    bound: str
    ttl: str
    eviction: str
    compaction: str
    evidence: Evidence


class LintResult(Struct, frozen=True, kw_only=True):
    """The artifact `findings.json`."""

    root: str
    findings: tuple[Finding, ...]
    """Most severe first, then by file and line."""
    rules: tuple[RuleSummary, ...]
    """Every rule that was asked, by id."""
    credentials: tuple[CredentialSummary, ...]
    memory_stores: tuple[MemorySummary, ...]
    gateways: tuple[str, ...]
    """Names of those that resolve credentials outside of the agent."""
    open_gateways: tuple[str, ...] = ()
    """Names of the others, of which no file says whether they do."""
    identities: tuple[IdentitySummary, ...] = ()
    no_memory: Evidence | None = None
    """Where somebody declares that nothing of a conversation outlives its request."""
    coverage: tuple[FileCoverage, ...]
    unresolved: tuple[Unresolved, ...]
    incomplete: bool
    agents: int | None = None
    """How many agents were found; None in artifacts that did not say."""
    hidden: int = 0
    """Open findings that are left out, as a least severity or confidence was asked for."""
    tool_version: str

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.suppression is None)
