"""GitHub annotations: workflow commands, printed on standard output of a step."""

from collections.abc import Iterator, Sequence
from itertools import chain

from agentaudit.lists import counted
from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Finding, LintResult, Severity
from agentaudit.report.coverage import coverage_sentence, findings_sentence, told, unread_files
from agentaudit.report.text import one_line

SHOWN = 10
"""GitHub shows this many errors, warnings and notices of a step, and drops the rest in silence."""

_NOT_READ = "not read whole"
_COMMANDS = {
    Severity.INFO: "notice",
    Severity.LOW: "notice",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}


def render_github(result: LintResult) -> str:
    """
    The worst findings of each level as annotations, and a line on what was left out.

    Files that were not read are warnings: a step without any annotation must not look clean. The
    last lines are for the log of the step, which would be empty where nothing was found.
    """
    said = (findings_sentence(result), coverage_sentence(result))
    lines = chain(_lines(result.open_findings), _unread(unread_files(result)), said)
    return "".join(f"{line}\n" for line in lines)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    shown = 0
    for command in dict.fromkeys(reversed(_COMMANDS.values())):
        of_level = [item for item in findings if _COMMANDS[item.severity] == command]
        shown += len(of_level[:SHOWN])
        yield from (_annotation(command, finding) for finding in of_level[:SHOWN])
    if shown < len(findings):
        left = counted(len(findings) - shown, "more finding")
        yield f"{left} {'is' if len(findings) - shown == 1 else 'are'} not annotated here."


def _unread(files: Sequence[FileCoverage]) -> Iterator[str]:
    for file in files[:SHOWN]:
        properties = (("file", file.file), ("line", str(file.line or 1)), ("title", _NOT_READ))
        yield f"::warning {_given(properties)}::{_data(told(file))}"
    if files[SHOWN:]:
        yield f"{counted(len(files) - SHOWN, 'more file')} not read whole."


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
    return f"::{command} {_given(properties)}::{_data(one_line(finding.message))}"


def _given(properties: Sequence[tuple[str, str]]) -> str:
    return ",".join(f"{name}={_property(text)}" for name, text in properties)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
