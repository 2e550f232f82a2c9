"""
From files to the Deployment: read, extract, join.

Each extractor gets all documents at once, so that references resolve across files. Documents come
sorted by path, and facts leave sorted by id, so the order of the files changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from agentaudit.errors import InputError, Problem
from agentaudit.extract.agent_sandbox import extract_sandboxes
from agentaudit.extract.claude import extract_claude
from agentaudit.extract.codex import extract_codex
from agentaudit.extract.collector import Collector
from agentaudit.extract.compose import extract_compose
from agentaudit.extract.crewai import extract_crewai
from agentaudit.extract.declarations import declare_servers, extract_declarations
from agentaudit.extract.dockerfile import extract_dockerfile
from agentaudit.extract.documents import Documents
from agentaudit.extract.dotenv import extract_dotenv
from agentaudit.extract.editors import extract_editors
from agentaudit.extract.environment import extract_environment
from agentaudit.extract.gateways import extract_gateways
from agentaudit.extract.gemini import extract_gemini
from agentaudit.extract.helm import extract_helm
from agentaudit.extract.instructions import extract_instructions
from agentaudit.extract.joins import join
from agentaudit.extract.kubernetes import extract_kubernetes
from agentaudit.extract.kubernetes_accounts import extract_accounts
from agentaudit.extract.kubernetes_rights import extract_rights
from agentaudit.extract.kustomize import extract_kustomize
from agentaudit.extract.langgraph import extract_langgraph
from agentaudit.extract.mcp import extract_mcp
from agentaudit.extract.mcp_allowlists import mark_shadows
from agentaudit.extract.platforms import (
    extract_actions,
    extract_cloudformation,
    extract_iam_files,
    extract_kagent,
    extract_python,
    extract_terraform,
    link_grants,
)
from agentaudit.extract.redis import extract_redis
from agentaudit.extract.suppressions import suppression_comments
from agentaudit.extract.sweep import extract_sweep
from agentaudit.model.deployment import FACT_KINDS, Deployment, FileCoverage, FileStatus
from agentaudit.readers.document import Document
from agentaudit.readers.files import NOT_A_FORMAT, SourceText, read_files
from agentaudit.readers.syntax import of_interest, parse, syntax_of

Extractor = Callable[[Documents, Collector], None]
"""Reads all documents, and writes what it understands of them into the collector."""

EXTRACTORS: tuple[Extractor, ...] = (
    extract_mcp,
    declare_servers,
    extract_claude,
    extract_codex,
    extract_gemini,
    extract_editors,
    mark_shadows,
    extract_crewai,
    extract_python,
    extract_compose,
    extract_kubernetes,
    extract_accounts,
    extract_rights,
    extract_sandboxes,
    extract_kagent,
    extract_helm,
    extract_kustomize,
    extract_langgraph,
    extract_dotenv,
    extract_dockerfile,
    extract_gateways,
    extract_environment,
    extract_instructions,
    extract_terraform,
    extract_cloudformation,
    extract_redis,
    extract_iam_files,
    extract_actions,
    link_grants,
    extract_declarations,
    extract_sweep,
)
"""
Every platform that we understand. Containers come before what looks at containers, declarations
after what files say, and the sweep comes last, for it takes what nobody claimed. Only the tools of
declared servers come early: settings of clients say which of them ask first.
"""

_TEMPLATE = "an unrendered template; audit what it renders to"
_LISTED_PROBLEMS = 100
_LISTED_SKIPS = 200
"""More files of no interest are counted, not listed."""


def read_deployment(paths: Sequence[Path], *, today: date | None = None) -> Deployment:
    """
    What the files below the paths say, and what is declared and has not expired today.

    Nothing in a file raises: what could not be read stands in `coverage`. InputError only for paths
    that do not exist.
    """
    found = read_files(paths)
    day = today or datetime.now(tz=UTC).date()
    return _deployment(found.root, found.texts, found.coverage, today=day)


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
            skipped.append(_skipped(file, ""))
    return _deployment(".", sources, skipped, today=today)


@dataclass(frozen=True, slots=True)
class _Parsed:
    documents: Documents
    coverage: tuple[FileCoverage, ...]


def _deployment(
    root: str,
    sources: Iterable[SourceText],
    unread: Iterable[FileCoverage],
    *,
    today: date,
) -> Deployment:
    parsed = _parsed(sources)
    collector = Collector(today=today)
    for extract in EXTRACTORS:
        extract(parsed.documents, collector)
    join(collector)
    facts = {kind.field: collector.of(kind.type) for kind in FACT_KINDS.values()}
    return Deployment(
        root=root,
        edges=tuple(
            sorted(collector.edges.values(), key=lambda edge: (edge.kind, edge.src, edge.dst))
        ),
        unresolved=tuple(sorted(set(collector.open_ends))),
        coverage=_counted((*unread, *_judged(parsed.coverage, collector))),
        suppressions=suppression_comments(parsed.documents),
        **facts,  # type: ignore[arg-type]  # one tuple for each kind, by the name of its field
    )


def _parsed(sources: Iterable[SourceText]) -> _Parsed:
    documents: dict[str, Document] = {}
    coverage: list[FileCoverage] = []
    for source in sorted(sources, key=lambda item: item.file):
        if not of_interest(source.file, source.syntax, source.text):
            coverage.append(_skipped(source.file, source.syntax))
            continue
        try:
            document = parse(source.file, source.syntax, source.text)
        except InputError as error:
            coverage.append(_failed(source, error))
        else:
            documents[source.file] = document
            coverage.append(_read(document))
    return _Parsed(Documents(documents), tuple(coverage))


def _read(document: Document) -> FileCoverage:
    if not document.problems:
        return FileCoverage(file=document.file, status=FileStatus.READ, format=document.syntax)
    line, column, message = document.problems[0]
    more = len(document.problems) - 1
    return FileCoverage(
        file=document.file,
        status=FileStatus.PARTIAL,
        format=document.syntax,
        reason=f"{message} (and {more} more)" if more else message,
        line=line,
        column=column,
    )


def _failed(source: SourceText, error: InputError) -> FileCoverage:
    problem = error.problems[0]
    template = source.syntax == "yaml" and "{{" in source.text
    return FileCoverage(
        file=source.file,
        status=FileStatus.FAILED,
        format=source.syntax,
        reason=_TEMPLATE if template else problem.message,
        line=problem.line,
        column=problem.column,
    )


def _judged(coverage: Iterable[FileCoverage], collector: Collector) -> Iterator[FileCoverage]:
    """The coverage with what extractors say: a file they found problems in was read in part."""
    by_file: dict[str, list[Problem]] = {}
    for problem in sorted(collector.problems, key=lambda each: (each.line or 0, each.column or 0)):
        by_file.setdefault(problem.file, []).append(problem)
    for item in coverage:
        if problems := by_file.get(item.file):
            yield _partial(item, problems)
        elif item.file in collector.remarks and item.status is FileStatus.READ:
            yield replace(item, reason=collector.remarks[item.file])
        else:
            yield item


def _partial(item: FileCoverage, problems: Sequence[Problem]) -> FileCoverage:
    first, *rest = problems
    others = [f"{other.line}:{other.column}: {other.message}" for other in rest]
    more = len(others) - _LISTED_PROBLEMS
    listed = (*others[:_LISTED_PROBLEMS], *([f"and {more} more"] if more > 0 else ()))
    return replace(
        item,
        status=FileStatus.PARTIAL,
        reason="; ".join((first.message, *listed)),
        line=first.line,
        column=first.column,
    )


def _skipped(file: str, syntax: str) -> FileCoverage:
    return FileCoverage(file=file, status=FileStatus.SKIPPED, format=syntax, reason=NOT_A_FORMAT)


def _counted(coverage: Iterable[FileCoverage]) -> tuple[FileCoverage, ...]:
    """The coverage sorted by file; many files of no interest become one line that counts them."""
    listed = sorted(coverage, key=lambda item: item.file)
    dull = [item for item in listed if item.reason == NOT_A_FORMAT]
    if len(dull) <= _LISTED_SKIPS:
        return tuple(listed)
    count = FileCoverage(
        file=".",
        status=FileStatus.SKIPPED,
        reason=f"{len(dull):,} files: {NOT_A_FORMAT}",
    )
    return (count, *(item for item in listed if item.reason != NOT_A_FORMAT))
