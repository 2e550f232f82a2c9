"""Findings on a terminal: the worst first, each with its place, and coverage at the end."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace
from rich.text import Text

from agentaudit.lists import first_of
from agentaudit.model.evidence import Evidence
from agentaudit.model.finding import Family, Finding, LintResult, Severity
from agentaudit.report.coverage import coverage_sentence, findings_sentence, unread_files
from agentaudit.report.tables.overview import FEWEST_SUMMED, hint, overview, unread_lines
from agentaudit.report.text import inert, one_line, wrapped

STYLES = {
    Severity.INFO: "cyan",
    Severity.LOW: "blue",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}
_INDENT = "  "
_STEP_INDENT = 2 * _INDENT
_NARROWEST = 40
_RELATED = 3
_FEWEST_FOLDED = 4
"""Findings that say the same; fewer are shown each by itself."""


def render_table(result: LintResult, *, width: int, verbose: bool = False) -> Text:
    """The open findings, what was suppressed, and what was read; colour says nothing alone."""
    width = max(width, _NARROWEST)
    text = Text()
    for finding, others in _gathered(result.open_findings, verbose=verbose):
        same = {str(other.evidence): other.evidence for other in others}
        related = tuple(place for place in finding.related if str(place) not in same)
        text.append_text(_finding(replace(finding, related=related), width, verbose=verbose))
        if same:
            text.append_text(_places("the same at", same.values(), width))
        text.append("\n")
    found = result.open_findings
    if len(found) >= FEWEST_SUMMED:
        text.append_text(_summed(found, width))
    text.append(f"{findings_sentence(result)}\n")
    text.append("\n".join(wrapped(coverage_sentence(result), width)) + "\n")
    for line in unread_lines(unread_files(result), width):
        text.append(f"{line}\n", style="yellow")
    asked = hint(found, unresolved=len(result.unresolved), verbose=verbose)
    for line in wrapped(asked, width):
        text.append(f"{line}\n", style="dim")
    for end in result.unresolved if verbose else ():
        for line in wrapped(one_line(f"{end.evidence}: {end.what}; {end.effect}"), width):
            text.append(f"{line}\n", style="dim")
    return text


def _summed(findings: tuple[Finding, ...], width: int) -> Text:
    text = Text()
    for line, severity in overview(findings, width):
        text.append(f"{line}\n", style=STYLES[severity] if severity else "")
    return text.append("\n")


def _finding(finding: Finding, width: int, *, verbose: bool) -> Text:
    text = Text(inert(one_line(str(finding.evidence))))
    text.append(" ")
    text.append(finding.severity.value, style=STYLES[finding.severity])
    fits = len(text) + 1 + len(finding.rule) <= width
    text.append(f" {finding.rule}\n" if fits else f"\n{_INDENT}{finding.rule}\n", style="bold")
    for line in _indented(one_line(finding.message), width):
        text.append(f"{line}\n")
    if finding.related:
        text.append_text(_places("see also", finding.related, width, verbose=verbose))
    for number, step in enumerate(finding.flow if verbose else (), start=1):
        told = one_line(f"{number}. {step.evidence} {step.says}")
        for line in wrapped(told, width, first=_STEP_INDENT):
            text.append(f"{line}\n", style="dim")
    return text


def _places(words: str, places: Iterable[Evidence], width: int, *, verbose: bool = False) -> Text:
    text = Text()
    told = [one_line(str(place)) for place in places]
    shown = first_of(told, len(told) if verbose else _RELATED)
    for line in _indented(f"{words} {shown}", width):
        text.append(f"{line}\n", style="dim")
    return text


def _gathered(
    findings: tuple[Finding, ...], *, verbose: bool
) -> Iterator[tuple[Finding, list[Finding]]]:
    """
    Each finding, with those that say the same elsewhere; of secrets, of the same secret.

    Workflows that were exported over and over hold one key a hundred times, and each example of a
    repository starts the same tool server. All other formats have each place, and so has the table
    when it tells all.
    """
    groups: list[list[Finding]] = []
    at: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        said = finding.rule, finding.severity.value, finding.message
        places = (str(place) for place in (finding.evidence, *finding.related))
        of_secret = finding.family is Family.CREDENTIALS
        keys = [(*said, place) for place in (places if of_secret else ("",)) if not verbose]
        group = next((at[key] for key in keys if key in at), None)
        if group is None:
            group = []
        group.append(finding)
        groups.append(group)
        at.update(dict.fromkeys(keys, group))
    for finding, group in zip(findings, groups, strict=True):
        if len(group) < _FEWEST_FOLDED:
            yield finding, []
        elif finding is group[0]:
            yield finding, group[1:]


def _indented(text: str, width: int) -> list[str]:
    return wrapped(text, width, first=_INDENT)
