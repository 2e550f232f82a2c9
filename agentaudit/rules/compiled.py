"""Rules of lint with their conditions, ready to be asked."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from msgspec import Struct

from agentaudit.errors import Problem
from agentaudit.model.deployment import FACT_KINDS
from agentaudit.model.facts.fact import Fact
from agentaudit.model.finding import Severity
from agentaudit.model.lint_rule import LintRule
from agentaudit.rules.cel import Condition, RuleError, Subject, Together, bind
from agentaudit.rules.conditions import ConditionError, TooLongError, fields_asked
from agentaudit.rules.engine import MOST_TOGETHER, Program, programs, together
from agentaudit.rules.limits import Limits
from agentaudit.rules.whole import Whole


class CompiledRule(Struct, frozen=True, kw_only=True):
    """A rule, ready to be asked."""

    rule: LintRule
    condition: Condition
    refinements: tuple[tuple[Severity, Condition], ...] = ()
    fixable: Condition | None = None
    """What must hold besides for the rule's autofix to be right; None where nothing must."""

    def holds(self, subject: Subject) -> bool | None:
        """Whether there is a finding about this fact; None where it is too long to be asked."""
        return self._holds("when", self.condition, subject)

    def severity_of(self, subject: Subject) -> Severity:
        """
        How severe the finding about this fact is, for which the rule holds.

        As severe as can be where the fact is too long to be asked.
        """
        for severity, condition in self.refinements:
            holds = self._holds("severity_when", condition, subject)
            if holds is None:
                possible = (self.rule.severity, *(refined for refined, _ in self.refinements))
                return max(possible, key=lambda item: item.rank)
            if holds:
                return severity
        return self.rule.severity

    def may_fix(self, subject: Subject) -> bool:
        """Whether the rule's autofix is meant for this fact."""
        if self.fixable is None:
            return True
        return self._holds("autofix.when", self.fixable, subject) is True

    def _holds(self, field: str, condition: Condition, subject: Subject) -> bool | None:
        try:
            return condition.holds(subject)
        except TooLongError:
            return None
        except ConditionError as error:
            problem = Problem(file=self.rule.file, message=f"`{field}` {error}")
            raise RuleError(problem) from None


Answer = tuple[tuple[CompiledRule, Severity | None], ...]
"""Rules that hold for a fact, each with the severity of its finding; None where one may hold."""


class Inquiry:
    """
    Rules about one kind of fact, asked of one fact after the other.

    Facts that are equal in all that the conditions may ask for get one answer: most facts of a
    large repository differ by their names alone.
    """

    def __init__(
        self, kind: str, rules: Sequence[CompiledRule], whole: Whole, limits: Limits
    ) -> None:
        self._kind = kind
        self._batches = [(asked, _together(asked)) for asked in _batches(rules)]
        self._whole, self._limits = whole, limits
        self._asked = _fields_asked(kind, rules)
        self._told_apart = attrgetter(*sorted(self._asked or ("id",)))
        self._given: dict[object, Answer] = {}

    def about(self, fact: Fact) -> Answer:
        """What the rules say of one fact."""
        alike = self._told_apart(fact)
        answer = self._given.get(alike)
        if answer is None:
            subject = bind(self._kind, fact, self._whole, self._limits, asked=self._asked)
            answer = self._given[alike] = tuple(_answer(self._batches, subject))
        return answer


def _fields_asked(kind: str, rules: Sequence[CompiledRule]) -> frozenset[str] | None:
    """The fields by which the rules can tell one fact from another; None where it is by any."""
    asked = {"confidence"}
    for rule in rules:
        for condition in (rule.condition, *(refined for _, refined in rule.refinements)):
            named = fields_asked(kind, condition.source)
            if named is None:
                return None
            asked |= named
    return frozenset(asked & set(FACT_KINDS[kind].type.__struct_fields__))


def programs_of(rules: Sequence[CompiledRule]) -> Iterator[Program]:
    """All that the engine needs to know to be asked all the rules, which stand by id."""
    for kind in FACT_KINDS:
        for asked in _batches([rule for rule in rules if rule.rule.applies_to == kind]):
            refined = {item.source for rule in asked for _, item in rule.refinements}
            all_of_them = together([rule.condition.source for rule in asked])
            yield from programs(kind, (all_of_them, *sorted(refined)))


def _batches(rules: Sequence[CompiledRule]) -> Iterator[Sequence[CompiledRule]]:
    """As many rules as one program answers for."""
    for first in range(0, len(rules), MOST_TOGETHER):
        yield rules[first : first + MOST_TOGETHER]


def _together(rules: Sequence[CompiledRule]) -> Together:
    return Together([rule.condition for rule in rules])


def _answer(
    batches: Iterable[tuple[Sequence[CompiledRule], Together]], subject: Subject
) -> Iterator[tuple[CompiledRule, Severity | None]]:
    """Those of the rules about one kind of fact that hold for this one, or may."""
    for asked, conditions in batches:
        answered: Sequence[bool | None] | None = conditions.answers(subject)
        if answered is None:
            answered = [rule.holds(subject) for rule in asked]
        for rule, holds in zip(asked, answered, strict=True):
            if holds is not False:
                yield rule, rule.severity_of(subject) if holds else None
