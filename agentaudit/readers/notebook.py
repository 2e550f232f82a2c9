"""
Notebooks of Jupyter: the Python of their cells as one tree, whose places are those of the file.

A cell is a list of lines, or one text, within JSON (nbformat 4). Magics and lines for a shell are
no Python; a cell that still does not parse is told, and the others are read. Of what cells show,
and of their prose, only what holds a key of a known form becomes a text in the tree.
"""

import ast
import json
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.expressions import regex
from agentaudit.readers.document import Comment, Document, Node, NodeKind
from agentaudit.readers.jsonc import parse_json
from agentaudit.readers.lines import MAX_WRITTEN, broken, bytes_before
from agentaudit.readers.python import comments_in, tree_of
from agentaudit.readers.token_forms import holds_token, may_hold_token

_MAGIC = regex(
    r"^[ \t]*(?:[\w.,\[\] ]{1,60}=[ \t]*)?[!%]|^[ \t]*\?{1,2}\w|^[ \t]*[\w.]{1,80}\?{1,2}[ \t]*$"
)
_CELL_MAGIC = regex(r"^[ \t]*%%")
_CELL_OF_PYTHON = regex(
    r"^[ \t]*%%(?:time|timeit|capture|prun|python3?|writefile[ \t][^\n]{1,200}\.py)\b"
)
_PIECE = regex(
    r"[\x00-\x5b\x5d-\x7f]+"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]"
)
"""Characters of a text of JSON that are a byte each, or another, which may be two halves."""
_LONGEST_ESCAPE = 6
_BREAK = "\\n"
_PYTHON = frozenset({"", "python", "ipython"})
_UNPARSED = "a cell is not Python as we know it: only searched for keys"
_MOST_STATEMENTS = 20_000
"""Lines with keys among them, of all cells and of what they show."""
_TOO_MANY = "more is in its cells than is read: what follows was not searched for keys"
_LONGEST = 20_000
"""A longer line shows a picture, or data."""
_PLACED = (ast.stmt, ast.expr, ast.arg, ast.keyword, ast.alias, ast.excepthandler, ast.pattern)


class _Line(Struct, frozen=True):
    """One line of a cell: what it says, and where each of its bytes stands in the file."""

    text: str
    line: int
    columns: Sequence[int]
    """In bytes, of each byte of the text and of what follows the last; of no code its ends."""

    def column(self, offset: int) -> int:
        """Where so many bytes of the line end in the file's own."""
        return self.columns[min(offset, len(self.columns) - 1)]


def parse_notebook(file: str, text: str) -> Document:
    """The document whose `tree` is that of all cells; InputError where it is no JSON."""
    root, raw = parse_json(file, text).root, text.split("\n")
    reading = _Reading(raw, of_python=_language(root) in _PYTHON)
    for cell in root.list_at("cells"):
        reading.read(cell)
    if reading.size > MAX_WRITTEN:
        raise broken(file, 1, 1, f"cells of more than {MAX_WRITTEN:,} characters")
    whole = Node(kind=NodeKind.MAPPING, line=1, column=1, end_line=len(raw), end_column=1)
    return Document(
        file=file,
        syntax="python",
        text=text,
        roots=(whole,),
        comments=tuple(reading.comments),
        problems=tuple(reading.problems),
        tree=ast.Module(body=reading.body, type_ignores=[]),
    )


def _language(root: Node) -> str:
    named = root.text_at("metadata", "language_info", "name")
    return (named or root.text_at("metadata", "kernelspec", "language")).lower()


class _Reading:
    """One notebook while its cells are read, each parsed by itself."""

    def __init__(self, raw: Sequence[str], *, of_python: bool) -> None:
        self._raw, self._of_python = raw, of_python
        self.body: list[ast.stmt] = []
        self.comments: list[Comment] = []
        self.problems: list[tuple[int, int, str]] = []
        self.size = 0

    def read(self, cell: Node) -> None:
        source = cell.list_at("source")
        written = sum(node.end_column - node.column for node in source)
        if written > _LONGEST_ESCAPE * MAX_WRITTEN:
            self.size += written
            return
        lines = [each for node in source for each in _lines(node, self._raw)]
        self.size += sum(len(each.text) for each in lines)
        if self.size > MAX_WRITTEN:
            return
        if self._of_python and cell.text_at("cell_type") == "code":
            lines = [*self._code(lines)]
        shown = (_shown(node, self._raw) for each in _outputs(cell) for node in each.list())
        for line in (*lines, *(each for part in shown for each in part)):
            if len(self.body) > _MOST_STATEMENTS:
                self.problems.append((line.line, 1, _TOO_MANY))
                return
            if len(line.text) <= _LONGEST and holds_token(line.text):
                self.body.append(_as_text(line))

    def _code(self, lines: Sequence[_Line]) -> Iterator[_Line]:
        """Parses a cell; its lines that are no Python remain."""
        shell = bool(lines) and _CELL_MAGIC.search(lines[0].text) is not None
        if shell and not _CELL_OF_PYTHON.search(lines[0].text):
            yield from lines
            return
        text = "\n".join(each.text for each in lines)
        tree = _parsed(text)
        if tree is None:
            text, others = _without_magics(lines)
            yield from others
            tree = _parsed(text)
        if tree is None:
            self.problems.append((lines[0].line, lines[0].columns[0] + 1, _UNPARSED))
            yield from lines
            return
        for node in ast.walk(tree):
            _place(node, lines)
        self.body += tree.body
        for comment in comments_in(text):
            line = lines[comment.line - 1]
            column = line.column(len(line.text[: comment.column - 1].encode())) + 1
            self.comments.append(Comment(line=line.line, column=column, text=comment.text))


