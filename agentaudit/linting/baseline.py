"""
Baselines: the findings that were there when a team began to look, and that do not fail its runs.

An entry holds no line and no time, so that it stays the same while the finding does, and two
branches merge without a conflict. It knows how grave the finding was, since nobody let stand what
it became; an entry of earlier releases does not, and covers any. It is of one secret only where a
team gives a key: a digest without one would let any reader of the baseline test guesses of weak
secrets.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.finding import Finding, LintResult, Severity, Suppression

KIND = "baseline"
BEFORE = "before"


class BaselineEntry(Struct, frozen=True, kw_only=True, order=True):
    """One finding of an earlier run."""

    rule: str
    file: str
    finding: str
    """Its fingerprint."""
    value: str = ""
    """Keyed digest of the secret it is about; empty without a key, or when it is about none."""

    severity: str = ""
    """How grave it was; empty where that was not written down."""

    def is_about(self, other: "BaselineEntry") -> bool:
        """Whether this is the same finding; what is not known of a value does not tell apart."""
        same = (self.rule, self.finding) == (other.rule, other.finding)
        return same and (not self.value or not other.value or self.value == other.value)

    def as_grave_as(self, finding: Finding) -> bool:
        return not self.severity or finding.severity.rank <= Severity(self.severity).rank


class Compared(Struct, frozen=True, kw_only=True):
    """A run beside a baseline."""

    result: LintResult
    gone: tuple[BaselineEntry, ...]
    """What rules that were asked no longer find."""
    unmarked: int
    """Known findings about a secret of which one side has no digest: it may be another one."""
    graver: tuple[Finding, ...]
    """Known findings that were less grave then, and that count now."""


def baseline_of(result: LintResult) -> tuple[BaselineEntry, ...]:
    """The findings that stand for no other reason than that they were there, sorted."""
    kept = (item for item in result.findings if item.suppression is None or _by_baseline(item))
    return tuple(sorted(set(map(_entry, kept))))


def beside_baseline(result: LintResult, baseline: Sequence[BaselineEntry], name: str) -> Compared:
    """The result with what the baseline knows marked as suppressed, and what is gone of it."""
    known: dict[str, list[BaselineEntry]] = {}
    for entry in baseline:
        known.setdefault(entry.finding, []).append(entry)
    used: set[BaselineEntry] = set()
    unmarked = 0
    findings: list[Finding] = []
    graver: list[Finding] = []
    reason = Suppression(kind=KIND, reason=f"known since the baseline {name}")
    for finding in result.findings:
        now = _entry(finding)
        same = [entry for entry in known.get(now.finding, ()) if entry.is_about(now)]
        used.update(same)
        covering = [entry for entry in same if entry.as_grave_as(finding)]
        if same and not covering and finding.suppression is None:
            graver.append(finding)
        if covering and finding.suppression is None:
            unmarked += any(bool(entry.value) != bool(now.value) for entry in covering)
            findings.append(replace(finding, suppression=reason))
        else:
            findings.append(finding)
    asked = {rule.id for rule in result.rules}
    gone = tuple(sorted(entry for entry in set(baseline) - used if entry.rule in asked))
    compared = replace(result, findings=tuple(findings))
    return Compared(result=compared, gone=gone, unmarked=unmarked, graver=tuple(graver))


def brought_since(result: LintResult, before: Sequence[LintResult], revision: str) -> LintResult:
    """The result with what was open, and as grave, at an earlier commit marked as suppressed."""
    known: dict[tuple[str, str, str], int] = {}
    for item in (item for earlier in before for item in earlier.open_findings):
        key = _key(_entry(item))
        known[key] = max(item.severity.rank, known.get(key, item.severity.rank))
    reason = Suppression(kind=BEFORE, reason=f"stood at {revision} already")
    findings = (
        replace(item, suppression=reason)
        if item.suppression is None and item.severity.rank <= known.get(_key(_entry(item)), -1)
        else item
        for item in result.findings
    )
    return replace(result, findings=tuple(findings))


def _key(entry: BaselineEntry) -> tuple[str, str, str]:
    """What tells findings apart where both sides know the values; the file may have moved."""
    return entry.rule, entry.finding, entry.value


def _by_baseline(finding: Finding) -> bool:
    return finding.suppression is not None and finding.suppression.kind == KIND


def _entry(finding: Finding) -> BaselineEntry:
    return BaselineEntry(
        rule=finding.rule,
        file=finding.evidence.file,
        finding=finding.fingerprint,
        value=finding.value,
        severity=finding.severity.value,
    )
