"""What a long list comes to: findings by rule, and files that were not read by their reason."""

from collections import Counter
from collections.abc import Iterator, Sequence

from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Finding, Severity
from agentaudit.report.coverage import place_of, told
from agentaudit.report.text import cut, inert, one_line, wrapped

FEWEST_SUMMED = 10
"""Findings; fewer are seen at once."""
_FEWEST_ALIKE = 3
_LEAST_SHARE = 4
"""A file is named that holds a quarter of all, or more."""
_HINT = "`agentaudit rules show RULE` says why, and what to do"
_INDENT = "  "


def overview(findings: Sequence[Finding], width: int) -> Iterator[tuple[str, Severity | None]]:
    """Lines about all findings: how many of each severity each rule has, and the file of most."""
    found = Counter((item.severity, item.rule, item.title) for item in findings)
    counts = sorted(found.items(), key=lambda each: (-each[0][0].rank, -each[1], each[0][1]))
    yield "By rule, the most severe first:", None
    most = max(len(str(count)) for _, count in counts)
    longest = max(len(rule) for (_, rule, _), _ in counts)
    for (severity, rule, title), count in counts:
        about = f"{severity:8} {count:{most}}  {rule:{longest}}  {one_line(title)}"
        yield f"{_INDENT}{cut(about, width - len(_INDENT))}", severity
    file, count = Counter(item.evidence.file for item in findings).most_common(1)[0]
    if count * _LEAST_SHARE >= len(findings) and count >= FEWEST_SUMMED:
        share = "All of them" if count == len(findings) else f"{count:,} of {len(findings):,}"
        yield f"{share} are in {one_line(file)}.", None


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
            yield from wrapped(told(file), width)
        else:
            grouped.setdefault((file.status.value, file.reason), []).append(file)
    for (status, reason), those in grouped.items():
        yield from wrapped(f"{one_line(f'{status}: {reason}')}:", width)
        yield from (f"{_INDENT}{inert(one_line(place_of(file)))}" for file in those)
