"""The calls of modules that build agents, and how these are called."""

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from agentaudit.extract.collector import fact_id
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.builders import Builder, builder_of
from agentaudit.extract.python.extended_agents import extended_agents
from agentaudit.model.facts.fact import FactId


class BuiltAgents(Struct, frozen=True):
    """The calls that build the agents of one module."""

    listed: Sequence[tuple[Call, Builder]]
    """Each with how it does that."""
    by_variable: Mapping[str, Call]
    by_node: Mapping[int, Call]


def built_agents(module: Module, calls: Sequence[Call] | None = None) -> BuiltAgents:
    """Those of a module, found once, whoever asks for them first."""
    read = module.once(_read)
    if not read:
        read.append(_built(module, tuple(module.calls()) if calls is None else calls))
    return read[0]


def _read(_module: Module) -> list[BuiltAgents]:
    """Those of a module, once they are found."""
    return []


def _built(module: Module, calls: Sequence[Call]) -> BuiltAgents:
    """
    Of each variable, what stands in no function comes before others.

    `Agent(…)(task)` builds one and asks it.
    """
    makers = {call.variable: call.name for call in calls if call.variable}
    made = (call for call in calls if not isinstance(call.node.func, ast.Call))
    building = (*made, *extended_agents(module, calls))
    found = ((call, builder_of(call.name, _owner(call, makers))) for call in building)
    listed = [(call, builder) for call, builder in found if builder is not None]
    by_variable: dict[str, Call] = {}
    within = [module.function_around(call.node) is not None for call, _ in listed]
    for inner in (False, True):
        for (call, _), inside in zip(listed, within, strict=True):
            if call.variable and inside is inner:
                by_variable.setdefault(call.variable, call)
    return BuiltAgents(listed, by_variable, {id(call.node): call for call, _ in listed})


def _owner(call: Call, makers: Mapping[str, str]) -> str:
    """The full name of what made the object whose method is called."""
    owner = call.name.rpartition(".")[0]
    return makers.get(owner, owner)


def named_agent(module: Module, call: Call) -> tuple[str, FactId]:
    """How the agent of a call is called, and its id."""
    given = module.text(keyword(call.node, "name", "role"))
    name = given or call.variable or module.document.file.rpartition("/")[2]
    return name, fact_id("agent", name, f"{module.document.file}#{call.variable or name}")
