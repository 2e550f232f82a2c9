"""Rules of lint with their conditions, ready to be asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from agentaudit.errors import Problem
from agentaudit.model.finding import Severity
from agentaudit.model.lint_rule import LintRule
from agentaudit.rules.cel import MOST_AT_ONCE, Condition, RuleError, Subject, answers
from agentaudit.rules.conditions import ConditionError


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule, ready to be asked."""

    rule: LintRule
    condition: Condition
    refinements: tuple[tuple[Severity, Condition], ...] = ()
    fixable: Condition | None = None
    """What must hold besides for the rule's autofix to be right; None where nothing must."""

    def holds(self, subject: Subject) -> bool:
        """Whether there is a finding about this fact."""
        return self._holds("when", self.condition, subject)

    def severity_of(self, subject: Subject) -> Severity:
        """How severe the finding about this fact is, for which the rule holds."""
        for severity, condition in self.refinements:
            if self._holds("severity_when", condition, subject):
                return severity
        return self.rule.severity

    def may_fix(self, subject: Subject) -> bool:
        """Whether the rule's autofix is meant for this fact."""
        return self.fixable is None or self._holds("autofix.when", self.fixable, subject)

    def _holds(self, field: str, condition: Condition, subject: Subject) -> bool:
        try:
            return condition.holds(subject)
        except ConditionError as error:
            problem = Problem(file=self.rule.file, message=f"`{field}` {error}")
            raise RuleError(problem) from None


def holding(rules: Sequence[CompiledRule], subject: Subject) -> Iterator[CompiledRule]:
    """Those of the rules about one kind of fact that hold for this one."""
    for first in range(0, len(rules), MOST_AT_ONCE):
        asked = rules[first : first + MOST_AT_ONCE]
        answered = answers([rule.condition for rule in asked], subject)
        if answered is None:
            answered = [rule.holds(subject) for rule in asked]
        yield from compress(asked, answered)
