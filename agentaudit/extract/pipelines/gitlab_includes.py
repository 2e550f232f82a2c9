"""
Files that pipelines of GitLab include, whatever they are called.

https://docs.gitlab.com/ci/yaml/includes/: a path of the repository begins at its root, and may have
`*` for a part of a name and `**` for folders; what GitLab ships as a template runs nothing of ours.
"""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.globs import matches
from agentaudit.readers.document import Document, Node, NodeKind

_ELSEWHERE = ("project", "remote", "component")
_MOST = 150
"""Files and patterns that are followed, as many as GitLab takes."""
_OPEN = "what its jobs run is open"


def included_files(
    documents: Documents, first: tuple[Document, ...], collector: Collector
) -> tuple[Document, ...]:
    """What pipelines include, and what that includes; what is not among the files is left open."""
    known = {document.file for document in first}
    waiting, found = list(first), list[Document]()
    left = _MOST
    while waiting:
        document = waiting.pop(0)
        for entry in document.root.list_at("include"):
            left -= 1
            place = evidence(document, entry)
            if left < 0:
                collector.leave_unread(place, "what else pipelines include", _OPEN)
                return tuple(found)
            for other in _files(documents, document, entry, collector):
                if other.file not in known and other.root.kind is NodeKind.MAPPING:
                    known.add(other.file)
                    waiting.append(other)
                    found.append(other)
    return tuple(found)


def _files(
    documents: Documents, document: Document, entry: Node, collector: Collector
) -> Iterator[Document]:
    node = entry.child("local") or entry
    path = node.text or ""
    if entry.child("local") is None and (not path or "://" in path):
        elsewhere = next((entry.text_at(key) for key in _ELSEWHERE if entry.child(key)), path)
        if elsewhere:
            what = f"the pipeline of {plain(elsewhere)}, which is included, is not among the files"
            collector.leave_open(evidence(document, entry), what, _OPEN)
        return
    wanted = path.lstrip("/")
    named = documents.at(wanted)
    found = (named,) if named is not None else tuple(_matching(documents, wanted))
    if not found:
        what = f"the file {plain(path)}, which a pipeline includes, is not read"
        collector.leave_open(evidence(document, node), what, _OPEN)
    yield from found


def _matching(documents: Documents, pattern: str) -> Iterator[Document]:
    """The files that a pattern means; without `**`, those as many folders deep as it is."""
    for document in documents.of("yaml") if "*" in pattern else ():
        deep = "**" in pattern or document.file.count("/") == pattern.count("/")
        if deep and matches(pattern, document.file):
            yield document
