"""
The values of expressions in Azure's templates, as far as the text decides them.

What is not decided is a node of kind unknown whose `raw` is what would have to be known, its known
pieces filled in: `subscriptionResourceId('…/roleDefinitions', '8e3a…')`. A mapping or a list of
which only a part is known has one member of kind unknown besides the known ones. Nothing is run.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.answers import MOST_ITERATIONS, number_at
from agentaudit.readers.azure.functions import called
from agentaudit.readers.azure.nodes import (
    LONGEST_TEXT,
    item_of,
    last_of_equal,
    members_of,
    piece_of,
    shown,
)
from agentaudit.readers.azure.syntax import Expression
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.effort import Effort
from agentaudit.readers.places import Place, moved, node_at

Resolve = Callable[[str, str], Node | None]
"""What a name of a space stands for; None when nobody knows."""
Ask = Callable[[str, tuple[Node, ...]], Node | None]
"""What a function answers that looks beyond its arguments; None when nobody knows."""


def _nothing_known(_space: str, _name: str) -> Node | None:
    return None


def _no_answer(_function: str, _arguments: tuple[Node, ...]) -> Node | None:
    return None


class Folder(Struct, frozen=True):
    """Folds expressions of one template; `names` are bound by loops and lambdas."""

    resolve: Resolve = _nothing_known
    ask: Ask = _no_answer
    file: str = ""
    names: Mapping[str, Node] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)

    def binding(self, **names: Node) -> "Folder":
        """The folder with more names bound; a name that is empty binds nothing."""
        return replace(self, names={**self.names, **names})

    def fold(self, expression: Expression) -> Node:
        """The value of an expression, placed where the expression stands."""
        self.effort.nodes += 1
        self.effort.depth += 1
        try:
            if self.effort.exhausted:
                return self._unknown(expression, "…")
            return self._folded(expression)
        finally:
            self.effort.depth -= 1

    def _folded(self, expression: Expression) -> Node:
        match expression:
            case syntax.Literal(kind=kind, raw=raw):
                return node_at(expression.place, kind, self.file, raw=raw)
            case syntax.Object():
                return self._object(expression)
            case syntax.Array():
                elements = tuple(self._elements(expression.elements))
                return node_at(expression.place, NodeKind.SEQUENCE, self.file, elements=elements)
            case syntax.Composed():
                return self._composed(expression)
            case syntax.Call():
                return self._called(expression)
            case _:
                return self._looked_up(expression)

    def _looked_up(self, expression: Expression) -> Node:
        match expression:
            case syntax.Name(name=name, space=space):
                return self._named(expression, space, name)
            case syntax.Access():
                return self._accessed(expression)
            case syntax.For():
                return self._for(expression)
            case syntax.Opaque(source=source):
                return self._unknown(expression, source)
            case _:
                return self._unknown(expression, "…")

    def _unknown(self, expression: Expression, raw: str) -> Node:
        return node_at(expression.place, NodeKind.UNKNOWN, self.file, raw=raw[:LONGEST_TEXT])

    def _moved(self, value: Node, expression: Expression) -> Node:
        """A value where it is used, with where it comes from as its origin."""
        if value.unknown:
            return self._unknown(expression, value.raw)
        origin = (value, *value.origin)[:8]
        return moved(value, expression.place, file=self.file, origin=origin)

    def _object(self, expression: syntax.Object) -> Node:
        """The last of equal keys counts, as where an object is spread and then changed."""
        pairs: list[tuple[Node, Node]] = []
        for key, value in expression.entries:
            folded = self.fold(value)
            pairs += members_of(folded) if key is None else ((self.fold(key), folded),)
        return node_at(expression.place, NodeKind.MAPPING, self.file, entries=last_of_equal(pairs))

    def _elements(self, expressions: tuple[Expression, ...]) -> Iterator[Node]:
        for expression in expressions:
            if isinstance(expression, syntax.Spread):
                folded = self.fold(expression.value)
                yield from folded.elements or ((folded,) if folded.unknown else ())
            else:
                yield self.fold(expression)

    def _composed(self, expression: syntax.Composed) -> Node:
        values = tuple(self.fold(part) for part in expression.parts)
        decided = all(value.text is not None for value in values)
        pieces = tuple(map(piece_of, values))
        if sum(map(len, pieces)) > LONGEST_TEXT:
            return self._unknown(expression, "…")
        raw = "".join(pieces)
        kind = NodeKind.STRING if decided else NodeKind.UNKNOWN
        node = node_at(expression.place, kind, self.file, raw=raw)
        return node.changed(origin=_origins(values))

    def _named(self, expression: Expression, space: str, name: str) -> Node:
        bound = self.names.get(name) if not space else None
        value = bound if bound is not None else self.resolve(space, name)
        if value is None:
            return self._unknown(expression, f"{space}('{name}')" if space else name)
        return self._moved(value, expression)

    def _accessed(self, expression: syntax.Access) -> Node:
        subject, key = self.fold(expression.subject), self.fold(expression.key)
        found = item_of(subject, key)
        if found is None:
            dotted = key.raw.isidentifier()
            return self._unknown(
                expression, f"{shown(subject)}{f'.{key.raw}' if dotted else f'[{shown(key)}]'}"
            )
        return self._moved(found, expression)

    def _called(self, expression: syntax.Call) -> Node:
        name = expression.name.lower()
        if name == "if" and len(expression.arguments) == 3:  # noqa: PLR2004 - condition, yes, no
            return self._chosen(expression)
        function = expression.arguments[-1] if expression.arguments else None
        if name in _OVER_ELEMENTS and isinstance(function, syntax.Lambda):
            return self._over_elements(expression, name, function)
        arguments = tuple(self.fold(argument) for argument in expression.arguments)
        if name == "copyindex":
            found = self._copy_index(expression.place, arguments)
        elif any(argument.unknown and argument.raw == "…" for argument in arguments):
            return self._unknown(expression, "…")
        else:
            found = called(name, expression.place, arguments) or self.ask(name, arguments)
        if found is None:
            raw = f"{expression.name}({', '.join(map(shown, arguments))})"
            return self._unknown(expression, raw if len(raw) < LONGEST_TEXT else "…")
        self.effort.nodes += len(found.elements) + len(found.entries)
        origin = found.origin or _origins(arguments)
        return moved(found, expression.place, file=self.file, origin=origin)

    def _chosen(self, expression: syntax.Call) -> Node:
        condition, yes, no = expression.arguments
        asked = self.fold(condition)
        if asked.boolean is None:
            return self._unknown(expression, f"if({shown(asked)}, …)")
        return self.fold(yes if asked.boolean else no)

    def _copy_index(self, place: Place, arguments: tuple[Node, ...]) -> Node | None:
        """`copyIndex()`, `copyIndex(1)`, `copyIndex('loop')`, `copyIndex('loop', 1)`."""
        loop = next((each.raw for each in arguments if each.kind is NodeKind.STRING), "")
        offset = next((each.integer for each in arguments if each.kind is NodeKind.NUMBER), 0)
        index = self.names.get(f"copyIndex {loop.lower()}")
        if index is None or index.integer is None or offset is None:
            return None
        return number_at(place, index.integer + offset)

    def _for(self, expression: syntax.For) -> Node:
        found: list[Node] = []
        for inner in self.each(expression.loop):
            if inner is None:
                return self._unknown(expression, "for …")
            kept = inner.fold(expression.condition).boolean if expression.condition else True
            if kept is not False:
                found.append(inner.fold(expression.body))
        return node_at(expression.place, NodeKind.SEQUENCE, self.file, elements=tuple(found))

    def each(self, loop: syntax.Loop) -> Iterator["Folder | None"]:
        """A folder for each element of a loop; None for elements that nobody knows."""
        subject = self.fold(loop.subject)
        elements = subject.elements
        if subject.kind is not NodeKind.SEQUENCE or len(elements) > MOST_ITERATIONS:
            yield None
            return
        for number, element in enumerate(elements):
            if element.unknown:
                yield None
                continue
            index = node_at(loop.place, NodeKind.NUMBER, self.file, raw=str(number))
            yield self.binding(**{loop.item: element, loop.index: index})

    def _over_elements(self, expression: syntax.Call, name: str, function: syntax.Lambda) -> Node:
        """`map` and `filter`, of a list that is known."""
        subject = self.fold(expression.arguments[0])
        known = subject.kind is NodeKind.SEQUENCE and len(subject.elements) <= MOST_ITERATIONS
        if not known or not function.names:
            return self._unknown(expression, f"{expression.name}({shown(subject)}, …)")
        found: list[Node] = []
        for element in subject.elements:
            answer = self.binding(**{function.names[0]: element}).fold(function.body)
            if name == "map":
                found.append(answer)
            elif answer.boolean is None:
                found.append(self._unknown(expression, shown(answer)))
            elif answer.boolean:
                found.append(element)
        return node_at(expression.place, NodeKind.SEQUENCE, self.file, elements=tuple(found))


_OVER_ELEMENTS = frozenset({"map", "filter"})


def _origins(values: tuple[Node, ...]) -> tuple[Node, ...]:
    """Where the pieces of a value come from."""
    return tuple(origin for value in values for origin in value.origin)[:4]
