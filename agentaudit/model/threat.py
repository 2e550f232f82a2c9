"""What the threat model answers: paths from untrusted input to damage, and how far it reaches."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from agentaudit.model.deployment import FileCoverage, Unresolved
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.finding import Severity


class Bounds(Struct, frozen=True, kw_only=True):
    """What can be said of a number when something is unknown: it lies in [low, high]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"bounds are the wrong way round: {self.low} > {self.high}")

    @property
    def exact(self) -> bool:
        return self.low == self.high


class GraphNode(Struct, frozen=True, kw_only=True):
    """A fact as the threat graph shows it. `zone` is Z0 (open internet) to Z9 (approvers)."""

    id: str
    kind: str
    name: str
    zone: str
    evidence: Evidence


class GraphEdge(Struct, frozen=True, kw_only=True):
    """A step data or authority may take."""

    src: str
    dst: str
    kind: str
    evidence: Evidence
    confidence: Confidence
    crosses_boundary: bool
    known: bool = True
    """False when nobody can say whether this step exists: low bounds go without it."""
    gated: Truth = Truth.NO
    """Whether an approval outside the model stands in the way."""


class AttackPath(Struct, frozen=True, kw_only=True):
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


class BlastRadius(Struct, frozen=True, kw_only=True):
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


class MitigationOutcome(Struct, frozen=True, kw_only=True):
    """What one change of the graph would do, from running all queries again."""

    name: str
    description: str
    patch: str
    """A sketch of the change, as text."""
    closes: tuple[str, ...]
    """Ids of paths that are gone."""
    opens: tuple[str, ...]
    blast_radius: BlastRadius
    title: str = ""


def sentence_case(text: str) -> str:
    """A text as a sentence begins; all behind its first letter stays, for it may be names."""
    return text[:1].upper() + text[1:]


class ThreatModel(Struct, frozen=True, kw_only=True):
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
    cannot_exclude: tuple[AttackPath, ...] = ()
    """Paths with a leg that nobody could decide: no findings, and no all-clear either."""


class Impact(StrEnum):
    """What a path ends in, least first."""

    READ = "read"
    WRITE = "write"
    SECRET_READ = "secret-read"  # noqa: S105, the name of an impact
    IRREVERSIBLE = "irreversible"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return tuple(Impact).index(self)


class Entry(StrEnum):
    """Who can start a path, the least trusted last."""

    USER = "user"
    SEMI = "semi"
    ANONYMOUS = "anonymous"


class Leg(Struct, frozen=True, kw_only=True):
    """One stretch of a pattern: stages to pass in order, along edges of certain kinds."""

    stages: tuple[str, ...]
    along: tuple[str, ...]


class ThreatQuery(Struct, frozen=True, kw_only=True):
    """
    One file of `rules/threats/queries/`: a pattern over the threat graph, and its texts.

    Further legs start where the first one ends. Each node at the stage `each` gives a way of its
    own; ways with the same class of entry and the same node at the stage `per` are told as one
    path, the gravest. `worst` is how to go on from `each` to the gravest end there is.
    """

    id: str
    title: str
    legs: tuple[Leg, ...]
    per: str
    each: str
    worst: Leg | None
    impact: Impact
    sentence: str
    """What a path says; `{stage}` stands for the name of the node at that stage."""
    why: str
    broken_by: tuple[str, ...]
    references: tuple[str, ...]


class ActionClasses(Struct, frozen=True, kw_only=True):
    """Which actions cannot be undone and which hand out permissions, as lower-case globs."""

    irreversible: tuple[str, ...]
    permissions: tuple[str, ...]


class MitigationText(Struct, frozen=True, kw_only=True):
    """What one operator says of itself; `{names}` stands for what it changes."""

    title: str
    description: str
    patch: str


class ThreatRules(Struct, frozen=True, kw_only=True):
    """Everything under `rules/threats/`: what is asked of a graph, and how bad an answer is."""

    queries: tuple[ThreatQuery, ...]
    severity: Mapping[Impact, Mapping[Entry, Severity]]
    actions: ActionClasses
    mitigations: Mapping[str, MitigationText]