def _without_magics(lines: Sequence[_Line]) -> tuple[str, Sequence[_Line]]:
    """
    The text of a cell with nothing in the places of its magics, and those.

    A magic may be all of a block: a statement that does nothing stands as far to the right.
    """
    written: list[str] = []
    magics: list[_Line] = []
    goes_on = False
    for line in lines:
        begins = not goes_on and _MAGIC.search(line.text) is not None
        if not (begins or goes_on):
            written.append(line.text)
            continue
        magics.append(line)
        before = line.text[: len(line.text) - len(line.text.lstrip())]
        written.append(f"{before}pass" if begins else "")
        goes_on = line.text.rstrip().endswith("\\")
    return "\n".join(written), magics


def _parsed(text: str) -> ast.Module | None:
    """The tree of a cell; None of what is no Python, or too deep."""
    try:
        return tree_of("a cell", text)
    except InputError:
        return None


def _place(node: ast.AST, lines: Sequence[_Line]) -> None:
    """Gives a node of a cell its place in the file."""
    if not isinstance(node, _PLACED):
        return
    first = lines[min(node.lineno, len(lines)) - 1]
    last = lines[min(node.end_lineno or node.lineno, len(lines)) - 1]
    node.col_offset = first.column(node.col_offset)
    node.end_col_offset = last.column(node.end_col_offset or 0)
    node.lineno, node.end_lineno = first.line, last.line


def _as_text(line: _Line) -> ast.stmt:
    """A line that is no Python, as a text that stands in the program."""
    node = ast.Expr(value=ast.Constant(value=line.text))
    for each in (node, node.value):
        each.lineno = each.end_lineno = line.line
        each.col_offset, each.end_col_offset = line.columns[0], line.columns[-1]
    return node


def _outputs(cell: Node) -> Iterator[Node]:
    """What a cell shows in words: printed, given back, or raised."""
    for shown in cell.list_at("outputs"):
        for name in ("text", "evalue", "traceback"):
            node = shown.child(name)
            if node is not None:
                yield node
        data = shown.child("data")
        for name, node in data.items() if data is not None else ():
            if not name.startswith(("image/", "video/", "audio/")):
                yield node


def _lines(node: Node, raw: Sequence[str]) -> Iterator[_Line]:
    """The lines of a text of JSON, which stands on one line of the file."""
    inner, at = _inner(node, raw)
    done = 0
    for start, piece in _pieces(inner):
        if piece or start < len(inner):  # behind its last break a text has no line
            at += len(inner[done:start].encode())
            done = start
            yield _line(piece, node.line, at)


def _shown(node: Node, raw: Sequence[str]) -> Iterator[_Line]:
    """
    Those lines of what a cell shows that may hold a key: there may be very many others.

    They are no code, so that where they begin and end is all that is asked of their places.
    """
    inner, at = _inner(node, raw)
    done = 0
    for start, piece in _pieces(inner) if may_hold_token(_said(inner)) else ():
        if len(piece) <= _LONGEST_ESCAPE * _LONGEST and may_hold_token(said := _said(piece)):
            at += len(inner[done:start].encode())
            done = start
            yield _Line(said, node.line, (at, at + len(piece.encode())))


def _inner(node: Node, raw: Sequence[str]) -> tuple[str, int]:
    """What stands between the quotes of a text of JSON, and behind how many bytes of its line."""
    if node.kind is not NodeKind.STRING or node.line != node.end_line:
        return "", 0
    whole = raw[node.line - 1]
    return whole[node.column : node.end_column - 1], bytes_before(whole, node.column)


def _said(written: str) -> str:
    """What a text of JSON says, written without its quotes."""
    text: str = json.loads(f'"{written}"', strict=False) if "\\" in written else written
    return text


def _pieces(inner: str) -> Iterator[tuple[int, str]]:
    """What stands between breaks of lines, and from where on; an escaped backslash begins none."""
    begun = at = 0
    for part in inner.split(_BREAK):
        at += len(part)
        if (len(part) - len(part.rstrip("\\"))) % 2 == 0:
            yield begun, inner[begun:at]
            begun = at + len(_BREAK)
        at += len(_BREAK)


def _line(piece: str, number: int, at: int) -> _Line:
    """A line as it reads, from so many bytes on in that of the file."""
    text: list[str] = []
    columns = [at]
    for match in _PIECE.finditer(piece):
        written = match[0]
        if written.isascii() and not written.startswith("\\"):
            text.append(written)
            columns += range(at + 1, at + len(written) + 1)
            at += len(written)
            continue
        said = json.loads(f'"{written}"') if written.startswith("\\") else written
        size = len(said.encode(errors="surrogatepass"))
        columns += [at] * (size - 1)
        at += len(written.encode())
        text.append(said)
        columns.append(at)
    return _Line("".join(text), number, tuple(columns))
