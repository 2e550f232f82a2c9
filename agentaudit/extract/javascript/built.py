"""The calls and classes of TypeScript and JavaScript that are agents, and what is said of each."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript.builder_names import builder_name
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.classes import Lineage, lineage_around
from agentaudit.extract.javascript.frameworks import BUILDERS, GRAPH, Builder
from agentaudit.extract.javascript.limits import budget, iterations, timeout
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.javascript.workers import worker_agents, worker_around
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.agents import Agent


class Built(Struct, frozen=True):
    """An agent, and the call that builds it."""

    building: Building
    call: Call
    builder: Builder
    options: Options
    agent: Agent


def add_agents(building: Building) -> Iterator[Built]:
    """Every agent of a module: those that calls build, and classes that are one."""
    running = []
    for call, builder, adds in _building_calls(building):
        running.append(call)
        options = Options({})
        if call.last != GRAPH:  # which takes the shape of its state
            options = _options(building, call, builder)
            options = replace(options, hidden=options.hidden or adds)
        if builder.only_with_tools and options.get(*builder.tools) is None:
            if options.hidden:
                _leave_open(building, call)
            continue
        yield _built(building, call, builder, options)
    for call, builder, options in worker_agents(building, running):
        yield _built(building, call, builder, options)


def _options(building: Building, call: Call, builder: Builder) -> Options:
    """What a call is given by name, by one object or, where another follows it, by both."""
    given = options_of(building.program, building.module, call.node)
    if not builder.first or not call.node.args:
        return given
    first = members(building.program, Written(building.module, call.node.args[0]))
    if first is None:
        return replace(given, hidden=True)
    beside = given.given if call.node.keywords else {}
    return Options({**first.given, **beside}, hidden=first.hidden)


def _building_calls(building: Building) -> Iterator[tuple[Call, Builder, bool]]:
    """The calls that build an agent, and whether classes between add to what they give."""
    for call in building.calls:
        name = builder_name(building.program, Written(building.module, call.node.func))
        if name in BUILDERS:
            yield replace(call, name=name), BUILDERS[name], False
            continue
        lineage = class_made(building, call)
        if lineage is not None and lineage.base in BUILDERS:
            named = call.variable or lineage.name
            yield Call(lineage.base, call.node, named), BUILDERS[lineage.base], lineage.adds


def class_made(building: Building, call: Call) -> Lineage | None:
    """The class of one's own that a call makes: its `super(…)`, or `new` where there is none."""
    if not building.kinds:
        return None
    if call.name == "super":
        around = lineage_around(building.program, building.module, call.node)
        kind = building.kinds.get(id(around.defined)) if around is not None else None
        builds = kind.builds if kind is not None else None
        return kind if builds is not None and builds.node is call.node else None
    found = building.kinds_made.get(id(call.node))
    return found if found is not None and found.builds is None else None


def note_instances(building: Building) -> None:
    """What a class makes whose constructor says how is the agent that is built there."""
    for made, kind in building.kinds_made.items():
        builds = kind.builds
        if builds is not None and id(builds.node) in building.agents:
            building.agents[made] = building.agents[id(builds.node)]


def _built(building: Building, call: Call, builder: Builder, options: Options) -> Built:
    agent = _add_agent(building, call, builder, options)
    building.agents[id(call.node)] = agent
    worker = worker_around(building, call.node)
    if worker is not None:
        building.agents.setdefault(id(worker.defined), agent)
    return Built(building, call, builder, options, agent)


def _leave_open(building: Building, call: Call) -> None:
    place = building.module.place(call.node.func, call.last)
    what = f"the options of {call.last} do not fold"
    building.collector.leave_open(place, what, "whether it has tools, and which, is open")


def _add_agent(building: Building, call: Call, builder: Builder, options: Options) -> Agent:
    module = building.module
    name = _name(building, call, options)
    limit, count = iterations(building, options, builder)
    times, seconds = timeout(building, options)
    return building.collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{call.node.lineno}.{name}"),
            name=name,
            evidence=(module.place(call.node.func, call.last),),
            framework=builder.framework,
            max_iterations=limit,
            max_iterations_count=count,
            timeout=times,
            timeout_s=seconds,
            budget=budget(building, options),
        )
    )


def _name(building: Building, call: Call, options: Options) -> str:
    """What it is called: by itself, its class, its variable, the function around, its file."""
    module, given = building.module, options.text("name", "id")
    if given:
        return given
    worker = worker_around(building, call.node)
    if worker is not None and worker.name:
        return worker.name
    if call.variable and call.variable not in {"result", "response", "default", "agent"}:
        return call.variable
    around = module.function_around(call.node)
    named = around.name if around is not None and around.name.isidentifier() else ""
    return named or module.document.file.rpartition("/")[2]
