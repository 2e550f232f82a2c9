"""What stands between an agent in Python and its tools: questions to people, and filters."""

import ast
import re
from collections.abc import Iterable

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.building import Building
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval, Guardrail
from agentaudit.model.facts.tools import Tool

_MIDDLEWARE = "langchain.agents.middleware."
"""Of all that LangChain comes with there, one asks."""
_ASKED_BY_TOOLS = frozenset({"openai-agents", "pydantic-ai"})
_FILTERS = ("input_guardrails", "output_guardrails", "guardrail", "guardrails")
"""Of OpenAI's agents and of CrewAI."""
_HOOKS = frozenset({"pre_model_hook", "post_model_hook"})
_QUESTION = regex(r"interrupt|needs_approval|\binput\(|confirm|approv", re.IGNORECASE)


def add_gates(building: Building, call: Call, agent: Agent, tools: Iterable[Tool]) -> None:
    """A question to a human before tools of an agent, and filters of what goes in and out."""
    gate = building.middleware(call, "HumanInTheLoopMiddleware")
    if gate is not None:
        _ask(building, agent, gate, tools)
    elif (deleting := _deleting(building, tools)) and _asks_nobody(building, call, agent):
        for tool in deleting:
            building.collector.update(replace(tool, approval=Truth.NO))
    filtered = building.middleware(call, "PIIMiddleware", "OpenAIModerationMiddleware")
    if filtered is not None:
        product = building.module.dotted(filtered.func).rpartition(".")[2]
        place = building.module.place(filtered, product)
        add_guardrail(building.collector, agent, product, place)
    for name in _FILTERS:
        given = keyword(call.node, name)
        if given is not None and building.elements(given) != () and not _is_none(given):
            add_guardrail(building.collector, agent, name, building.module.place(given, name))


def _is_none(given: ast.expr) -> bool:
    return isinstance(given, ast.Constant) and given.value is None


def _deleting(building: Building, tools: Iterable[Tool]) -> list[Tool]:
    """The tools of this module made to delete, of which nothing says whether they ask."""
    return [
        tool
        for tool in tools
        if "delete" in tool.effects
        and "execute" not in tool.effects
        and tool.approval is Truth.UNKNOWN
        and tool.evidence[0].file == building.module.document.file
    ]


def _speaks_of_question(module: Module) -> bool:
    return _QUESTION.search(module.document.text) is not None


def _asks_nobody(building: Building, call: Call, agent: Agent) -> bool:
    """
    Whether an agent runs its tools as the model asks for them.

    Nothing that asks is given to it, and no code around it speaks of a question. LangChain's has
    no other place for one than its middleware, LangGraph's than its interrupts and hooks, OpenAI's
    and Pydantic's none but the tool and its set.
    """
    module, given = building.module, {item.arg for item in call.node.keywords}
    if None in given or module.once(_speaks_of_question):
        return False
    if agent.framework in _ASKED_BY_TOOLS:
        return True
    if call.last == "create_react_agent" and agent.framework == "langgraph":
        return given.isdisjoint(_HOOKS)
    middleware = keyword(call.node, "middleware")
    if call.name != "langchain.agents.create_agent" or building.may_have_more(middleware):
        return False
    made = [building.made_by(element) for element in building.elements(middleware) or ()]
    names = [module.dotted(each.func) if each is not None else "" for each in made]
    return all(name.startswith(_MIDDLEWARE) for name in names)


def _ask(building: Building, agent: Agent, gate: ast.Call, tools: Iterable[Tool]) -> None:
    """What is asked before the tools that `interrupt_on` names; before no others."""
    collector = building.collector
    place = building.module.place(gate, "HumanInTheLoopMiddleware")
    named = _named(building, gate)
    if named is None:
        what = f"interrupt_on of {agent.name} does not fold"
        collector.leave_open(place, what, "which tools a person is asked about")
        return
    if named:
        add_question(collector, agent, named, place)
    for tool in {tool.id: tool for tool in tools}.values():
        if tool.name not in named:
            collector.update(replace(tool, approval=Truth.NO))


def add_question(collector: Collector, agent: Agent, names: Iterable[str], place: Evidence) -> None:
    """
    What asks a person before an agent runs the tools of these names.

    Another agent may have them too, and ask nobody.
    """
    approval = collector.add(
        Approval(
            id=fact_id("approval", "human in the loop", f"{agent.id}/approval"),
            name="human in the loop",
            evidence=(place,),
            scope=tuple(names),
        )
    )
    collector.link(EdgeKind.GATED_BY, agent.id, approval.id, place)


def add_guardrail(
    collector: Collector, agent: Agent, name: str, place: Evidence, *, product: str = ""
) -> None:
    """What filters an agent's work; unless told, its product is called like it."""
    guardrail = collector.add(
        Guardrail(
            id=fact_id("guardrail", name, f"{agent.id}/{name}"),
            name=name,
            evidence=(place,),
            product=product or name,
        )
    )
    collector.link(EdgeKind.FILTERED_BY, agent.id, guardrail.id, *guardrail.evidence)


def _named(building: Building, gate: ast.Call) -> dict[str, None] | None:
    """The tools that a question names, in their order; None where they cannot be read."""
    module = building.module
    scope = module.meant(argument(gate, 0, "interrupt_on"))
    if not isinstance(scope, ast.Dict) or None in scope.keys:
        return None
    asked = {name: module.value(value) for name, value in written_keys(module, scope)}
    return None if "" in asked else {name: None for name in asked if asked[name] is not False}
