"""What the comments over a secret say of it: it is an example, or it has to be changed."""

import re
from itertools import takewhile

from agentaudit.expressions import regex
from agentaudit.readers.document import Document
from agentaudit.readers.lines import lines_of

_EXAMPLE = regex(
    r"\b(?:example|sample|dummy|demo|test) (?:private )?"
    r"(?:keys?|secrets?|tokens?|passwords?|credentials?)\b"
    r"|\b(?:local|dev(?:elopment)?|test(?:ing|s)?|demos?|demonstration)(?: \w{1,12}){0,2} only\b"
    r"|\bonly for (?:local|dev|test|demo)"
    r"|(?<!not )(?<!n't )(?<!never )\b(?:change|replace|override)\b"
    r"[^.;]{0,40}\b(?:in|for|before) (?:prod|deploy)"
    r"|\b(?:not for|do not use (?:\w{1,12} ){0,2}in|never use (?:\w{1,12} ){0,2}in) prod",
    re.IGNORECASE,
)
_FARTHEST = 40
"""Lines between a secret and the comment at the head of what it stands in."""


def called_example(document: Document, line: int) -> bool:
    """Whether a comment right above a line, at its end or at the head of its document, says so."""
    lines = lines_of(document.text)
    above = lines[max(line - 1 - _FARTHEST, 0) : line - 1]
    begun = max((at for at, each in enumerate(above, 1) if each.startswith("---")), default=0)
    whole = begun > 0 or line - 1 <= _FARTHEST
    head = takewhile(_is_comment, above[begun:]) if whole else ()
    near = takewhile(_is_comment, reversed(above))
    behind = (lines[line - 1].partition(" #")[2],) if line <= len(lines) else ()
    return any(_EXAMPLE.search(each) for each in (*behind, *near, *head))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//"))
