"""Rules that tell what an agent does, by frames on its stacks and by its spans."""

from dataclasses import dataclass

from agentaudit.model.trace import StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    """One row of `rules/steps/`: a frame pattern and the kind of step it is evidence of."""

    id: str
    framework: str
    file: str
    """Glob on the end of the file's path, from a separator."""
    function: str
    """Glob on the qualified name; before CPython 3.11 its last dotted part is matched."""
    when: str
    """`ordinary`, `first`, `fallback`, `fallback_llm_peer`, `fallback_worker_root`, `request`."""
    kind: StepKind
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRule:
    """
    One row of `rules/spans/`: an attribute of a span, and the kind of step it is evidence of.

    `self_time` is true of spans that count only where no span within them does.
    """

    attribute: str
    """Its key; `name` is the span's own name."""
    value: str
    """Glob."""
    kind: StepKind
    sub_kind: str = ""
    self_time: bool = False
    exact: bool = False
    """True of a span that is a request or a step as it stands: nothing more is concluded of it."""
    dialect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRule:
    """One row of `rules/programs.yaml`: a package that is not the agent, where it may seem so."""

    package: str
    """As it is imported."""
    role: str
    """`runner`, `command_line`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRules:
    """What evidence means: frames on stacks, and spans; the first row that matches wins."""

    frames: tuple[StepRule, ...]
    spans: tuple[SpanRule, ...] = ()
    programs: tuple[ProgramRule, ...] = ()
