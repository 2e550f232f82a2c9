"""The three decisions, and the verdict that follows from them: the artifact `report.json`."""

from enum import StrEnum

from msgspec import Struct

from agentaudit.model.finding import LintResult
from agentaudit.model.gate import Gate
from agentaudit.model.profile import Profile
from agentaudit.model.results import Simulation
from agentaudit.model.threat import ThreatModel


class DecisionStatus(StrEnum):
    """How far a decision has come, judged by evidence."""

    DECIDED = "decided"
    NOT_DECIDED = "not decided"
    CONTRADICTED = "contradicted by evidence"
    NOT_MEASURED = "not measured"


class DecisionEvidence(Struct, frozen=True, kw_only=True):
    """One sentence of evidence, and where it stands (`file:line:column`, or an artifact)."""

    text: str
    place: str
    good: bool


class Decision(Struct, frozen=True, kw_only=True):
    """One of the three questions, answered as far as the evidence goes."""

    id: str
    """credential-resolution, memory-boundary or cpu-gpu-profile."""
    question: str
    status: DecisionStatus
    answer: str
    """One or two sentences."""
    evidence: tuple[DecisionEvidence, ...]
    next_step: str


class Verdict(StrEnum):
    """Whether the deployment is ready for production."""

    READY = "ready"
    NOT_READY = "not ready"
    CANNOT_SAY = "cannot say"


class Report(Struct, frozen=True, kw_only=True):
    """Everything the page shows, from artifacts alone."""

    verdict: Verdict
    reason: str
    would_change: tuple[str, ...]
    """What would change the verdict, the most effective first."""
    decisions: tuple[Decision, ...]
    """Always three."""
    exit_code: int
    """What CI would see."""
    created_at: str
    """ISO 8601, UTC."""
    subject: str
    tool_version: str
    profile: Profile | None = None
    simulation: Simulation | None = None
    lint: LintResult | None = None
    threats: ThreatModel | None = None
    gates: tuple[Gate, ...] = ()
    """The conditions that the verdict follows from."""
