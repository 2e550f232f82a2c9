"""
Where imported names come from, followed through the files of the audited repository.

A name that the repository defines itself begins with a dot, and so is never taken for a library's.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agentaudit.extract.documents import Documents
from agentaudit.extract.python_code import Module, module_of

_LONGEST = 20
"""Re-exports of re-exports; a longer chain is a circle, or nobody's."""


def modules(documents: Documents) -> Mapping[str, Module]:
    """The modules of all Python documents by file; their imports name where things are defined."""
    return documents.once(_every_module)


def defined_at(modules: Mapping[str, Module], file: str, path: str) -> tuple[str, str]:
    """The file that defines what a full name means in a file, and how it is called there."""
    if path.startswith("."):
        parent, _, name = path.lstrip(".").rpartition(".")
        target = _file_of(modules, file, 0, parent)
        if target is not None:
            return target, name
    return file, path


def _every_module(documents: Documents) -> Mapping[str, Module]:
    found = ((document.file, module_of(document)) for document in documents.of("python"))
    modules = {file: module for file, module in found if module is not None}
    return {file: _resolved(modules, file, module) for file, module in modules.items()}


def _resolved(modules: Mapping[str, Module], file: str, module: Module) -> Module:
    names: dict[str, str] = {}
    passed_on: dict[str, str] = {}
    stars: list[str] = []
    for star in module.stars:
        target = _file_of(modules, file, *_source(star))
        if target is None:
            stars.append(star)
            continue
        stars.extend(modules[target].stars)
        public = _public(modules, target, star)
        names.update({name: path for name, path in public if name not in module.defined})
    for name, path in module.imports.items():
        target = _file_of(modules, file, *_import(path))
        names[name] = _origin(modules, file, path) if target is None else _own(path)
        if target is not None:
            public = _public(modules, target, path)
            passed_on.update({f"{names[name]}.{inner}": origin for inner, origin in public})
    return replace(module, imports=names, passed_on=passed_on, stars=tuple(stars), _folded={})


def _public(modules: Mapping[str, Module], file: str, path: str) -> Iterator[tuple[str, str]]:
    """What a module of the repository has to give: names of its own, and those it passes on."""
    module = modules[file]
    yield from ((name, f"{_own(path)}.{name}") for name in module.defined)
    yield from ((name, _origin(modules, file, path)) for name, path in module.imports.items())


def _origin(modules: Mapping[str, Module], file: str, path: str, length: int = 0) -> str:
    """The full name of what a file imports by this path; the path, where nobody here knows it."""
    level, rest = _import(path)
    parent, _, name = rest.rpartition(".")
    target = _file_of(modules, file, level, parent)
    if target is None or length > _LONGEST:
        return path
    module = modules[target]
    if name in module.imports:
        return _origin(modules, target, module.imports[name], length + 1)
    if name in module.defined:
        return _own(path)
    for star in module.stars:
        found = f"{star}.{name}"
        origin = _origin(modules, target, found, length + 1)
        if origin != found:
            return origin
    outside = [star for star in module.stars if _file_of(modules, target, *_source(star)) is None]
    return f"{outside[0]}.{name}" if len(outside) == 1 else path


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


def _file_of(modules: Mapping[str, Module], file: str, level: int, name: str) -> str | None:
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
