"""
Servers of vLLM: whether they ask for a key, who reaches them, whether they run code of the weights.

Its arguments stand in containers and images, and in the file that `--config` names, where each is a
key without its dashes. https://docs.vllm.ai/en/latest/cli/serve, autumn 2026: without `--api-key`
or `VLLM_API_KEY` the server answers everybody, `--trust-remote-code` runs code that the repository
of the weights holds, and `--code-revision` or `--revision` fixes which. Cached prefixes are shared
by all who call; the least used goes first.
"""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.exposure import exposed_runtimes
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node, NodeKind

_STARTS = ("vllm serve", "vllm.entrypoints")
_KEYS = frozenset(
    {
        *("gpu-memory-utilization", "max-model-len", "max-num-seqs", "tensor-parallel-size"),
        *("trust-remote-code", "served-model-name", "enable-prefix-caching", "uvicorn-log-level"),
        *("max-num-batched-tokens", "kv-cache-dtype", "pipeline-parallel-size", "api-key"),
    }
)
_FEWEST = 2
_SOUGHT = Budget("characters around keys", 50_000_000)
"""Of files that are searched for the place of a key, each as often as it has servers with one."""
_OFF = frozenset({"false", "0", "no"})


class _Server(Struct, frozen=True):
    """One server as it is started: its arguments, and where they stand."""

    document: Document
    arguments: Mapping[str, str]
    key: str
    place: Evidence
    workload: Workload | None = None


class _Around(Struct, frozen=True):
    """What other files say: runtimes that the outside reaches, and models by their first place."""

    reached: Collection[FactId]
    known: Mapping[Evidence, Model]


def extract_vllm(documents: Documents, collector: Collector) -> None:
    """Every server that a container, an image or a file of arguments describes."""
    around = _Around(
        exposed_runtimes(documents, collector, "model").keys(),
        {model.evidence[0]: model for model in reversed(collector.of(Model))},
    )
    for workload in collector.workloads:
        line = " ".join(part for word in workload.words for part in word.split())
        if "vllm" in workload.product or any(start in line for start in _STARTS):
            _add_container(collector, workload, around)
    for document in documents.of("yaml"):
        if _is_configuration(document.root):
            _add_file(collector, document)


def _arguments(words: tuple[str, ...]) -> dict[str, str]:
    """Names without dashes to values; a switch has none. A shell's line is taken apart."""
    found: dict[str, str] = {}
    parts = [part for word in words for part in word.split()]
    for position, part in enumerate(parts):
        if not part.startswith("--"):
            continue
        name, mark, value = part[2:].partition("=")
        following = parts[position + 1] if position + 1 < len(parts) else ""
        if not mark and not following.startswith("-"):
            value = following
        found[name.replace("_", "-")] = value.strip("\"'")
    return found


def _is_configuration(root: Node) -> bool:
    keys = {key.raw.replace("_", "-") for key, _ in root.entries}
    return len(keys & _KEYS) >= _FEWEST and root.child("services") is None


def _add_container(collector: Collector, workload: Workload, around: "_Around") -> None:
    runtime = collector.facts.get(workload.runtime_id)
    if not isinstance(runtime, Runtime):
        return
    server = _Server(
        document=workload.document,
        arguments=_arguments(workload.words),
        key=workload.runtime_id,
        place=runtime.evidence[0],
        workload=workload,
    )
    model = around.known.get(runtime.evidence[0]) or _model(server, workload.names[0])
    model = replace(
        _described(model, server),
        authenticated=_asks(server),
        exposed=runtime.published or runtime.id in around.reached,
    )
    collector.update(model)
    collector.link(EdgeKind.RUNS_ON, model.id, runtime.id, server.place)
    _add_key(collector, server, runtime.id)
    _add_cache(collector, server, model)


def _add_file(collector: Collector, document: Document) -> None:
    """A file of arguments: nothing says here who reaches the server that is given it."""
    arguments = {
        key.replace("_", "-"): value.text or ""
        for key, value in document.root.items()
        if value.text is not None
    }
    node = document.root.child("model") or document.root.entries[0][0]
    place = evidence(document, node, plain(node.raw))
    server = _Server(document, arguments, document.file, place)
    model = _described(_model(server, plain(arguments.get("model", "")) or "vllm"), server)
    if arguments.get("api-key"):
        model = replace(model, authenticated=Truth.YES)
    collector.add(model)
    _add_key(collector, server, None)
    _add_cache(collector, server, model)


def _model(server: _Server, name: str) -> Model:
    return Model(
        id=fact_id("model", name, f"{server.key}/vllm"),
        name=name,
        evidence=(server.place,),
        provider="vllm",
        local=Truth.YES,
    )


def _described(model: Model, server: _Server) -> Model:
    fetched = _on(server.arguments, "trust-remote-code")
    fixed = any(server.arguments.get(name) for name in ("code-revision", "revision"))
    own = server.arguments.get("model", "").startswith(("/", "./"))
    return replace(model, runs_fetched_code=fetched and not fixed and not own)


def _on(arguments: Mapping[str, str], name: str) -> bool:
    return name in arguments and arguments[name].lower() not in _OFF


def _asks(server: _Server) -> Truth:
    """No only where the whole command and environment are known."""
    workload = server.workload
    if server.arguments.get("api-key"):
        return Truth.YES
    if workload is None or "config" in server.arguments:
        return Truth.UNKNOWN
    if any(setting.key == "VLLM_API_KEY" for setting in workload.settings):
        return Truth.YES
    return Truth.NO if workload.settings_whole else Truth.UNKNOWN


def _add_key(collector: Collector, server: _Server, runtime: FactId | None) -> None:
    """The key that callers must show, where the arguments hold it."""
    value = server.arguments.get("api-key", "")
    if not value:
        return
    what = f"where the key of {plain(server.place.snippet)} stands"
    if not collector.affords(
        _SOUGHT,
        len(server.document.text),
        (server.place, what, "it may stand there for all to see"),
    ):
        return
    node = next(_nodes_with(server.document, value), None)
    if node is None:
        return
    setting = Setting(
        key="VLLM_API_KEY",
        value=node,
        document=server.document,
        route=f"{server.key}.arguments",
        text=value,
    )
    exposure = "argument" if server.workload is not None else "file"
    holding = Holding(holder="container", exposure=exposure)
    if runtime is not None:
        holding = replace(holding, holder_id=runtime, seen_by=(runtime,))
    add_credentials(collector, (setting,), holding)


def _nodes_with(document: Document, value: str) -> Iterator[Node]:
    for root in document.roots:
        yield from (
            node for node in root.walk() if node.kind is NodeKind.STRING and value in node.raw
        )


def _add_cache(collector: Collector, server: _Server, model: Model) -> None:
    """What was computed of prompts, kept for whoever begins with the same words."""
    if not _on(server.arguments, "enable-prefix-caching"):
        return
    collector.add(
        MemoryStore(
            id=fact_id("memory_store", "prefix cache", f"{model.id}/prefixes"),
            name=f"prefix cache of {model.name}",
            evidence=(server.place,),
            kind="cache",
            backend="vllm",
            scope="global",
            ttl=Known.NONE,
            max_bytes=Known.SET,
            eviction="lru",
            persistent=Truth.NO,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.NO,
            agent_writable=Truth.NO,
        )
    )
