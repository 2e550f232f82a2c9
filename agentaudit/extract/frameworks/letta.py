"""
Letta: agents that it writes to agent files (`.af`), and the server that its container runs.

Read in files of https://github.com/letta-ai/agent-file and in Letta's own `compose.yaml`, autumn
2026. An agent file may be JSON, or a JSON text that holds JSON. Letta keeps every message, block
and passage until somebody deletes it, and summarises what does not fit into the window. The server
asks for a password only where `SECURE` is true (https://docs.letta.com/guides/selfhosting).
"""

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from agentaudit.extract.bounds import bound
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.frameworks.letta_tools import Parts, add_tools, listed_tool
from agentaudit.extract.mcp.configurations import Reading
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent, Model
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node, NodeKind


def extract_letta(documents: Documents, collector: Collector) -> None:
    """Every agent of every agent file, and every server."""
    for document in documents.of("json"):
        if document.file.endswith(".af"):
            _add_file(documents, document, collector)
    for workload in collector.workloads:
        if "letta/letta" in workload.product:
            _add_server(collector, workload)


def _add_file(documents: Documents, document: Document, collector: Collector) -> None:
    root: Node | None = document.root
    if document.root.kind is NodeKind.STRING:
        root = embedded(document.root, document, documents)
        if root is None:
            place = evidence(document, document.root)
            collector.leave_open(place, "an agent file that holds no JSON", "what its agent may do")
            return
    view = replace(document, roots=(root or document.root,))
    agents = tuple(_agents(view.root))
    tools = Parts(view.root, "tools", partial(listed_tool, view))
    blocks = Parts(view.root, "blocks", lambda block: block)
    added = []
    for index, node in enumerate(agents):
        agent = _add_agent(view, collector, (index, node))
        _add_memory(view, collector, agent, node)
        _add_blocks(view, collector, agent, list(_blocks(blocks, node)))
        add_tools(Reading(documents, view, collector, agent), node, tools)
        added.append(agent)
    _add_shared_blocks(view, collector, list(zip(added, agents, strict=True)))


def _agents(root: Node) -> Iterator[Node]:
    """The agents of a file; one of the first form is a file by itself."""
    listed = root.child("agents")
    if listed is not None:
        yield from (node for node in listed.elements if node.entries)
    elif root.child("llm_config") is not None:
        yield root


def _add_agent(document: Document, collector: Collector, placed: tuple[int, Node]) -> Agent:
    index, node = placed
    name = plain(node.text_at("name")) or "agent"
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{document.file}#agents.{index}"),
            name=name,
            evidence=(evidence(document, node.child("name") or node, name),),
            framework="letta",
        )
    )
    _add_model(document, collector, node, index)
    _add_secrets(document, collector, agent, placed)
    return agent


def _add_model(document: Document, collector: Collector, node: Node, index: int) -> None:
    block = node.child("llm_config")
    named = node.text_at("model")
    if block is None and not named:
        return
    provider, mark, short = named.partition("/")
    name = plain((block.text_at("model") if block is not None else "") or short or named)
    place = (block.child("model") if block is not None else None) or node.child("model") or node
    kind = block.text_at("model_endpoint_type") if block is not None else ""
    collector.add(
        Model(
            id=fact_id("model", name, f"{document.file}#agents.{index}.model"),
            name=name or "model",
            evidence=(evidence(document, place, name),),
            provider=kind or (provider if mark else ""),
            url=bare_url(block.text_at("model_endpoint") if block is not None else ""),
        )
    )


def _add_secrets(
    document: Document, collector: Collector, agent: Agent, placed: tuple[int, Node]
) -> None:
    """What its tools find in their environment: a mapping, or a list of keys and values."""
    index, node = placed
    settings: list[Setting] = []
    for key in ("tool_exec_environment_variables", "secrets"):
        block, route = node.child(key), f"agents.{index}.{key}"
        settings.extend(settings_of(document, block, route))
        for item in block.elements if block is not None else ():
            name, value = item.text_at("key"), item.child("value")
            if name and value is not None and value.text:
                settings.append(Setting(key=name, value=value, document=document, route=route))
    holding = Holding(holder="agent", exposure="file", holder_id=agent.id, seen_by=(agent.id,))
    add_credentials(collector, settings, holding)


def _add_memory(document: Document, collector: Collector, agent: Agent, node: Node) -> None:
    """The messages of an agent, which never expire."""
    window = node.child("context_window_limit")
    if window is None or not window.text:
        window = node.get("llm_config", "context_window")
    tokens, count = bound(window) if window is not None else (Known.UNKNOWN, None)
    place = evidence(document, window or node.child("name") or node, "context_window")
    messages = collector.add(
        MemoryStore(
            id=fact_id("memory_store", "messages", f"{agent.id}/messages"),
            name=f"messages of {agent.name}",
            evidence=(place,),
            kind="history",
            backend="letta",
            scope="session",
            ttl=Known.NONE,
            max_tokens=tokens,
            max_tokens_count=count,
            compaction=Known.SET,
            persistent=Truth.YES,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.YES,
        )
    )
    collector.remember(agent.id, messages)


