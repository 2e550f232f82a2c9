"""
The images that kustomizations give to what they list: `images`, with `newName`, `newTag`, `digest`.

A kustomization that another lists is applied before it. What nobody lists is applied by itself;
where several such reach one file, an image is changed if all of them change it.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.kubernetes.kustomize import kustomizations, local_paths
from agentaudit.readers.document import Document, Node

_TAG = regex(r":[^/:@]{1,128}$")
_MOST_STEPS = 20_000
"""Of all kustomizations to what they list; where there are more, none is applied."""
_MOST_WAYS = 50
"""To one file."""
_DEEPEST = 20


class _NewImage(Struct, frozen=True):
    """One entry of `images`."""

    name: str
    version: str
    """With what stands before it, `:1.4.2` or `@sha256:…`; empty where it stays."""


_Entries = Mapping[str, _NewImage]
"""What one kustomization says, by the names that images have before."""
_Route = tuple[str, ...]
"""The folders of kustomizations, the innermost first."""


class AppliedImages(Struct, frozen=True):
    """What kustomizations make of the images of files."""

    ways: Mapping[str, Sequence[Sequence[_Entries]]] = MappingProxyType({})
    """By file, what is applied to it in turn; several where several kustomizations reach it."""
    unapplied: frozenset[str] = frozenset()
    """Kustomizations whose images are not, or not wherever they would be, as they say."""

    def image(self, file: str, written: str) -> str:
        """An image of a file as it is deployed; the first of several that differ."""
        results = [_applied(way, written) for way in self.ways.get(file, ())]
        return results[0] if results and written not in results else written


def applied_images(documents: Documents) -> AppliedImages:
    """What all kustomizations change, if any says of images."""
    found = {folder_of(document.file): document for document in kustomizations(documents)}
    said = {folder: dict(_entries(document.root)) for folder, document in found.items()}
    naming = {folder for folder, entries in said.items() if entries}
    if not naming:
        return AppliedImages()
    paths = {folder: tuple(local_paths(document)) for folder, document in found.items()}
    reached: dict[str, dict[_Route, None]] = {}
    steps = 0
    for route in _routes(paths):
        told = tuple(folder for folder in route if said[folder])
        steps += 1 + len(paths[route[0]])
        if steps > _MOST_STEPS:
            return AppliedImages(unapplied=_files(naming, found))
        files = (path for path in paths[route[0]] if path not in found)
        for path in (route[0], *files):
            reached.setdefault(path, {})[told] = None
    unapplied = naming - reached.keys()
    for routes in reached.values():
        if len(routes) > 1:
            unapplied.update(*routes)
    ways = {
        path: tuple(tuple(said[folder] for folder in route) for route in routes)
        for path, routes in reached.items()
        if path not in found and len(routes) <= _MOST_WAYS
    }
    return AppliedImages(ways, _files(unapplied, found))


def _routes(paths: Mapping[str, Sequence[str]]) -> Iterator[_Route]:
    """From each kustomization that no other lists to all that it leads to."""
    inner = {path for listed in paths.values() for path in listed}
    waiting: list[_Route] = [(folder,) for folder in reversed([*paths]) if folder not in inner]
    while waiting:
        route = waiting.pop()
        yield route
        if len(route) < _DEEPEST:
            waiting.extend((path, *route) for path in paths[route[0]] if path in paths)


def _files(folders: Iterable[str], found: Mapping[str, Document]) -> frozenset[str]:
    return frozenset(found[folder].file for folder in folders)


def _entries(root: Node) -> Iterator[tuple[str, _NewImage]]:
    for node in root.list_at("images"):
        name, new_name, tag, digest = (
            part.raw if (part := node.child(key)) is not None else ""
            for key in ("name", "newName", "newTag", "digest")
        )
        version = f"@{digest}" if digest else f":{tag}" if tag else ""
        if name:
            yield name, _NewImage(new_name or name, version)


def _applied(way: Sequence[_Entries], image: str) -> str:
    bare, at, digest = image.partition("@")
    tag = _TAG.search(bare)
    name = bare[: tag.start()] if tag else bare
    version = at + digest or (tag[0] if tag else "")
    for entries in way:
        if name in entries:
            entry = entries[name]
            name, version = entry.name, entry.version or version
    return name + version
