"""
Kustomize without Kustomize: resources are read as they are, and what would change them is open.

Nothing is built: patches, generators and the like are named, and the file counts as read in part.
"""

from collections.abc import Iterator, Mapping

from agentaudit.errors import Problem
from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, sibling
from agentaudit.readers.document import Document, Node

_FILE = regex(r"(?:^|/)[Kk]ustomization(?:\.ya?ml)?$")
_CHANGING = (
    *("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "vars"),
    *("configMapGenerator", "secretGenerator", "generators", "transformers", "components"),
    *("helmCharts", "helmChartInflationGenerator", "images", "replicas"),
)
_REMOTE = regex(r"://|^git@|^github\.com/|\?ref=")


def extract_kustomize(documents: Documents, collector: Collector) -> None:
    """What every kustomization would change, named; and what its generators hold."""
    for document in kustomizations(documents):
        root = document.root
        for name in _CHANGING:
            node = root.key_of(name)
            if node is not None:
                _leave_open(document, collector, node, name)
        for node in _listed(root, "resources", "bases", "components"):
            if _REMOTE.search(node.text or ""):
                place = evidence(document, node, plain(node.text or ""))
                collector.leave_open(
                    place, "a resource that lies elsewhere", "what it runs is open"
                )
        for name in ("configMapGenerator", "secretGenerator"):
            for generator in _listed(root, name):
                route = f"{name}.{generator.name_at('name')}"
                literals = settings_of(document, generator.child("literals"), route)
                add_credentials(collector, literals, Holding(holder="container", exposure="env"))


def kustomizations(documents: Documents) -> Iterator[Document]:
    """Every kustomization, by its name."""
    return (document for document in documents.of("yaml") if _FILE.search(document.file))


def patch_files(documents: Documents) -> frozenset[str]:
    """Files that are parts of objects, and no objects."""
    found: set[str] = set()
    for document in kustomizations(documents):
        root = document.root
        paths = [node.text for node in _listed(root, "patchesStrategicMerge") if node.text]
        paths += [node.text_at("path") for node in _listed(root, "patches", "patchesJson6902")]
        found.update(sibling(document.file, path) for path in paths if path and "\n" not in path)
    return frozenset(found)


def applied_namespaces(documents: Documents) -> Mapping[str, frozenset[str]]:
    """By file, the namespaces into which kustomizations put what they list of it."""
    found: dict[str, set[str]] = {}
    for document in kustomizations(documents):
        namespace = document.root.text_at("namespace")
        for node in _listed(document.root, "resources") if namespace else ():
            if node.text and not _REMOTE.search(node.text):
                found.setdefault(sibling(document.file, node.text), set()).add(namespace)
    return {file: frozenset(names) for file, names in found.items()}


def _listed(root: Node, *names: str) -> Iterator[Node]:
    for name in names:
        yield from root.list_at(name)


def _leave_open(document: Document, collector: Collector, node: Node, name: str) -> None:
    collector.problems.append(
        Problem(
            file=document.file,
            message=f"`{name}` is not applied; audit what `kustomize build` writes",
            line=node.line,
            column=node.column,
        )
    )
