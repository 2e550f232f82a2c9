"""Rules of lint with their conditions, ready to be asked."""

from dataclasses import dataclass

from agentaudit.errors import Problem
from agentaudit.model.finding import Severity
from agentaudit.model.lint_rule import LintRule
from agentaudit.rules.cel import Condition, RuleError, Subject
from agentaudit.rules.conditions import ConditionError


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule, ready to be asked."""

    rule: LintRule
    condition: Condition
    refinements: tuple[tuple[Severity, Condition], ...] = ()

    def severity_of(self, subject: Subject) -> Severity | None:
        """How severe the finding about this fact is; None when the rule does not hold for it."""
        if not self._holds("when", self.condition, subject):
            return None
        for severity, condition in self.refinements:
            if self._holds("severity_when", condition, subject):
                return severity
        return self.rule.severity

    def _holds(self, field: str, condition: Condition, subject: Subject) -> bool:
        try:
            return condition.holds(subject)
        except ConditionError as error:
            problem = Problem(file=self.rule.file, message=f"`{field}` {error}")
            raise RuleError(problem) from None
