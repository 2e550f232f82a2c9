"""
Which file of the repository a path means that a script imports.

Paths of `@/` and `~/` begin at a folder above, as bundlers have it; what else stands for a folder
of the repository, its packages and settings say. Packages of frameworks are what their vendors make
of them, also in examples beside their own sources.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from agentaudit.extract.documents import folder_of
from agentaudit.extract.packages import Packages
from agentaudit.readers.javascript.document import OF_VENDORS

_ENDINGS = (
    *(".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".cts", ".cjs"),
    *("/index.ts", "/index.tsx", "/index.js", "/index.mjs"),
)
_HIGHEST = 50
"""Folders above a file in which its paths are looked for."""
_ROOTED = ("@/", "~/", "src/")


def by_path(files: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The files that each path may mean, in the order of their endings."""
    found: dict[str, list[str]] = {}
    listed = tuple(files)
    for ending in ("", *_ENDINGS):
        for file in listed:
            if file.endswith(ending):
                found.setdefault(file.removesuffix(ending), []).append(file)
    return found


def file_meant(
    files: Mapping[str, Sequence[str]], packages: Packages, file: str, source: str
) -> str | None:
    """The file that a path in another means, of those that each path may mean."""
    meant = (each for path in _paths(packages, file, source) for each in files.get(path, ()))
    return next((each for each in meant if each != file), None)


def _paths(packages: Packages, file: str, source: str) -> Iterator[str]:
    """Where a path may lead: from the file itself, or from a folder above it."""
    if source.startswith("."):
        yield posixpath.normpath(posixpath.join(folder_of(file), source))
        return
    if OF_VENDORS.match(source):
        return
    yield from packages.paths(file, source)
    root = next((root for root in _ROOTED if source.startswith(root)), None)
    if root is None:
        return
    folder = folder_of(file)
    for _ in range(_HIGHEST):
        for inner in ("", "src"):
            yield posixpath.normpath(posixpath.join(folder, inner, source.removeprefix(root)))
        if not folder:
            return
        folder = folder_of(folder)
