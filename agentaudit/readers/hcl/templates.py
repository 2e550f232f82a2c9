"""Quoted strings and heredocs of HCL: escapes, interpolations, strip markers, indentation."""

from collections.abc import Callable, Iterator, Sequence

import tree_sitter
from msgspec import structs

from agentaudit.readers.hcl.escapes import undoubled, unescaped
from agentaudit.readers.hcl.reading import Reading
from agentaudit.readers.hcl.syntax import Expression, Template, Text
from agentaudit.readers.places import Place

Build = Callable[[Reading, tree_sitter.Node, int], Expression]

_PIECES = ("template_interpolation", "template_directive")


def literal_text(reading: Reading, node: tree_sitter.Node) -> str:
    """The text of a quoted string that has no interpolation."""
    return unescaped(reading.source(node).removeprefix('"').removesuffix('"'))


def quoted_template(reading: Reading, node: tree_sitter.Node, depth: int, build: Build) -> Template:
    """A quoted string with interpolations."""
    start = node.start_byte + 1
    end = node.end_byte - 1 if reading.source(node).endswith('"') else node.end_byte
    pieces = _pieces(
        reading, node, (start, end), lambda child: _built(reading, child, depth, build)
    )
    return Template(
        place=reading.place(node),
        source=reading.excerpt(node),
        parts=tuple(_with_text(piece, unescaped) for piece in pieces),
    )


def heredoc(reading: Reading, node: tree_sitter.Node, depth: int, build: Build) -> Template:
    """A heredoc; `<<-` takes away the indentation that all its lines share."""
    first, last = node.children[1], node.children[-1]
    start = reading.encoded.find(b"\n", first.end_byte) + 1
    end = reading.encoded.rfind(b"\n", 0, last.start_byte) + 1
    pieces = _pieces(
        reading, node, (start, max(end, start)), lambda child: _built(reading, child, depth, build)
    )
    if reading.source(node.children[0]) == "<<-":
        pieces = _outdented(tuple(pieces))
    return Template(
        place=reading.place(node),
        source=reading.excerpt(node),
        parts=tuple(_with_text(piece, undoubled) for piece in pieces),
        heredoc=True,
    )


def _pieces(
    reading: Reading,
    node: tree_sitter.Node,
    span: tuple[int, int],
    built: Callable[[tree_sitter.Node], Expression],
) -> Iterator[Expression]:
    """
    What stands between two bytes, as text and interpolations, strip markers obeyed.

    tree-sitter's literals leave out the white space around them, so the text is what lies between
    the interpolations.
    """
    place = reading.place(node)
    at, end = span
    stripping = False
    for child in node.children:
        if child.type not in _PIECES and not child.is_error:
            continue
        before, after = _strip_markers(child)
        text = reading.encoded[at : child.start_byte].decode(errors="replace")
        yield _text(place, text, left=stripping, right=before)
        yield built(child)
        at, stripping = child.end_byte, after
    text = reading.encoded[at:end].decode(errors="replace")
    yield _text(place, text, left=stripping, right=False)


def _text(place: Place, text: str, *, left: bool, right: bool) -> Text:
    text = text.lstrip() if left else text
    return Text(place=place, source="", value=text.rstrip() if right else text)


def _built(reading: Reading, node: tree_sitter.Node, depth: int, build: Build) -> Expression:
    inner = next((child for child in node.children if child.type == "expression"), None)
    if node.type == "template_interpolation" and inner is not None:
        return build(reading, inner, depth)
    return reading.opaque(node)


def _strip_markers(node: tree_sitter.Node) -> tuple[bool, bool]:
    """Whether `~` strips white space before and after an interpolation."""
    kinds = [child.type for child in node.children]
    return kinds[1:2] == ["strip_marker"], kinds[-2:-1] == ["strip_marker"]


def _outdented(pieces: Sequence[Expression]) -> Iterator[Expression]:
    """The pieces without the indentation that all lines share."""
    whole = "".join(piece.value if isinstance(piece, Text) else "x" for piece in pieces)
    lines = [line for line in whole.split("\n") if line.strip()]
    shared = min((len(line) - len(line.lstrip(" \t")) for line in lines), default=0)
    first_of_line = True
    for piece in pieces:
        if isinstance(piece, Text):
            head, *rest = piece.value.split("\n")
            kept = [head[shared:] if first_of_line else head, *(line[shared:] for line in rest)]
            yield structs.replace(piece, value="\n".join(kept))
        else:
            yield piece
        first_of_line = False


def _with_text(piece: Expression, change: Callable[[str], str]) -> Expression:
    return structs.replace(piece, value=change(piece.value)) if isinstance(piece, Text) else piece
