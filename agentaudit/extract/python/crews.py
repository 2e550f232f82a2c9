"""
Crews of CrewAI in Python: agents whose settings stand in YAML, and what a crew gives all of them.

Read in CrewAI 1.15.30: `Agent(config=self.agents_config["name"])` is the agent of that name in
`agents_config`, `config/agents.yaml` unless the class says otherwise; what the call sets itself
holds before that. So is one that takes its role from there, and one that a method of that name
makes. `memory=True` of a crew is a LanceDB on disk, for which there is no time to live, and
`max_rpm` of a crew holds for all of its agents.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import fact_id, with_place
from agentaudit.extract.documents import sibling
from agentaudit.extract.frameworks.crew_execution import add_code_execution
from agentaudit.extract.frameworks.crew_memories import add_whole_context, crew_memory
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.building import Building
from agentaudit.model.evidence import Confidence, Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore

CREWS = frozenset({"crewai.Crew", "crewai.crew.Crew"})
_FRAMEWORK = "crewai"
_AGENT = "crewai.project.agent"
"""Decorates the methods of a crew, each called as the YAML file has its agent."""
_SETTINGS = ("role", "goal", "backstory")
_USUAL = ("config/agents.yaml", "agents.yaml", "config/agents.yml", "../config/agents.yaml")
_REMEMBERING = Budget("remembering members of crews", 20_000)
"""Each as often as a file has crews."""


def as_declared(building: Building, call: Call, agent: Agent) -> Agent:
    """An agent as its YAML has it, where it has any, with what its call sets itself."""
    known = _declared(building, call) if agent.framework == _FRAMEWORK else None
    if known is None:
        return agent
    own: dict[str, object] = {}
    if keyword(call.node, "max_iter") is not None:
        own |= {"max_iterations": agent.max_iterations}
        own |= {"max_iterations_count": agent.max_iterations_count}
    if agent.timeout is not Known.NONE:
        own |= {"timeout": agent.timeout, "timeout_s": agent.timeout_s}
    if agent.budget is not Known.NONE:
        own |= {"budget": agent.budget}
    return replace(known, evidence=with_place(known, *agent.evidence), **own)


def _declared(building: Building, call: Call) -> Agent | None:
    """The agent of a YAML file beside the module that a call builds, by the name it has there."""
    files = (*building.module.once(_files), *_USUAL)
    for name in filter(None, _names(building.module, call)):
        for file in files if building.module.affords(len(files)) else ():
            path = sibling(building.module.document.file, file)
            known = building.collector.facts.get(fact_id("agent", name, f"{path}#agents.{name}"))
            if isinstance(known, Agent):
                return known
    return None


def _names(module: Module, call: Call) -> Iterator[str]:
    """Under which name a YAML file may have what a call takes its settings from."""
    yield _key(keyword(call.node, "config"))
    yield from (_key(given.value) for given in call.node.keywords if given.arg is None)
    for setting in _SETTINGS:
        given = keyword(call.node, setting)
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute):
            given = given.func.value  # `.format(…)`
        if isinstance(given, ast.Subscript) and _key(given) == setting:
            yield _key(given.value)
    around = module.function_around(call.node)
    if around is not None and _AGENT in map(module.dotted, around.decorator_list):
        yield around.name


def _key(node: ast.expr | None) -> str:
    """The key under which something is taken out of a mapping: `agents["name"]`, `.get("name")`."""
    match node:
        case (
            ast.Subscript(slice=ast.Constant(value=str(name)))
            | ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_])
        ):
            return name
        case _:
            return ""


def _files(module: Module) -> Sequence[str]:
    """Where the classes of a module say that their agents are declared."""
    return [
        module.text(value)
        for target, value in bindings((*module.of(ast.Assign), *module.of(ast.AnnAssign)))
        if isinstance(target, ast.Name) and target.id == "agents_config"
    ]


def in_crews(
    building: Building, agents: Sequence[tuple[Agent, Call]]
) -> Sequence[tuple[Agent, Call]]:
    """The agents of a module as the crews that it puts together have them."""
    for agent, call in agents:
        window = keyword(call.node, "respect_context_window")
        if agent.framework == _FRAMEWORK and building.module.value(window) is False:
            place = building.module.place(window or call.node, "respect_context_window")
            add_whole_context(building.collector, agent, place)
        _add_execution(building, agent, call)
    crews = [call for call in building.calls if call.name in CREWS]
    members = [agent for agent, _ in agents if agent.framework == _FRAMEWORK] if crews else []
    for crew in crews:
        kept = _memory(building, crew)
        if kept is None:
            continue
        end = (kept.evidence[0], "who remembers in the crew", "whose memory it is is open")
        if building.collector.affords(_REMEMBERING, len(members), end):
            for member in members:
                building.collector.remember(member.id, kept, confidence=Confidence.LIKELY)
    if not any(_paced(building, crew) for crew in crews):
        return agents
    return [(_with_pace(building, agent), call) for agent, call in agents]


def _add_execution(building: Building, agent: Agent, call: Call) -> None:
    """The interpreter that a call gives its agent; in which mode, another file may say."""
    module, allowed = building.module, keyword(call.node, "allow_code_execution")
    if agent.framework != _FRAMEWORK or allowed is None or module.value(allowed) is not True:
        return
    mode = keyword(call.node, "code_execution_mode")
    place = module.place(allowed, "allow_code_execution")
    told = "" if mode is None else module.text(mode) or None
    add_code_execution(building.collector, agent, place, told)


def _paced(building: Building, crew: Call) -> bool:
    given = keyword(crew.node, "max_rpm")
    return given is not None and building.module.value(given) not in (None, 0)


def _with_pace(building: Building, agent: Agent) -> Agent:
    if agent.framework != _FRAMEWORK or agent.budget is not Known.NONE:
        return agent
    changed = replace(agent, budget=Known.SET)
    building.collector.update(changed)
    return changed


def _memory(building: Building, crew: Call) -> MemoryStore | None:
    """What a crew keeps: a memory that is switched on, or described where it is handed over."""
    module, given = building.module, keyword(crew.node, "memory")
    value = module.value(given)
    described = building.made_by(given) is not None
    if given is None or not (value is True or described):
        if given is not None and value is UNFOLDED:
            what = "whether the crew keeps a memory is decided elsewhere"
            building.collector.leave_open(module.place(given), what, "what it keeps is open")
        return None
    key = f"{module.document.file}#{crew.node.lineno}"
    return building.collector.add(crew_memory(key, module.place(given, "memory")))
