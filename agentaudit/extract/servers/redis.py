"""
What bounds a Redis that holds conversations: from its arguments, its redis.conf, or its defaults.

Only stores for which an environment or code gives evidence are looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.environment import host_of, memory_id
from agentaudit.extract.sizes import bytes_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node
from agentaudit.readers.lines import lines_of

_REDIS = ("redis", "valkey", "keydb", "dragonfly")
_CODE = frozenset({"python", "javascript"})
_HOST = regex(r"rediss?://(?:[^@/\s\"']{0,200}@)?(?P<host>[\w.-]{1,253})")
_MOST_LINES = 50
"""Of one call that names the address of its Redis."""
_SECRET = frozenset({"requirepass", "masterauth", "user"})
_DEFAULT_POLICY = "noeviction"
"""Of open-source Redis; managed services have others."""


class Directive(Struct, frozen=True):
    """One line of a configuration of Redis, and where it stands."""

    name: str
    value: str
    place: Evidence


def extract_redis(documents: Documents, collector: Collector) -> None:
    """Joins the Redis that a conversation memory names with what configures that Redis."""
    stores = collector.of(MemoryStore)
    if not stores:
        return
    caches = [
        store
        for store in stores
        if store.kind == "cache" and store.backend == "redis" and store.managed_service
    ]
    servers, configured = _Servers(collector.workloads), documents.once(Configured)
    named = list(_named_by_workloads(collector))
    for workload, store in named:
        if store.managed_service:
            if len(caches) == 1:
                _join_managed(collector, store, caches[0])
            continue
        server = servers.of(workload)
        directives = configured.by(documents, server) if server is not None else {}
        directives = directives or configured.loosely(documents, workload)
        if server is not None or directives:
            bounded = _bounded(store, directives, _server_place(collector, server))
            collector.update(replace(bounded, host_bytes_count=_host_bytes(collector, server)))
        if server is not None:
            collector.link(EdgeKind.RUNS_ON, store.id, server.runtime_id, *store.evidence[:1])
    if not named and not servers.any:
        _bound_in_code(documents, collector, configured)


def _named_by_workloads(collector: Collector) -> Iterator[tuple[Workload, MemoryStore]]:
    for workload in collector.workloads:
        store = collector.facts.get(memory_id(workload.runtime_id, "redis"))
        if isinstance(store, MemoryStore):
            yield workload, store


def _bound_in_code(documents: Documents, collector: Collector, configured: "Configured") -> None:
    """What code keeps in a Redis that no file runs, by the one redis.conf that is in the audit."""
    directives = configured.only(documents)
    for store in collector.of(MemoryStore) if directives else ():
        place = store.evidence[0]
        code = documents.at(place.file)
        if store.backend != "redis" or store.managed_service or code is None:
            continue
        if code.syntax in _CODE and not _elsewhere(code, place):
            collector.update(_bounded(store, directives, ()))


def _elsewhere(code: Document, place: Evidence) -> bool:
    """Whether a history is told to lie in a Redis of another network."""
    lines = lines_of(code.text)[place.line - 1 : min(place.end_line, place.line + _MOST_LINES)]
    hosts = (match["host"] for line in lines for match in _HOST.finditer(line))
    return any("." in host and not host.startswith("127.") for host in hosts)


def _join_managed(collector: Collector, store: MemoryStore, cache: MemoryStore) -> None:
    """The bounds of the one managed Redis that is declared, for a URL that names such a one."""
    places = tuple(dict.fromkeys((*store.evidence, *cache.evidence)))
    collector.update(
        replace(store, evidence=places, max_bytes=cache.max_bytes, eviction=cache.eviction)
    )


def _host_bytes(collector: Collector, server: Workload | None) -> int | None:
    runtime = collector.facts[server.runtime_id] if server is not None else None
    return runtime.memory_limit_bytes if isinstance(runtime, Runtime) else None


class _Servers:
    """The Redis servers of all workloads, by the files and namespaces that they are declared in."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._near: dict[tuple[str, str], list[int]] = {}
        self._named: dict[tuple[str, str, str], int] = {}
        self._all: list[Workload] = []
        for workload in workloads:
            if workload.role == "store" and any(name in workload.product for name in _REDIS):
                for around in _around(workload):
                    self._near.setdefault(around, []).append(len(self._all))
                    for name in workload.names:
                        self._named.setdefault((*around, name), len(self._all))
                self._all.append(workload)

    @property
    def any(self) -> bool:
        """Whether a file runs one."""
        return bool(self._all)

    def of(self, workload: Workload) -> Workload | None:
        """The one nearby that has the name in the URL, or else the only one nearby."""
        host, around = host_of(workload).partition(".")[0], tuple(_around(workload))
        named = [self._named[*each, host] for each in around if (*each, host) in self._named]
        near = {number for each in around for number in self._near.get(each, ())[:2]}
        found = min(named) if named else next(iter(near)) if len(near) == 1 else None
        return self._all[found] if found is not None else None


