"""GitLab Code Quality: the JSON that merge requests show."""

from agentaudit.linting.fingerprints import fingerprint
from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Finding, LintResult, Severity
from agentaudit.report.coverage import told, unread_files
from agentaudit.report.formats.written_json import written
from agentaudit.report.text import one_line

_NOT_READ = "not-read-whole"
_SEVERITIES = {
    Severity.INFO: "info",
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}


def render_gitlab(result: LintResult) -> str:
    """
    The open findings; suppressed ones have no place in this format.

    Files that were not read are entries, too: a list of none must not look clean.
    """
    unread = map(_unread, unread_files(result))
    return written([*map(_entry, result.open_findings), *unread])


def _entry(finding: Finding) -> dict[str, object]:
    return {
        "description": one_line(finding.message),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": finding.evidence.file,
            "positions": {
                "begin": {"line": finding.evidence.line, "column": finding.evidence.column},
                "end": {"line": finding.evidence.end_line, "column": finding.evidence.end_column},
            },
            "lines": {"begin": finding.evidence.line, "end": finding.evidence.end_line},
        },
    }


def _unread(file: FileCoverage) -> dict[str, object]:
    line = file.line or 1
    return {
        "description": f"This file was not read whole: {told(file)}",
        "check_name": _NOT_READ,
        "fingerprint": fingerprint(_NOT_READ, file.file),
        "severity": _SEVERITIES[Severity.MEDIUM],
        "location": {
            "path": one_line(file.file),
            "positions": {"begin": {"line": line, "column": file.column or 1}},
            "lines": {"begin": line},
        },
    }
