"""
Tool servers in code whose port a container publishes, and those that are told when not to ask.

That a program binds every interface is what every container wants of it: whether other machines
reach it is decided where its image is run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.containers.callers import asks, names_transport, opens, told_to_listen
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.documents import folder_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer

_OF_EVERY_KIND = regex(r"(?:^|_)(?:PORT|HOST|BIND|ADDRESS|TRANSPORT|LEVEL|TZ|ENV|DEBUG)$")
_MAY_ASK = regex(
    r"COGNITO|USER_POOL|ISSUER|AUDIENCE|(?:^|_)(?:AUTH0|OKTA|CLERK|ENTRA)"
    r"|SIGNING|ALLOWED_(?:USERS|CLIENTS|KEYS)"
    r"|^(?:APP_|SERVICE_|ADMIN_|ACCESS_|X_)?(?:API_)?(?:KEYS?|TOKENS?|PASSWORD)$"
    r"|^(?:VALID|ACCEPTED|EXPECTED|TRUSTED|SHARED|BEARER|INBOUND)_\w+$"
)
"""Settings by which a server that anybody reaches may ask itself who calls."""
_LISTENS = regex(r"http|sse\b|--?(?:port|host|transport)\b", re.IGNORECASE)
"""What a command says to a server that is to listen."""
_SCRIPTS, _PROGRAMS = (".js", ".mjs", ".cjs", ".ts", ".mts"), (".py",)
_MOST_SWITCHES = 8
"""Of one file."""


def join_servers(collector: Collector) -> None:
    """What containers say of the servers that they run."""
    _join_published(collector)
    servers = [item for item in collector.workloads if item.role == "tool_server"]
    if servers:
        on = {edge.dst: edge.src for edge in collector.edges_of(EdgeKind.RUNS_ON)}
        _join_reached(collector, servers, on)
        _join_switched(collector, servers, on)
        _join_untold(collector, servers, on)


def _join_published(collector: Collector) -> None:
    """Marks the one server of a folder of its own that a container with a port is built from."""
    listening = [item for item in collector.of(ToolServer) if item.listens_everywhere]
    servers = by_folder((*listening, *filter(_listens_as_told, collector.of(ToolServer))))
    for workload in collector.workloads if servers else ():
        runtime = collector.facts[workload.runtime_id]
        if workload.role != "tool_server" and isinstance(runtime, Runtime) and runtime.published:
            _publish(collector, workload, runtime, _built_there(workload, servers))


def _listens_as_told(server: ToolServer) -> bool:
    """Whether what starts a server in code says how it is spoken to, and nothing there asks."""
    in_code = server.evidence[0].file.endswith(_PROGRAMS)
    return in_code and server.transport == "" and server.authenticated is Truth.NO


def _built_there(
    workload: Workload, servers: Mapping[str, Sequence[ToolServer]]
) -> Sequence[ToolServer]:
    """Those in the folder of its Dockerfile, or else in all that its image is built from."""
    own, whole = folder_of(workload.dockerfile), workload.build
    found = (servers.get(folder, ()) for folder in (own, whole) if folder)
    return next(filter(None, found), ())


def _publish(
    collector: Collector, workload: Workload, runtime: Runtime, servers: Sequence[ToolServer]
) -> None:
    """Of several servers in one folder nobody says which one runs."""
    if not told_to_listen(workload.settings):
        servers = [item for item in servers if item.listens_everywhere]
    if len(servers) != 1:
        return
    server = collector.facts[servers[0].id]
    if isinstance(server, ToolServer):
        told = server.authenticated is Truth.NO and asks(workload.settings)
        collector.update(
            replace(
                server,
                exposed=True,
                authenticated=Truth.UNKNOWN if told else server.authenticated,
                evidence=with_place(server, runtime.evidence[0]),
            )
        )


def _unasked(
    collector: Collector, workloads: Iterable[Workload], on: Mapping[FactId, FactId]
) -> Iterator[tuple[Workload, ToolServer]]:
    """The servers that ask nobody who calls, as far as they say themselves."""
    for workload in workloads:
        server = collector.facts.get(on.get(workload.runtime_id, NOBODY))
        if isinstance(server, ToolServer) and server.authenticated is Truth.NO:
            yield workload, server


def _join_reached(
    collector: Collector, servers: Iterable[Workload], on: Mapping[FactId, FactId]
) -> None:
    """
    Servers that their platform lets anybody call, where neither settings nor code ask who calls.

    Where either may ask, it is open whether it does.
    """
    reached = [item for item in servers if _reach(item)]
    if not reached:
        return
    asks_in_code = any(map(_asks_in_code, collector.of(ToolServer)))
    for workload, server in _unasked(collector, reached, on):
        place = _reach(workload)
        if place is None:
            continue
        if asks_in_code or any(_MAY_ASK.search(each.key) for each in workload.settings):
            collector.update(replace(server, authenticated=Truth.UNKNOWN))
            collector.leave_open(place, f"whether {server.name} asks who calls", "it may not")
        else:
            places = with_place(server, place)
            collector.update(replace(server, exposed=True, evidence=places))


def _reach(workload: Workload) -> Evidence | None:
    return workload.open_to_all or workload.passed_on


def _asks_in_code(server: ToolServer) -> bool:
    """Whether a server in code asks who calls; in JavaScript it is open where it seems to."""
    file = server.evidence[0].file
    if is_rehearsal(file) or server.transport not in {"http", "sse"}:
        return False
    scripted = file.endswith(_SCRIPTS) and server.authenticated is Truth.UNKNOWN
    return scripted or (file.endswith(_PROGRAMS) and server.authenticated is Truth.YES)


def _join_switched(
    collector: Collector, servers: Iterable[Workload], on: Mapping[FactId, FactId]
) -> None:
    """
    Leaves open whether a server asks, where one of its kind beside it is told not to.

    A program with a switch by which it lets everybody call asks where nobody has used that.
    """
    switches = _switches(servers)
    if not switches:
        return
    for workload, server in _unasked(collector, servers, on):
        switch = _unused(workload, switches.get(workload.document.file, {}))
        if switch:
            collector.update(replace(server, authenticated=Truth.UNKNOWN))
            what = f"whether {server.name} asks who calls, as nothing sets {switch}"
            collector.leave_open(server.evidence[0], what, "it may not")


def _switches(servers: Iterable[Workload]) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By file the first settings that let everybody call, each with what is set beside it."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for server in servers:
        known = found.setdefault(server.document.file, {})
        for setting in filter(opens, server.settings):
            if len(known) < _MOST_SWITCHES:
                known.setdefault(setting.key, _keys(server))
    return {file: known for file, known in found.items() if known}


def _unused(server: Workload, switches: Mapping[str, frozenset[str]]) -> str:
    """A switch that a server does not use, and that another has which is set up as it is."""
    keys = _keys(server)
    alike = (name for name, known in switches.items() if 2 * len(keys & known) > len(keys))
    return next((name for name in alike if name not in keys), "")


def _keys(server: Workload) -> frozenset[str]:
    """What it is set up by, without what servers of every kind have."""
    keys = (setting.key for setting in server.settings)
    return frozenset(key for key in keys if not _OF_EVERY_KIND.search(key))


def _join_untold(
    collector: Collector, servers: Iterable[Workload], on: Mapping[FactId, FactId]
) -> None:
    """
    Leaves open whether a server listens, where others that are built in its folder are told to.

    A program that has a setting for that may speak over its standard input where nobody sets it.
    """
    told: dict[str | None, str] = {}
    for each in servers:
        setting = names_transport(each.settings)
        if setting and each.build is not None:
            told.setdefault(each.build, setting)
    for workload, server in _unasked(collector, servers, on) if told else ():
        setting = told.get(workload.build, "")
        if setting and not _is_told(collector, workload):
            collector.update(replace(server, authenticated=Truth.UNKNOWN))
            what = f"whether {server.name} listens, as nothing sets {setting}"
            collector.leave_open(server.evidence[0], what, "it may, and ask nobody")


def _is_told(collector: Collector, workload: Workload) -> bool:
    """Whether its settings, its image or its command say how it is spoken to."""
    return (
        workload.runtime_id in collector.spoken_to
        or names_transport(workload.settings) != ""
        or any(_LISTENS.search(word) for word in workload.words)
    )
