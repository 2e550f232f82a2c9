"""
HCL text to a Document: Terraform files and their variable files.

A block stands in the document as a route of its type and labels, `resource` → `aws_iam_role` →
`agent` → its body; several blocks of one route are a sequence. Expressions are folded as far as
the file alone allows: what needs variables of the module is unknown here, and `Document.tree`
holds the `Body` from which it can be folded with them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import tree_sitter
import tree_sitter_hcl

from agentaudit.errors import InputError, Problem
from agentaudit.readers.document import Comment, Document, LateRoot, Node, NodeKind
from agentaudit.readers.hcl_expressions import expression
from agentaudit.readers.hcl_reading import DEEPEST, Reading, descendants
from agentaudit.readers.hcl_syntax import Attribute, Block, Body, Place
from agentaudit.readers.hcl_templates import literal_text
from agentaudit.readers.hcl_values import Folder, element_node, pairs_of

_MOST_TEMPLATES = 20_000
"""Beginnings of `${` and `%{`: each that has no end costs the parser as much as a hundred names."""
_MOST_WRITTEN_OUT = 100


def parse_hcl(file: str, text: str) -> Document:
    """The document; what tree-sitter could not read is among its problems."""
    if text.count("${") + text.count("%{") > _MOST_TEMPLATES:
        raise InputError(Problem(file=file, message=f"more than {_MOST_TEMPLATES:,} templates"))
    encoded = text.encode(errors="replace")
    root = tree_sitter.Parser(_language()).parse(encoded).root_node
    reading = Reading(text=text, encoded=encoded)
    body = next((child for child in root.children if child.type == "body"), None)
    tree = _body(reading, body, 0) if body else Body(place=reading.place(root))
    _note_errors(reading, root)
    return Document(
        file=file,
        syntax="hcl",
        text=text,
        roots=LateRoot(lambda: body_node(tree, Folder())),
        comments=_comments(reading, root),
        problems=tuple(sorted(reading.problems)),
        tree=tree,
    )


def body_node(body: Body, folder: Folder) -> Node:
    """A body as a mapping, its expressions folded, its `dynamic` blocks written out."""
    entries = [
        (key_node(found.name, found.place), folder.fold(found.value)) for found in body.attributes
    ]
    groups = _Group()
    for block in body.blocks:
        names = tuple(
            zip((block.type, *block.labels), (block.type_place, *block.label_places), strict=True)
        )
        if block.type == "dynamic" and len(names) > 1:
            for node in _written_out(block, folder):
                groups.insert(names[1:], node)
        else:
            groups.insert(names, body_node(block.body, folder))
    return _mapping(body.place, (*entries, *groups.entries()))


def _written_out(block: Block, folder: Folder) -> Iterator[Node]:
    """What a `dynamic` block stands for: a block for each element, or one of unknowns."""
    each, iterator = block.body.attribute("for_each"), block.body.attribute("iterator")
    content = next(iter(block.body.of("content")), None)
    if content is None or each is None:
        return
    name = iterator.value.source if iterator else block.labels[0]
    pairs = pairs_of(folder.fold(each.value))
    if pairs is None or len(pairs) > _MOST_WRITTEN_OUT:
        yield body_node(content.body, folder)
        return
    for key, value in pairs:
        yield body_node(content.body, folder.binding(**{name: element_node(key, value)}))


def key_node(name: str, place: Place) -> Node:
    """The name of an attribute or a label as a node."""
    return Node(
        kind=NodeKind.STRING,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        raw=name,
    )


@dataclass(slots=True)
class _Group:
    """Bodies by the route of their types and labels."""

    members: dict[str, tuple[Place, "_Group", list[Node]]] = field(default_factory=dict)

    def insert(self, names: Sequence[tuple[str, Place]], body: Node) -> None:
        group, bodies = self, list[Node]()
        for name, place in names:
            _, group, bodies = group.members.setdefault(name, (place, _Group(), []))
        bodies.append(body)

    def entries(self) -> tuple[tuple[Node, Node], ...]:
        return tuple(
            (key_node(name, place), _grouped(place, inner, bodies))
            for name, (place, inner, bodies) in self.members.items()
        )


def _grouped(place: Place, inner: _Group, bodies: list[Node]) -> Node:
    """The body of one block, the sequence of several, or the mapping of the labels that follow."""
    nodes = [*bodies, _mapping(place, inner.entries())] if inner.members else bodies
    if len(nodes) == 1:
        return nodes[0]
    return Node(
        kind=NodeKind.SEQUENCE,
        line=place.line,
        column=place.column,
        end_line=nodes[-1].end_line,
        end_column=nodes[-1].end_column,
        elements=tuple(nodes),
    )


def _mapping(place: Place, entries: tuple[tuple[Node, Node], ...]) -> Node:
    return Node(
        kind=NodeKind.MAPPING,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        entries=entries,
    )


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
    return Block(
        type=type_,
        labels=tuple(label for label, _ in labels),
        label_places=tuple(label_place for _, label_place in labels),
        type_place=type_place,
        header=reading.place(ends[0], ends[-1]),
        place=place,
        body=_body(reading, body, depth + 1) if body else Body(place=place),
    )


def _note_errors(reading: Reading, root: tree_sitter.Node) -> None:
    if not root.has_error:
        return
    for node in descendants(root):
        if node.is_missing:
            reading.note(reading.place(node), f"{node.type} is missing")
        elif node.is_error:
            reading.note(reading.place(node), "this is no HCL")


def _comments(reading: Reading, root: tree_sitter.Node) -> tuple[Comment, ...]:
    if not any(marker in reading.text for marker in ("#", "//", "/*")):
        return ()
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
