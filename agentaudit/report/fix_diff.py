"""
What a fix changes, as a unified diff in which no secret can stand.

Only what is known to be harmless is shown: keys, true and false, the marks of the syntax, and the
values that the rules themselves name. All else of a line, be it a value, a comment or text that no
node covers, is shown as `…`.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher

from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.report.text import inert, printable

_CONTEXT = 2
_MARKS = frozenset(" \t{}[]():,=-#/\"'")
_MASKED = re.compile(r"\x00+(?:[ \t/.,:=-]*\x00+)*")


def render_diff(before: Document, after: Document, words: Collection[str]) -> str:
    """The diff of a file; `words` are the values that may be shown."""
    old, new = (document.text.removesuffix("\n").split("\n") for document in (before, after))
    shown_old, shown_new = _shown(before, words), _shown(after, words)
    name = printable(before.file)
    lines = [f"--- {name}", f"+++ {name}"]
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        lines += _hunk(group, shown_old, shown_new)
    return "\n".join(lines) + "\n"


def _hunk(
    group: Sequence[tuple[str, int, int, int, int]], old: Sequence[str], new: Sequence[str]
) -> Iterator[str]:
    (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
    old_range = f"{old_start + 1},{old_end - old_start}"
    yield f"@@ -{old_range} +{new_start + 1},{new_end - new_start} @@"
    for tag, first, last, new_first, new_last in group:
        if tag == "equal":
            yield from (inert(f" {line}") for line in old[first:last])
            continue
        yield from (f"-{line}" for line in old[first:last])
        yield from (f"+{line}" for line in new[new_first:new_last])


def _shown(document: Document, words: Collection[str]) -> list[str]:
    """The lines of a document, with only what may be seen of each."""
    lines = document.text.split("\n")
    seen: dict[int, list[tuple[int, int]]] = {}
    for root in document.roots:
        for node in _harmless(root, words):
            line = lines[node.line - 1] if node.line <= len(lines) else ""
            literal = line[node.column - 1 : node.end_column]
            if node.line == node.end_line and literal.strip("\"'") == node.raw:
                seen.setdefault(node.line, []).append((node.column - 1, node.end_column))
    return [printable(_masked(line, seen.get(number, ()))) for number, line in enumerate(lines, 1)]


def _harmless(root: Node, words: Collection[str]) -> Iterator[Node]:
    for node in root.walk():
        yield from (key for key, _ in node.entries if cleaned(key.raw) == key.raw)
        if node.kind is NodeKind.BOOLEAN or (node.text is not None and node.raw in words):
            yield node


def _masked(line: str, seen: Sequence[tuple[int, int]]) -> str:
    """The line; runs of what may not be seen become one mark."""
    letters = [letter if letter in _MARKS else "\x00" for letter in line]
    for start, end in seen:
        letters[start:end] = line[start:end]
    return _MASKED.sub("…", "".join(letters))
