"""
Keys that a known schema does not have: what somebody wrote and no program reads.

`autoAprove` approves nothing, and `permisions` limits nothing, without an error anywhere.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.coding_agents.signs import is_claude_settings, is_codex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.compose_files import is_compose
from agentaudit.extract.documents import Documents
from agentaudit.extract.known_keys import (
    CHECKOUT,
    CLAUDE,
    CLAUDE_PERMISSIONS,
    CLAUDE_SANDBOX,
    CODEX,
    COMPOSE_SERVICE,
    CONTAINER_SECURITY,
    GEMINI_SESSIONS,
    GEMINI_TOOLS,
    LITELLM_GENERAL,
    LITELLM_SETTINGS,
    POD,
    SERVER,
    TIME_TO_LIVE,
    TOKEN,
    WORKFLOW,
    WORKFLOW_JOB,
    Schema,
)
from agentaudit.extract.kubernetes.objects import kubernetes_objects
from agentaudit.extract.mcp.declared import declared_servers
from agentaudit.extract.platform_files import workflows
from agentaudit.model.facts.keys import UnknownKey
from agentaudit.readers.document import Document, Node, NodeKind

_Held = tuple[Document, str, Node | None, Schema]
"""A mapping, its route in the document, and the schema that its keys are held against."""
_NAMED = regex(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
_POD_SPECS = (
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
)
_ASKED = Budget("unknown keys", 10_000)
_LONGEST, _SHORTEST = 60, 5
_NEAR = 0.88
"""As near as `permisions` is to `permissions`, and as `includeTools` is not to `excludeTools`."""


def extract_unknown_keys(documents: Documents, collector: Collector) -> None:
    """The keys of all documents that are of a known schema and not in it."""
    for document, route, node, schema in _held(documents):
        known = schema.keys
        for key, _ in node.entries if node is not None else ():
            if key.raw not in known and key.raw[:2] not in ("x-", "<<"):
                _add(document, (route, key), schema, collector)


def _add(document: Document, at: tuple[str, Node], schema: Schema, collector: Collector) -> None:
    route, key = at
    end = (evidence(document, document.root), "keys that nobody reads", "others are not told")
    if not collector.affords(_ASKED, 1, end):
        return
    unread = key.raw in schema.unread
    meant = "" if unread else _meant(key.raw, schema)
    if not meant and not unread and not schema.complete:
        return
    collector.add(
        UnknownKey(
            id=fact_id("unknown_key", key.raw, f"{document.file}#{route}.{key.raw}"),
            name=key.raw,
            evidence=(evidence(document, key, key.raw),),
            schema=schema.name,
            meant=meant,
            guards=meant in schema.guards,
        )
    )


def _meant(key: str, schema: Schema) -> str:
    """The key of the schema that this one is almost. Of an open schema only one that guards."""
    if not _SHORTEST <= len(key) <= _LONGEST:
        return ""
    known = schema.keys if schema.complete else schema.guards
    folded = _folded(key)
    near = ((_likeness(folded, other), name) for other, name in _all_folded(known))
    likeness, name = max(near, default=(0.0, ""))
    return name if likeness >= _NEAR else ""


def _likeness(key: str, name: str) -> float:
    """1 for equal words; it is asked only where the lengths allow for enough of it."""
    letters = len(key) + len(name)
    unlike = len(set(key) ^ set(name))  # each stands without a partner, once at the least
    if abs(len(key) - len(name)) > 2 or letters - unlike < _NEAR * letters:  # noqa: PLR2004 - a slip
        return 0.0
    return SequenceMatcher(None, key, name, autojunk=False).ratio()


@lru_cache
def _all_folded(names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple((_folded(name), name) for name in sorted(names))


def _folded(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _held(documents: Documents) -> Iterator[_Held]:
    for document in documents.of("yaml", "json", "toml"):
        for server in declared_servers(document):
            yield document, server.route, server.node, SERVER
    for document in documents.of("yaml"):
        if _NAMED.search(document.file) and is_compose(document):
            for name, service in _mappings(document.root.child("services")):
                yield document, f"services.{name}", service, COMPOSE_SERVICE
    for document in workflows(documents):
        yield from _of_workflow(document)
    yield from _of_clients(documents)
    yield from _of_pods(documents)


def _of_workflow(document: Document) -> Iterator[_Held]:
    root = document.root
    yield document, "", root, WORKFLOW
    yield document, "permissions", root.child("permissions"), TOKEN
    for name, job in _mappings(root.child("jobs")):
        yield document, f"jobs.{name}", job, WORKFLOW_JOB
        yield document, f"jobs.{name}.permissions", job.child("permissions"), TOKEN
        steps = job.child("steps")
        for number, step in enumerate(steps.elements if steps is not None else ()):
            if step.text_at("uses").startswith("actions/checkout@"):
                yield document, f"jobs.{name}.steps.{number}.with", step.child("with"), CHECKOUT


def _of_clients(documents: Documents) -> Iterator[_Held]:
    for document in documents.of("json"):
        root = document.root
        if is_claude_settings(document):
            yield document, "", root, CLAUDE
            yield document, "permissions", root.child("permissions"), CLAUDE_PERMISSIONS
            yield document, "sandbox", root.child("sandbox"), CLAUDE_SANDBOX
        if document.file.rpartition("/")[2] == "langgraph.json":
            for owner in ("checkpointer", "store"):
                yield document, f"{owner}.ttl", root.get(owner, "ttl"), TIME_TO_LIVE
        if document.file.endswith(".gemini/settings.json"):
            yield document, "tools", root.child("tools"), GEMINI_TOOLS
            retention = root.get("general", "sessionRetention")
            yield document, "general.sessionRetention", retention, GEMINI_SESSIONS
    yield from _of_codex(documents)
    yield from _of_litellm(documents)


def _of_litellm(documents: Documents) -> Iterator[_Held]:
    for document in documents.of("yaml"):
        if document.root.child("model_list") is not None or "litellm" in document.file:
            general, own = "general_settings", "litellm_settings"
            yield document, general, document.root.child(general), LITELLM_GENERAL
            yield document, own, document.root.child(own), LITELLM_SETTINGS


def _of_codex(documents: Documents) -> Iterator[_Held]:
    for document in documents.of("toml"):
        if is_codex(document):
            yield document, "", document.root, CODEX
            for name, profile in _mappings(document.root.child("profiles")):
                yield document, f"profiles.{name}", profile, CODEX


def _of_pods(documents: Documents) -> Iterator[_Held]:
    for item in kubernetes_objects(documents):
        for route in _POD_SPECS:
            spec = item.node.get(*route)
            containers = spec.child("containers") if spec is not None else None
            if spec is None or containers is None:
                continue
            place = f"{item.kind}/{item.namespace}/{item.name}/{'.'.join(route)}"
            yield item.document, place, spec, POD
            for number, container in enumerate(containers.elements):
                context = container.child("securityContext")
                yield item.document, f"{place}.{number}", context, CONTAINER_SECURITY


def _mappings(node: Node | None) -> Iterator[tuple[str, Node]]:
    for name, value in node.items() if node is not None else ():
        if value.kind is NodeKind.MAPPING:
            yield name, value
