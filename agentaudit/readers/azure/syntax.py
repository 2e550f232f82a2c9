"""
The syntax tree of Azure's templates, whether they are written in Bicep or as ARM's JSON.

Operators are the functions that Bicep compiles them to (`a == b` is `equals(a, b)`), and loops of
both syntaxes are one thing, so that one folder reads both. Nothing is evaluated here:
`azure.values` folds expressions to nodes. Sources: the Bicep language specification, and Microsoft
Learn, "Syntax and expressions in Azure Resource Manager templates".
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from agentaudit.readers.document import NodeKind
from agentaudit.readers.places import Place

PARAMETERS = "parameters"
VARIABLES = "variables"


class Expression(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every expression has: the place where it stands."""

    place: Place


class Literal(Expression, frozen=True, kw_only=True, gc=False):
    """A text, a number, `true`, `false` or `null`."""

    kind: NodeKind
    raw: str = ""


class Composed(Expression, frozen=True, kw_only=True, gc=False):
    """Text with interpolations."""

    parts: tuple[Expression, ...]


class Name(Expression, frozen=True, kw_only=True, gc=False):
    """A name; `space` says whose where the syntax does: `parameters`, `variables` or nothing."""

    name: str
    space: str = ""


class Access(Expression, frozen=True, kw_only=True, gc=False):
    """`subject.key`, `subject[key]`, `subject::key`; of a list, its element."""

    subject: Expression
    key: Expression


class Call(Expression, frozen=True, kw_only=True, gc=False):
    """A function with its arguments; that of a method has its subject first."""

    name: str
    arguments: tuple[Expression, ...]


class Spread(Expression, frozen=True, kw_only=True, gc=False):
    """`...value` within an array."""

    value: Expression


class Array(Expression, frozen=True, kw_only=True, gc=False):
    """`[a, b]`."""

    elements: tuple[Expression, ...]


class Object(Expression, frozen=True, kw_only=True, gc=False):
    """`{a: b}`; an entry without a key is spread."""

    entries: tuple[tuple[Expression | None, Expression], ...]


class Loop(Expression, frozen=True, kw_only=True, gc=False):
    """What a loop goes through, and the names that it gives to each element and its number."""

    item: str
    index: str
    subject: Expression


class For(Expression, frozen=True, kw_only=True, gc=False):
    """The values that a loop makes."""

    loop: Loop
    body: Expression
    condition: Expression | None = None


class Lambda(Expression, frozen=True, kw_only=True, gc=False):
    """`(a, b) => value`."""

    names: tuple[str, ...]
    body: Expression


class Opaque(Expression, frozen=True, kw_only=True, gc=False):
    """What has no value that could be known from the text, or could not be read."""

    source: str


class Parameter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a template asks for; `secure` values are kept out of the history of deployments."""

    name: str
    place: Place
    type: str
    secure: bool
    default: Expression | None


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A resource as it is declared: once, or once for each element of a loop."""

    symbol: str
    type: Expression
    """Without its version; relative to the parent's where it stands within one."""
    place: Place
    """Where the type stands."""
    body: Expression
    condition: Expression | None = None
    loop: Loop | None = None
    existing: bool = False
    children: tuple["Resource", ...] = ()


class Module(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another template that is deployed: by a path, by an address, or written out in place."""

    symbol: str
    source: str
    """A path from the file, `br:…`, `ts:…`, an address of the web; empty where it is unknown."""
    place: Place
    arguments: Expression | None = None
    """An object of the values passed."""
    condition: Expression | None = None
    loop: Loop | None = None
    template: "Template | None" = None
    """What is written out in place."""
    outer: bool = False
    """Whether expressions of a template in place speak of what is around it."""


class Template(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One file, or one template within another."""

    scope: str = "resourceGroup"
    """What it is deployed to: resourceGroup, subscription, managementGroup or tenant."""
    parameters: Mapping[str, Parameter] = MappingProxyType({})
    variables: Mapping[str, Expression] = MappingProxyType({})
    resources: tuple[Resource, ...] = ()
    modules: tuple[Module, ...] = ()
    outputs: Mapping[str, Expression] = MappingProxyType({})
    values: Mapping[str, Expression] = MappingProxyType({})
    """Of a file of values (`.bicepparam`): what it gives to parameters."""
    using: str = ""
    """Of a file of values: the template that they are for."""
    open: tuple[Place, ...] = ()
    """Parts that deploy what only an expression knows."""
    caseless: bool = False
    """Whether names know no case, as in ARM's JSON."""
