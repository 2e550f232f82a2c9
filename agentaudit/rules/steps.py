"""
The step rules of `rules/steps/`: frame patterns, and the kinds of step they are evidence of.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from agentaudit.errors import InputError, Problem
from agentaudit.model.rule import StepRule
from agentaudit.model.trace import StepKind
from agentaudit.rules.folders import rule_paths
from agentaudit.rules.rows import Row, rows_of

CONFIDENCE = {"observed": 0.95, "source": 0.8, "convention": 0.5}
"""How much a label is worth, by what its rule rests on."""

TIMES = (
    "ordinary",
    "first",
    "own_code",
    "fallback",
    "fallback_llm_peer",
    "fallback_worker_root",
    "request",
)
_KINDS = [kind.value for kind in StepKind if kind not in (StepKind.IDLE, StepKind.UNKNOWN)]
_FIELDS = ("id", "framework", "pattern", "step_kind", "evidence")
_PATTERN_FIELDS = ("file", "function", "when")


def load_step_rules(folders: Sequence[Path]) -> tuple[StepRule, ...]:
    """
    The rules of all folders, those of the first folder first.

    Raises InputError with every problem: a folder without rules, a row that is no rule, an id that
    stands twice.
    """
    problems: list[Problem] = []
    placed: list[tuple[StepRule, str, int]] = []
    for folder in folders:
        for file in rule_paths(folder, problems, "step rules"):
            for rule, line in rows_of(file, problems, _rule):
                placed.append((rule, str(file), line))
    problems += _doubles(placed)
    if problems:
        raise InputError(*problems)
    return tuple(rule for rule, _, _ in placed)


def _doubles(placed: Sequence[tuple[StepRule, str, int]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for rule, file, line in placed:
        if rule.id in first:
            yield Problem(
                file=file, line=line, message=f"`id` {rule.id!r} stands already in {first[rule.id]}"
            )
        first.setdefault(rule.id, f"{file}:{line}")


def _rule(row: Row) -> StepRule | None:
    if not row.names(_FIELDS):
        return None
    pattern = row.within("pattern")
    if pattern is None or not pattern.names(_PATTERN_FIELDS, "a pattern"):
        return None
    kind = row.choice("step_kind", _KINDS)
    evidence = row.choice("evidence", list(CONFIDENCE))
    return StepRule(
        id=row.text("id"),
        framework=row.text("framework"),
        file=pattern.text("file"),
        function=pattern.text("function"),
        when=pattern.choice("when", TIMES, default="ordinary"),
        kind=StepKind(kind or "unknown"),
        confidence=CONFIDENCE.get(evidence, 0.0),
    )
