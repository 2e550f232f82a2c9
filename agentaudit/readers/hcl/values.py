"""
The values of HCL expressions, as far as the text decides them: a constant folder.

What is not decided is a node of kind unknown whose `raw` is the text that would have to be known,
its known pieces filled in: `${aws_s3_bucket.data.arn}/*`. Nothing is executed, and no file read.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.readers.document import MAPPING, NULL, NUMBER, SEQUENCE, STRING, UNKNOWN, Node
from agentaudit.readers.effort import Effort
from agentaudit.readers.hcl import operators, syntax
from agentaudit.readers.hcl.filled import filled
from agentaudit.readers.hcl.functions import called
from agentaudit.readers.hcl.nodes import (
    LONGEST_TEXT,
    boolean_node,
    item_of,
    json_text,
    unknown_at,
)
from agentaudit.readers.hcl.syntax import Expression
from agentaudit.readers.places import moved, node_at

_MOST_ITERATIONS = 1_000


class Resolved(Struct, frozen=True, kw_only=True):
    """What a reference stands for: the value, how many parts of the route it took, its weight."""

    node: Node
    parts: int
    weight: int = 1


Resolve = Callable[[tuple[str, ...]], Resolved | None]
"""The value that a route of names stands for: `("var", "region")`; None when nobody knows."""


def _nothing_known(_route: tuple[str, ...]) -> Resolved | None:
    return None


class Folder(Struct, frozen=True):
    """
    Folds expressions of one file.

    `names` are bound by `for` and `for_each`: `each` is a mapping of `key` and `value`.
    """

    resolve: Resolve = _nothing_known
    file: str = ""
    names: Mapping[str, Node] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)

    def binding(self, **names: Node) -> "Folder":
        """The folder with more names bound."""
        return replace(self, names={**self.names, **names})

    def fold(self, expression: Expression) -> Node:
        """The value of an expression, placed where the expression stands."""
        effort = self.effort
        effort.nodes += 1
        effort.depth += 1
        try:
            if effort.exhausted:
                return unknown_at(expression, self.file)
            return self._folded(expression)
        finally:
            effort.depth -= 1

    def _folded(self, expression: Expression) -> Node:
        match expression:
            case syntax.Text(value=value):
                return node_at(expression.place, STRING, self.file, raw=value)
            case syntax.Number(source=source):
                return node_at(expression.place, NUMBER, self.file, raw=source)
            case syntax.Truth(value=value):
                return boolean_node(expression, self.file, value=value)
            case syntax.Null():
                return node_at(expression.place, NULL, self.file)
            case syntax.Tuple(elements=elements):
                folded = tuple(self.fold(element) for element in elements)
                return node_at(expression.place, SEQUENCE, self.file, elements=folded)
            case syntax.Object():
                return self._object(expression)
            case _:
                return self._computed(expression)

    def _computed(self, expression: Expression) -> Node:
        match expression:
            case syntax.Template():
                return self._template(expression)
            case syntax.Reference():
                return self._reference(expression)
            case syntax.Access(subject=subject, accessors=accessors):
                value = self._accessed(self.fold(subject), accessors)
                return self._moved(value, expression)
            case syntax.Call():
                return self._call(expression)
            case syntax.Conditional(condition=condition, yes=yes, no=no):
                answer = self.fold(condition).boolean
                chosen = yes if answer else no
                return self.fold(chosen) if answer is not None else self._unknown(expression)
            case syntax.Operation(operator=operator, operands=operands):
                values = tuple(self.fold(operand) for operand in operands)
                return operators.result(expression, self.file, operator, values)
            case syntax.For():
                return self._for(expression)
            case _:
                return self._unknown(expression)

    def _unknown(self, expression: Expression) -> Node:
        return unknown_at(expression, self.file)

    def _moved(self, value: Node | None, expression: Expression) -> Node:
        """
        A value where it is used, with where it comes from as its origin.

        What a name leads to stays visible when it is unknown: `local.role` is
        `aws_iam_role.agent.name`.
        """
        if value is None:
            return self._unknown(expression)
        if value.unknown:
            return self._unknown(expression).changed(raw=value.raw or expression.source)
        origin = (value, *value.origin)[:8]
        return moved(value, expression.place, file=self.file, origin=origin)

    def _object(self, expression: syntax.Object) -> Node:
        entries = tuple((self.fold(key), self.fold(value)) for key, value in expression.entries)
        return node_at(expression.place, MAPPING, self.file, entries=entries)

    def _template(self, expression: syntax.Template) -> Node:
        """Text with its interpolations; a lone interpolation is the value itself."""
        values = [
            self._piece_of_text(part)
            for part in expression.parts
            if not (isinstance(part, syntax.Text) and not part.value)
        ]
        if len(values) == 1 and not expression.heredoc:
            return self._moved(values[0], expression) if values[0].unknown else values[0]
        pieces = [_piece(value) for value in values]
        if sum(map(len, pieces)) > LONGEST_TEXT:
            return self._unknown(expression)
        raw = "".join(pieces)
        decided = all(value.text is not None or value.elements or value.entries for value in values)
        kind = STRING if decided else UNKNOWN
        return node_at(expression.place, kind, self.file, raw=raw)

    def _piece_of_text(self, part: Expression) -> Node:
        """The value of a piece; a null within a text stands for what nobody has given yet."""
        value = self.fold(part)
        return self._unknown(part) if value.kind is NULL else value

    def _reference(self, expression: syntax.Reference) -> Node:
        if expression.root in self.names:
            value = self._accessed(self.names[expression.root], expression.accessors)
            return self._moved(value, expression)
        route = self._route(expression)
        resolved = self.resolve(route)
        if resolved is None:
            return self._unknown(expression)
        self.effort.nodes += resolved.weight
        if self.effort.exhausted:
            return self._unknown(expression)
        accessors = expression.accessors[resolved.parts - 1 :]
        if resolved.node.unknown and accessors:
            return self._unknown(expression)
        value = self._accessed(resolved.node, accessors)
        return self._moved(value, expression)

    def _route(self, expression: syntax.Reference) -> tuple[str, ...]:
        """The names of a reference, as far as they are known; an index is `[key]`."""
        names = [expression.root]
        for accessor in expression.accessors:
            if isinstance(accessor, str):
                names.append(accessor)
            else:
                names.append(f"[{self.fold(accessor).text or ''}]")
        return tuple(names)

    def _accessed(self, value: Node, accessors: tuple[str | Expression, ...]) -> Node | None:
        found: Node | None = value
        for accessor in accessors:
            key = accessor if isinstance(accessor, str) else self.fold(accessor).text
            if found is None or key is None:
                return None
            found = item_of(found, key)
        return found

    def _call(self, expression: syntax.Call) -> Node:
        arguments = tuple(self.fold(argument) for argument in expression.arguments)
        if expression.spread and arguments:
            if arguments[-1].kind is not SEQUENCE:
                return self._unknown(expression)
            arguments = (*arguments[:-1], *arguments[-1].elements)
        if expression.name in _OF_FILES and arguments:
            return self._of_file(expression, *arguments[:2])
        return called(expression, self.file, arguments)

    def _of_file(self, expression: syntax.Call, path: Node, given: Node | None = None) -> Node:
        """What a file holds, in the structure that it has; a template with what it is given."""
        found = self.resolve((FILE, path.text)) if path.text is not None else None
        if found is not None:
            self.effort.nodes += found.weight
        if found is None or self.effort.exhausted:
            return self._unknown(expression)
        held = found.node if given is None else filled(found.node, given, self.effort)
        return self._moved(held, expression)

    def _for(self, expression: syntax.For) -> Node:
        pairs = pairs_of(self.fold(expression.subject))
        if pairs is None or len(pairs) > _MOST_ITERATIONS or expression.grouped:
            return self._unknown(expression)
        results = []
        for key, value in pairs:
            bound = (key, value)[-len(expression.names) :]
            inner = self.binding(**dict(zip(expression.names, bound, strict=False)))
            kept = inner.fold(expression.condition).boolean if expression.condition else True
            if kept is None:
                return self._unknown(expression)
            if kept:
                label = inner.fold(expression.key) if expression.key else key
                results.append((label, inner.fold(expression.value)))
        if expression.key:
            return node_at(expression.place, MAPPING, self.file, entries=tuple(results))
        elements = tuple(value for _, value in results)
        return node_at(expression.place, SEQUENCE, self.file, elements=elements)


def _piece(value: Node) -> str:
    """What a value contributes to a text; what is unknown stays visible as an interpolation."""
    if value.text is not None:
        return value.text
    if value.unknown:
        return value.raw if "${" in value.raw else f"${{{value.raw}}}"
    return json_text(value)


def pairs_of(subject: Node) -> list[tuple[Node, Node]] | None:
    """Keys and values of what a `for` goes through; None when they are not known."""
    if subject.kind is SEQUENCE:
        return list(_numbered(subject))
    if subject.kind is MAPPING and not any(key.unknown for key, _ in subject.entries):
        return list(subject.entries)
    return None


def element_node(key: Node, value: Node) -> Node:
    """What `each` and the iterators of dynamic blocks stand for: a key, and a value."""
    names = (value.changed(kind=STRING, raw=name, entries=(), elements=()) for name in _EACH)
    pairs = tuple(zip(names, (key, value), strict=True))
    return value.changed(kind=MAPPING, raw="", elements=(), entries=pairs)


_EACH = ("key", "value")
_OF_FILES = frozenset({"file", "templatefile"})
FILE = "file()"
"""What a route begins with that leads to a file; its path follows."""


def _numbered(subject: Node) -> Iterator[tuple[Node, Node]]:
    for number, element in enumerate(subject.elements):
        yield (
            element.changed(kind=NUMBER, raw=str(number), entries=(), elements=()),
            element,
        )
