"""
What a tool in TypeScript or JavaScript takes: a schema of Zod, or a JSON Schema in an object.

Zod's calls are read as the JSON Schema that they stand for (https://zod.dev/json-schema); what a
refinement looks at is not any text. Schemas of other libraries are not known.
"""

import ast
from collections.abc import Callable, Iterator, Mapping

from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import Options, as_object, members, options_of
from agentaudit.extract.made_nodes import made_text
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.schemas import json_node
from agentaudit.extract.schemas import Taken, taken_by, taken_of
from agentaudit.readers.document import Node, NodeKind

_DEEPEST = 20
_WRAPPERS = frozenset({"jsonSchema", "zodSchema", "zodToJsonSchema", "toJSONSchema"})
_SAME = frozenset(
    {
        *("optional", "nullable", "nullish", "default", "describe", "meta", "brand", "readonly"),
        *("catch", "strict", "strip", "partial", "required", "min", "nonempty", "trim", "register"),
        *("exactOptional", "prefault", "toLowerCase", "toUpperCase", "int", "positive", "safe"),
        *("nonnegative", "negative", "finite", "multipleOf", "gte", "lte", "gt", "lt", "step"),
        *("deepPartial", "unwrap", "normalize", "title", "openapi"),
    }
)
"""Methods after which a schema says as much as before."""
_BOUNDING = frozenset(
    {
        *("max", "length", "regex", "email", "url", "uuid", "cuid", "cuid2", "ulid", "datetime"),
        *("date", "time", "ip", "ipv4", "ipv6", "startsWith", "endsWith", "includes", "refine"),
        *("superRefine", "check", "pipe", "transform", "nanoid", "base64", "guid", "cidr"),
    }
)
"""Methods after which a text is not any text."""
_FORMATS = _BOUNDING | {"stringFormat", "templateLiteral", "httpUrl", "hostname", "iso"}
_PLAIN = {
    **dict.fromkeys(("number", "bigint", "int", "float32", "float64", "int32", "nan"), "number"),
    **dict.fromkeys(("boolean", "stringbool"), "boolean"),
    **dict.fromkeys(("null", "undefined", "void", "never", "symbol"), "null"),
}


def taken(program: Program, given: Written | None) -> Taken:
    """What a tool takes by the schema that it is given; nothing is known of one without."""
    if given is None:
        return Taken()
    node = _schema_node(program, given)
    shape = members(program, given) if node.kind is NodeKind.UNKNOWN else None
    if shape is None:
        return taken_by(node)
    if shape.text("type"):
        meant = program.meant(given)
        return taken_by(json_node(meant.module, meant.node))
    return _of_shape(program, shape)


def _of_shape(program: Program, shape: Options) -> Taken:
    """What the parameters take of which each has its own schema, as MCP's servers have it."""
    if shape.hidden:
        return Taken()
    return taken_of((name, _schema_node(program, each)) for name, each in shape.given.items())


def _schema_node(program: Program, given: Written, depth: int = 0) -> Node:
    """The JSON Schema that an expression of Zod stands for; unknown what does not fold."""
    meant = program.meant(given)
    place = meant.module.node(meant.node)
    unknown = place.changed(kind=NodeKind.UNKNOWN)
    if not isinstance(meant.node, ast.Call) or depth > _DEEPEST:
        return unknown
    call, name = meant.node, meant.module.dotted(meant.node.func)
    last = name.rpartition(".")[2]
    if last in _WRAPPERS:
        return _wrapped(program, meant, call, depth)
    if not name.startswith("zod"):
        return unknown
    func = call.func
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call):
        return _refined(program, meant, call, depth)
    read = _READ.get(last)
    if read is not None:
        return read(program, meant, call, depth)
    if last in _PLAIN:
        return _schema(place, type=made_text(place, _PLAIN[last]))
    if last in _FORMATS:
        return _schema(place, type=made_text(place, "string"), format=made_text(place, last))
    return unknown


