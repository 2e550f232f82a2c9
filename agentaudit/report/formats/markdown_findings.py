"""Findings as Markdown: for job summaries and pull requests."""

import re
from collections.abc import Iterable, Iterator

from agentaudit.lists import counted
from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Finding, LintResult, RuleSummary
from agentaudit.report.coverage import (
    by_severity,
    coverage_sentence,
    left_out,
    nothing_found,
    unread_files,
)
from agentaudit.report.text import one_line

_MOST_BYTES = 300_000
"""Of findings, rules, and files that were not read: GitHub shows no summary of more than 1 MiB."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]()+!|<>~&])")
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=[@#])", re.IGNORECASE)
"""Where an address, the name of a person or the number of a discussion would become a link."""


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
        yield from _bounded(map(_row, found), len(found), "finding")
        yield ""
        named = {finding.rule for finding in found}
        rules = [rule for rule in result.rules if rule.id in named]
        yield from _bounded(map(_explanation, rules), len(rules), "rule")
    yield ""
    yield coverage_sentence(result)
    files = unread_files(result)
    yield from _bounded(map(_unread, files), len(files), "file")


def _bounded(lines: Iterable[str], total: int, what: str) -> Iterator[str]:
    """As many of the lines as a summary has room for; how many are left out is said."""
    room = _MOST_BYTES
    for number, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            yield ""
            yield f"{counted(total - number, f'more {what}')} not shown here."
            return
        yield line


def _unread(file: FileCoverage) -> str:
    return f"- {safe(file.file)}: {safe(file.reason or file.status.value)}"


def _summary(result: LintResult) -> str:
    found = result.open_findings
    counts = by_severity(item.severity for item in found)
    said = ", ".join(f"**{count} {severity}**" for severity, count in counts.items())
    return "; ".join(filter(None, (said or nothing_found(result), left_out(result)))) + "."


def _row(finding: Finding) -> str:
    place, message = safe(str(finding.evidence)), safe(finding.message)
    return f"| {finding.severity.value} | {finding.rule} | {place} | {message} |"


def _explanation(rule: RuleSummary) -> str:
    title = f"<details><summary>{rule.id}: {safe(rule.title)}</summary>"
    return f"{title}\n\n{rule.why}\n\n{rule.fix}\n\n</details>"


def safe(text: str) -> str:
    """Text of others as text: no markup, no links or mentions, no lines or cells of its own."""
    return _LINKED.sub("&#8203;", _SPECIAL.sub(r"\\\1", one_line(text)))
