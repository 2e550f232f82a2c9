"""
What a controller applies from elsewhere: applications of Argo CD, releases of Flux.

Argo CD ("Application Specification", `source`, `sources`) takes folders and charts from
repositories, Flux ("Helm Releases", `chart`) charts. Where such a folder is not among the files,
nobody here reads what is applied.
"""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import RELEASE, kubernetes_objects
from agentaudit.readers.document import Node

_APPLICATIONS = ("Application", "ApplicationSet")
_LONGEST = 20
"""Folders of a path."""


def extract_applied(documents: Documents, collector: Collector) -> None:
    """An open question for each source that is not among the files."""
    folders = {folder for file in documents.files for folder in _around(file)}
    for item in kubernetes_objects(documents):
        for source in _sources(item.kind, item.node):
            path = source.text_at("path") or source.text_at("chart")
            if path.strip("./") in folders or source.text_at("ref"):
                continue
            told = path or source.text_at("repoURL")
            what = f"what {plain(item.name)} applies ({plain(told)}) is not among the files read"
            place = evidence(item.document, source, plain(told))
            collector.leave_open(place, what, "what it runs is known as far as the values say")


def _sources(kind: str, node: Node) -> Iterator[Node]:
    """Where a controller takes things from, each a mapping."""
    if kind == RELEASE:
        chart = node.get("spec", "chart", "spec")
        yield from (chart,) if chart is not None else ()
    elif kind in _APPLICATIONS:
        spec = node.get("spec", "template", "spec") if kind != "Application" else node.get("spec")
        one = spec.child("source") if spec is not None else None
        yield from (one,) if one is not None else ()
        yield from spec.list_at("sources") if spec is not None else ()


def _around(file: str) -> Iterator[str]:
    """The folders that a file lies in, from the root."""
    parts = file.split("/")[:-1][:_LONGEST]
    yield from ("/".join(parts[: number + 1]) for number in range(len(parts)))
