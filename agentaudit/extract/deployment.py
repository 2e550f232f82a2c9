"""
From files to the Deployment: read, extract, join.

Each extractor gets all documents at once, so that references resolve across files. Documents come
sorted by path, and facts leave sorted by id, so the order of the files changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import InputError
from agentaudit.extract.collector import Collector
from agentaudit.extract.coverage import (
    counted_coverage,
    failed_coverage,
    judged_coverage,
    read_coverage,
    skipped_coverage,
    template_coverage,
)
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.extract.documents import Documents
from agentaudit.extract.extractors import EXTRACTORS
from agentaudit.extract.joins.join import join
from agentaudit.extract.packages import Packages, manifests_in, packages_in
from agentaudit.extract.shown_files import shown_files
from agentaudit.extract.suppressions import suppression_comments
from agentaudit.model.deployment import FACT_KINDS, Deployment, FileCoverage, SuppressionComment
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document
from agentaudit.readers.files import FoundFiles, read_files
from agentaudit.readers.interest import of_interest
from agentaudit.readers.syntax import is_template, parse, syntax_of

FileT = TypeVar("FileT", SourceText, FileCoverage)


def read_deployment(
    paths: Sequence[Path], *, today: date | None = None, key: bytes = b""
) -> Deployment:
    """
    What the files below the paths say, and what is declared and has not expired today.

    Nothing in a file raises: what could not be read stands in `coverage`. InputError only for paths
    that do not exist. With a key, secret values are known again in other runs with that key.
    """
    return deployment_in(read_files(paths), today=today, key=key)


def deployment_in(found: FoundFiles, *, today: date | None = None, key: bytes = b"") -> Deployment:
    """What files say that were read already."""
    day = today or datetime.now(tz=UTC).date()
    return _deployment(found.root, found.texts, found.coverage, Collector(today=day, key=key))


def deployment_of(texts: Mapping[str, str], *, today: date = date.max) -> Deployment:
    """
    What texts say that were never files: path to text, as the examples of rules have them.

    Unless the day is given, every declaration has expired.
    """
    sources: list[SourceText] = []
    skipped: list[FileCoverage] = []
    for file, text in texts.items():
        syntax = syntax_of(file)
        if syntax:
            sources.append(SourceText(file=file, syntax=syntax, text=text))
        else:
            skipped.append(skipped_coverage(file, ""))
    return _deployment(".", sources, skipped, Collector(today=today))


def _deployment(
    root: str,
    sources: Iterable[SourceText],
    unread: Iterable[FileCoverage],
    collector: Collector,
) -> Deployment:
    listed, others = tuple(sources), tuple(unread)
    names = shown_files([*(item.file for item in listed), *(item.file for item in others)])
    if names:
        listed, others = _called(listed, names), _called(others, names)
    with collector.searched.holds(sum(len(item.text) for item in listed)):
        read = _extracted(listed, collector)
        join(collector)
    facts = {kind.field: collector.of(kind.type) for kind in FACT_KINDS.values()}
    return Deployment(
        root=cleaned(root),
        edges=tuple(sorted(collector.edges.values(), key=attrgetter("kind", "src", "dst"))),
        unresolved=tuple(sorted(set().union(*collector.open_ends.values()))),
        coverage=counted_coverage((*others, *judged_coverage(read.coverage, collector))),
        suppressions=read.suppressions,
        no_memory=collector.no_memory,
        **facts,  # type: ignore[arg-type]  # one tuple for each kind, by the name of its field
    )


def _called(files: tuple[FileT, ...], names: Mapping[str, str]) -> tuple[FileT, ...]:
    return tuple(replace(item, file=names.get(item.file, item.file)) for item in files)


class _Read(Struct, frozen=True):
    """What is asked of files when their documents, which take the most memory, are gone."""

    coverage: tuple[FileCoverage, ...]
    suppressions: tuple[SuppressionComment, ...]


def _extracted(sources: Iterable[SourceText], collector: Collector) -> _Read:
    """The facts of all files go to the collector."""
    documents, coverage = _parsed(sources)
    for extract in EXTRACTORS:
        extract(documents, collector)
    return _Read(coverage, suppression_comments(documents, collector))


def _parsed(sources: Iterable[SourceText]) -> tuple[Documents, tuple[FileCoverage, ...]]:
    documents: dict[str, Document] = {}
    coverage: dict[str, FileCoverage] = {}
    passed_by: list[str] = []
    listed = sorted(sources, key=lambda item: item.file)
    for source in listed:
        if not of_interest(source.file, source.syntax, source.text):
            coverage[source.file] = skipped_coverage(source.file, source.syntax)
            if source.syntax == "python":
                passed_by.append(source.file)
            continue
        if is_template(source.file, source.text):
            coverage[source.file] = template_coverage(source)
            continue
        try:
            document = parse(source.file, source.syntax, source.text)
        except InputError as error:
            coverage[source.file] = failed_coverage(source, error)
        else:
            documents[source.file] = document
            coverage[source.file] = read_coverage(document)
    packages, imported, unread = _imported(documents.values(), listed)
    coverage.update((each.file, each) for each in unread)
    for document in imported:
        documents[document.file] = document
        coverage[document.file] = read_coverage(document)
    read = Documents(dict(sorted(documents.items())), packages, frozenset(passed_by))
    return read, tuple(coverage.values())


def _imported(
    documents: Collection[Document], sources: Sequence[SourceText]
) -> tuple[Packages, list[Document], list[FileCoverage]]:
    """What programs import of files that nobody would read for themselves, and what is not read."""
    languages = {document.syntax for document in documents if document.tree is not None}
    packages, imported, unread = manifests_in(sources), list[Document](), list[FileCoverage]()
    if "javascript" in languages:
        from agentaudit.extract.javascript.imported import imported_documents, parsed
        from agentaudit.extract.programs.imported import Allowance

        allowance = Allowance(parsed)
        packages = packages_in(sources)
        imported.extend(imported_documents(documents, sources, packages, allowance))
        unread.extend(allowance.unread)
    if "python" in languages:
        from agentaudit.extract.programs.imported import Allowance
        from agentaudit.extract.python.imported import imported_programs
        from agentaudit.extract.python.importing import serving_programs

        allowance = Allowance(lambda source: parse(source.file, source.syntax, source.text))
        imported.extend(imported_programs(documents, sources, allowance))
        imported.extend(serving_programs(documents, sources, allowance))
        unread.extend(allowance.unread)
    return packages, imported, unread
