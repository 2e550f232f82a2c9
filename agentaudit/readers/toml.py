"""TOML through tomllib, with places found by a second reading, since tomllib has none."""

import re
import tomllib

from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import MAX_DEPTH, MAX_NODES, broken
from agentaudit.readers.places import Place, node_at
from agentaudit.readers.routes import with_bounded_routes
from agentaudit.readers.toml_places import Places, Route

_PROBLEM = re.compile(r" \(at line (?P<line>\d+), column (?P<column>\d+)\)$")
_AGAIN = ("Cannot ", "Duplicate ")
_TWICE = "a key or a table stands here twice"
"""Of these tomllib repeats the key, which may be a secret."""


def parse_toml(file: str, text: str) -> Document:
    """The document of a TOML text; InputError where it is broken. tomllib refuses equal keys."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _PROBLEM.search(message)
        place = (int(found["line"]), int(found["column"])) if found else (1, 1)
        message = _PROBLEM.sub("", message)
        said = _TWICE if message.startswith(_AGAIN) else message
        raise broken(file, *place, said) from error
    except RecursionError as error:
        raise broken(file, 1, 1, "this TOML is nested too deep") from error
    except ValueError as error:
        raise broken(file, 1, 1, "a number is too long for TOML") from error
    _refuse_large(file, values)
    places = Places(file, text)
    root = _node(values, (), places, Place(1, 1, 1, 1))
    return with_bounded_routes(
        Document(
            file=file,
            syntax="toml",
            text=text,
            roots=(root,),
            comments=tuple(places.comments),
        )
    )


def _refuse_large(file: str, values: object) -> None:
    """InputError where there are too many values, or they are nested too deep."""
    waiting, seen = [(values, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if isinstance(value, dict | list):
            below = value.values() if isinstance(value, dict) else value
            waiting.extend((item, depth + 1) for item in below)
            depth += 1
        if depth > MAX_DEPTH:
            raise broken(file, 1, 1, f"nested deeper than {MAX_DEPTH}")
        if seen > MAX_NODES:
            raise broken(file, 1, 1, f"more than {MAX_NODES:,} nodes")


def _node(value: object, route: Route, places: Places, around: Place) -> Node:
    place = places.values.get(route, around)
    entries: tuple[tuple[Node, Node], ...] = ()
    elements: tuple[Node, ...] = ()
    if isinstance(value, dict):
        entries = tuple(
            (
                node_at(places.keys.get((*route, name), place), NodeKind.STRING, raw=name),
                _node(below, (*route, name), places, place),
            )
            for name, below in value.items()
        )
    elif isinstance(value, list):
        elements = tuple(
            _node(below, (*route, str(index)), places, place) for index, below in enumerate(value)
        )
    return node_at(place, _kind(value), raw=_raw(value), entries=entries, elements=elements)


def _kind(value: object) -> NodeKind:
    match value:
        case dict():
            return NodeKind.MAPPING
        case list():
            return NodeKind.SEQUENCE
        case bool():
            return NodeKind.BOOLEAN
        case int() | float():
            return NodeKind.NUMBER
        case _:
            return NodeKind.STRING


def _raw(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if isinstance(value, dict | list) else str(value)
