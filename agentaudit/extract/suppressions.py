"""`agentaudit: ignore[rule-id] reason` in the comments of any syntax that has comments."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.own_places import TEXTS_OF_LINES
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.extract.documents import Documents
from agentaudit.model.deployment import NO_RULE, SuppressionComment
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import COMMENT_MARKS, Comment, Document

_COMMENT = regex(r"agentaudit:\s*ignore\[(?P<rules>[\w\s,-]++)\](?P<said>.*)")
"""With the reason as far as its line goes: a comment may have several."""
_SIGN = regex(r"[:-]\s*+")
_BEGUN = regex(r"agentaudit:\s*ignore\b")
_MOST = 2_000
"""Suppressions of a file; each that suppresses nothing is told."""
_FAR = 2_000
"""Characters of a line before a comment; thousands of comments may stand on one."""
_MARKS = (*COMMENT_MARKS, "rem ")


def suppression_comments(
    documents: Documents, collector: Collector
) -> tuple[SuppressionComment, ...]:
    """
    Every suppression, with the line it covers.

    That is its own where something stands before it, else the next one that says something. What
    is beyond some thousands in a file suppresses nothing.
    """
    found: list[SuppressionComment] = []
    for document in documents:
        here = list(islice(_of_document(document), _MOST + 1))
        found += here[:_MOST]
        for beyond in here[_MOST:]:
            line = beyond.comment_line
            place = Evidence(file=document.file, line=line, column=1, end_line=line, end_column=1)
            what = f"suppressions after {_MOST:,}"
            collector.leave_unread(place, what, "they suppress nothing")
    return tuple(sorted(found))


def _of_document(document: Document) -> Iterator[SuppressionComment]:
    ours = [comment for comment in document.comments if "agentaudit:" in comment.text]
    if not ours:
        return
    found = [(comment, _COMMENT.search(comment.text)) for comment in ours]
    yield from (_unnamed(document, each) for each, match in found if match is None and _meant(each))
    lines = document.text.split("\n")
    speaking = _speaking(lines, {comment.line for comment in document.comments})
    long = _long_texts(document)
    for comment, match in found:
        if match is None:
            continue
        at = comment.column - 1
        before = lines[comment.line - 1][max(at - _FAR, 0) : at].strip(" \t/#*<!-;:")
        covered = comment.line if before else speaking.get(comment.line + 1, comment.line)
        said = cleaned(match["said"].strip())
        sign = _SIGN.match(said)
        reason = said[sign.end() :] if sign is not None else said
        for rule in match["rules"].split(","):
            yield SuppressionComment(
                file=document.file,
                line=covered,
                rule=cleaned(rule.strip()),
                reason=reason,
                comment_line=comment.line,
                last_line=long.get(covered, 0),
            )


def _meant(comment: Comment) -> bool:
    return _BEGUN.search(comment.text) is not None


def _unnamed(document: Document, comment: Comment) -> SuppressionComment:
    """What was meant to suppress and names no rule, of which somebody must be told."""
    return SuppressionComment(
        file=document.file,
        line=comment.line,
        rule=NO_RULE,
        reason="",
        comment_line=comment.line,
    )


def _long_texts(document: Document) -> Mapping[int, int]:
    """Where texts of several lines end, by the line on which they begin: no comment fits inside."""
    if document.syntax not in TEXTS_OF_LINES:
        return {}
    nodes = (node for root in document.roots for node in root.walk())
    return {node.line: node.end_line for node in nodes if node.raw and node.end_line > node.line}


def _speaking(lines: Sequence[str], commented: set[int]) -> Mapping[int, int]:
    """For each line, it or the next one that says something; none for those that end a file."""
    found: dict[int, int] = {}
    following: int | None = None
    for line in range(len(lines), 0, -1):
        text = lines[line - 1].lstrip()
        if text and not (line in commented and text.lower().startswith(_MARKS)):
            following = line
        if following is not None:
            found[line] = following
    return found
