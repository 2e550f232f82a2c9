"""Rules of spans from files: those of `rules/spans/` and of users, read strictly."""

from collections.abc import Sequence
from pathlib import Path

from agentaudit.errors import InputError, Problem
from agentaudit.model.rule import SpanRule
from agentaudit.model.trace import StepKind
from agentaudit.rules.folders import rule_paths
from agentaudit.rules.rows import Row, rows_of

_KINDS = [kind.value for kind in StepKind if kind not in (StepKind.IDLE, StepKind.UNKNOWN)]
_FIELDS = ("attribute", "value", "step_kind", "sub_kind", "self_time", "exact", "dialect")
_FLAGS = {"true": True, "false": False}


def load_span_rules(folders: Sequence[Path]) -> tuple[SpanRule, ...]:
    """
    The rules of all folders, those of the first folder first, files in the order of their names.

    Raises InputError with every problem: a folder without rules, a row that is no rule, a row that
    stands twice.
    """
    problems: list[Problem] = []
    rules: list[SpanRule] = []
    for folder in folders:
        first: dict[tuple[str, str], str] = {}
        for file in rule_paths(folder, problems, "span rules"):
            for rule, line in rows_of(file, problems, _rule):
                key = rule.attribute, rule.value
                if key in first:
                    text = f"{rule.attribute} {rule.value!r} stands already in {first[key]}"
                    problems.append(Problem(file=str(file), line=line, message=text))
                first.setdefault(key, f"{file}:{line}")
                rules.append(rule)
    if problems:
        raise InputError(*problems)
    return tuple(rules)


def _rule(row: Row) -> SpanRule | None:
    if not row.names(_FIELDS):
        return None
    exact = _FLAGS.get(row.choice("exact", list(_FLAGS), default="false"), False)
    kind = row.choice("step_kind", list(StepKind) if exact else _KINDS)
    return SpanRule(
        attribute=row.text("attribute"),
        value=row.text("value"),
        kind=StepKind(kind or "unknown"),
        sub_kind=row.text("sub_kind", default=""),
        self_time=_FLAGS.get(row.choice("self_time", list(_FLAGS), default="false"), False),
        exact=exact,
        dialect=row.text("dialect"),
    )
