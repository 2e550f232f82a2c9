"""
From files to the Deployment: read, extract, join.

Each extractor gets all documents at once, so that references resolve across files. Documents come
sorted by path, and facts leave sorted by id, so the order of the files changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.extract.coding_agents.editors import extract_editors
from agentaudit.extract.coding_agents.instructions import extract_instructions
from agentaudit.extract.coding_agents.settings import extract_claude
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.compose import extract_compose
from agentaudit.extract.containers.packed_agents import extract_packed_agents
from agentaudit.extract.coverage import (
    counted_coverage,
    failed_coverage,
    judged_coverage,
    read_coverage,
    skipped_coverage,
    template_coverage,
)
from agentaudit.extract.declarations import declare_servers, extract_declarations
from agentaudit.extract.documents import Documents
from agentaudit.extract.dotenv import extract_dotenv
from agentaudit.extract.environment import extract_environment
from agentaudit.extract.frameworks.langgraph import extract_langgraph
from agentaudit.extract.javascript.imported import imported_documents
from agentaudit.extract.joins.join import join
from agentaudit.extract.kubernetes.accounts import extract_accounts
from agentaudit.extract.kubernetes.exposure import extract_exposure
from agentaudit.extract.kubernetes.kustomize import extract_kustomize
from agentaudit.extract.kubernetes.plaintext import extract_plaintext
from agentaudit.extract.kubernetes.pods import extract_kubernetes
from agentaudit.extract.kubernetes.policies import extract_policies
from agentaudit.extract.kubernetes.rights import extract_rights
from agentaudit.extract.mcp.allowlists import mark_shadows
from agentaudit.extract.mcp.configurations import extract_mcp
from agentaudit.extract.packages import Packages, packages_in
from agentaudit.extract.platforms import (
    extract_actions,
    extract_adk,
    extract_agent_cards,
    extract_agent_framework,
    extract_agentcore,
    extract_app_manifests,
    extract_autogen,
    extract_azure,
    extract_capacities,
    extract_certificates,
    extract_cloud_commands,
    extract_cloud_run,
    extract_cloudformation,
    extract_cluster_access,
    extract_codex,
    extract_consoles,
    extract_crewai,
    extract_dockerfile,
    extract_functions,
    extract_gemini,
    extract_google_policies,
    extract_helm,
    extract_hidden_orders,
    extract_hooks,
    extract_iam_files,
    extract_javascript,
    extract_kagent,
    extract_letta,
    extract_litellm,
    extract_low_code,
    extract_mem0,
    extract_ollama,
    extract_openclaw,
    extract_own_machines,
    extract_pipelines,
    extract_prompted_memory,
    extract_pulumi,
    extract_python,
    extract_redirected_calls,
    extract_render,
    extract_sandboxes,
    extract_started_agents,
    extract_subagents,
    extract_terraform,
    extract_trace_servers,
    extract_trails,
    extract_vault,
    extract_vercel,
    extract_vllm,
    extract_zep,
    link_grants,
    sweep_javascript,
    sweep_python,
)
from agentaudit.extract.servers.databases import extract_databases
from agentaudit.extract.servers.gateways import extract_gateways
from agentaudit.extract.servers.redis import extract_redis
from agentaudit.extract.suppressions import suppression_comments
from agentaudit.extract.sweep import extract_sweep
from agentaudit.extract.unknown_keys import extract_unknown_keys
from agentaudit.extract.unread import extract_unread
from agentaudit.model.deployment import FACT_KINDS, Deployment, FileCoverage, SuppressionComment
from agentaudit.readers.document import Document
from agentaudit.readers.files import FoundFiles, SourceText, read_files
from agentaudit.readers.interest import of_interest
from agentaudit.readers.syntax import is_template, parse, syntax_of

Extractor = Callable[[Documents, Collector], None]
"""Reads all documents, and writes what it understands of them into the collector."""

EXTRACTORS: tuple[Extractor, ...] = (
    extract_mcp,
    declare_servers,
    extract_claude,
    extract_subagents,
    extract_codex,
    extract_gemini,
    extract_openclaw,
    extract_editors,
    extract_hooks,
    extract_redirected_calls,
    mark_shadows,
    extract_agent_cards,
    extract_crewai,
    extract_autogen,
    extract_agent_framework,
    extract_adk,
    extract_low_code,
    extract_python,
    extract_javascript,
    extract_started_agents,
    extract_functions,
    extract_trails,
    extract_prompted_memory,
    extract_mem0,
    extract_own_machines,
    sweep_python,
    sweep_javascript,
    extract_compose,
    extract_render,
    extract_vercel,
    extract_kubernetes,
    extract_accounts,
    extract_rights,
    extract_policies,
    extract_exposure,
    extract_plaintext,
    extract_cloud_run,
    extract_sandboxes,
    extract_kagent,
    extract_helm,
    extract_kustomize,
    extract_langgraph,
    extract_dotenv,
    extract_packed_agents,
    extract_dockerfile,
    extract_vllm,
    extract_ollama,
    extract_consoles,
    extract_gateways,
    extract_litellm,
    extract_letta,
    extract_zep,
    extract_instructions,
    extract_terraform,
    extract_cloudformation,
    extract_pulumi,
    extract_cluster_access,
    extract_agentcore,
    extract_azure,
    extract_capacities,
    extract_unread,
    extract_app_manifests,
    extract_certificates,
    extract_trace_servers,
    extract_vault,
    extract_iam_files,
    extract_google_policies,
    extract_actions,
    extract_pipelines,
    extract_cloud_commands,
    extract_environment,
    extract_redis,
    extract_databases,
    link_grants,
    extract_hidden_orders,
    extract_declarations,
    extract_unknown_keys,
    extract_sweep,
)
"""
Every platform that we understand. Containers, whatever describes them, come before what looks at
their environment, declarations after what files say, and the sweep comes last, for it takes what
nobody claimed; that of code comes as soon as nobody else asks for its trees, before most
facts are made. Only the tools of declared servers come early: settings of clients say which of them
ask first.
"""


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
    read = _extracted(sources, collector)
    join(collector)
    facts = {kind.field: collector.of(kind.type) for kind in FACT_KINDS.values()}
    return Deployment(
        root=root,
        edges=tuple(sorted(collector.edges.values(), key=attrgetter("kind", "src", "dst"))),
        unresolved=tuple(sorted(set().union(*collector.open_ends.values()))),
        coverage=counted_coverage((*unread, *judged_coverage(read.coverage, collector))),
        suppressions=read.suppressions,
        no_memory=collector.no_memory,
        **facts,  # type: ignore[arg-type]  # one tuple for each kind, by the name of its field
    )


class _Read(Struct, frozen=True):
    """What is asked of files when their documents, which take the most memory, are gone."""

    coverage: tuple[FileCoverage, ...]
    suppressions: tuple[SuppressionComment, ...]


def _extracted(sources: Iterable[SourceText], collector: Collector) -> _Read:
    """The facts of all files go to the collector."""
    documents, coverage = _parsed(sources)
    for extract in EXTRACTORS:
        extract(documents, collector)
    return _Read(coverage, suppression_comments(documents))


def _parsed(sources: Iterable[SourceText]) -> tuple[Documents, tuple[FileCoverage, ...]]:
    documents: dict[str, Document] = {}
    coverage: dict[str, FileCoverage] = {}
    listed = sorted(sources, key=lambda item: item.file)
    for source in listed:
        if not of_interest(source.file, source.syntax, source.text):
            coverage[source.file] = skipped_coverage(source.file, source.syntax)
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
    languages = {document.syntax for document in documents.values() if document.tree is not None}
    packages = packages_in(listed) if "javascript" in languages else Packages()
    imported = tuple(imported_documents(documents.values(), listed, packages))
    if "python" in languages:
        from agentaudit.extract.python.imported import imported_programs

        imported += tuple(imported_programs(documents.values(), listed))
    for document in imported:
        documents[document.file] = document
        coverage[document.file] = read_coverage(document)
    return Documents(dict(sorted(documents.items())), packages), tuple(coverage.values())
