"""What the threat model answers: paths from untrusted input to damage, and how far it reaches."""

from dataclasses import dataclass

from agentaudit.model.deployment import FileCoverage, Unresolved
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What can be said of a number when something is unknown: it lies in [low, high]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"bounds are the wrong way round: {self.low} > {self.high}")

    @property
    def exact(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A fact as the threat graph shows it. `zone` is Z0 (open internet) to Z9 (approvers)."""

    id: str
    kind: str
    name: str
    zone: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """A step data or authority may take."""

    src: str
    dst: str
    kind: str
    evidence: Evidence
    confidence: Confidence
    crosses_boundary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackPath:
    """One way from untrusted input to damage, told as a sentence, every leg with evidence."""

    id: str
    query: str
    """`untrusted-to-privileged-write`, `lethal-trifecta`, …: the rule that found it."""
    title: str
    severity: Severity
    confidence: Confidence
    sentence: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    broken_by: tuple[str, ...]
    """Controls that would break it."""
    references: tuple[str, ...]
    folded: int = 0
    """How many more paths of the same kind stand behind this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """
    What an attacker who steers the agent can do. Two numbers, never one score.

    LIVE counts sensitive actions reachable from untrusted input with no gate that dominates them.
    THEFT is in sensitive action-hours: actions of each credential that can be carried out, times
    the hours it lives, at most `horizon_hours`.
    """

    agent: str
    live: Bounds
    live_permissions_management: Bounds
    live_irreversible: Bounds
    theft_action_hours: Bounds
    stealable_credentials: Bounds
    exposure: Bounds
    """Share of declared resources reachable from untrusted input, 0 to 1."""
    horizon_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationOutcome:
    """What one change of the graph would do, from running all queries again."""

    name: str
    description: str
    patch: str
    """A sketch of the change, as text."""
    closes: tuple[str, ...]
    """Ids of paths that are gone."""
    opens: tuple[str, ...]
    blast_radius: BlastRadius


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatModel:
    """The artifact `threats.json`."""

    root: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    paths: tuple[AttackPath, ...]
    """Most severe first."""
    blast_radius: BlastRadius
    mitigations: tuple[MitigationOutcome, ...]
    unresolved: tuple[Unresolved, ...]
    coverage: tuple[FileCoverage, ...]
    incomplete: bool
    agents: int
    tool_version: str
