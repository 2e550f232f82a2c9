"""What a long list comes to: findings by rule, and files that were not read by their reason."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Finding, Severity
from agentaudit.report.coverage import place_of, told
from agentaudit.report.text import cut, inert, one_line

FEWEST_SUMMED = 10
"""Findings; fewer are seen at once."""
_FEWEST_ALIKE = 3
_LEAST_SHARE = 4
"""A file is named that holds a quarter of all, or more."""
_HINT = "`agentaudit rules show RULE` says why, and what to do"
_INDENT = "  "


class RuleRow(Struct, frozen=True):
    """All findings of one rule."""

    severity: Severity
    """Of the gravest."""
    count: int
    rule: str
    title: str


def rows_by_rule(findings: Sequence[Finding]) -> Sequence[RuleRow]:
    """The rules that found something: the gravest first, then those that found most."""
    counts = Counter(item.rule for item in findings)
    gravest: dict[str, Finding] = {}
    for item in findings:
        known = gravest.setdefault(item.rule, item)
        if item.severity.rank > known.severity.rank:
            gravest[item.rule] = item
    rows = (
        RuleRow(item.severity, counts[name], name, item.title) for name, item in gravest.items()
    )
    return sorted(rows, key=lambda row: (-row.severity.rank, -row.count, row.rule))


def overview(findings: Sequence[Finding], width: int) -> Iterator[tuple[str, Severity | None]]:
    """Lines about all findings, those of rules with their severity."""
    rows = rows_by_rule(findings)
    yield "By rule, the gravest first:", None
    most = max(len(str(row.count)) for row in rows)
    longest = max(len(row.rule) for row in rows)
    for row in rows:
        about = f"{row.severity:8} {row.count:{most}}  {row.rule:{longest}}  {one_line(row.title)}"
        yield f"{_INDENT}{cut(about, width - len(_INDENT))}", row.severity
    file, count = Counter(item.evidence.file for item in findings).most_common(1)[0]
    if count * _LEAST_SHARE >= len(findings) and count >= FEWEST_SUMMED:
        share = "All of them" if count == len(findings) else f"{count:,} of {len(findings):,}"
        yield f"{share} stand in {one_line(file)}.", None


def hint(findings: Sequence[Finding], *, unresolved: int, verbose: bool) -> str:
    """What a reader may ask next; empty where there is nothing to ask."""
    more = "-v lists what is unresolved" if unresolved and not verbose else ""
    said = "; ".join(filter(None, (_HINT if findings else "", more)))
    return f"{said}." if said else ""


def unread_lines(files: Sequence[FileCoverage], width: int) -> Iterator[str]:
    """Each file that was not read whole; a reason that many have is told once."""
    alike = Counter((file.status, file.reason) for file in files)
    grouped: dict[tuple[str, str], list[FileCoverage]] = {}
    for file in files:
        if alike[file.status, file.reason] < _FEWEST_ALIKE:
            yield from _wrapped(told(file), width)
        else:
            grouped.setdefault((file.status.value, file.reason), []).append(file)
    for (status, reason), those in grouped.items():
        yield from _wrapped(f"{one_line(f'{status}: {reason}')}:", width)
        yield from (f"{_INDENT}{inert(one_line(place_of(file)))}" for file in those)


def _wrapped(text: str, width: int) -> Iterator[str]:
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    yield from map(inert, lines)
