"""
The server of Zep by its own configuration: what it keeps, and whether it asks who calls.

Read in https://github.com/getzep/zep: `config.yaml` of its first form, and `zep.yaml` of the
community edition. It purges what somebody deleted, and nothing expires by itself. The environment
of its container (`ZEP_AUTH_REQUIRED`, `ZEP_AUTH_SECRET`) goes before its file.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.bounds import bound, switch
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node, NodeKind

_IMAGES = ("zepai/zep", "getzep/zep")
_BLOCKS = ((), ("postgres",), ("store", "postgres"), ("auth",), ("llm",))


def extract_zep(documents: Documents, collector: Collector) -> None:
    """Every configuration of the server, with the container in its folder."""
    for document in documents.of("yaml"):
        root = document.root
        first = root.get("store", "type") is not None and root.child("extractors") is not None
        community = root.get("graphiti", "service_url") is not None
        if first or community:
            _add_memory(document, collector, community=community)
            _add_server(document, collector)


def _add_memory(document: Document, collector: Collector, *, community: bool) -> None:
    root = document.root
    window = root.get("memory", "message_window")
    turns, count = bound(window) if window is not None else (Known.UNKNOWN, None)
    summary = root.get("extractors", "messages", "summarizer", "enabled")
    compacts = community or (summary is not None and summary.boolean is True)
    node = root.key_of("memory") or root.key_of("postgres") or root.key_of("store") or root
    collector.add(
        MemoryStore(
            id=fact_id("memory_store", "zep", f"{document.file}#memory"),
            name="memory of Zep",
            evidence=(evidence(document, node, node.raw),),
            kind="managed" if community else "history",
            backend="postgres" if community else root.text_at("store", "type"),
            ttl=Known.NONE,
            max_turns=turns,
            max_turns_count=count,
            compaction=Known.SET if compacts else Known.UNKNOWN,
            persistent=Truth.YES,
            explicit_writes=Truth.YES,
            explicit_retrieval=Truth.YES,
            agent_writable=Truth.YES,
        )
    )
    holding = Holding(holder="container", exposure="file")
    add_credentials(collector, tuple(_settings(document)), holding)


def _settings(document: Document) -> Iterator[Setting]:
    for path in _BLOCKS:
        block = document.root.get(*path) if path else document.root
        for key, value in block.items() if block is not None else ():
            if value.kind is NodeKind.STRING and value.text:
                named = f"{path[-1]}_{key}" if path else key
                route = ".".join(path) or "root"
                yield Setting(key=named, value=value, document=document, route=route)


def _add_server(document: Document, collector: Collector) -> None:
    """The server as agents call it, where a container here publishes it."""
    for workload in collector.workloads:
        runtime = collector.facts.get(workload.runtime_id)
        same = folder_of(workload.document.file) == folder_of(document.file)
        if not same or not isinstance(runtime, Runtime):
            continue
        if not any(image in workload.product for image in _IMAGES):
            continue
        asks = _asks(document.root, workload)
        required = document.root.get("auth", "required")
        places = runtime.evidence[:1]
        if required is not None:
            places = (evidence(document, required, f"required: {required.raw}"), *places)
        server = ToolServer(
            id=fact_id("tool_server", "zep", f"{runtime.id}/zep"),
            name="zep",
            evidence=places,
            transport="http",
            authenticated=asks,
            catalogued=True,
        )
        collector.add(replace(server, exposed=runtime.published and asks is Truth.NO))


def _asks(root: Node, workload: Workload) -> Truth:
    said = {setting.key: setting for setting in workload.settings}
    if "ZEP_AUTH_REQUIRED" in said:
        text = said["ZEP_AUTH_REQUIRED"].content.lower()
        if text in {"true", "1"}:
            return Truth.YES
        return Truth.NO if text in {"false", "0"} else Truth.UNKNOWN
    if root.child("auth") is not None:
        return switch(root.get("auth", "required"), absent=Truth.NO)
    secret = root.child("api_secret")
    return Truth.YES if secret is not None and secret.text else Truth.UNKNOWN