def _around(workload: Workload) -> Iterator[tuple[str, str]]:
    yield "file", workload.document.file
    if workload.namespace:
        yield "namespace", workload.namespace


def _server_place(collector: Collector, server: Workload | None) -> tuple[Evidence, ...]:
    return collector.facts[server.runtime_id].evidence[:1] if server is not None else ()


class Configured:
    """The last directive of each name, read once for each server and each file."""

    def __init__(self, _: Documents) -> None:
        self._known: dict[object, Mapping[str, Directive]] = {}

    def by(self, documents: Documents, server: Workload) -> Mapping[str, Directive]:
        """Of a server, by its files and arguments."""
        return self._once(server.runtime_id, lambda: _directives(documents, server))

    def loosely(self, documents: Documents, workload: Workload) -> Mapping[str, Directive]:
        """Of the one redis.conf of the audit, when the Redis itself is declared nowhere."""
        return {} if workload.namespace else self.only(documents)

    def only(self, documents: Documents) -> Mapping[str, Directive]:
        """Of the one redis.conf of the audit; of several, nobody says which is meant."""
        files = documents.once(_configurations)
        return self._once("", lambda: _of_file(files[0])) if len(files) == 1 else {}

    def _once(
        self, key: object, read: Callable[[], Iterable[Directive]]
    ) -> Mapping[str, Directive]:
        if key not in self._known:
            self._known[key] = {directive.name: directive for directive in read()}
        return self._known[key]


def _configurations(documents: Documents) -> Sequence[Document]:
    return tuple(documents.of("ini"))


def _directives(documents: Documents, server: Workload) -> Iterator[Directive]:
    """Directives of the configuration file, then of the arguments, which win."""
    for source, target in server.mounts:
        found = documents.at(source)
        if (
            found is not None
            and found.syntax == "ini"
            and (
                not target
                or any(word.endswith(target) for word in server.words)
                or ".conf" in target
            )
        ):
            yield from _of_file(found)
    for document, node in server.configurations:
        yield from _of_text(document, node)
    place = evidence(server.document, server.document.root)
    yield from _of_words(server.words, place)


def _of_file(document: Document) -> Iterator[Directive]:
    for key, value in document.root.entries:
        shown = "…" if key.raw in _SECRET else plain(value.raw)
        yield Directive(key.raw, value.raw, evidence(document, key, f"{key.raw} {shown}"))


def _of_text(document: Document, node: Node) -> Iterator[Directive]:
    """Directives of a redis.conf that is a text within another file, each on its line there."""
    first = node.line + (1 if "\n" in node.raw else 0)
    for number, line in enumerate(node.raw.splitlines()):
        name, _, value = line.strip().partition(" ")
        if name and not name.startswith("#"):
            shown = "…" if name.lower() in _SECRET else plain(value)
            place = node.changed(line=first + number, end_line=first + number, column=1)
            yield Directive(
                name.lower(), value.strip(), evidence(document, place, f"{name} {shown}")
            )


def _of_words(words: Sequence[str], place: Evidence) -> Iterator[Directive]:
    split = [part for word in words for part in word.split()]
    for position, word in enumerate(split):
        if word.startswith("--"):
            values: list[str] = []
            for following in split[position + 1 :]:
                if following.startswith("--"):
                    break
                values.append(following)
            yield Directive(word[2:].lower(), " ".join(values), place)


def _bounded(
    store: MemoryStore, last: Mapping[str, Directive], server: tuple[Evidence, ...]
) -> MemoryStore:
    memory = last.get("maxmemory")
    size = bytes_of(memory.value) if memory is not None else 0
    policy = last["maxmemory-policy"].value if "maxmemory-policy" in last else _DEFAULT_POLICY
    places = [last[name].place for name in ("maxmemory", "maxmemory-policy") if name in last]
    return replace(
        store,
        evidence=tuple(dict.fromkeys((*store.evidence, *places, *server))),
        max_bytes=Known.UNKNOWN if size is None else Known.SET if size else Known.NONE,
        max_bytes_count=size or None,
        eviction=policy.lower(),
        persistent=_persistent(last),
    )


def _persistent(last: Mapping[str, Directive]) -> Truth:
    append = last["appendonly"].value.lower() if "appendonly" in last else "no"
    save = last["save"].value.strip("\"'") if "save" in last else "3600 1"
    return Truth.YES if append == "yes" or save else Truth.NO
