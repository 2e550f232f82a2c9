"""Rules of lint as values, whatever engine decides their conditions."""

from msgspec import Struct

from agentaudit.model.autofix import Autofix
from agentaudit.model.evidence import Confidence
from agentaudit.model.finding import Family, RuleSummary, Severity


class RuleExample(Struct, frozen=True, kw_only=True):
    """A file that a rule is tried on: `path` decides what it is read as."""

    path: str
    text: str
    """As the rule has it: `{{fake:…}}` stands for a credential."""
    files: tuple[tuple[str, str], ...] = ()
    """Further files of the same example, as (path, text)."""


class LintRule(Struct, frozen=True, kw_only=True):
    """One rule file of `rules/lint/`: a condition over one kind of fact, and its texts."""

    id: str
    title: str
    family: Family
    severity: Severity
    confidence: Confidence
    applies_to: str
    when: str
    message: str
    """What a finding says; `{field}` stands for a field of the fact."""
    why: str
    fix: str
    references: tuple[str, ...]
    catalogue: tuple[str, ...]
    """Rows of the rule catalogue that it covers, `CRED-001`, …"""
    matching: tuple[RuleExample, ...]
    other: tuple[RuleExample, ...]
    file: str
    severity_when: tuple[tuple[Severity, str], ...] = ()
    """Another severity where a further condition holds; the first that holds decides."""
    once: bool = False
    """One finding for the whole deployment; the other facts are its related places."""
    together: str = ""
    """A field of the fact: of facts that share what it holds there is one finding, in this way."""
    autofix: Autofix | None = None

    @property
    def examples(self) -> int:
        """How many examples it is tried on."""
        fixed = self.autofix.examples if self.autofix else ()
        return len(self.matching) + len(self.other) + len(fixed)

    @property
    def summary(self) -> RuleSummary:
        return RuleSummary(
            id=self.id,
            title=self.title,
            family=self.family,
            severity=self.severity,
            why=self.why,
            fix=self.fix,
            references=self.references,
        )
