"""langgraph.json: graphs as agents, what the server keeps for them, and its environment."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.pages import opened_to_pages
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import FOR_EVER_S
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_MINUTE_S = 60
_FILES = (".py", ".ts", ".js", ".mjs", ".tsx", ".jsx")
SERVER = "langgraph server"
SERVER_WORD = "langgraph"
"""What a Dockerfile speaks of that makes the server's image; others beside it make other ones."""


def extract_langgraph(documents: Documents, collector: Collector) -> None:
    """Every langgraph.json."""
    known: dict[str, dict[FactId, Agent]] = {}
    for agent in collector.of(Agent):
        known.setdefault(agent.evidence[0].file, {})[agent.id] = agent
    for document in documents.of("json"):
        if document.root.child("graphs") is not None and (
            document.file.endswith("langgraph.json") or document.root.child("dependencies")
        ):
            agents = _add_graphs(known, document, collector)
            _add_stores(document, collector, agents)
            _add_server(documents, document, collector)


def _add_graphs(
    known: dict[str, dict[FactId, Agent]], document: Document, collector: Collector
) -> list[Agent]:
    """The graphs as agents; `known` has the agents of each file, and gets these."""
    graphs = document.root.child("graphs") or document.root
    agents: list[Agent] = []
    access = _authenticated(document.root), _open_to_pages(document)
    if access[0] is Truth.UNKNOWN and graphs.entries:
        place = evidence(document, document.root.key_of("graphs") or graphs)
        effect = (
            "a deployment of LangSmith asks for its key, a server of one's own lets everybody in"
        )
        collector.leave_open(place, "who may call the graphs: `auth` names no handler", effect)
    for key, value in graphs.entries:
        if key.raw:
            agent = _agent(document, key, _built(known, document, value), access)
            collector.update(agent)
            known.setdefault(agent.evidence[0].file, {})[agent.id] = agent
            agents.append(agent)
    return agents


def _add_stores(document: Document, collector: Collector, agents: Iterable[Agent]) -> None:
    """What the server keeps, for all of them."""
    stores = [_checkpointer(collector, document)]
    if document.root.child("store") is not None:
        stores.append(_long_term_store(collector, document))
    for agent in agents:
        for store in stores:
            collector.remember(agent.id, store)


def _built(
    known: Mapping[str, Mapping[FactId, Agent]], document: Document, graph: Node
) -> Agent | None:
    """The agent that the Python file of a graph builds, where that was read."""
    target = graph.text or graph.text_at("path")
    path, _, variable = target.rpartition(":")
    files = (sibling(document.file, each) for each in _files_of(path)) if path else ()
    inside = next((known[file] for file in files if file in known), {}).values()
    named = (agent for agent in inside if agent.name == variable)
    return next(named, None) or next(iter(inside), None)


def _files_of(path: str) -> tuple[str, ...]:
    """The files that a graph may be in, whose path is one or that of a module: `desk.graph`."""
    if "/" in path or path.endswith(_FILES):
        return (path,)
    module = path.replace(".", "/")
    return (f"{module}.py", f"src/{module}.py", f"{module}/__init__.py")


def _agent(
    document: Document, key: Node, built: Agent | None, access: tuple[Truth, Evidence | None]
) -> Agent:
    """The agent that a graph is; the server says who may call it, and from which pages."""
    place = evidence(document, key, key.raw)
    if built is not None:
        agent = replace(built, name=key.raw, evidence=with_place(built, place))
    else:
        agent = Agent(
            id=fact_id("agent", key.raw, f"{document.file}#graphs.{key.raw}"),
            name=key.raw,
            evidence=(place,),
            framework="langgraph",
        )
    agent = replace(agent, authenticated=access[0])
    return agent if access[1] is None else opened_to_pages(agent, access[1])


def _authenticated(root: Node) -> Truth:
    if root.get("auth", "path") is not None:
        return Truth.YES
    return Truth.NO if root.get("auth", "disable_studio_auth") is not None else Truth.UNKNOWN


def _open_to_pages(document: Document) -> Evidence | None:
    """Where the server lets pages of every origin in."""
    origins = document.root.get("http", "cors", "allow_origins")
    if origins is None or "*" not in origins.texts():
        return None
    return evidence(document, origins, "allow_origins=*")