def _add_blocks(
    document: Document, collector: Collector, agent: Agent, blocks: Sequence[Node]
) -> None:
    """The blocks and passages of an agent, which never expire either."""
    if not blocks:
        return
    limits = [bound(block.child("limit")) for block in blocks]
    whole = all(known is Known.SET for known, _ in limits)
    frozen = all(
        (read_only := block.child("read_only")) is not None and read_only.boolean is True
        for block in blocks
    )
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", "blocks", f"{agent.id}/blocks"),
            name=f"memory blocks of {agent.name}",
            evidence=(evidence(document, blocks[0].child("label") or blocks[0]),),
            kind="managed",
            backend="letta",
            ttl=Known.NONE,
            max_bytes=Known.SET if whole else Known.UNKNOWN,
            max_bytes_count=sum(size or 0 for _, size in limits) if whole else None,
            persistent=Truth.YES,
            explicit_writes=Truth.YES,
            explicit_retrieval=Truth.NO,
            agent_writable=Truth.NO if frozen else Truth.YES,
            read_as_instructions=Truth.YES,
        )
    )
    collector.remember(agent.id, store)


def _add_shared_blocks(
    document: Document, collector: Collector, agents: Sequence[tuple[Agent, Node]]
) -> None:
    """A block that several agents have stands in the system prompt of each."""
    holders: dict[str, list[Agent]] = {}
    for agent, node in agents:
        if node.text_at("agent_type").endswith("sleeptime_agent"):
            continue  # the part of another that tends its memory while nobody speaks with it
        for identifier in dict.fromkeys(node.texts_at("block_ids")):
            holders.setdefault(identifier, []).append(agent)
    listed = document.root.child("blocks")
    for block in listed.elements if listed is not None else ():
        identifier, frozen = block.text_at("id"), block.child("read_only")
        if len(holders.get(identifier, ())) < 2:  # noqa: PLR2004, one agent shares it with nobody
            continue
        name = plain(block.text_at("label")) or "block"
        store = collector.add(
            MemoryStore(
                id=fact_id("memory_store", name, f"{document.file}#blocks.{identifier}"),
                name=f"memory block {name}",
                evidence=(evidence(document, block.child("label") or block, name),),
                kind="managed",
                backend="letta",
                scope="global",
                persistent=Truth.YES,
                agent_writable=Truth.NO if frozen is not None and frozen.boolean else Truth.YES,
                read_as_instructions=Truth.YES,
            )
        )
        for agent in holders[identifier]:
            collector.remember(agent.id, store)


def _blocks(shared: Parts[Node], node: Node) -> Iterator[Node]:
    """Blocks by their ids, those that stand in the agent, and those of the first form."""
    yield from shared.named(node.texts_at("block_ids"))
    for key in ("memory_blocks", "core_memory"):
        own = node.child(key)
        yield from (block for block in (own.elements if own is not None else ()) if block.entries)


def _add_server(collector: Collector, workload: Workload) -> None:
    """Whether a server asks who calls; the agent is the one that its runtime is said to run."""
    runtime = collector.facts.get(workload.runtime_id)
    if not isinstance(runtime, Runtime):
        return
    secure = next((item for item in workload.settings if item.key == "SECURE"), None)
    name = next((item for item in workload.names if item), runtime.name)
    place = (
        evidence(secure.document, secure.value, f"SECURE={plain(secure.content)}")
        if secure is not None
        else runtime.evidence[0]
    )
    asks = _asks(workload, runtime, secure)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{runtime.id}/agent"),
            name=name,
            evidence=(place,),
            framework="letta",
            authenticated=asks,
            environment=runtime.environment,
        )
    )
    database = any(item.key == "LETTA_PG_URI" for item in workload.settings)
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", "letta", f"{runtime.id}/letta"),
            name=f"memory of {name}",
            evidence=runtime.evidence[:1],
            kind="managed",
            backend="postgres" if database else "letta",
            ttl=Known.NONE,
            persistent=Truth.YES,
            explicit_writes=Truth.YES,
            explicit_retrieval=Truth.YES,
            agent_writable=Truth.YES,
        )
    )
    collector.remember(agent.id, store)


def _asks(workload: Workload, runtime: Runtime, secure: Setting | None) -> Truth:
    """No only where the port is published and nothing unread could say otherwise."""
    if secure is not None:
        if secure.content.lower() in {"true", "1", "yes"}:
            return Truth.YES
        return Truth.UNKNOWN if "$" in secure.content else _open(runtime)
    return _open(runtime) if workload.settings_whole else Truth.UNKNOWN


def _open(runtime: Runtime) -> Truth:
    return Truth.NO if runtime.published else Truth.UNKNOWN
