"""What a schema holds a model to: of which parameters it says something, and how much."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Node, NodeKind

FREE_FORM = regex(
    r"^(?:sql|query|statement|command|cmd|code|script|expression|path|file_?path|filename|url|uri)$"
)
"""Names of parameters in which a command, a query or an address is meant."""
_TYPES = ("type", "kind")
"""`kind` is the word of Microsoft's Agent Framework."""
_SAYS = (*_TYPES, "$ref", "anyOf", "oneOf", "allOf", "enum", "const")
_BOUNDS = ("enum", "const", "pattern", "maxLength", "format")
_LISTS, _OBJECTS = frozenset({"array", "list"}), frozenset({"object", "dict"})


class Taken(Struct, frozen=True):
    """What a tool takes, by its schema."""

    typed: Truth = Truth.UNKNOWN
    free_form: tuple[str, ...] = ()
    any_content: tuple[str, ...] = ()


def as_taking(tool: Tool, taken: Taken) -> Tool:
    """A tool whose schema says what it takes."""
    return replace(
        tool,
        typed=taken.typed,
        free_form_parameters=taken.free_form,
        open_parameters=taken.any_content,
    )


def taken_by(schema: Node) -> Taken:
    """
    What the schema of an object lets through: one without properties is that of no parameters.

    Unless it says that there are others: then it says nothing of any of them.
    """
    if schema.kind is not NodeKind.MAPPING:
        return Taken()
    properties, more = schema.child("properties"), schema.child("additionalProperties")
    if properties is not None and properties.unknown:
        return Taken()
    if properties is not None and properties.entries:
        return taken_of(properties.items())
    anything = more is not None and more.boolean is True
    return Taken(typed=Truth.NO if anything else Truth.YES)


def taken_of(parameters: Iterable[tuple[str, Node]]) -> Taken:
    """What parameters let through, by the schema of each."""
    said = tuple(parameters)
    return Taken(
        typed=Truth.YES if all(_says_something(node) for _, node in said) else Truth.NO,
        free_form=tuple(name for name, node in said if is_free_form(name, node)),
        any_content=tuple(name for name, node in said if any(map(_open, _alternatives(node)))),
    )


def taken_by_properties(listed: Node) -> Taken:
    """What a tool of Azure Functions takes: a list of properties, each of which has a type."""
    return taken_of(
        (each.text_at("propertyName"), _property_type(each))
        for each in listed.elements
        if each.child("propertyName") is not None
    )


def _property_type(given: Node) -> Node:
    type_, several = given.child("propertyType"), given.child("isArray")
    if type_ is None:
        return given.changed(entries=())
    return type_.changed(raw="array") if several is not None and several.boolean else type_


def is_free_form(name: str, schema: Node) -> bool:
    """Whether a parameter takes any text where a command, a query or an address is meant."""
    if FREE_FORM.match(name) is None:
        return False
    alternatives = tuple(_alternatives(schema))
    return bool(alternatives) and all(map(_any_text, alternatives))


def _says_something(schema: Node) -> bool:
    """`any` is a type of smolagents."""
    if _types(schema) == {"any"}:
        return False
    if schema.kind is NodeKind.MAPPING:
        return any(schema.child(word) is not None for word in _SAYS)
    return schema.kind in {NodeKind.UNKNOWN, NodeKind.STRING}


def _alternatives(schema: Node) -> Iterator[Node]:
    """The schemas one of which a value has, without null."""
    listed = schema.child("anyOf") or schema.child("oneOf")
    for each in listed.elements if listed is not None else (schema,):
        if _types(each) != {"null"}:
            yield each


def _types(schema: Node) -> set[str]:
    if schema.kind is NodeKind.STRING:
        return {schema.raw.lower()}
    named = next(filter(None, (schema.child(word) for word in _TYPES)), None)
    return {text.lower() for text in (named.texts() if named is not None else ())}


def _any_text(schema: Node) -> bool:
    bounded = any(schema.child(word) is not None for word in _BOUNDS)
    return _types(schema) - {"null"} == {"string"} and not bounded


def _open(schema: Node) -> bool:
    """Whether a schema says that something is an object or a list, and nothing of its content."""
    if schema.kind is not NodeKind.MAPPING or any(schema.child(word) for word in ("$ref", "enum")):
        return False
    types = _types(schema)
    if types & _LISTS:
        return not any(schema.child(word) for word in ("items", "prefixItems"))
    held = (schema.child(word) for word in ("properties", "patternProperties"))
    named = any(node is not None and (node.entries or node.elements) for node in held)
    rest = schema.child("additionalProperties")
    closed = rest is not None and rest.boolean is not True
    return bool(types & _OBJECTS) and not named and not closed
