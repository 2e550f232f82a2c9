"""
What an agent of AutoGen keeps in its context, and in memories beside it.

Read in AutoGen 0.7.5: `ListMemory` and the vector memories have no expiry, and what they hold comes
into the context without a call of the agent's; only the application writes to them.
"""

from agentaudit.extract.bounds import Bound, bound
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node, NodeKind

_UNBOUNDED = "UnboundedChatCompletionContext"
_BACKENDS = {
    "ListMemory": ("buffer", "in_memory"),
    "ChromaDBVectorMemory": ("vector", "chroma"),
    "RedisMemory": ("vector", "redis"),
    "Mem0Memory": ("vector", "mem0"),
    "TextCanvasMemory": ("buffer", "in_memory"),
}


def add_memory(
    document: Document, collector: Collector, agent: Agent, config: Node, *, assistant: bool
) -> None:
    """The context of an agent, and the memories that it is given."""
    context = config.child("model_context")
    if context is not None and context.entries:
        _add_context(document, collector, agent, context)
    elif assistant:
        _add_unbounded(document, collector, agent, config)
    for index, node in enumerate(config.list_at("memory")):
        _add_store(document, collector, agent, (index, node))


def _add_context(document: Document, collector: Collector, agent: Agent, context: Node) -> None:
    name = context.text_at("provider").rpartition(".")[2]
    inner = context.child("config") or context
    node = context.child("provider") or context
    none: Bound = (Known.NONE, None)
    turns, tokens = none, none
    if name == "BufferedChatCompletionContext":
        turns = bound(inner.child("buffer_size"))
    elif name == "HeadAndTailChatCompletionContext":
        turns = _both(bound(inner.child("head_size")), bound(inner.child("tail_size")))
    elif name == "TokenLimitedChatCompletionContext":
        limit = inner.child("token_limit")
        tokens = bound(limit) if limit is not None and limit.text else (Known.SET, None)
    elif name != _UNBOUNDED:
        place = evidence(document, node, name)
        collector.leave_open(place, f"the context {plain(name)} is not known", "what bounds it")
        turns = (Known.UNKNOWN, None)
    _add_window(collector, agent, (document, node, name), (turns, tokens))


def _both(head: Bound, tail: Bound) -> Bound:
    if head[1] is None or tail[1] is None:
        return Known.UNKNOWN, None
    return Known.SET, head[1] + tail[1]


def _add_unbounded(document: Document, collector: Collector, agent: Agent, config: Node) -> None:
    node = config.child("name") or config
    none: Bound = (Known.NONE, None)
    _add_window(collector, agent, (document, node, _UNBOUNDED), (none, none))


def _add_window(
    collector: Collector,
    agent: Agent,
    named: tuple[Document, Node, str],
    bounds: tuple[Bound, Bound],
) -> None:
    document, node, name = named
    (turns, turn_count), (tokens, token_count) = bounds
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", name, f"{agent.id}/model_context"),
            name=f"context of {agent.name}",
            evidence=(evidence(document, node, name),),
            kind="buffer" if name == _UNBOUNDED else "window",
            backend="in_memory",
            scope="session",
            ttl=Known.NONE,
            max_turns=turns,
            max_turns_count=turn_count,
            max_tokens=tokens,
            max_tokens_count=token_count,
            compaction=Known.NONE,
            persistent=Truth.NO,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.NO,
        )
    )
    collector.remember(agent.id, store)


def _add_store(
    document: Document, collector: Collector, agent: Agent, given: tuple[int, Node]
) -> None:
    index, node = given
    name = node.text_at("provider").rpartition(".")[2]
    place = evidence(document, node.child("provider") or node, name)
    if name not in _BACKENDS:
        collector.leave_open(place, f"the memory {plain(name)} is not known", "what bounds it")
        return
    kind, backend = _BACKENDS[name]
    inner = node.child("config") or node
    managed = inner.child("is_cloud")
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", name, f"{agent.id}/memory.{index}"),
            name=plain(inner.text_at("collection_name") or inner.text_at("name")) or name,
            evidence=(place,),
            kind=kind,
            backend=backend,
            scope="user" if inner.text_at("user_id") else "",
            ttl=Known.NONE,
            persistent=Truth.NO if backend == "in_memory" else Truth.YES,
            explicit_writes=Truth.YES,
            explicit_retrieval=Truth.NO,
            agent_writable=Truth.NO,
            managed_service=managed is not None and managed.boolean is True,
        )
    )
    collector.remember(agent.id, store)
    settings = [
        Setting(key=key, value=value, document=document, route=f"{agent.id}.memory.{index}")
        for block in (inner, inner.child("headers"), inner.child("config"))
        for key, value in (block.items() if block is not None else ())
        if value.kind is NodeKind.STRING
    ]
    holding = Holding(holder="agent", exposure="file", holder_id=agent.id, seen_by=(agent.id,))
    add_credentials(collector, settings, holding)
