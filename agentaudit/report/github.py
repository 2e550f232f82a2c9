"""GitHub annotations: workflow commands, printed on standard output of a step."""

from collections.abc import Iterator, Sequence

from agentaudit.model.finding import Finding, LintResult, Severity
from agentaudit.report.text import one_line

SHOWN = 10
"""GitHub shows this many errors, warnings and notices of a step, and drops the rest in silence."""

_COMMANDS = {
    Severity.INFO: "notice",
    Severity.LOW: "notice",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}


def render_github(result: LintResult) -> str:
    """The worst findings of each level as annotations, and a line on what was left out."""
    return "".join(f"{line}\n" for line in _lines(result.open_findings))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    shown = 0
    for command in dict.fromkeys(reversed(_COMMANDS.values())):
        of_level = [item for item in findings if _COMMANDS[item.severity] == command]
        shown += len(of_level[:SHOWN])
        yield from (_annotation(command, finding) for finding in of_level[:SHOWN])
    if shown < len(findings):
        yield f"{len(findings) - shown} more findings are not annotated here."


def _annotation(command: str, finding: Finding) -> str:
    place = finding.evidence
    properties = (
        ("file", place.file),
        ("line", str(place.line)),
        ("endLine", str(place.end_line)),
        ("col", str(place.column)),
        ("endColumn", str(place.end_column)),
        ("title", f"{finding.rule} ({finding.severity.value})"),
    )
    given = ",".join(f"{name}={_property(text)}" for name, text in properties)
    return f"::{command} {given}::{_data(one_line(finding.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
