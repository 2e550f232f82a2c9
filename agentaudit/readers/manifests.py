"""
Manifests, in which programs name what they depend on: which libraries for agents stand there.

Of Go, Maven, Gradle, sbt, NuGet, RubyGems, Hex and Swift; those of Cargo, Composer and Dart, and
Gradle's catalogs, are TOML, JSON and YAML. Nothing is resolved. What only tests depend on is left
out, what dependencies depend on, and lists of versions (`-bom`).

Sources: "Go Modules Reference"; Maven's "POM Reference"; Gradle's "Declaring Dependencies" and
"Version Catalogs"; "PackageReference in project files"; Bundler's "gemfile" and RubyGems'
"Specification Reference"; Mix's "deps"; Swift's "PackageDescription"; "The Cargo Book"; Composer's
"The composer.json schema"; "sbt by example"; Dart's "The pubspec file".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.expressions import regex
from agentaudit.readers.cdk import TESTS
from agentaudit.readers.document import Document, Node
from agentaudit.readers.libraries import Library, Registry
from agentaudit.readers.lines import MAX_WRITTEN
from agentaudit.readers.one_text import searched_text
from agentaudit.readers.registries import (
    CARGO,
    GEMS,
    GO,
    HEX,
    MAVEN,
    NUGET,
    PACKAGIST,
    PUB,
    SCALA,
    SWIFT,
)
from agentaudit.readers.token_forms import holds_token

_Place = tuple[str, int, int]
"""A package, and the line and column in which a manifest names it."""


class Dependency(Struct, frozen=True):
    """A library for agents on which programs depend, and where that is said."""

    library: Library
    language: str
    line: int
    column: int


class _Form(Struct, frozen=True):
    """How a line names a package, in one group or in its two parts; and which lines count not."""

    registry: Registry
    names: tuple[re.Pattern[str], ...]
    left_out: re.Pattern[str]
    tested: re.Pattern[str] | None = None
    """How a block of what only tests or developers need begins, which Ruby closes with `end`."""


_GRADLE = _Form(
    MAVEN,
    (
        regex(r"""["']([\w.-]{2,100}:[\w.-]{1,100})(?::[^"'\n]{0,100})?["']"""),
        regex(
            r"""\bgroup\s{0,3}[:=]\s{0,3}["']([\w.-]{2,100})["']\s{0,3},\s{0,3}"""
            r"""name\s{0,3}[:=]\s{0,3}["']([\w.-]{1,100})["']"""
        ),
    ),
    left_out=regex(r"""\s*(?://|\*|["']?\w{0,60}[tT]est\w{0,60}["']?\s?[\s(])"""),
)
_GROUP = r":(?:test|development)\b"
_RUBY = _Form(
    GEMS,
    (
        regex(
            r"""^\s*(?:gem|\w{1,60}\.add(?:_runtime)?_dependency)[ \t(]{1,4}["']([\w.-]{1,100})"""
        ),
    ),
    left_out=regex(
        rf"\s*#|[^#\n]*\bgroups?(?::|\s{{0,3}}=>)\s{{0,3}}"
        rf"(?:{_GROUP}|\[\s{{0,3}}{_GROUP}(?:\s{{0,3}},\s{{0,3}}{_GROUP}){{0,3}}\s{{0,3}}\])"
    ),
    tested=regex(
        rf"\s*group[\s(]{{1,3}}{_GROUP}(?:\s{{0,3}},\s{{0,3}}{_GROUP}){{0,3}}\)?\s{{1,3}}do\s*(?:#|$)"
    ),
)
_BEGINS = regex(r"\s*(?:if|unless|case|begin)\b|[^#\n]*\bdo\s*(?:\|[^|\n]*\|\s*)?(?:#|$)")
_ENDS = regex(r"\s*end\b")
_FORMS: Mapping[str, _Form] = {
    "go.mod": _Form(
        GO,
        (regex(r"^\s*(?:require\s{1,9})?([\w.~-]{1,100}(?:/[\w.~-]{1,100}){1,9})\s{1,9}v\d"),),
        left_out=regex(r"(?:[^/\n]|/(?!/))*+//\s*indirect\b|.*=>"),
    ),
    ".gradle": _GRADLE,
    ".gradle.kts": _GRADLE,
    "build.sbt": _Form(
        SCALA,
        (regex(r"""["']([\w.-]{2,100})["']\s{0,3}%{1,3}\s{0,3}["']([\w.-]{1,100})["']"""),),
        left_out=regex(r"""\s*//|.*%\s{0,3}["']?[Tt]est\b"""),
    ),
    "Gemfile": _RUBY,
    ".gemspec": _RUBY,
    "mix.exs": _Form(
        HEX,
        (regex(r"\{\s{0,9}:([a-z]\w{0,60})\s{0,9},"),),
        left_out=regex(r"\s*#|(?!.*:prod\b).*\bonly:"),
    ),
    "Package.swift": _Form(
        SWIFT,
        (regex(r"""\burl\s{0,3}:\s{0,3}"[^"]{0,20}\bgithub\.com[/:]([\w-]{1,60}/[\w-]{1,100})"""),),
        left_out=regex(r"\s*//"),
    ),
}
"""By the ends of names."""
_PROJECTS = (
    "pom.xml",
    *(".csproj", ".fsproj", ".vbproj", "Directory.Build.props", "Directory.Packages.props"),
)
"""Manifests in XML, the first of Maven and the others of NuGet."""
_CARGO, _CATALOG = "Cargo.toml", ".versions.toml"
_COMPOSER, _PUBSPEC = "composer.json", "pubspec.yaml"
_TREES: Mapping[str, Registry] = {
    _CARGO: CARGO,
    _CATALOG: MAVEN,
    _COMPOSER: PACKAGIST,
    _PUBSPEC: PUB,
}
MANIFESTS = (*_FORMS, *_PROJECTS)
"""Of a syntax of their own: names, or what stands at their ends behind a dot."""
_EVERY = (*MANIFESTS, *_TREES)
_LISTS = ("-bom", "-dependencies", "-parent")
"""Packages of Maven that hold versions, and no program."""


