"""
Libraries on which programs in languages that are not read depend, to build agents or for them.

What the programs do with them is unknown: the manifest counts as read in part, and names each.
"""

from collections.abc import Iterator, Mapping

from agentaudit.errors import Problem
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Document
from agentaudit.readers.libraries import Use
from agentaudit.readers.manifests import Dependency, dependencies_in, dependencies_of

_UNREAD = "a dependency on {name}, with which programs in {language} {use}: those are not read"
_AT_USERS = "Dart"


def extract_manifests(documents: Documents, collector: Collector) -> None:
    """Names each library once in every manifest that has it."""
    for document, found in documents.once(_dependencies):
        what = _UNREAD.format(
            name=found.library.name, language=found.language, use=found.library.use
        )
        place = _place(document, found)
        collector.leave_open(place, what, "what they may do is open")
        collector.problems.append(
            Problem(file=place.file, line=place.line, column=place.column, message=what)
        )


def folders_that_build(documents: Documents) -> Mapping[str, Evidence]:
    """
    The folders of projects whose programs build agents, and where each says that.

    What is written in Dart runs at its users': an image that is built of it serves pages.
    """
    found: dict[str, Evidence] = {}
    for document, dependency in documents.once(_dependencies):
        if dependency.library.use is Use.BUILDS and dependency.language != _AT_USERS:
            found.setdefault(folder_of(document.file), _place(document, dependency))
    return found


def _dependencies(documents: Documents) -> tuple[tuple[Document, Dependency], ...]:
    return tuple(
        (document, found)
        for document in documents.of("manifest", "toml", "json", "yaml")
        for found in _named(document)
    )


def _named(document: Document) -> Iterator[Dependency]:
    if document.syntax == "manifest":
        return dependencies_in(document.file, document.text)
    return dependencies_of(document)


def _place(document: Document, found: Dependency) -> Evidence:
    return Evidence(
        file=document.file,
        line=found.line,
        column=found.column,
        end_line=found.line,
        end_column=found.column,
        snippet=found.library.name,
    )
