"""What kustomizations of Kustomize list: files, folders with others, and patches of objects."""

from collections.abc import Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents, sibling
from agentaudit.readers.document import Document, Node

_FILE = regex(r"(?:^|/)[Kk]ustomization(?:\.ya?ml)?$")
_REMOTE = regex(r"://|^git@|^github\.com/|\?ref=")
_LISTS = ("resources", "bases")


def kustomizations(documents: Documents) -> Iterator[Document]:
    """Every kustomization, by its name."""
    return (document for document in documents.of("yaml") if _FILE.search(document.file))


def patch_files(documents: Documents) -> frozenset[str]:
    """Files that are parts of objects, and no objects."""
    found: set[str] = set()
    for document in kustomizations(documents):
        root = document.root
        paths = [node.text for node in listed(root, "patchesStrategicMerge") if node.text]
        paths += [node.text_at("path") for node in listed(root, "patches", "patchesJson6902")]
        found.update(sibling(document.file, path) for path in paths if path and "\n" not in path)
    return frozenset(found)


def applied_namespaces(documents: Documents) -> Mapping[str, frozenset[str]]:
    """By file, the namespaces into which kustomizations put what they list of it."""
    found: dict[str, set[str]] = {}
    for document in kustomizations(documents):
        namespace = document.root.text_at("namespace")
        for node in listed(document.root, "resources") if namespace else ():
            if node.text and not remote(node):
                found.setdefault(sibling(document.file, node.text), set()).add(namespace)
    return {file: frozenset(names) for file, names in found.items()}


def listed(root: Node, *names: str) -> Iterator[Node]:
    """What stands in lists of these names."""
    for name in names:
        yield from root.list_at(name)


def remote(node: Node) -> bool:
    """Whether what is listed lies elsewhere."""
    return _REMOTE.search(node.text or "") is not None


def local_paths(document: Document) -> Iterator[str]:
    """The files and folders that a kustomization lists as resources."""
    for node in listed(document.root, *_LISTS):
        if node.text and not remote(node):
            path = sibling(document.file, node.text)
            yield "" if path == "." else path
