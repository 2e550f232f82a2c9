"""Rules of lint with their conditions, ready to be asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter

from msgspec import Struct, field

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


class _Held(Struct):
    """The rules that hold, or may, for facts that no condition of theirs tells apart."""

    rules: tuple[tuple[CompiledRule, bool | None], ...]
    told_apart: Callable[[Fact], object]
    """By what else the severities of these rules may differ."""
    answers: dict[object, Answer] = field(default_factory=dict)


class Inquiry:
    """
    Rules about one kind of fact, asked of one fact after the other.

    Facts that are equal in all that the conditions may ask for get one answer: most facts of a
    large repository differ by their names alone. What only severities depend on counts where a
    rule holds that has them.
    """

    def __init__(
        self, kind: str, rules: Sequence[CompiledRule], whole: Whole, limits: Limits
    ) -> None:
        self._kind = kind
        self._batches = [(asked, _together(asked)) for asked in _batches(rules)]
        self._whole, self._limits = whole, limits
        refined = [each for rule in rules for each in _severities(rule)]
        self._first = _fields_asked(kind, [rule.condition for rule in rules])
        then = _fields_asked(kind, refined)
        self._asked = None if self._first is None or then is None else self._first | then
        self._told_apart = _telling_apart(self._first)
        self._held: dict[object, _Held] = {}

    def about(self, fact: Fact) -> Answer:
        """What the rules say of one fact."""
        alike, subject = self._told_apart(fact), None
        held = self._held.get(alike)
        if held is None:
            subject = self._subject(fact)
            held = self._held[alike] = self._holding(subject)
        if not held.rules:
            return ()
        further = held.told_apart(fact)
        answer = held.answers.get(further)
        if answer is None:
            subject = subject or self._subject(fact)
            answer = held.answers[further] = tuple(
                (rule, rule.severity_of(subject) if holds else None) for rule, holds in held.rules
            )
        return answer

    def _subject(self, fact: Fact) -> Subject:
        return bind(self._kind, fact, self._whole, self._limits, asked=self._asked)

    def _holding(self, subject: Subject) -> _Held:
        rules = tuple(_answers(self._batches, subject))
        refined = [each for rule, holds in rules if holds for each in _severities(rule)]
        asked = _fields_asked(self._kind, refined)
        further = None if asked is None or self._first is None else asked - self._first
        return _Held(rules, _telling_apart(further))


def _severities(rule: CompiledRule) -> list[Condition]:
    return [condition for _, condition in rule.refinements]


def _telling_apart(fields: frozenset[str] | None) -> Callable[[Fact], object]:
    """The values of some fields of a fact; its id, where any of all may matter."""
    names = sorted(("id",) if fields is None else fields)
    return attrgetter(*names) if names else type


def _fields_asked(kind: str, conditions: Sequence[Condition]) -> frozenset[str] | None:
    """The fields by which conditions can tell one fact from another; None where it is by any."""
    asked = {"confidence"}
    for condition in conditions:
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


def _answers(
    batches: Iterable[tuple[Sequence[CompiledRule], Together]], subject: Subject
) -> Iterator[tuple[CompiledRule, bool | None]]:
    """Those of the rules about one kind of fact that hold for this one, or may."""
    for asked, conditions in batches:
        answered: Sequence[bool | None] | None = conditions.answers(subject)
        if answered is None:
            answered = [rule.holds(subject) for rule in asked]
        for rule, holds in zip(asked, answered, strict=True):
            if holds is not False:
                yield rule, holds
