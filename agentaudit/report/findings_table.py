"""Findings on a terminal: the worst first, each with its place, and coverage at the end."""

import textwrap
from collections.abc import Iterator

from rich.text import Text

from agentaudit.model.finding import Finding, LintResult, Severity
from agentaudit.report.coverage import coverage_sentence, findings_sentence, told, unread_files
from agentaudit.report.text import one_line

STYLES = {
    Severity.INFO: "cyan",
    Severity.LOW: "blue",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}
_INDENT = "  "
_NARROWEST = 40
_RELATED = 3


def render_table(result: LintResult, *, width: int, verbose: bool = False) -> Text:
    """The open findings, what was suppressed, and what was read; colour says nothing alone."""
    width = max(width, _NARROWEST)
    text = Text()
    for finding in result.open_findings:
        text.append_text(_finding(finding, width, verbose=verbose))
        text.append("\n")
    text.append(f"{findings_sentence(result)}\n")
    text.append("\n".join(_wrapped(coverage_sentence(result), width, "")) + "\n")
    for line in _unread(result, width):
        text.append(f"{line}\n", style="yellow")
    return text


def _finding(finding: Finding, width: int, *, verbose: bool) -> Text:
    text = Text(_inert(one_line(str(finding.evidence))))
    text.append(" ")
    text.append(finding.severity.value, style=STYLES[finding.severity])
    fits = len(text) + 1 + len(finding.rule) <= width
    text.append(f" {finding.rule}\n" if fits else f"\n{_INDENT}{finding.rule}\n", style="bold")
    for line in _wrapped(one_line(finding.message), width, _INDENT):
        text.append(f"{line}\n")
    shown = finding.related if verbose else finding.related[:_RELATED]
    places = ", ".join(one_line(str(place)) for place in shown)
    if places:
        more = len(finding.related) - len(shown)
        tail = f" and {more} more" if more else ""
        for line in _wrapped(f"see also {places}{tail}", width, _INDENT):
            text.append(f"{line}\n", style="dim")
    return text


def _unread(result: LintResult, width: int) -> Iterator[str]:
    for file in unread_files(result):
        yield from _wrapped(told(file), width, "")


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Lines no wider than the terminal; a path is never broken apart."""
    lines = textwrap.wrap(text, width - len(indent), break_long_words=False, break_on_hyphens=False)
    return [f"{indent}{_inert(line)}" for line in lines]


def _inert(line: str) -> str:
    """A line that no CI runner takes for a command, whatever text of a file it begins with."""
    return f"| {line}" if line.startswith(("::", "##[")) else line
