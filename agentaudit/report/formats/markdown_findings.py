"""Findings as Markdown: for job summaries and pull requests."""

import re
from collections.abc import Iterator

from agentaudit.model.finding import Finding, LintResult, RuleSummary
from agentaudit.report.coverage import by_severity, coverage_sentence, nothing_found, unread_files
from agentaudit.report.text import one_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~@])")


def render_markdown(result: LintResult) -> str:
    """A table of the open findings, why they matter and what to do, and coverage."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: LintResult) -> Iterator[str]:
    found = result.open_findings
    yield "## agentaudit lint"
    yield ""
    yield _summary(result)
    if found:
        yield ""
        yield "| severity | rule | place | finding |"
        yield "|---|---|---|---|"
        yield from map(_row, found)
        yield ""
        yield from _explanations(result)
    yield ""
    yield coverage_sentence(result)
    for file in unread_files(result):
        yield f"- {_safe(file.file)}: {_safe(file.reason or file.status.value)}"


def _summary(result: LintResult) -> str:
    found = result.open_findings
    if not found:
        return f"{nothing_found(result)}."
    counts = by_severity(item.severity for item in found)
    return ", ".join(f"**{count} {severity}**" for severity, count in counts.items()) + "."


def _row(finding: Finding) -> str:
    place, message = _safe(str(finding.evidence)), _safe(finding.message)
    return f"| {finding.severity.value} | {finding.rule} | {place} | {message} |"


def _explanations(result: LintResult) -> Iterator[str]:
    names = {finding.rule for finding in result.open_findings}
    for rule in result.rules:
        if rule.id in names:
            yield from _explanation(rule)


def _explanation(rule: RuleSummary) -> Iterator[str]:
    yield f"<details><summary>{rule.id}: {_safe(rule.title)}</summary>"
    yield ""
    yield rule.why
    yield ""
    yield rule.fix
    yield ""
    yield "</details>"


def _safe(text: str) -> str:
    """Text of others as text: no markup, no mentions, no cells of its own."""
    return _SPECIAL.sub(r"\\\1", one_line(text)).replace("://", ":&#8203;//")
