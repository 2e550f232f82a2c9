"""
What names of packages and short paths mean in a repository of TypeScript or JavaScript.

A package of the repository's own is imported by its name (`workspaces` of npm, Yarn and Bun,
`pnpm-workspace.yaml`): its `package.json` says so, and which file it gives. Short paths stand in
`paths` of a `tsconfig.json` (https://www.typescriptlang.org/tsconfig/#paths) and, with a `#`, in
`imports` of a `package.json` (https://nodejs.org/api/packages.html#imports).
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct, field

from agentaudit.errors import InputError
from agentaudit.expressions import regex
from agentaudit.model.evidence import Truth
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.jsonc import parse_json

_MANIFEST = "package.json"
_LOCKS = frozenset({"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml"})
_DEPENDED = ("dependencies", "devDependencies", "optionalDependencies")
_PROGRAMS_OF = {"playwright": "@playwright/test"}
"""Programs that a package of another name brings along, in its own version."""
_EXACT = regex(r"v?\d+\.\d+\.\d[\w.+-]*|(?:workspace|file|link|portal):.*")
_SETTINGS = regex(r"(?:^|/)(?:ts|js)config[^/]*\.json$")
_MAIN = ("source", "module", "main", "types", "exports")
_ENDING = regex(r"\.(?:d\.)?(?:[mc]?[jt]s|[jt]sx)$")
_BUILT = regex(r"(^|/)(?:dist|build|lib|out)/")
"""Where what is built goes, whose source lies in `src`."""
_LARGEST = 100_000
_MOST = 500
"""Packages, and short paths of one file: what has more of them is an attack on the reader."""
_FEW = 20
"""Files that one of them means, and those that begin alike."""
_LONGEST = 256
"""Characters of a path."""
_DEEPEST = 5
_HIGHEST = 50


_Patterns = Mapping[str, Sequence[tuple[str, Sequence[str]]]]
"""Patterns of paths and the files they mean, by what stands before their star."""


class _Package(Struct, frozen=True):
    folder: str
    gives: _Patterns
    """Of paths below its name, `.` of itself."""


class Packages(Struct, frozen=True, eq=False):
    """The packages of a repository by their names, and its short paths by the folder of each."""

    named: Mapping[str, _Package] = field(default_factory=dict)
    short: Mapping[str, _Patterns] = field(default_factory=dict)
    manifests: Mapping[str, SourceText] = field(default_factory=dict)
    """By folder, unread: few are asked for."""
    locked: frozenset[str] = frozenset()
    """Folders in which a file says which version of each package is installed."""

    def script(self, folder: str, name: str) -> str:
        """What a package runs under a name: of `npm run start` that of `start`."""
        manifest = self.manifests.get(folder)
        root = _root(manifest) if manifest is not None else None
        return root.text_at("scripts", name)[:_LARGEST] if root is not None else ""

    def installed(self, folder: str, name: str) -> Truth:
        """
        Whether a project has a package in one version; NO where it does not depend on it.

        The given folder is asked first, then those above it. Of a range only a lock says which
        version it is, and not every lock is read.
        """
        for _ in range(_HIGHEST):
            manifest = self.manifests.get(folder)
            root = _root(manifest) if manifest is not None else None
            wanted = _wanted(root, name) if root is not None else ""
            if wanted:
                fixed = folder in self.locked or _EXACT.fullmatch(wanted) is not None
                return Truth.YES if fixed else Truth.UNKNOWN
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        return Truth.NO

    def names_any(self, folder: str, names: Iterable[str]) -> bool:
        """Whether a manifest in a folder, or above it, names one of some packages."""
        quoted = [f'"{name}"' for name in names]
        for _ in range(_HIGHEST):
            manifest = self.manifests.get(folder)
            if manifest is not None and any(each in manifest.text for each in quoted):
                return True
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        return False

    def paths(self, file: str, source: str) -> Iterator[str]:
        """Where what a file imports may lie, without the ending of its file."""
        if len(source) > _LONGEST:
            return
        folder, _, _ = file.rpartition("/")
        for _ in range(_HIGHEST if self.short else 0):
            if folder in self.short:
                targets = islice(_meant(self.short[folder], source), _FEW)
                yield from (_joined(folder, target) for target in targets)
            if not folder:
                break
            folder, _, _ = folder.rpartition("/")
        parts = source.split("/")
        count = 2 if source.startswith("@") else 1
        package = self.named.get("/".join(parts[:count]))
        if package is not None:
            yield from _below(package, "/".join(parts[count:]))


def manifests_in(sources: Sequence[SourceText]) -> Packages:
    """The files of a repository that say which packages it depends on, and which it has."""
    manifests, locked = list[SourceText](), set[str]()
    for source in sources:
        folder, _, name = source.file.rpartition("/")
        if name == _MANIFEST:
            manifests.append(source)
        elif name in _LOCKS:
            locked.add(folder)
    by_folder = {each.file.rpartition("/")[0]: each for each in islice(manifests, _MOST)}
    return Packages(manifests=by_folder, locked=frozenset(locked))


def packages_in(sources: Sequence[SourceText]) -> Packages:
    """What the files of a repository say of its packages and short paths."""
    found = manifests_in(sources)
    manifests, settings = [], []
    for source in sources:
        if source.file.rpartition("/")[2] == _MANIFEST:
            manifests.append(source)
        elif _SETTINGS.search(source.file) and '"paths"' in source.text:
            settings.append(source)
    named = manifests if len(manifests) > 1 else []  # one alone is nobody's workspace
    short = [pair for each in islice(settings, _MOST) for pair in _short_paths(each)]
    short += [pair for each in islice(manifests, _MOST) for pair in _own_names(each)]
    return Packages(
        dict(pair for each in islice(named, _MOST) for pair in _package(each)),
        _by_folder(short),
        found.manifests,
        found.locked,
    )


def _root(source: SourceText) -> Node | None:
    """What a file says; nothing where it cannot be read, which leaves what it names open."""
    if len(source.text) > _LARGEST:
        return None
    try:
        return parse_json(source.file, source.text).root
    except InputError:
        return None


def _wanted(root: Node, name: str) -> str:
    """The version of a package that a project depends on, as it writes it."""
    names = (name, _PROGRAMS_OF.get(name, name))
    return next(
        filter(None, (root.text_at(kind, each) for kind in _DEPENDED for each in names)), ""
    )


def _package(source: SourceText) -> Iterator[tuple[str, _Package]]:
    root = _root(source)
    name = root.text_at("name") if root is not None else ""
    if root is None or not name:
        return
    gives: dict[str, list[str]] = {}
    for key in _MAIN:
        value = root.child(key)
        if key == "exports" and value is not None and value.kind is NodeKind.MAPPING:
            for path, inner in islice(value.items(), _MOST):
                below = path.removeprefix("./") if path.startswith("./") else "."
                gives.setdefault(below, []).extend(_files(inner, 0))
        elif value is not None:
            gives.setdefault(".", []).extend(_files(value, 0))
    yield name, _Package(source.file.rpartition("/")[0], _by_beginning(gives.items()))


def _files(value: Node, depth: int) -> Iterator[str]:
    """The files that an entry names, under any condition."""
    if value.kind is NodeKind.STRING and value.text:
        yield value.text
    elif value.kind is NodeKind.MAPPING and depth < _DEEPEST:
        for _, inner in islice(value.items(), _MOST):
            yield from _files(inner, depth + 1)


def _short_paths(source: SourceText) -> Iterator[tuple[str, _Patterns]]:
    root = _root(source)
    options = root.child("compilerOptions") if root is not None else None
    paths = options.child("paths") if options is not None else None
    if options is None or paths is None:
        return
    base = options.text_at("baseUrl")
    pairs = (
        (pattern, [posixpath.join(base, target) for target in islice(targets.texts(), _FEW)])
        for pattern, targets in paths.items()
    )
    yield source.file.rpartition("/")[0], _by_beginning(pairs)


def _own_names(source: SourceText) -> Iterator[tuple[str, _Patterns]]:
    """What a package calls its own files by names that begin with a `#`."""
    root = _root(source) if '"imports"' in source.text else None
    names = root.child("imports") if root is not None else None
    if names is not None:
        pairs = ((name, _with_sources(_files(value, 0))) for name, value in names.items())
        yield source.file.rpartition("/")[0], _by_beginning(pairs)


def _with_sources(files: Iterable[str]) -> Iterator[str]:
    for file in files:
        yield file
        if _BUILT.search(file):
            yield _BUILT.sub(r"\1src/", file, count=1)


def _by_folder(found: Iterable[tuple[str, _Patterns]]) -> Mapping[str, _Patterns]:
    """Those of a folder in one; of patterns that begin alike the last are kept."""
    patterns: dict[str, dict[str, Sequence[tuple[str, Sequence[str]]]]] = {}
    for folder, each in found:
        patterns.setdefault(folder, {}).update(each)
    return patterns


def _by_beginning(pairs: Iterable[tuple[str, Iterable[str]]]) -> _Patterns:
    found: dict[str, list[tuple[str, Sequence[str]]]] = {}
    for pattern, targets in islice(pairs, _MOST):
        alike = found.setdefault(pattern.partition("*")[0], [])
        if len(alike) < _FEW:
            short = (target for target in targets if len(target) <= _LONGEST)
            alike.append((pattern, tuple(islice(short, _FEW))))
    return found


def _meant(patterns: _Patterns, path: str) -> Iterator[str]:
    """The files that a path means, by the pattern that it has most in common with first."""
    for length in range(len(path), -1, -1):
        for pattern, targets in patterns.get(path[:length], ()):
            rest = _rest(pattern, path)
            if rest is not None:
                yield from (target.replace("*", rest, 1) for target in targets)


def _rest(pattern: str, source: str) -> str | None:
    """What the star of a pattern stands for in a path; None where it does not match."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if source == pattern else None
    matches = source.startswith(before) and source.endswith(after)
    return source[len(before) : len(source) - len(after)] if matches else None


def _below(package: _Package, rest: str) -> Iterator[str]:
    """Where a path below a package's name may lead: as its manifest has it, or as it is usual."""
    for target in islice(_meant(package.gives, rest or "."), _FEW):
        file = _joined(package.folder, target)
        yield file
        yield _BUILT.sub(r"\1src/", file, count=1)
    for inner in ("src", ""):
        yield _joined(package.folder, posixpath.join(inner, rest or "index"))


def _joined(folder: str, path: str) -> str:
    return _ENDING.sub("", posixpath.normpath(posixpath.join(folder, path)))
