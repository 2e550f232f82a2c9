"""What texts and numbers of TypeScript and JavaScript stand for."""

import tree_sitter

from agentaudit.expressions import regex
from agentaudit.readers.escapes import character_of
from agentaudit.readers.javascript.reading import Reading

_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_NUMBER = regex(r"0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+")
_CODE = regex(r"\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]{1,8})\})")
_SURROGATES = range(0xD800, 0xE000)
_LONGEST_NUMBER = 40


def text_of(reading: Reading, node: tree_sitter.Node) -> str:
    """A text without its quotes, and its escapes resolved."""
    if node.type == "escape_sequence":
        return _joined(_character(reading.source(node)))
    if not node.named_child_count:
        return reading.source(node) if node.type == "string_fragment" else ""
    pieces = []
    for child in node.named_children:
        source = reading.source(child)
        pieces.append(_character(source) if child.type == "escape_sequence" else source)
    return _joined("".join(pieces))


def _character(escape: str) -> str:
    """The character that an escape stands for; a line's end that is escaped stands for nothing."""
    coded = _CODE.fullmatch(escape)
    if coded is None:
        rest = escape[1:]
        return "" if rest in {"\n", "\r\n", "\r"} else _PLAIN.get(rest, rest)
    code = int(coded[1] or coded[2] or coded[3], 16)
    return chr(code) if code in _SURROGATES else character_of(code)


def _joined(text: str) -> str:
    """A text in which halves of characters are put together; one that is alone is no character."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number(source: str) -> int | float | None:
    """The value of a number; None of one that nobody writes."""
    digits = source.replace("_", "").removesuffix("n")
    if len(digits) > _LONGEST_NUMBER:
        return None
    try:
        return int(digits, 0) if _NUMBER.fullmatch(digits) else float(digits)
    except ValueError:
        return None
