"""
The syntax tree of HCL: blocks, attributes and expressions, each with its place, nothing evaluated.

tree-sitter reads the text and recovers from errors; what it could not read becomes `Opaque`.
`hcl_values` folds expressions to nodes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Lines and columns count from 1, columns in characters; the end is the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What every expression has. `source` is its text, at most some hundred characters of it."""

    place: Place
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Expression):
    """A piece of text, escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Expression):
    """A number, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Expression):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Null(Expression):
    """`null`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(Expression):
    """Text with interpolations: a quoted string, or a heredoc."""

    parts: tuple[Expression, ...]
    heredoc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Expression):
    """`root.name[index]`; an accessor is a name, or the expression of an index."""

    root: str
    accessors: tuple["str | Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Expression):
    """Accessors on something that is no name: `{a = 1}["a"]`, `f(x).y`."""

    subject: Expression
    accessors: tuple["str | Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Expression):
    """A function call; `spread` when the last argument is spread with an ellipsis."""

    name: str
    arguments: tuple[Expression, ...]
    spread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuple(Expression):
    """`[a, b]`."""

    elements: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(Expression):
    """`{a = b}`; a bare key is a `Text`."""

    entries: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Expression):
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Expression):
    """An operator with one or two operands."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class For(Expression):
    """`[for names in subject : value if condition]`; an object when it has a key."""

    names: tuple[str, ...]
    subject: Expression
    key: Expression | None
    value: Expression
    grouped: bool
    condition: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque(Expression):
    """What has no value that could be known from the text, or could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`name = value`."""

    name: str
    place: Place
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`type "label" { … }`. `header` is the place of the type and its labels."""

    type: str
    labels: tuple[str, ...]
    label_places: tuple[Place, ...]
    type_place: Place
    header: Place
    place: Place
    body: "Body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
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
