"""
Gemini CLI: `settings.json` with its approval mode, sandbox, allowed tools, sessions and telemetry.

Keys by https://geminicli.com/docs/reference/configuration. With telemetry on, prompts are
logged unless `logPrompts` is false. Qwen Code is a fork, with the same settings.
"""

import re

from msgspec.structs import replace

from agentaudit.extract.coding_agents.signs import with_folders
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.clients import add_telemetry, client_agent
from agentaudit.extract.sizes import seconds_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_FILE = re.compile(r"(?:^|/)(?:\.gemini|gemini-cli|\.qwen)/settings\.json$")
_ANY_COMMAND = frozenset({"run_shell_command", "ShellTool", "*"})
"""Names of the shell without what it may run: with them every command runs unasked."""


def extract_gemini(documents: Documents, collector: Collector) -> None:
    """The agent of every settings file of Gemini CLI."""
    for document in documents.of("json"):
        if _FILE.search(document.file):
            agent = _add_agent(document, collector)
            _add_sessions(document, collector, agent)
            _add_telemetry(document, collector, agent)


def _add_telemetry(document: Document, collector: Collector, agent: Agent) -> None:
    """What is sent where telemetry is on: prompts too, unless `logPrompts` says otherwise."""
    told = document.root.child("telemetry") or document.root
    on, file, logged = (told.child(name) for name in ("enabled", "outfile", "logPrompts"))
    if on is not None and on.boolean is False:
        return
    if on is None or on.boolean is None:
        add_telemetry(document, collector, agent, logged)
        return
    file = file if file is not None and file.text else None
    add_telemetry(document, collector, agent, logged, file=file, on=on)


def _add_agent(document: Document, collector: Collector) -> Agent:
    root = document.root
    agent = client_agent(document, collector)
    given = root.get("tools", "approvalMode") or root.get("general", "defaultApprovalMode")
    mode = (given.text or "") if given is not None else ""
    ruled_out = root.get("security", "disableYoloMode")
    bypass = mode == "yolo" and not (ruled_out is not None and ruled_out.boolean is True)
    allowed = root.get("tools", "allowed") or root.child("allowedTools")
    wide = allowed is not None and bool(_ANY_COMMAND & set(allowed.texts()))
    sandbox = root.get("tools", "sandbox") or root.child("sandbox")
    sandboxed = _sandboxed(sandbox)
    told = (
        given if bypass else None,
        allowed if wide else None,
        sandbox if sandboxed is Truth.NO else None,
    )
    places = (evidence(document, node, plain(node.text or "")) for node in told if node is not None)
    changed = replace(
        agent,
        permission_mode="bypass" if bypass else "default" if mode == "yolo" else mode,
        wildcard_tools=agent.wildcard_tools or wide,
        sandboxed=sandboxed,
        evidence=tuple(dict.fromkeys((*places, *agent.evidence))),
    )
    listed = root.get("context", "includeDirectories") or root.child("includeDirectories")
    changed = with_folders(changed, document, listed)
    collector.update(changed)
    return changed


def _sandboxed(node: Node | None) -> Truth:
    """The sandbox is on for `true` and for the name of one, such as `docker`."""
    if node is None or not node.text:
        return Truth.UNKNOWN
    return Truth.NO if node.boolean is False else Truth.YES


def _add_sessions(document: Document, collector: Collector, agent: Agent) -> None:
    retention = document.root.get("general", "sessionRetention")
    if retention is None:
        return
    on, age = retention.child("enabled"), retention.child("maxAge")
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
    collector.remember(agent.id, collector.add(store))
