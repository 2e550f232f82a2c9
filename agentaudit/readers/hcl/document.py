"""
HCL text to a Document: Terraform files and their variable files.

A block stands in the document as a route of its type and labels, `resource` → `aws_iam_role` →
`agent` → its body; several blocks of one route are a sequence. Expressions are folded as far as
the file alone allows: what needs variables of the module is unknown here, and `Document.tree`
holds the `Body` from which it can be folded with them.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from agentaudit.errors import InputError, Problem
from agentaudit.readers.document import MAPPING, SEQUENCE, STRING, Comment, Document, LateRoot, Node
from agentaudit.readers.hcl.plain import plain_body
from agentaudit.readers.hcl.syntax import Block, Body
from agentaudit.readers.hcl.values import Folder, element_node, pairs_of
from agentaudit.readers.lines import said_twice
from agentaudit.readers.places import Place, node_at

_MOST_TEMPLATES = 20_000
"""Beginnings of `${` and `%{`: each that has no end costs the parser as much as a hundred names."""
_MOST_WRITTEN_OUT = 100


def parse_hcl(file: str, text: str) -> Document:
    """The document; what tree-sitter could not read is among its problems."""
    if text.count("${") + text.count("%{") > _MOST_TEMPLATES:
        raise InputError(Problem(file=file, message=f"more than {_MOST_TEMPLATES:,} templates"))
    tree, comments, problems = _read(text)
    return Document(
        file=file,
        syntax="hcl",
        text=text,
        roots=LateRoot(lambda: body_node(tree, Folder())),
        comments=comments,
        problems=(*problems, *_said_again(tree)),
        tree=tree,
    )


def _read(text: str) -> tuple[Body, tuple[Comment, ...], tuple[tuple[int, int, str], ...]]:
    """The body of a text, its comments, and its problems."""
    plain = plain_body(text)
    if plain is not None:
        return *plain, ()
    from agentaudit.readers.hcl.tree import tree_body  # takes long to load

    return tree_body(text)


def _said_again(body: Body) -> Iterator[tuple[int, int, str]]:
    """Attributes that their block has already: Terraform refuses them, and we know no first one."""
    waiting = [body]
    while waiting:
        inside = waiting.pop()
        waiting += [block.body for block in inside.blocks]
        seen: set[str] = set()
        for found in inside.attributes:
            if found.name in seen:
                yield found.place.line, found.place.column, said_twice(found.name)
            seen.add(found.name)


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
    return node_at(body.place, MAPPING, entries=(*entries, *groups.entries()))


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
    return node_at(place, STRING, raw=name)


class _Group(Struct):
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
    nodes = list(bodies)
    if inner.members:
        nodes.append(node_at(place, MAPPING, entries=inner.entries()))
    if len(nodes) == 1:
        return nodes[0]
    return Node(
        kind=SEQUENCE,
        line=place.line,
        column=place.column,
        end_line=nodes[-1].end_line,
        end_column=nodes[-1].end_column,
        elements=tuple(nodes),
    )
