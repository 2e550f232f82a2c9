"""The span rules of `rules/spans/`: attributes of spans, and the kinds of step they tell."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from agentaudit.errors import InputError, Problem
from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.model.rule import SpanRule
from agentaudit.model.trace import StepKind
from agentaudit.rules.rows import Row, rows_of

NAME = "name"
"""The attribute of a rule that asks for the span's own name."""

_ANYTHING = "*"
_KINDS = [kind.value for kind in StepKind if kind not in (StepKind.IDLE, StepKind.UNKNOWN)]
_FIELDS = ("attribute", "value", "step_kind", "sub_kind", "self_time", "exact", "dialect")
_FLAGS = {"true": True, "false": False}
_MOST_OPERATIONS = 1_000
_MOST_REMEMBERED = 4_096
"""Told apart; a name made anew for each call would fill the memory."""


def load_span_rules(folders: Sequence[Path]) -> tuple[SpanRule, ...]:
    """
    The rules of all folders, those of the first folder first, files in the order of their names.

    Raises InputError with every problem: a folder without rules, a row that is no rule, a row that
    stands twice.
    """
    problems: list[Problem] = []
    rules: list[SpanRule] = []
    for folder in folders:
        files = sorted(folder.glob("*.yaml"))
        if not files:
            problems.append(Problem(file=str(folder), message="holds no span rules (*.yaml)"))
        first: dict[tuple[str, str], str] = {}
        for file in files:
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


def span_kind(span: SpanSeen, rules: Sequence[SpanRule]) -> SpanRule | None:
    """The first rule that a span matches; None of a span that says nothing of its kind."""
    return _first_match(span.kinds, span.name, rules)


def kinds_by(rules: Sequence[SpanRule]) -> Callable[[SpanSeen], SpanRule | None]:
    """`span_kind` by these rules, with a memory: most spans say what others said before."""

    @lru_cache(maxsize=_MOST_REMEMBERED)
    def known(kinds: tuple[Attribute, ...], name: str) -> SpanRule | None:
        return _first_match(kinds, name, rules)

    return lambda span: known(span.kinds, span.name)


def _first_match(
    kinds: Iterable[Attribute], name: str, rules: Sequence[SpanRule]
) -> SpanRule | None:
    told = {attribute.key: attribute.value for attribute in kinds}
    told[NAME] = name
    for rule in rules:
        value = told.get(rule.attribute)
        if value is not None and fnmatchcase(value, rule.value):
            return rule
    return None


def unknown_operations(spans: Iterable[SpanSeen], rules: Sequence[SpanRule]) -> Mapping[str, int]:
    """
    What spans call their work and no rule names, and how many of them do; the most frequent first.

    A rule whose value is a lone `*` stands for what nobody knows yet.
    """
    counted: Counter[str] = Counter()
    kind_of = kinds_by(rules)
    for span in spans:
        rule = kind_of(span)
        if rule is None or rule.value != _ANYTHING or rule.attribute == NAME:
            continue
        told = next(item.value for item in span.kinds if item.key == rule.attribute)
        operation = f"{rule.attribute}={told}"
        if operation in counted or len(counted) < _MOST_OPERATIONS:
            counted[operation] += 1
    return dict(counted.most_common())
