"""What the comments over a secret say of it: it is an example, or it has to be changed."""

import re
from functools import lru_cache
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
    behind = line <= len(lines) and _says_so_at_its_end(lines[line - 1])
    return behind or any(map(_says_so, (*near, *head)))


# Thousands of secrets may stand on one line, or below one, and either may be as long as its file.


@lru_cache(maxsize=128)
def _says_so(comment: str) -> bool:
    return _EXAMPLE.search(comment) is not None


@lru_cache(maxsize=128)
def _says_so_at_its_end(line: str) -> bool:
    return _EXAMPLE.search(line.partition(" #")[2]) is not None


@lru_cache(maxsize=128)
def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//"))
