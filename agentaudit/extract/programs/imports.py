"""
Where imported names come from, followed through the files of the audited repository.

A name that the repository defines itself begins with a dot, and so is never taken for a library's.
"""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.trees import empty_trees, modules_in

_LONGEST = 20
"""Re-exports of re-exports; a longer chain is a circle, or nobody's."""


def modules(documents: Documents) -> Mapping[str, Module]:
    """The modules of all Python documents by file; their imports name where things are defined."""
    return documents.once(_every_module)


def packages(module: Module) -> frozenset[str]:
    """The packages that a module imports something of, by the first words of their names."""
    return frozenset(path.partition(".")[0] for path in module.imports.values())


def let_go(documents: Documents) -> None:
    """Lets go of all modules and their trees."""
    documents.close(_every_module)
    empty_trees(documents, "python")


def defined_at(modules: Mapping[str, Module], file: str, path: str) -> tuple[str, str]:
    """The file that defines what a full name means in a file, and how it is called there."""
    if path.startswith("."):
        parent, _, name = path.lstrip(".").rpartition(".")
        target = file_of(modules, file, 0, parent)
        if target is not None:
            return target, name
    return file, path


def module_defining(documents: Documents, module: Module, path: str) -> tuple[Module, str]:
    """The module that defines what a full name means in one, and how it is called there."""
    known = modules(documents)
    file, name = defined_at(known, module.document.file, path)
    return known.get(file, module), name


def imported_files(documents: Documents) -> Mapping[str, frozenset[str]]:
    """Every Python file with those of the repository that it imports, or takes names from."""
    known = modules(documents)
    return {file: frozenset(_files_of(known, file)) for file in known}


def _files_of(known: Mapping[str, Module], file: str) -> Iterator[str]:
    own = {path for path in known[file].imports.values() if path.startswith(".")}
    return (defined_at(known, file, each)[0] for path in own for each in (path, f"{path}."))


def _every_module(documents: Documents) -> Mapping[str, Module]:
    modules = modules_in(documents, "python")
    origins = _Origins(modules)
    return {file: _resolved(origins, file, module) for file, module in modules.items()}


class _Origins(Struct):
    """Where the names of all modules come from, each followed once."""

    modules: Mapping[str, Module]
    _followed: dict[tuple[str, str], str] = field(default_factory=dict)
    _passed_on: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, file: str, path: str, length: int = 0) -> str:
        """The full name of what a file imports by a path; the path, where nobody here knows it."""
        if length > _LONGEST:
            return path
        if (file, path) not in self._followed:
            self._followed[file, path] = path  # what leads back here comes from nowhere
            self._followed[file, path] = self._origin(file, path, length + 1)
        return self._followed[file, path]

    def passed_on(self, file: str) -> Mapping[str, str]:
        """The names that a module imports and so passes on, with their origins."""
        if file not in self._passed_on:
            given = self.modules[file].imports.items()
            self._passed_on[file] = {
                name: self._from_anywhere(file, self.of(file, path)) for name, path in given
            }
        return self._passed_on[file]

    def _origin(self, file: str, path: str, length: int) -> str:
        level, rest = _import(path)
        parent, _, name = rest.rpartition(".")
        target = file_of(self.modules, file, level, parent)
        if target is None:
            return path
        module = self.modules[target]
        if name in module.imports:
            return self._from_anywhere(target, self.of(target, module.imports[name], length))
        if name in module.defined:
            return _own(path)
        for star in module.stars:
            found = f"{star}.{name}"
            origin = self.of(target, found, length)
            if origin != found:
                return self._from_anywhere(target, origin)
        stars = module.stars
        outside = [star for star in stars if file_of(self.modules, target, *_source(star)) is None]
        return f"{outside[0]}.{name}" if len(outside) == 1 else path

    def _from_anywhere(self, file: str, path: str) -> str:
        """What a full name means in a file, by the path of the file that defines it."""
        there, name = defined_at(self.modules, file, path)
        if there == file:
            return path
        folders = there.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return f".{folders}.{name}"


def _resolved(origins: _Origins, file: str, module: Module) -> Module:
    names: dict[str, str] = {}
    passed_on: dict[str, Mapping[str, str]] = {}
    stars: list[str] = []
    for star in module.stars:
        target = file_of(origins.modules, file, *_source(star))
        if target is None:
            stars.append(star)
            continue
        there = origins.modules[target]
        stars.extend(there.stars)
        own = {name: f"{_own(star)}.{name}" for name in there.defined}
        public = {**own, **origins.passed_on(target)}
        names.update({name: path for name, path in public.items() if name not in module.defined})
    for name, path in module.imports.items():
        target = file_of(origins.modules, file, *_import(path))
        names[name] = origins.of(file, path) if target is None else _own(path)
        if target is not None:
            passed_on[names[name]] = origins.passed_on(target)
    return replace(module, imports=names, passed_on=passed_on, stars=tuple(stars))


def _own(path: str) -> str:
    return "." + path.lstrip(".")


def _import(path: str) -> tuple[int, str]:
    """How many folders up, and all names after: `from . import a` is kept as `..a`."""
    rest = path.lstrip(".")
    dots = len(path) - len(rest)
    return dots if "." in rest else max(dots - 1, 0), rest


def _source(module: str) -> tuple[int, str]:
    rest = module.lstrip(".")
    return len(module) - len(rest), rest


def file_of(modules: Collection[str], file: str, level: int, name: str) -> str | None:
    """The file that a module's name means, seen from another: beside it, or in a folder above."""
    if not name and not level:
        return None
    folders = _folders(file)
    within = name.replace(".", "/")
    for number, folder in enumerate(folders, start=1):
        if level not in {0, number}:
            continue
        candidates = (f"{folder}{within}.py", f"{folder}{within}/__init__.py")
        for candidate in candidates if name else (f"{folder}__init__.py",):
            if candidate in modules and candidate != file:
                return candidate
    return None


def _folders(file: str) -> Iterator[str]:
    """The file's own folder and all above it, each with its slash; the root is empty."""
    folder = file.rpartition("/")[0]
    while folder:
        yield f"{folder}/"
        folder = folder.rpartition("/")[0]
    yield ""
