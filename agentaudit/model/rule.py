"""Rules that tell what an agent does, by frames on its stacks and by its spans."""

from msgspec import Struct

from agentaudit.model.trace import StepKind


class StepRule(Struct, frozen=True, kw_only=True):
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


class SpanRule(Struct, frozen=True, kw_only=True):
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


class ProgramRule(Struct, frozen=True, kw_only=True):
    """One row of `rules/programs.yaml`: a package that is not the agent, where it may seem so."""

    package: str
    """As it is imported."""
    role: str
    """`runner`, `command_line`."""


class LabelRules(Struct, frozen=True, kw_only=True):
    """What evidence means: frames on stacks, and spans; the first row that matches wins."""

    frames: tuple[StepRule, ...]
    spans: tuple[SpanRule, ...] = ()
    programs: tuple[ProgramRule, ...] = ()