def _checkpointer(collector: Collector, document: Document) -> MemoryStore:
    """Threads and their checkpoints: kept for ever unless `ttl` says otherwise."""
    root = document.root
    ttl = root.get("checkpointer", "ttl")
    known, seconds = _ttl(ttl)
    place = _place(document, "checkpointer", "ttl", "default_ttl")
    return collector.add(
        MemoryStore(
            id=fact_id("memory_store", "checkpointer", f"{document.file}#checkpointer"),
            name="checkpointer",
            evidence=(place,),
            kind="checkpoint",
            backend="langgraph",
            scope="session",
            ttl=known,
            ttl_s=seconds,
            sweep=Known.SET if known is Known.SET else Known.NONE,
            persistent=Truth.YES,
            explicit_writes=Truth.NO,
        )
    )


def _long_term_store(collector: Collector, document: Document) -> MemoryStore:
    """The store: swept only at an interval that somebody sets, and refreshed by every read."""
    ttl = document.root.get("store", "ttl")
    known, seconds = _ttl(ttl)
    refresh = ttl.child("refresh_on_read") if ttl is not None else None
    interval = ttl.child("sweep_interval_minutes") if ttl is not None else None
    place = _place(document, "store", "ttl", "default_ttl")
    return collector.add(
        MemoryStore(
            id=fact_id("memory_store", "store", f"{document.file}#store"),
            name="store",
            evidence=(place,),
            kind="vector",
            backend="langgraph",
            ttl=known,
            ttl_s=seconds,
            refresh_on_read=Truth.NO
            if known is not Known.SET or (refresh is not None and refresh.boolean is False)
            else Truth.YES,
            sweep=Known.SET if interval is not None and (interval.integer or 0) > 0 else Known.NONE,
            persistent=Truth.YES,
            agent_writable=Truth.YES,
        )
    )


def _ttl(node: Node | None) -> tuple[Known, int | None]:
    default = node.child("default_ttl") if node is not None else None
    if default is None or default.text is None:
        return Known.NONE, None
    try:
        seconds = float(default.text) * _MINUTE_S
    except ValueError:
        return Known.UNKNOWN, None
    return (Known.SET, int(seconds)) if 0 < seconds < FOR_EVER_S else (Known.NONE, None)


def _place(document: Document, *route: str) -> Evidence:
    """The deepest part of the route that is there, or else where graphs are declared."""
    for length in range(len(route), 0, -1):
        node = document.root.get(*route[: length - 1]) if length > 1 else document.root
        key = node.key_of(route[length - 1]) if node is not None else None
        if key is not None:
            value = document.root.text_at(*route[:length])
            return evidence(document, key, f"{key.raw}: {value}" if value else key.raw)
    return evidence(document, document.root.key_of("graphs") or document.root, "graphs")


def _add_server(documents: Documents, document: Document, collector: Collector) -> None:
    """The process that serves the graphs, unless a container built here does that."""
    folder = folder_of(document.file)
    settings = _settings(documents, document)
    if any(_serves(workload, folder) for workload in collector.workloads):
        return
    key = document.root.key_of("env") or document.root.key_of("graphs") or document.root
    runtime = collector.add(
        Runtime(
            id=fact_id("runtime", SERVER, f"{document.file}#server"),
            name=SERVER,
            evidence=(evidence(document, key, key.raw),),
            confidence=Confidence.LIKELY,
            kind="process",
            runs_agent=True,
        )
    )
    collector.workloads.append(
        Workload(
            runtime_id=runtime.id,
            document=document,
            names=(SERVER,),
            role="agent",
            build=folder,
            settings=settings,
        )
    )
    holding = Holding(
        holder="container", exposure="env", holder_id=runtime.id, seen_by=(runtime.id,)
    )
    if add_credentials(collector, settings, holding):
        collector.update(replace(runtime, holds_secrets=True))


def _serves(workload: Workload, folder: str) -> bool:
    """Whether a container runs the agent of a folder: built from it, or declared in it."""
    beside = folder_of(workload.document.file) == folder and workload.role == "agent"
    return workload.build == folder or beside


def _settings(documents: Documents, document: Document) -> tuple[Setting, ...]:
    node = document.root.child("env")
    if node is None:
        return ()
    if node.entries:
        return settings_of(document, node, "env")
    found = documents.beside(document, node.text or "")
    if found is None or found.syntax != "dotenv":
        return ()
    via = evidence(document, node, node.text or "")
    return tuple(replace(item, via=(via,)) for item in settings_of(found, found.root, "env"))
