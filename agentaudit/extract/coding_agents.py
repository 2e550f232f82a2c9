"""Settings of Gemini CLI and Codex, and switches on command lines that turn confirmations off."""

import re
from dataclasses import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp_clients import client_agent
from agentaudit.extract.sizes import seconds_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import AuditLog
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_GEMINI = re.compile(r"(?:^|/)\.gemini/settings\.json$")
_CODEX = re.compile(r"(?:^|/)(?:\.codex/)?config\.toml$")
BYPASS = re.compile(
    r"--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo\b"
    r"|--approval-mode[= ]yolo|--permission-mode[= ]bypassPermissions|--full-auto\b"
)
"""Switches of Claude Code, Codex and Gemini CLI after which nobody is asked any more."""


def extract_coding_agents(documents: Documents, collector: Collector) -> None:
    """Gemini's settings.json and Codex's config.toml."""
    for document in documents.of("json", "toml"):
        if _GEMINI.search(document.file):
            _add_gemini(document, collector)
        elif _CODEX.search(document.file) and _speaks_codex(document.root):
            _add_codex(document, collector)


def bypassed(words: tuple[str, ...]) -> bool:
    """Whether a command line starts an agent that asks nobody."""
    return BYPASS.search(" ".join(words)) is not None


def _speaks_codex(root: Node) -> bool:
    return any(
        root.child(key) is not None for key in ("approval_policy", "sandbox_mode", "history")
    )


def _add_codex(document: Document, collector: Collector) -> None:
    root = document.root
    place = root.child("approval_policy") or root.child("sandbox_mode") or root
    agent = client_agent(document, collector, place)
    sandbox = root.text_at("sandbox_mode")
    never = root.text_at("approval_policy") == "never"
    open_sandbox = sandbox == "danger-full-access"
    collector.update(
        replace(
            agent,
            permission_mode="bypass" if never and open_sandbox else root.text_at("approval_policy"),
            sandboxed=Truth.NO if open_sandbox else Truth.YES if sandbox else Truth.UNKNOWN,
        )
    )
    history = root.get("history", "persistence")
    if history is not None and history.text != "none":
        size = root.get("history", "max_bytes")
        known = Known.SET if size is not None and (size.integer or 0) > 0 else Known.NONE
        count = size.integer if size is not None and known is Known.SET else None
        store = MemoryStore(
            id=fact_id("memory_store", "history", f"{agent.id}/history"),
            name="history of Codex",
            evidence=(evidence(document, history, history.text or ""),),
            kind="history",
            backend="file",
            scope="user",
            ttl=Known.NONE,
            max_bytes=known,
            max_bytes_count=count,
            persistent=Truth.YES,
        )
        _remember(collector, agent, store)


def _add_gemini(document: Document, collector: Collector) -> None:
    root = document.root
    agent = client_agent(document, collector)
    mode = root.text_at("tools", "approvalMode") or root.text_at("general", "defaultApprovalMode")
    collector.update(replace(agent, permission_mode="bypass" if mode == "yolo" else mode))
    retention = root.get("general", "sessionRetention")
    if retention is not None:
        on = retention.child("enabled")
        age = retention.child("maxAge")
        seconds = seconds_of(age.text or "") if age is not None else None
        kept = on is not None and on.boolean is False
        store = MemoryStore(
            id=fact_id("memory_store", "sessions", f"{agent.id}/sessions"),
            name="sessions of Gemini CLI",
            evidence=(evidence(document, retention),),
            kind="history",
            backend="file",
            scope="user",
            ttl=Known.NONE if kept else Known.SET if seconds else Known.UNKNOWN,
            ttl_s=None if kept else seconds,
            persistent=Truth.YES,
        )
        _remember(collector, agent, store)
    logged = root.get("telemetry", "logPrompts")
    if logged is not None:
        collector.add(
            AuditLog(
                id=fact_id("audit_log", "telemetry", f"{agent.id}/telemetry"),
                name="telemetry of Gemini CLI",
                evidence=(evidence(document, logged, logged.text or ""),),
                kind="otel",
                enabled=Truth.YES,
                content_logged=logged.boolean is True,
            )
        )


def _remember(collector: Collector, agent: Agent, store: MemoryStore) -> None:
    collector.add(store)
    for kind in (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM):
        collector.link(kind, agent.id, store.id, store.evidence[0])
