"""
Where Flux puts what lies in a folder: the namespaces that its Kustomizations name.

https://fluxcd.io/flux/components/kustomize/kustomizations/ (`path`, `targetNamespace`). What a
kustomization of Kustomize lists with a namespace of its own, such a Kustomization takes on.
"""

import posixpath
from collections.abc import Iterable, Mapping

from agentaudit.extract.documents import folder_of
from agentaudit.readers.document import Node

_GROUP = "kustomize.toolkit.fluxcd.io/"
Applied = Mapping[str, frozenset[str]]
"""By file, the namespaces into which kustomizations put what they list of it."""


def target_namespaces(placed: Iterable[tuple[str, Node]], applied: Applied) -> Applied:
    """By folder, the namespaces of what lies in it, by the objects in files."""
    found: dict[str, set[str]] = {}
    for file, node in placed:
        path = node.text_at("spec", "path")
        if not path or not node.text_at("apiVersion").startswith(_GROUP):
            continue
        told = node.text_at("spec", "targetNamespace")
        names = {told} if told else applied.get(file, frozenset())
        found.setdefault(posixpath.normpath(path).lstrip("./"), set()).update(names)
    return {folder: frozenset(names) for folder, names in found.items()}


def namespace_in(file: str, targets: Applied) -> str:
    """The one namespace of what lies in a file; empty where none is told, or several are."""
    folder = folder_of(file)
    while folder:
        if folder in targets:
            return next(iter(targets[folder])) if len(targets[folder]) == 1 else ""
        folder = folder_of(folder)
    return ""
