"""
What a tool in Python takes by a schema that it names: a class of Pydantic, or a dictionary.

A dictionary is a JSON Schema, or types by the names of parameters: the third argument of Claude's
`tool`. What a validator of the class looks at is not any text, and not any content.
"""

import ast
from collections.abc import Iterable, Iterator

from agentaudit.errors import InputError
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.python.annotations import (
    checks,
    takes_any_content,
    takes_any_text,
    takes_anything,
)
from agentaudit.extract.schemas import (
    FREE_FORM,
    Taken,
    taken_by,
    taken_by_properties,
    taken_of,
)
from agentaudit.model.evidence import Truth
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.jsonc import parse_json

_DEEPEST = 20
_OF_MODELS = frozenset({"model_json_schema", "schema"})
_VALIDATORS = frozenset({"field_validator", "validator"})
_OF_ALL = frozenset({"model_validator", "root_validator"})


def schema_in(module: Module, given: ast.expr) -> Taken | None:
    """What a schema lets through; None of one that stands elsewhere, or is put together."""
    written = module.meant(given)
    if isinstance(written, ast.Dict):
        return _of_dictionary(module, written)
    properties = _properties(module, written)
    if properties is not None:
        return taken_by_properties(properties)
    if isinstance(written, ast.Call) and isinstance(written.func, ast.Attribute):
        written = written.func.value if written.func.attr in _OF_MODELS else written
    name = written.id if isinstance(written, ast.Name) else ""
    defined = module.classes.get(name)
    return _of_class(module, defined) if defined is not None else None


def _properties(module: Module, written: ast.expr) -> Node | None:
    """The properties of a tool of Azure Functions, which are a text of JSON, or dumped into one."""
    if isinstance(written, ast.Call) and module.dotted(written.func) == "json.dumps":
        listed = json_node(module, written.args[0]) if written.args else None
        return listed if listed is not None and listed.kind is NodeKind.SEQUENCE else None
    text = module.text(written) if isinstance(written, ast.Constant) else ""
    try:
        return parse_json(module.document.file, text).root if text.startswith("[") else None
    except InputError:
        return None


def _of_dictionary(module: Module, written: ast.Dict) -> Taken | None:
    if None in written.keys:
        return None
    keys = dict(written_keys(module, written))
    inner = keys.get("json")
    if isinstance(inner, ast.Dict):  # as Bedrock and Strands wrap it
        return _of_dictionary(module, inner)
    if "properties" in keys or module.text(keys.get("type")):
        return taken_by(json_node(module, written))
    if all(isinstance(value, ast.Dict) for value in keys.values()):  # smolagents
        return taken_of((name, json_node(module, value)) for name, value in keys.items())
    return taken_by_types(module, keys.items())


def json_node(module: Module, written: ast.expr, depth: int = 0) -> Node:
    """A literal of Python as JSON would have it; what does not fold is unknown."""
    place = module.node(written)
    meant = module.meant(written)
    if isinstance(meant, ast.Dict) and depth < _DEEPEST and None not in meant.keys:
        entries = tuple(
            (place.changed(raw=name), json_node(module, value, depth + 1))
            for name, value in written_keys(module, meant)
        )
        return place.changed(kind=NodeKind.MAPPING, entries=entries)
    if isinstance(meant, ast.List | ast.Tuple) and depth < _DEEPEST:
        elements = tuple(json_node(module, each, depth + 1) for each in meant.elts)
        return place.changed(kind=NodeKind.SEQUENCE, elements=elements)
    match module.value(meant):
        case bool(truth):
            return place.changed(kind=NodeKind.BOOLEAN, raw=str(truth).lower())
        case str(text):
            return place.changed(kind=NodeKind.STRING, raw=text)
        case int() | float() as number:
            return place.changed(kind=NodeKind.NUMBER, raw=str(number))
        case None:
            return place.changed(kind=NodeKind.NULL)
        case _:
            return place.changed(kind=NodeKind.UNKNOWN)


def _of_class(module: Module, defined: ast.ClassDef) -> Taken | None:
    """What a class of fields takes; None where a class that it is made from says more."""
    if any(isinstance(base, ast.Name) and base.id in module.classes for base in defined.bases):
        return None
    if not module.affords(len(defined.body)):
        return None
    looked_at = set(_looked_at(module, defined))
    fields = [
        (member.target.id, member.annotation)
        for member in defined.body
        if isinstance(member, ast.AnnAssign)
        and isinstance(member.target, ast.Name)
        and not _checked(module, member.value)
        and not {member.target.id, "*"} & looked_at
    ]
    return taken_by_types(module, fields)


def taken_by_types(module: Module, fields: Iterable[tuple[str, ast.expr | None]]) -> Taken:
    """What parameters let through, by the type of each; one without a type takes anything."""
    found = tuple(fields)
    loose = any(takes_anything(module, annotation) for _, annotation in found)
    return Taken(
        typed=Truth.NO if loose else Truth.YES,
        free_form=tuple(
            name
            for name, annotation in found
            if FREE_FORM.match(name) and takes_any_text(module, annotation)
        ),
        any_content=tuple(
            name for name, annotation in found if takes_any_content(module, annotation)
        ),
    )


def _checked(module: Module, value: ast.expr | None) -> bool:
    """Whether what describes a field refuses some values: `Field(pattern=…)`."""
    if not isinstance(value, ast.Call) or module.dotted(value).rpartition(".")[2] != "Field":
        return False
    return checks(module, value)


def _looked_at(module: Module, defined: ast.ClassDef) -> Iterator[str]:
    """The fields that validators of a class look at; `*` for all of them."""
    for member in defined.body:
        for decorator in member.decorator_list if isinstance(member, FunctionDef) else ():
            name = module.dotted(decorator).rpartition(".")[2]
            if name in _OF_ALL:
                yield "*"
            elif name in _VALIDATORS and isinstance(decorator, ast.Call):
                yield from map(module.text, decorator.args)
