"""
Servers by which agents of VoltAgent answer, and whether these ask who calls.

Without `authNext`, or `auth` before that, every endpoint is public, and the server listens on every
interface (https://voltagent.dev/docs/api/authentication, `@voltagent/server-hono`). What a program
does to the app itself (`configureApp`) may ask as well.
"""

import ast
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from agentaudit.extract.addresses import LOOPBACK
from agentaudit.extract.collector import with_place
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.programs.code import Call
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent

_SERVED = "@voltagent/core.VoltAgent"
_SERVERS = frozenset({"@voltagent/server-hono.honoServer", "@voltagent/server-elysia.elysiaServer"})
_ASKS = ("authNext", "auth")
_CONFIGURES = ("configureApp", "configureFullApp")


def add_served(buildings: Iterable[Building]) -> None:
    """The agents of all servers answer anybody where these ask nobody."""
    for building in buildings:
        for call in building.calls:
            if call.name == _SERVED:
                _add(building, call)


def _add(building: Building, call: Call) -> None:
    options = options_of(building.program, building.module, call.node)
    server = options.get("server")
    made = building.program.meant(server) if server is not None else None
    if made is None or not isinstance(made.node, ast.Call) or made.name not in _SERVERS:
        return
    asks = _asks(building, options_of(building.program, made.module, made.node))
    place = made.module.place(made.node.func, made.name.rpartition(".")[2])
    if asks is Truth.UNKNOWN:
        what = "whether the server of agents asks who calls"
        building.collector.leave_open(place, what, "it may not")
    elif asks is Truth.NO:
        for agent in _agents(building, options, place):
            _open(building, agent, place)


def _asks(building: Building, options: Options) -> Truth:
    """Whether a server lets nobody in unasked, or only what runs beside it."""
    host = options.get("hostname")
    named = building.program.meant(host).value if host is not None else None
    given = [building.program.meant(options.given[name]) for name in _ASKS if name in options.given]
    if named in LOOPBACK or any(each.value is not None for each in given):
        return Truth.YES
    if options.hidden or options.get(*_CONFIGURES) is not None:
        return Truth.UNKNOWN
    return Truth.NO


def _agents(building: Building, options: Options, place: Evidence) -> Iterator[Agent]:
    """The agents that a server answers for; what does not fold is left open."""
    held = members(building.program, options.get("agents"))
    found = [building.program.meant(each) for each in (held.given.values() if held else ())]
    known = [building.agents.get(id(each.node)) for each in found]
    if held is None or held.hidden or None in known:
        what = "an agent that a server without authentication answers for is not known"
        building.collector.leave_open(place, what, "who may call it, and what it does")
    yield from (each for each in known if each is not None)


def _open(building: Building, agent: Agent, place: Evidence) -> None:
    now = building.collector.facts[agent.id]
    if isinstance(now, Agent) and now.authenticated is Truth.UNKNOWN:
        places = with_place(now, place)
        building.collector.update(
            replace(now, authenticated=Truth.NO, open_place=str(place), evidence=places)
        )
