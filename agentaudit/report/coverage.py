"""What was found and what was read, and what was not, in a sentence each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from agentaudit.lists import counted
from agentaudit.model.deployment import Deployment, FileCoverage, FileStatus
from agentaudit.model.finding import LintResult, Severity
from agentaudit.report.text import one_line

if TYPE_CHECKING:
    from agentaudit.model.threat import ThreatModel

_UNREAD = (FileStatus.FAILED, FileStatus.PARTIAL)


def unread_files(audited: "Deployment | LintResult | ThreatModel") -> Sequence[FileCoverage]:
    """The files that could not be read, or not whole."""
    return [file for file in audited.coverage if file.status in _UNREAD]


def told(file: FileCoverage) -> str:
    """A file, the place in it, what became of it and why, on one line."""
    return one_line(f"{place_of(file)}: {file.status.value}: {file.reason}")


def place_of(file: FileCoverage) -> str:
    """The file, and the place in it from which on it could not be read."""
    return ":".join(str(part) for part in (file.file, file.line, file.column) if part)


def coverage_sentence(result: LintResult) -> str:
    """
    How many files were read, of how many that an agent may be deployed with.

    Without an agent most rules had nothing to ask, which is no sign that all is well.
    """
    statuses = [file.status for file in result.coverage]
    total = len(statuses) - statuses.count(FileStatus.SKIPPED)
    parts = [f"Read {statuses.count(FileStatus.READ)} of {counted(total, 'file')}"]
    if FileStatus.FAILED in statuses:
        parts.append(f"{statuses.count(FileStatus.FAILED)} could not be read")
    if FileStatus.PARTIAL in statuses:
        parts.append(f"{statuses.count(FileStatus.PARTIAL)} only in part")
    if FileStatus.SKIPPED in statuses:
        skipped = _skipped(result)
        parts.append(f"skipped {skipped} that {'deploys' if skipped == '1' else 'deploy'} nothing")
    if result.unresolved:
        parts.append(f"{counted(len(result.unresolved), 'reference')} unresolved")
    if result.agents == 0:
        parts.append(f"no agent found{' in what could be read' if unread_files(result) else ''}")
    return "; ".join(parts) + "."


def findings_sentence(result: LintResult) -> str:
    """`2 critical, 1 medium; 1 suppressed.`."""
    found = result.open_findings
    counts = by_severity(item.severity for item in found)
    suppressed = len(result.findings) - len(found)
    parts = [f"{count} {severity}" for severity, count in counts.items()]
    said = ", ".join(parts) or nothing_found(result)
    told = [said, f"{suppressed} suppressed" if suppressed else "", left_out(result)]
    return f"{'; '.join(filter(None, told))}."


def left_out(result: LintResult) -> str:
    """How many open findings are not among those shown; empty when all are."""
    return f"{result.hidden:,} more not shown" if result.hidden else ""


def by_severity(severities: Iterable[Severity]) -> Mapping[Severity, int]:
    """How many there are of each, the gravest first."""
    counts = Counter(severities)
    return {severity: counts[severity] for severity in reversed(Severity) if counts[severity]}


def nothing_found(result: LintResult) -> str:
    """What it means that there is no open finding: little, where files were not read."""
    statuses = {file.status for file in result.coverage}
    if not unread_files(result):
        return "No findings among those shown" if result.hidden else "No findings"
    if statuses & {FileStatus.READ, FileStatus.PARTIAL}:
        return "No findings in what could be read"
    return "Nothing could be read, so nothing is known"


def _skipped(result: LintResult) -> str:
    """The number of files of no interest; a folder full of them is counted in one entry."""
    skipped = [file for file in result.coverage if file.status is FileStatus.SKIPPED]
    if len(skipped) == 1 and skipped[0].file == ".":
        return skipped[0].reason.partition(" ")[0]
    return str(len(skipped))