def is_manifest(file: str) -> bool:
    """Whether a file names what programs depend on, by its own name: no template of one does."""
    return file.endswith(_EVERY)


def depends_on_agents(file: str, text: str) -> bool:
    """Whether a manifest names a library for agents, or cannot be read and may; or has a key."""
    if holds_token(text):
        return True
    if not is_manifest(file) or not _registry_of(file).may_know(text):
        return False
    try:
        return len(text) > MAX_WRITTEN or any(dependencies_in(file, text))
    except InputError:
        return True


def may_depend_on_agents(file: str, text: str) -> bool:
    """The same of a manifest in TOML, JSON or YAML, by words alone; no of every other file."""
    ending = next(filter(file.endswith, _TREES), "")
    return ending != "" and _TREES[ending].may_know(text)


def parse_manifest(file: str, text: str) -> Document:
    """The text alone, which is searched; InputError where it is XML and broken."""
    if file.endswith(_PROJECTS):
        _named_in_project(file, text)
    return searched_text(file, "manifest", text)


def dependencies_in(file: str, text: str) -> Iterator[Dependency]:
    """The libraries for agents that a manifest names in its own syntax, each where it is first."""
    if TESTS.search(file) or not is_manifest(file):
        return
    named = _named_in_project if file.endswith(_PROJECTS) else _named_in_lines
    yield from _known(_registry_of(file), named(file, text))


def dependencies_of(document: Document) -> Iterator[Dependency]:
    """The same of a manifest in TOML, JSON or YAML; nothing of other documents."""
    ending = next(filter(document.file.endswith, _TREES), "")
    if ending and not TESTS.search(document.file):
        yield from _known(_TREES[ending], _NAMED_IN_TREES[ending](document.root))


def _known(registry: Registry, named: Iterable[_Place]) -> Iterator[Dependency]:
    told: set[str] = set()
    for package, line, column in named:
        library = registry.find(package) if not package.endswith(_LISTS) else None
        if library is not None and library.name not in told:
            told.add(library.name)
            yield Dependency(library, registry.language, line, column)


def _registry_of(file: str) -> Registry:
    if file.endswith(_PROJECTS):
        return MAVEN if file.endswith("pom.xml") else NUGET
    return _form_of(file).registry


def _form_of(file: str) -> _Form:
    return _FORMS[next(filter(file.endswith, _FORMS))]


def _named_in_project(file: str, text: str) -> Iterable[_Place]:
    from agentaudit.readers.project_xml import packages_of_maven, packages_of_nuget

    return (packages_of_maven if file.endswith("pom.xml") else packages_of_nuget)(file, text)


def _named_in_lines(file: str, text: str) -> Iterator[_Place]:
    form = _form_of(file)
    for number, line in _deployed_lines(form, text):
        found = [match for names in form.names for match in names.finditer(line)]
        if found and form.left_out.match(line) is None:
            yield from ((":".join(each.groups()), number, each.start(1) + 1) for each in found)


def _deployed_lines(form: _Form, text: str) -> Iterator[tuple[int, str]]:
    """Those outside of blocks for tests; a block that does not end leaves nothing out."""
    lines = enumerate(text.split("\n"), start=1)
    if form.tested is None:
        yield from lines
        return
    depth, held = 0, list[tuple[int, str]]()
    for number, line in lines:
        if depth == 0 and form.tested.match(line) is None:
            yield number, line
            continue
        held.append((number, line))
        depth += _BEGINS.match(line) is not None
        depth -= _ENDS.match(line) is not None
        if depth == 0:
            held.clear()
    yield from held


def _crates(root: Node) -> Iterator[_Place]:
    """Of Cargo: what a crate or all crates of a workspace depend on, for one target or for all."""
    targets = root.child("target")
    tables = (root, root.child("workspace"), *_values(targets))
    for table in tables:
        listed = table.child("dependencies") if table is not None else None
        for key, value in listed.entries if listed is not None else ():
            yield value.text_at("package") or key.raw, key.line, key.column


def _catalogued(root: Node) -> Iterator[_Place]:
    """Of a catalog of Gradle, in each of its three forms."""
    libraries = root.child("libraries")
    for key, value in libraries.entries if libraries is not None else ():
        module = value.text_at("module") or f"{value.text_at('group')}:{value.text_at('name')}"
        named = value.raw.rpartition(":")[0] if value.text is not None else module
        yield named, key.line, key.column


def _listed(under: str, root: Node) -> Iterator[_Place]:
    """Of Composer and Dart: the names under one key."""
    listed = root.child(under)
    for key, _ in listed.entries if listed is not None else ():
        yield key.raw, key.line, key.column


def _values(node: Node | None) -> Iterator[Node]:
    yield from (value for _, value in node.entries) if node is not None else ()


_NAMED_IN_TREES: Mapping[str, Callable[[Node], Iterator[_Place]]] = {
    _CARGO: _crates,
    _CATALOG: _catalogued,
    _COMPOSER: partial(_listed, "require"),
    _PUBSPEC: partial(_listed, "dependencies"),
}
