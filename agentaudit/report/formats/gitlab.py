"""GitLab Code Quality: the JSON that merge requests show."""

from agentaudit.model.finding import Finding, LintResult, Severity
from agentaudit.report.formats.written_json import written
from agentaudit.report.text import one_line

_SEVERITIES = {
    Severity.INFO: "info",
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}


def render_gitlab(result: LintResult) -> str:
    """The open findings; suppressed ones have no place in this format."""
    return written([_entry(item) for item in result.open_findings])


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
