"""The rules that travel with the program: alone as they were kept, or beside those of a user."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentaudit.store.kept import kept
from agentaudit.store.shipped import shipped

if TYPE_CHECKING:
    from agentaudit.model.rule import ProgramRule, SpanRule, StepRule
    from agentaudit.model.threat import ThreatRules
    from agentaudit.rules.compiled import CompiledRule

T = TypeVar("T")
_PACKAGE = Path(__file__).parent.parent
_CODE = (
    *("rules/*.py", "model/*.py", "model/facts/*.py"),
    *("readers/yaml.py", "readers/document.py"),
)
"""What decides what a rule file says."""


def lint_rules(folders: Sequence[Path] = ()) -> "tuple[CompiledRule, ...]":
    """Ours, and those of the user's folders, by id."""
    from agentaudit.rules.compiled import CompiledRule, programs_of
    from agentaudit.rules.engine import Program, know

    def load() -> tuple[CompiledRule, ...]:
        from agentaudit.rules.lint import load_lint_rules

        return load_lint_rules([shipped("rules") / "lint", *folders])

    def made() -> tuple[tuple[CompiledRule, ...], tuple[Program, ...]]:
        rules = load()
        return rules, tuple(programs_of(rules))

    if folders:
        return load()
    rules, programs = _ours("lint", tuple[tuple[CompiledRule, ...], tuple[Program, ...]], made)
    know(programs)
    return rules


def step_rules(folders: Sequence[Path] = ()) -> "tuple[StepRule, ...]":
    """Those of the user's folders, and ours after them."""
    from agentaudit.model.rule import StepRule

    def load() -> tuple[StepRule, ...]:
        from agentaudit.rules.steps import load_step_rules

        return load_step_rules([*folders, shipped("rules") / "steps"])

    return load() if folders else _ours("steps", tuple[StepRule, ...], load)


def span_rules(folders: Sequence[Path] = ()) -> "tuple[SpanRule, ...]":
    """Those of the user's folders, and ours after them."""
    from agentaudit.model.rule import SpanRule

    def load() -> tuple[SpanRule, ...]:
        from agentaudit.rules.spans import load_span_rules

        return load_span_rules([*folders, shipped("rules") / "spans"])

    return load() if folders else _ours("spans", tuple[SpanRule, ...], load)


def program_rules() -> "tuple[ProgramRule, ...]":
    from agentaudit.model.rule import ProgramRule

    def load() -> tuple[ProgramRule, ...]:
        from agentaudit.rules.programs import load_program_rules

        return load_program_rules(shipped("rules") / "programs.yaml")

    return _ours("programs", tuple[ProgramRule, ...], load)


def told_apart(folders: Sequence[Path]) -> tuple[Sequence[Path], Sequence[Path]]:
    """
    The folders with step rules, and those with span rules, of folders that may hold either.

    Span rules stand in the subfolder `spans`; a folder with neither counts as one of step rules, so
    that its emptiness is told.
    """
    spans = [folder / "spans" for folder in folders if (folder / "spans").is_dir()]
    steps = [
        folder for folder in folders if folder / "spans" not in spans or any(folder.glob("*.yaml"))
    ]
    return steps, spans


def threat_rules() -> "ThreatRules":
    from agentaudit.model.threat import ThreatRules

    def load() -> ThreatRules:
        from agentaudit.rules.threats import load_threat_rules

        return load_threat_rules()

    return _ours("threats", ThreatRules, load)


def _ours(name: str, kind: type[T], load: Callable[[], T]) -> T:
    """The rules that stand there under this name, read where they, or what reads them, changed."""
    rules = shipped("rules")
    own = (*(rules / name).rglob("*.yaml"), *rules.glob(f"{name}.yaml"))
    files = chain((rules / "taxonomies.yaml",), sorted(own))
    code = chain.from_iterable(sorted(_PACKAGE.glob(pattern)) for pattern in _CODE)
    return kept(name, kind, chain(files, code), load)
