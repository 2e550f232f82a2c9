"""tree-sitter's tree of an HCL text to a `Body`: any text, and what it could not read."""

from functools import cache

import tree_sitter
import tree_sitter_hcl

from agentaudit.expressions import regex
from agentaudit.readers.descendants import descendants
from agentaudit.readers.document import Comment, bounded_name
from agentaudit.readers.hcl.expressions import expression
from agentaudit.readers.hcl.reading import DEEPEST, Reading
from agentaudit.readers.hcl.syntax import MOST_LABELS, Attribute, Block, Body
from agentaudit.readers.hcl.templates import literal_text
from agentaudit.readers.lines import Lines
from agentaudit.readers.places import Place

Read = tuple[Body, tuple[Comment, ...], tuple[tuple[int, int, str], ...]]
"""A body, the comments, and the problems as (line, column, message)."""
_MOST_BLANKS = 1_000
"""In a row: where a text is broken, the parser passes each, and seeks the end of all."""
_TOO_MANY = regex(rf"(?<!\s)\s{{{_MOST_BLANKS + 1}}}")


def tree_body(text: str) -> Read:
    """The body of a text, however broken it is."""
    blanks = _TOO_MANY.search(text)
    if blanks is not None:
        return _unread(text, blanks.start())
    encoded = text.encode(errors="replace")
    root = tree_sitter.Parser(_language()).parse(encoded).root_node
    reading = Reading(text=text, encoded=encoded)
    body = next((child for child in root.children if child.type == "body"), None)
    read = _body(reading, body, 0) if body else Body(place=reading.place(root))
    _note_errors(reading, root)
    return read, _comments(reading, root), tuple(sorted(reading.problems))


def _unread(text: str, at: int) -> Read:
    """Nothing of a text, and where it is what the parser would take too long for."""
    line, column = Lines(text).place(at)
    place = Place(line=1, column=1, end_line=text.count("\n") + 1, end_column=1)
    return Body(place=place), (), ((line, column, f"more than {_MOST_BLANKS:,} blanks in a row"),)


def _body(reading: Reading, node: tree_sitter.Node, depth: int) -> Body:
    place = reading.place(node)
    if depth > DEEPEST:
        reading.too_deep(node)
        return Body(place=place)
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    for child in node.children:
        match child.type:
            case "attribute":
                attributes.append(_attribute(reading, child))
            case "block":
                blocks.append(_block(reading, child, depth))
            case _:
                pass
    return Body(place=place, attributes=tuple(attributes), blocks=tuple(blocks))


def _attribute(reading: Reading, node: tree_sitter.Node) -> Attribute:
    children = node.children
    name, value = children[0], children[-1]
    broken = node.has_error and any(child.is_error for child in children)
    return Attribute(
        name=reading.source(name),
        place=reading.place(name),
        value=reading.opaque(value) if broken else expression(reading, value),
    )


def _block(reading: Reading, node: tree_sitter.Node, depth: int) -> Block:
    body: tree_sitter.Node | None = None
    names: list[tuple[str, Place]] = []
    ends: list[tree_sitter.Node] = []
    for child in node.children:
        match child.type:
            case "identifier":
                names.append((reading.source(child), reading.place(child)))
                ends.append(child)
            case "string_lit":
                names.append((literal_text(reading, child), reading.place(child)))
                ends.append(child)
            case "body":
                body = body or child
            case _:
                pass
    (type_, type_place), *labels = names
    place = reading.place(node)
    if len(labels) > MOST_LABELS:
        reading.note(labels[MOST_LABELS][1], f"more than {MOST_LABELS} labels of one block")
        labels = labels[:MOST_LABELS]
    labels = [(bounded_name(label), label_place) for label, label_place in labels]
    return Block(
        type=type_,
        labels=tuple(label for label, _ in labels),
        label_places=tuple(label_place for _, label_place in labels),
        type_place=type_place,
        header=reading.place(ends[0], ends[-1]),
        place=place,
        body=_body(reading, body, depth + 1 + len(labels)) if body else Body(place=place),
    )


def _note_errors(reading: Reading, root: tree_sitter.Node) -> None:
    waiting = [root] if root.has_error else []
    while waiting and not reading.has_plenty:
        node = waiting.pop()
        if node.is_missing:
            reading.note(reading.place(node), f"{node.type} is missing")
        elif node.is_error:
            reading.note(reading.place(node), "this is no HCL")
        waiting += [child for child in reversed(node.children) if child.has_error]


def _comments(reading: Reading, root: tree_sitter.Node) -> tuple[Comment, ...]:
    if not any(marker in reading.text for marker in ("#", "//", "/*")):
        return ()
    if root.has_error:  # of whose many pieces a query takes the square of the time
        found = [node for node in descendants(root) if node.type == "comment"]
    else:
        found = tree_sitter.QueryCursor(_comment_query()).captures(root).get("comment", [])
    return tuple(
        Comment(
            line=reading.place(node).line,
            column=reading.place(node).column,
            text=reading.source(node).removesuffix("*/").lstrip("#/*").strip(),
        )
        for node in sorted(found, key=lambda node: node.start_byte)
    )


@cache
def _language() -> tree_sitter.Language:
    return tree_sitter.Language(tree_sitter_hcl.language())


@cache
def _comment_query() -> tree_sitter.Query:
    return tree_sitter.Query(_language(), "(comment) @comment")
