"""TOML through tomllib, with places found by a scan of the lines, since tomllib has none."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping

from agentaudit.readers.document import Comment, Document, Node, NodeKind
from agentaudit.readers.lines import MAX_DEPTH, MAX_NODES, broken
from agentaudit.readers.routes import with_bounded_routes

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]++|\\.)*+"|'[^']*')"""
_ROUTE = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"^[ \t]*(?P<open>\[\[?)[ \t]*(?P<route>{_ROUTE})[ \t]*\]\]?")
_ASSIGNMENT = re.compile(rf"^[ \t]*(?P<route>{_ROUTE})[ \t]*=[ \t]*(?P<value>.*)$")
_ONE_PART = re.compile(_PART)
_COMMENT = re.compile(r"^(?:[^\"'#]|\"(?:[^\"\\]|\\.)*\"|'[^']*')*#(?P<text>.*)$")
_PROBLEM = re.compile(r" \(at line (?P<line>\d+), column (?P<column>\d+)\)$")

_Route = tuple[str, ...]
_Place = tuple[int, int, int, int]
"""Line and column of the key, column of the value, column of the line's last character."""


def parse_toml(file: str, text: str) -> Document:
    """The document of a TOML text; InputError where it is broken. tomllib refuses equal keys."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _PROBLEM.search(message)
        place = (int(found["line"]), int(found["column"])) if found else (1, 1)
        raise broken(file, *place, _PROBLEM.sub("", message)) from error
    except (RecursionError, ValueError) as error:
        raise broken(file, 1, 1, "this TOML is nested too deep") from error
    _refuse_large(file, values)
    places = dict(_places(text))
    root = _node(values, (), places, (1, 1, 1, 1))
    comments = tuple(_comments(text))
    return with_bounded_routes(
        Document(file=file, syntax="toml", text=text, roots=(root,), comments=comments)
    )


def _places(text: str) -> Iterator[tuple[_Route, _Place]]:
    """Where each key stands, by its route; elements of arrays of tables count from 0."""
    table: _Route = ()
    counts: Counter[_Route] = Counter()
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header is not None:
            table = _inside(_parts(header["route"]), counts)
            column = header.start("route") + 1
            place = (number, column, column, len(line.rstrip()) or 1)
            if header["open"] == "[[":
                counts[table] += 1
                table = (*table, str(counts[table] - 1))
            yield table, place
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment is not None:
            route = (*table, *_parts(assignment["route"]))
            key, value = assignment.start("route") + 1, assignment.start("value") + 1
            yield route, (number, key, value, max(len(line.rstrip()), value))


def _parts(route: str) -> _Route:
    return tuple(part.strip("\"'") for part in _ONE_PART.findall(route))


def _inside(route: _Route, counts: Counter[_Route]) -> _Route:
    """The route with the index of the last element after each array of tables above it."""
    found: _Route = ()
    for position, part in enumerate(route):
        found = (*found, part)
        if counts[found] and position < len(route) - 1:
            found = (*found, str(counts[found] - 1))
    return found


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


def _node(value: object, route: _Route, places: Mapping[_Route, _Place], above: _Place) -> Node:
    place = places.get(route, above)
    line, _, column, end = place
    entries: tuple[tuple[Node, Node], ...] = ()
    elements: tuple[Node, ...] = ()
    if isinstance(value, dict):
        entries = tuple(
            (
                _key(name, places.get((*route, name), place)),
                _node(below, (*route, name), places, place),
            )
            for name, below in value.items()
        )
    elif isinstance(value, list):
        elements = tuple(
            _node(below, (*route, str(index)), places, place) for index, below in enumerate(value)
        )
    return Node(
        kind=_kind(value),
        line=line,
        column=column,
        end_line=line,
        end_column=max(end, column),
        raw=_raw(value),
        entries=entries,
        elements=elements,
    )


def _key(name: str, place: _Place) -> Node:
    line, column, _, _ = place
    end = column + max(len(name), 1) - 1
    return Node(
        kind=NodeKind.STRING, line=line, column=column, end_line=line, end_column=end, raw=name
    )


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


def _comments(text: str) -> Iterator[Comment]:
    for number, line in enumerate(text.split("\n"), start=1):
        found = _COMMENT.match(line)
        if found is not None:
            column = found.start("text")
            yield Comment(line=number, column=column, text=found["text"].strip())
