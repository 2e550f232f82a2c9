"""Deployments that grow: one or two of their pieces, an entry or a block of lines, said again."""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import yaml
from fuzz_inputs import BETWEEN

from agentaudit.readers.syntax import syntax_of

_LONGEST = 100_000
"""Characters of files that are large already."""
_NAME = re.compile(r"[A-Za-z][\w-]*")
_NAMING = re.compile(r"(?:name|id|key|path|arn)$", re.IGNORECASE)

Text = Callable[[int, str], str]
"""A file with a piece of it said so many times, and a text beside it, on the same line."""
Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | None"
Place = tuple[str | int, ...]
Rename = Callable[[Value, int], Value]


@dataclass(frozen=True, slots=True)
class Grown:
    """Files, of which some grow."""

    fixed: Mapping[str, str]
    growing: Mapping[str, Text]
    told: str

    def texts(self, times: int, padding: str = "") -> dict[str, str]:
        """The files with the pieces said so many times."""
        grown = {file: text(times, padding) for file, text in self.growing.items()}
        return {**self.fixed, **grown}


def grow(seed: str, drawn: random.Random) -> Grown | None:
    """The files of a seed, of which one or two pieces grow; None where there is nothing to grow."""
    files = dict(file.partition("\n")[::2] for file in seed.split(BETWEEN)[:8])
    files = {file: text for file, text in files.items() if syntax_of(file) and text.strip()}
    if not files or sum(map(len, files.values())) > _LONGEST:
        return None
    count = drawn.choice((1, 2, 2))
    chosen = drawn.choices(sorted(files), k=count)
    growing: dict[str, Text] = {}
    told = []
    for file in dict.fromkeys(chosen):
        found = _growing(file, files[file], chosen.count(file), drawn)
        if found is not None:
            growing[file], words = found
            told.append(f"{file}: {words}")
    fixed = {file: text for file, text in files.items() if file not in growing}
    return Grown(fixed, growing, "; ".join(told)) if growing else None


def _growing(file: str, text: str, pieces: int, drawn: random.Random) -> tuple[Text, str] | None:
    syntax = syntax_of(file)
    if syntax in ("yaml", "json"):
        return _of_values(syntax, text, pieces, drawn)
    return _of_lines(text, pieces, drawn)


def _of_values(
    syntax: str, text: str, pieces: int, drawn: random.Random
) -> tuple[Text, str] | None:
    write = _yaml if syntax == "yaml" else _json
    try:
        read = list(yaml.safe_load_all(text)) if syntax == "yaml" else [json.loads(text)]
        roots = json.loads(json.dumps(read, default=str))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        return None
    places = [place for place in _places(roots) if syntax == "yaml" or len(place) > 1]
    if not places:
        return None
    picked = sorted(drawn.choices(places, k=pieces), key=len, reverse=True)
    if pieces > 1 and picked[0][: len(picked[-1])] == picked[-1]:
        return None
    renames = [drawn.choice((_same, _names, _words)) for _ in picked]

    def at(times: int, padding: str) -> str:
        grown = roots
        for place, rename in zip(picked, renames, strict=True):
            grown = _repeated(grown, place, times, rename)
        return write([_padded(grown[0], padding), *grown[1:]] if padding else grown)

    told = " and ".join(
        f"{'.'.join(map(str, place))} (other {rename.__name__.strip('_')})"
        for place, rename in zip(picked, renames, strict=True)
    )
    return at, told


def _padded(root: Value, padding: str) -> Value:
    if isinstance(root, dict):
        return {"x-padding": padding, **root}
    return [padding, *root] if isinstance(root, list) else root


def _yaml(roots: Sequence[Value]) -> str:
    """YAML is read as its superset of JSON, which is written faster."""
    return "".join(f"---\n{json.dumps(root, default=str)}\n" for root in roots)


def _json(roots: Sequence[Value]) -> str:
    return json.dumps(roots[0])


def _places(value: Value, place: Place = ()) -> Iterator[Place]:
    """Every entry and every element, by the way to it."""
    items: Iterable[tuple[str | int, Value]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*place, key)
        yield from _places(inner, (*place, key))


def _repeated(value: Value, place: Place, times: int, rename: Rename) -> Value:
    """The value with what stands at a place in it said so many times more."""
    key, *rest = place
    if isinstance(value, dict):
        name, inner = str(key), value[str(key)]
        if rest:
            return {**value, name: _repeated(inner, tuple(rest), times, rename)}
        return {**value, **{f"{name}{at}": rename(inner, at) for at in range(times)}}
    if not isinstance(value, list) or not isinstance(key, int):
        return value
    inner = value[key]
    more = [rename(inner, at) for at in range(times)] if not rest else []
    own = _repeated(inner, tuple(rest), times, rename) if rest else inner
    return [*value[:key], own, *more, *value[key + 1 :]]


def _same(value: Value, _: int) -> Value:
    return value


def _names(value: Value, number: int) -> Value:
    """Whatever is called something is called something else."""
    return _renamed(value, number, "name", _NAMING.search)


def _words(value: Value, number: int) -> Value:
    """Every word is another."""
    return _renamed(value, number, "", lambda _: True)


def _renamed(value: Value, number: int, key: str, wanted: Callable[[str], object]) -> Value:
    if isinstance(value, dict):
        return {name: _renamed(inner, number, name, wanted) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, number, "", wanted) for inner in value]
    if isinstance(value, str) and _NAME.fullmatch(value) and wanted(key):
        return f"{value}{number}"
    return value


def _of_lines(text: str, pieces: int, drawn: random.Random) -> tuple[Text, str] | None:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.strip()]
    blocks = []
    for start in drawn.choices(starts, k=pieces):
        end = _end_of_block(lines, start)
        words = _NAME.findall(lines[start])
        word = drawn.choice(["", *words]) if words else ""
        blocks.append((start, end, word))
    blocks.sort(reverse=True)
    if pieces > 1 and blocks[-1][1] > blocks[0][0]:
        return None

    def at(times: int, _: str) -> str:
        grown = lines
        for start, end, word in blocks:
            block = "\n".join(grown[start:end])
            renamed = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])") if word else None
            more = [
                renamed.sub(f"{word}{number}", block) if renamed else block
                for number in range(times)
            ]
            grown = [*grown[:end], *more, *grown[end:]]
        return "\n".join(grown)

    told = " and ".join(f"line {start + 1} to {end}, other {word!r}" for start, end, word in blocks)
    return at, told


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """Behind a line, all that is indented more, and the bracket that ends it."""

    def indent(line: str) -> int:
        return len(line) - len(line.lstrip())

    end, outer = start + 1, indent(lines[start])
    while end < len(lines) and (not lines[end].strip() or indent(lines[end]) > outer):
        end += 1
    if end < len(lines) and indent(lines[end]) == outer and lines[end].lstrip()[:1] in tuple(")]}"):
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end
