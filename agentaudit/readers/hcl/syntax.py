"""
The syntax tree of HCL: blocks, attributes and expressions, each with its place, nothing evaluated.

`plain` reads the usual text, and tree-sitter any, for it recovers from errors; what it could
not read becomes `Opaque`.
`values` folds expressions to nodes.
"""

import msgspec

from agentaudit.readers.places import Place

LONGEST_SOURCE = 400
"""Characters that an expression shows of its text."""
MOST_LABELS = 10
"""Of one block, which nests as deep as it has labels; no block of Terraform has more than two."""


class Expression(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every expression has. `source` is its text, its first `LONGEST_SOURCE` characters."""

    place: Place
    source: str


class Text(Expression, frozen=True, kw_only=True, gc=False):
    """A piece of text, escapes resolved."""

    value: str


class Number(Expression, frozen=True, kw_only=True, gc=False):
    """A number, as written."""


class Truth(Expression, frozen=True, kw_only=True, gc=False):
    """`true` or `false`."""

    value: bool


class Null(Expression, frozen=True, kw_only=True, gc=False):
    """`null`."""


class Template(Expression, frozen=True, kw_only=True, gc=False):
    """Text with interpolations: a quoted string, or a heredoc."""

    parts: tuple[Expression, ...]
    heredoc: bool = False


class Reference(Expression, frozen=True, kw_only=True, gc=False):
    """`root.name[index]`; an accessor is a name, or the expression of an index."""

    root: str
    accessors: tuple["str | Expression", ...]


class Access(Expression, frozen=True, kw_only=True, gc=False):
    """Accessors on something that is no name: `{a = 1}["a"]`, `f(x).y`."""

    subject: Expression
    accessors: tuple["str | Expression", ...]


class Call(Expression, frozen=True, kw_only=True, gc=False):
    """A function call; `spread` when the last argument is spread with an ellipsis."""

    name: str
    arguments: tuple[Expression, ...]
    spread: bool


class Tuple(Expression, frozen=True, kw_only=True, gc=False):
    """`[a, b]`."""

    elements: tuple[Expression, ...]


class Object(Expression, frozen=True, kw_only=True, gc=False):
    """`{a = b}`; a bare key is a `Text`."""

    entries: tuple[tuple[Expression, Expression], ...]


class Conditional(Expression, frozen=True, kw_only=True, gc=False):
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression


class Operation(Expression, frozen=True, kw_only=True, gc=False):
    """An operator with one or two operands."""

    operator: str
    operands: tuple[Expression, ...]


class For(Expression, frozen=True, kw_only=True, gc=False):
    """`[for names in subject : value if condition]`; an object when it has a key."""

    names: tuple[str, ...]
    subject: Expression
    key: Expression | None
    value: Expression
    grouped: bool
    condition: Expression | None


class Opaque(Expression, frozen=True, kw_only=True, gc=False):
    """What has no value that could be known from the text, or could not be read."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`name = value`."""

    name: str
    place: Place
    value: Expression


class Block(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`type "label" { … }`. `header` is the place of the type and its labels."""

    type: str
    labels: tuple[str, ...]
    label_places: tuple[Place, ...]
    type_place: Place
    header: Place
    place: Place
    body: "Body"


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Attributes and blocks in order of the file."""

    place: Place
    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()

    def of(self, type_: str) -> tuple[Block, ...]:
        """The blocks of one type."""
        return tuple(block for block in self.blocks if block.type == type_)

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of one name; the first, where a file repeats it."""
        return next((found for found in self.attributes if found.name == name), None)
