"""What the rules of spans say of a span: the kind of step that its attributes tell."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.model.rule import SpanRule

NAME = "name"
"""The attribute of a rule that asks for the span's own name."""

_ANYTHING = "*"
_MOST_OPERATIONS = 1_000
_MOST_REMEMBERED = 4_096
"""Told apart; a name made anew for each call would fill the memory."""


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