def _wrapped(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    """A schema that is handed on: JSON as it is written, or a schema of Zod."""
    if call.keywords:
        return json_node(meant.module, as_object(call))
    if not call.args:
        return meant.module.node(call).changed(kind=NodeKind.UNKNOWN)
    inner = program.meant(meant.beside(call.args[0]))
    if isinstance(inner.node, ast.Dict):
        return json_node(inner.module, inner.node)
    return _schema_node(program, inner, depth + 1)


def _refined(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    """A schema after a method of it."""
    func = call.func
    place = meant.module.node(call)
    if not isinstance(func, ast.Attribute):
        return place.changed(kind=NodeKind.UNKNOWN)
    before = _schema_node(program, meant.beside(func.value), depth + 1)
    if func.attr in _SAME:
        return before
    match func.attr:
        case "array":
            return _schema(place, type=made_text(place, "array"), items=before)
        case "or":
            others = [_schema_node(program, meant.beside(each), depth + 1) for each in call.args]
            return _any_of(place, [before, *others])
        case "passthrough" | "loose" | "catchall":
            more = place.changed(kind=NodeKind.BOOLEAN, raw="true")
            return _with(before, "additionalProperties", more)
        case "extend" | "safeExtend" | "setKey":
            return _extended(before, _object(program, meant, call, depth))
        case attribute if attribute in _BOUNDING:
            return _with(before, "pattern", made_text(place, attribute))
        case _:
            return place.changed(kind=NodeKind.UNKNOWN)


def _extended(before: Node, more: Node) -> Node:
    known, added = before.child("properties"), more.child("properties")
    if known is None or added is None:
        return before.changed(kind=NodeKind.UNKNOWN, entries=())
    entries = (*known.entries, *added.entries)
    return _with(before, "properties", known.changed(entries=entries))


def _object(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    place = meant.module.node(call)
    shape = options_of(program, meant.module, call)
    if shape.hidden or not meant.module.affords(len(shape.given)):
        return place.changed(kind=NodeKind.UNKNOWN)
    entries = tuple(
        (made_text(place, name), _schema_node(program, each, depth + 1))
        for name, each in shape.given.items()
    )
    loose = meant.name.endswith("looseObject")
    return _schema(
        place,
        type=made_text(place, "object"),
        properties=place.changed(kind=NodeKind.MAPPING, entries=entries),
        additionalProperties=place.changed(kind=NodeKind.BOOLEAN, raw=str(loose).lower()),
    )


def _string(_: Program, meant: Written, call: ast.Call, __: int) -> Node:
    place = meant.module.node(call)
    return _schema(place, type=made_text(place, "string"))


def _anything(_: Program, meant: Written, call: ast.Call, __: int) -> Node:
    return _schema(meant.module.node(call))


def _custom(_: Program, meant: Written, call: ast.Call, __: int) -> Node:
    """Anything, unless a function of the schema looks at it."""
    place = meant.module.node(call)
    return place.changed(kind=NodeKind.UNKNOWN) if call.args else _schema(place)


def _choice(_: Program, meant: Written, call: ast.Call, __: int) -> Node:
    place = meant.module.node(call)
    return _schema(place, enum=place.changed(kind=NodeKind.SEQUENCE))


def _array(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    place = meant.module.node(call)
    within = list(_given(program, meant, call, depth))
    items = within[0] if within else place.changed(kind=NodeKind.UNKNOWN)
    return _schema(place, type=made_text(place, "array"), items=items)


def _record(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    """Any names with values of one kind: of any kind, it takes any content."""
    place = meant.module.node(call)
    *_, values = [place.changed(kind=NodeKind.UNKNOWN), *_given(program, meant, call, depth)]
    if values.kind is NodeKind.MAPPING and not values.entries:
        values = place.changed(kind=NodeKind.BOOLEAN, raw="true")
    return _schema(place, type=made_text(place, "object"), additionalProperties=values)


def _union(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    """One of several, which stand in a list: the last argument."""
    place = meant.module.node(call)
    listed = program.meant(meant.beside(call.args[-1])) if call.args else None
    if listed is None or not isinstance(listed.node, ast.List):
        return place.changed(kind=NodeKind.UNKNOWN)
    elements = listed.node.elts
    if not listed.module.affords(len(elements)):
        return place.changed(kind=NodeKind.UNKNOWN)
    within = [_schema_node(program, listed.beside(each), depth + 1) for each in elements]
    return _any_of(place, within)


def _optional(program: Program, meant: Written, call: ast.Call, depth: int) -> Node:
    """`z.optional(schema)` is what it wraps."""
    within = list(_given(program, meant, call, depth))
    return within[-1] if within else meant.module.node(call).changed(kind=NodeKind.UNKNOWN)


def _given(program: Program, meant: Written, call: ast.Call, depth: int) -> Iterator[Node]:
    for each in call.args:
        yield _schema_node(program, meant.beside(each), depth + 1)


def _schema(place: Node, **entries: Node) -> Node:
    pairs = tuple((made_text(place, name), node) for name, node in entries.items())
    return place.changed(kind=NodeKind.MAPPING, entries=pairs)


def _any_of(place: Node, schemas: list[Node]) -> Node:
    listed = place.changed(kind=NodeKind.SEQUENCE, elements=tuple(schemas))
    return _schema(place, anyOf=listed)


def _with(schema: Node, name: str, value: Node) -> Node:
    """A schema that says one thing more, or another."""
    if schema.kind is not NodeKind.MAPPING:
        return schema
    kept = tuple(pair for pair in schema.entries if pair[0].raw != name)
    return schema.changed(entries=(*kept, (made_text(value, name), value)))


_READ: Mapping[str, Callable[[Program, Written, ast.Call, int], Node]] = {
    **dict.fromkeys(("object", "strictObject", "looseObject", "interface"), _object),
    "string": _string,
    **dict.fromkeys(("any", "unknown", "instanceof", "json"), _anything),
    "custom": _custom,
    **dict.fromkeys(("enum", "nativeEnum", "literal"), _choice),
    **dict.fromkeys(("array", "set", "tuple"), _array),
    **dict.fromkeys(("record", "map", "partialRecord"), _record),
    **dict.fromkeys(("union", "discriminatedUnion", "xor"), _union),
    **dict.fromkeys(("optional", "nullable", "nullish", "preprocess", "readonly"), _optional),
}
