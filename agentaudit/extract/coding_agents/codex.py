"""
Codex: `config.toml` with its profiles, and what a `requirements.toml` of the machine forbids.

Keys by https://developers.openai.com/codex/config-reference.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.coding_agents.signs import is_codex, with_folders
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.clients import REQUIREMENTS, add_telemetry, client_agent
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress
from agentaudit.readers.document import Document, Node

_OPEN = "danger-full-access"


def extract_codex(documents: Documents, collector: Collector) -> None:
    """The agent of every `config.toml` that speaks of Codex: modes, sandbox, history, telemetry."""
    found = [document for document in documents.of("toml") if is_codex(document)]
    forbidden = _forbidden(documents) if found else _Forbidden()
    for document in found:
        agent = _add_agent(document, collector, forbidden)
        _add_history(document, collector, agent)
        add_telemetry(document, collector, agent, document.root.get("otel", "log_user_prompt"))
        _add_egress(document, collector, agent)


class _Forbidden(Struct, frozen=True):
    """Values that no configuration of the machine may choose."""

    never_asking: bool = False
    open_sandbox: bool = False


def _forbidden(documents: Documents) -> _Forbidden:
    """What `requirements.toml` rules out by listing what it allows."""
    files = [item.root for item in documents.of("toml") if REQUIREMENTS.search(item.file)]
    policies = [node for root in files if (node := root.child("allowed_approval_policies"))]
    modes = [node for root in files if (node := root.child("allowed_sandbox_modes"))]
    return _Forbidden(
        never_asking=any("never" not in node.texts() for node in policies),
        open_sandbox=any(_OPEN not in node.texts() for node in modes),
    )


class _Mode(Struct, frozen=True):
    """What one level of the configuration, the file's own or a profile's, amounts to."""

    node: Node
    approval: str
    sandbox: str
    bypass: bool


def _add_agent(document: Document, collector: Collector, forbidden: _Forbidden) -> Agent:
    """The agent as the file's own level has it, or a profile by which nobody is asked any more."""
    own, *profiles = _modes(document.root, forbidden)
    loosest = next((mode for mode in (own, *profiles) if mode.bypass), own)
    agent = client_agent(document, collector, loosest.node)
    changed = replace(
        agent,
        permission_mode="bypass" if loosest.bypass else own.approval,
        sandboxed=Truth.NO
        if loosest.sandbox == _OPEN
        else Truth.YES
        if loosest.sandbox
        else Truth.UNKNOWN,
    )
    if loosest.bypass:
        place = evidence(document, loosest.node, loosest.approval)
        changed = replace(changed, evidence=tuple(dict.fromkeys((place, *changed.evidence))))
    writable = document.root.get("sandbox_workspace_write", "writable_roots")
    changed = with_folders(changed, document, writable)
    collector.update(changed)
    return changed


def _modes(root: Node, forbidden: _Forbidden) -> Iterator[_Mode]:
    own = _mode(root, root, forbidden)
    yield own
    profiles = root.child("profiles")
    for _, profile in profiles.items() if profiles is not None else ():
        yield _mode(profile, root, forbidden)


def _mode(level: Node, root: Node, forbidden: _Forbidden) -> _Mode:
    approval = level.text_at("approval_policy") or root.text_at("approval_policy")
    sandbox = level.text_at("sandbox_mode") or root.text_at("sandbox_mode")
    sandbox = sandbox or _profile(level, root)
    bypass = approval == "never" and sandbox == _OPEN
    ruled_out = forbidden.never_asking or forbidden.open_sandbox
    asks = sandbox == _OPEN and approval != "never"
    keys = ("sandbox_mode", "default_permissions", "approval_policy")
    shown = keys if asks else (keys[2], *keys[:2])
    place = next((node for key in shown if (node := level.child(key))), level)
    return _Mode(
        node=place,
        approval=approval,
        sandbox="" if sandbox == _OPEN and forbidden.open_sandbox else sandbox,
        bypass=bypass and not ruled_out,
    )


def _profile(level: Node, root: Node) -> str:
    """
    The profile of permissions that holds where no `sandbox_mode` does, as a mode of the sandbox.

    By https://developers.openai.com/codex/permissions: three are built in, others are described.
    """
    name = level.text_at("default_permissions") or root.text_at("default_permissions")
    if name == f":{_OPEN}":
        return _OPEN
    described = root.get("permissions", name)
    whole = described.text_at("filesystem", ":root") if described is not None else ""
    return _OPEN if whole == "write" else name


def _add_history(document: Document, collector: Collector, agent: Agent) -> None:
    history = document.root.get("history", "persistence")
    if history is None or history.text == "none":
        return
    size = document.root.get("history", "max_bytes")
    known = Known.SET if size is not None and (size.integer or 0) > 0 else Known.NONE
    store = MemoryStore(
        id=fact_id("memory_store", "history", f"{agent.id}/history"),
        name="history of Codex",
        evidence=(evidence(document, history, history.text or ""),),
        kind="history",
        backend="file",
        scope="user",
        ttl=Known.NONE,
        max_bytes=known,
        max_bytes_count=size.integer if size is not None and known is Known.SET else None,
        persistent=Truth.YES,
    )
    collector.remember(agent.id, collector.add(store))


def _add_egress(document: Document, collector: Collector, agent: Agent) -> None:
    """The sandbox of a workspace has no network unless it is given one."""
    node = document.root.get("sandbox_workspace_write", "network_access")
    if agent.sandboxed is not Truth.YES or agent.permission_mode == "bypass":
        return
    place = evidence(document, node, node.text or "") if node is not None else agent.evidence[0]
    egress = collector.add(
        Egress(
            id=fact_id("egress", "sandbox", f"{agent.id}/sandbox"),
            name="sandbox of Codex",
            evidence=(place,),
            policy="any" if node is not None and node.boolean is True else "none",
        )
    )
    collector.link(EdgeKind.EGRESS_TO, agent.id, egress.id, place)
