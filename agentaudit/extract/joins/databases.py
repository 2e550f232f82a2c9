"""
Databases that agents use: their memory lies there, they are told where it is, or they wait for it.

Those of embeddings find texts for models, whatever asks them.
Only those that other machines reach are asked for, and that do not ask who calls or leave it open.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.joins.credentials import agents_on
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime

_ADDRESSES = regex(r"HOST|URL|URI|ADDR|SERVER|ENDPOINT|DSN|NODE|DATABASE|REDIS|CONNECTION")
"""Settings whose value, without a scheme, is where something is."""
_HOST = regex(
    r"(?:://(?:[^@/\s]*@)?|^|@)(?P<host>[A-Za-z][\w-]*)(?P<rest>(?:\.[\w-]+)*)(?=[:/?,]|$)"
)
_OF_EMBEDDINGS = frozenset({"qdrant", "chroma", "milvus", "weaviate"})
_Place = tuple[str, str, str]
"""The file or namespace around a workload, and the name by which others there reach it."""


def join_databases(collector: Collector) -> None:
    """Marks the databases that agents use, each with the place that says so."""
    open_ones = dict(_open_to_others(collector))
    if not open_ones:
        return
    kept = {
        edge.dst: edge.evidence[0]
        for edge in collector.edges_of(EdgeKind.RUNS_ON)
        if edge.src.startswith("memory_store:")
    }
    used, beside = _used(collector, open_ones), _beside_others(collector, open_ones)
    for name in sorted(set(open_ones.values())):
        place = used.get(name) or kept.get(name)
        runtime = collector.facts[name]
        if not isinstance(runtime, Runtime) or (place is None and name not in beside):
            continue
        if runtime.authenticated is Truth.UNKNOWN:
            what = f"whether the {runtime.database} of {runtime.name} asks who calls"
            collector.leave_open(
                runtime.evidence[0], what, "whoever reaches its port may be let in"
            )
        if place is None:
            collector.update(replace(runtime, holds_embeddings=True))
            continue
        places = with_place(runtime, place)
        collector.update(replace(runtime, serves_agents=True, evidence=places))


def _beside_others(collector: Collector, open_ones: Mapping[_Place, FactId]) -> set[FactId]:
    """Databases of embeddings beside which something runs that is no database."""
    of_embeddings = [
        (place[:2], name)
        for place, name in open_ones.items()
        if _database(collector, name) in _OF_EMBEDDINGS
    ]
    beside = {
        _around(workload, runtime)
        for workload in (collector.workloads if of_embeddings else ())
        if isinstance(runtime := collector.facts[workload.runtime_id], Runtime)
        if runtime.kind != "image" and not runtime.database
    }
    return {name for around, name in of_embeddings if around in beside}


def _database(collector: Collector, name: FactId) -> str:
    runtime = collector.facts[name]
    return runtime.database if isinstance(runtime, Runtime) else ""


def _open_to_others(collector: Collector) -> Iterator[tuple[_Place, FactId]]:
    for workload in collector.workloads:
        runtime = collector.facts[workload.runtime_id]
        if not isinstance(runtime, Runtime) or not runtime.exposed or not runtime.database:
            continue
        if runtime.authenticated is not Truth.YES:
            for name in (*workload.names, *runtime.services):
                yield (*_around(workload, runtime), name), runtime.id


def _around(workload: Workload, runtime: Runtime) -> tuple[str, str]:
    """Names hold in one file of Compose, and in one namespace of a cluster."""
    if runtime.kind == "pod":
        return "namespace", workload.namespace
    return "file", workload.document.file


def _used(collector: Collector, open_ones: Mapping[_Place, FactId]) -> dict[FactId, Evidence]:
    """The first place at which what runs an agent names a database."""
    found: dict[FactId, Evidence] = {}
    agents = agents_on(collector)
    for workload in collector.workloads:
        runtime = collector.facts[workload.runtime_id]
        if workload.runtime_id not in agents or not isinstance(runtime, Runtime):
            continue
        kind, around = _around(workload, runtime)
        needed = ((name, "", runtime.evidence[0]) for name in workload.needs)
        for host, namespace, place in chain(_hosts(workload), needed):
            within = namespace if namespace and kind == "namespace" else around
            name = open_ones.get((kind, within, host))
            if name is not None:
                found.setdefault(name, place)
    return found


def _hosts(workload: Workload) -> Iterator[tuple[str, str, Evidence]]:
    """Hosts that settings name, the namespace that their names end in, and where."""
    for setting in workload.settings:
        value = literal_of(setting.content)
        if "://" not in value and not _ADDRESSES.search(setting.key.upper()):
            continue
        for found in _HOST.finditer(value):
            place = evidence(
                setting.document, setting.value, plain(f"{setting.key}={found['host']}")
            )
            yield found["host"], found["rest"][1:].partition(".")[0], place
