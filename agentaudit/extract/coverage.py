"""What the coverage says of each file: read whole, in part, not at all, and why."""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from agentaudit.errors import InputError, Problem
from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document
from agentaudit.readers.files import NOT_A_FORMAT

_TEMPLATE = "an unrendered template; audit what it renders to"
_UNMERGED = "a merge conflict that nobody resolved"
_OURS = regex(r"^<<<<<<< (?!SEARCH$)", re.MULTILINE)
_THEIRS = ("\n=======\n", "\n>>>>>>> ")
"""
The lines of a merge that somebody has to resolve, in their order.

With `SEARCH` begins what an agent is to replace, in the form that prompts describe.
"""
_FENCE = regex(r"^[ \t]{0,3}(?:```|~~~)", re.MULTILINE)
_PROGRAMS = frozenset({"python", "javascript", "json"})
"""What cannot be read whole with a merge in it, but for one in its texts."""
_LISTED_PROBLEMS = 100
_LISTED_SKIPS = 200
"""More files of no interest are counted, not listed."""


def unread_coverage(source: SourceText, reason: str) -> FileCoverage:
    """Of a file of which nothing is read."""
    return FileCoverage(
        file=source.file, status=FileStatus.FAILED, format=source.syntax, reason=reason
    )


def template_coverage(source: SourceText) -> FileCoverage:
    """Of a file that some program would fill in first."""
    return unread_coverage(source, _TEMPLATE)


def read_coverage(document: Document) -> FileCoverage:
    whole = FileCoverage(file=document.file, status=FileStatus.READ, format=document.syntax)
    in_part = replace(whole, status=FileStatus.PARTIAL)
    broken = document.syntax not in _PROGRAMS or document.problems
    conflict = _conflict(document.syntax, document.text) if broken else None
    if conflict is not None:
        return replace(in_part, reason=_UNMERGED, line=conflict, column=1)
    if not document.problems:
        return whole
    line, column, message = document.problems[0]
    more = len(document.problems) - 1
    reason = f"{message} (and {more} more)" if more else message
    return replace(in_part, reason=reason, line=line, column=column)


def failed_coverage(source: SourceText, error: InputError) -> FileCoverage:
    failed = unread_coverage(source, "")
    conflict = _conflict("", source.text)
    if conflict is not None:
        return replace(failed, reason=_UNMERGED, line=conflict, column=1)
    problem = error.problems[0]
    template = source.syntax == "yaml" and "{{" in source.text
    reason = _TEMPLATE if template else problem.message
    return replace(failed, reason=reason, line=problem.line, column=problem.column)


def _conflict(syntax: str, text: str) -> int | None:
    """The line on which an unresolved merge begins; in a fence of Markdown it is an example."""
    found = _OURS.search(text) if "<<<<<<< " in text else None
    if found is None:
        return None
    at = found.start()
    for mark in _THEIRS:
        at = text.find(mark, at)
        if at < 0:
            return None
    fences = sum(1 for _ in _FENCE.finditer(text, 0, found.start()))
    if syntax == "markdown" and fences % 2:
        return None
    return text.count("\n", 0, found.start()) + 1


def judged_coverage(
    coverage: Iterable[FileCoverage], collector: Collector
) -> Iterator[FileCoverage]:
    """The coverage with what extractors say: a file they found problems in was read in part."""
    by_file: dict[str, list[Problem]] = {}
    for problem in sorted(collector.problems, key=lambda each: (each.line or 0, each.column or 0)):
        by_file.setdefault(problem.file, []).append(problem)
    for item in coverage:
        if problems := by_file.get(item.file):
            yield _partial(item, problems)
        elif item.file in collector.remarks and item.status is FileStatus.READ:
            yield replace(item, reason=collector.remarks[item.file])
        else:
            yield item


def _partial(item: FileCoverage, problems: Sequence[Problem]) -> FileCoverage:
    first, *rest = problems
    others = [f"{other.line}:{other.column}: {other.message}" for other in rest]
    more = len(others) - _LISTED_PROBLEMS
    listed = (*others[:_LISTED_PROBLEMS], *([f"and {more} more"] if more > 0 else ()))
    return replace(
        item,
        status=FileStatus.PARTIAL,
        reason="; ".join((first.message, *listed)),
        line=first.line,
        column=first.column,
    )


def skipped_coverage(file: str, syntax: str) -> FileCoverage:
    return FileCoverage(file=file, status=FileStatus.SKIPPED, format=syntax, reason=NOT_A_FORMAT)


def counted_coverage(coverage: Iterable[FileCoverage]) -> tuple[FileCoverage, ...]:
    """The coverage sorted by file; many files of no interest become one line that counts them."""
    listed = sorted(coverage, key=lambda item: item.file)
    dull = [item for item in listed if item.reason == NOT_A_FORMAT]
    if len(dull) <= _LISTED_SKIPS:
        return tuple(listed)
    count = FileCoverage(
        file=".",
        status=FileStatus.SKIPPED,
        reason=f"{len(dull):,} files: {NOT_A_FORMAT}",
    )
    return (count, *(item for item in listed if item.reason != NOT_A_FORMAT))
