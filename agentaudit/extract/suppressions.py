"""`agentaudit: ignore[rule-id] reason` in the comments of any syntax that has comments."""

import re
from collections.abc import Iterator

from agentaudit.extract.documents import Documents
from agentaudit.model.deployment import SuppressionComment
from agentaudit.readers.document import Document

_COMMENT = re.compile(r"agentaudit:\s*ignore\[(?P<rules>[\w\s,-]+)\]\s*[:-]?\s*(?P<reason>.*)$")


def suppression_comments(documents: Documents) -> tuple[SuppressionComment, ...]:
    """Every suppression, with the line it covers."""
    return tuple(sorted(found for document in documents for found in _of_document(document)))


def _of_document(document: Document) -> Iterator[SuppressionComment]:
    lines = document.text.split("\n")
    for comment in document.comments:
        match = _COMMENT.search(comment.text)
        if match is None:
            continue
        for rule in match["rules"].split(","):
            yield SuppressionComment(
                file=document.file,
                line=_covered(document, lines, comment.line, comment.column),
                rule=rule.strip(),
                reason=match["reason"].strip(),
                comment_line=comment.line,
            )


def _covered(document: Document, lines: list[str], line: int, column: int) -> int:
    """Its own line where something stands before it, else the next line that says something."""
    before = lines[line - 1][: column - 1].strip(" \t/#*<!-")
    if before:
        return line
    only_comments = {comment.line for comment in document.comments}
    following = line + 1
    while following <= len(lines) and (
        not lines[following - 1].strip() or _alone(lines, following, only_comments)
    ):
        following += 1
    return following if following <= len(lines) else line


def _alone(lines: list[str], line: int, commented: set[int]) -> bool:
    return line in commented and lines[line - 1].lstrip().startswith(("#", "//", "/*", "<!--"))
