"""
Agents that are loops of a program's own: it asks a model, runs the tools, and hands back results.

Of no framework, they have the limits that their programmers thought of. A call that hands tools to
a model is no agent yet: tools also force an answer into a form. It is one where results of tools go
back, or where Google's client calls functions of Python by itself.
"""

import ast
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import any_of, regex
from agentaudit.extract.bounds import Bound
from agentaudit.extract.collector import fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import imported_files, modules
from agentaudit.extract.programs.loops import Rounds, openness, rounds
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.programs.unfolded import leave_asked_open, leave_rounds_open
from agentaudit.extract.python.bound_models import bound_models
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.handed_tools import HandedTools
from agentaudit.extract.python.hosted_servers import add_hosted_server
from agentaudit.extract.python.limits import budget, count, timeout
from agentaudit.extract.python.model_calls import (
    OWN,
    Asked,
    asked_in_the_dark,
    asked_models,
    bounds_answers,
    given,
)
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

_RESULTS = any_of(
    (
        *("tool_call_id", "tool_use_id", "toolUseId", "tool_result", "toolResult", "ToolMessage"),
        *("function_call_output", "FunctionResponse", "function_response", "tool_response"),
        "tool_outputs",
    ),
    stops="RMU_",
)
_ROLE = regex(r"""role["']?\s*[:=]\s*["'](?:tool|function)["']""")
"""How results of tools go back to a model, in the words of each interface."""
_OF_PROGRAMS = frozenset({OWN, "langchain"})
"""Clients that are an agent's only where a loop is seen: others may ask them from anywhere."""
_HOSTED = "server_url"
"""What the vendor calls by itself needs no results."""
_CALLED_BY_CLIENT = 10
"""Rounds in which Google's client calls functions, unless it is told otherwise."""
_RUNNER = "tool_runner"
_PATIENCE = ("timeout", "request_timeout", "read_timeout", "http_options")
"""What says of a client, or of a call, how long an answer may take."""
_TURNS = ("max_iterations", "max_turns", "max_steps", "max_tool_calls", "max_rounds")
"""By which a client of one's own is told how often to ask, whatever repeats its call."""


class _Loop(Struct, frozen=True):
    """One agent: how it asks, and what repeats that."""

    asked: Asked
    rounds: Rounds | None
    """None where another file may repeat it."""


def add_own_loops(building: Building) -> Sequence[Agent]:
    """The agents of a module that are loops of its own, each once."""
    module = building.module
    found: dict[str, _Loop] = {}
    for asked in (*asked_models(module, building.calls), *bound_models(building)):
        loop = _loop(building, asked)
        if loop is not None and module.affords(1):
            name = _name(module, loop)
            found[name] = max(found.get(name, loop), loop, key=lambda each: openness(each.rounds))
    if module.once(_hands_back):
        for call in asked_in_the_dark(module, building.calls):
            if rounds(module, call.node) is not None:
                leave_asked_open(building.collector, module.place(call.node.func, call.last))
    tools = HandedTools(building)
    return [_add(building, name, loop, tools) for name, loop in found.items()]


def _loop(building: Building, asked: Asked) -> _Loop | None:
    """What repeats a call, if it is an agent's."""
    module, node = building.module, asked.call.node
    around = module.function_around(node)
    if asked.call.last == _RUNNER:
        bound = count(module, keyword(node, "max_iterations"))
        known = keyword(node, "max_iterations") is not None
        return _Loop(asked, Rounds(bound if known else (Known.NONE, None), around))
    by_client = _called_by_client(building, asked) if asked.client == "google-genai" else None
    if by_client is not None:
        return _Loop(asked, Rounds(by_client, around))
    if not module.once(_hands_back):
        return _Loop(asked, None) if _is_handed_back_elsewhere(building, asked) else None
    found = rounds(module, node)
    if asked.client not in _OF_PROGRAMS:
        return _Loop(asked, found)
    told = keyword(node, *_TURNS)
    if found is not None and told is not None:
        found = replace(found, bound=count(module, told))
    return _Loop(asked, found) if found is not None else None


def _hands_back(module: Module) -> bool:
    """Whether results of tools go back to a model."""
    text = module.document.text
    return _RESULTS.search(text) is not None or _ROLE.search(text) is not None


def _is_handed_back_elsewhere(building: Building, asked: Asked) -> bool:
    """Whether the vendor itself calls what it is handed, or a file beside hands results back."""
    module = building.module
    if _HOSTED in module.document.text:
        return True
    return asked.client != OWN and module.document.file in building.documents.once(_beside)


def _beside(documents: Documents) -> frozenset[str]:
    """The files that import one which hands back results of tools, or are imported by one."""
    known = modules(documents)
    handing = {file for file, module in known.items() if module.once(_hands_back)}
    found = set[str]()
    for file, imported in documents.once(imported_files).items() if handing else ():
        if file in handing:
            found |= imported
        elif not handing.isdisjoint(imported):
            found.add(file)
    return frozenset(found)


def _called_by_client(building: Building, asked: Asked) -> Bound | None:
    """How often Google's client calls functions itself; None where it is handed definitions."""
    module = building.module
    elements = building.elements(asked.tools) or ()
    named = (each.id for each in elements if isinstance(each, ast.Name))
    if not any(name in module.functions_by_name or name in module.imports for name in named):
        return None
    config = module.meant(given(module, asked.call.node, "config"))
    switch = keyword(config, "automatic_function_calling") if isinstance(config, ast.Call) else None
    made = module.meant(switch)
    if not isinstance(made, ast.Call):
        return (Known.SET, _CALLED_BY_CLIENT) if switch is None else (Known.UNKNOWN, None)
    if module.value(keyword(made, "disable")) is True:
        return None
    most = keyword(made, "maximum_remote_calls")
    return count(module, most) if most is not None else (Known.SET, _CALLED_BY_CLIENT)


def _name(module: Module, loop: _Loop) -> str:
    """The class whose method goes round, or the function that does, or the file."""
    function = loop.rounds.function if loop.rounds is not None else None
    function = function or module.function_around(loop.asked.call.node)
    around = module.class_around(loop.asked.call.node)
    if around is not None:
        return around.name
    return function.name if function is not None else module.document.file.rpartition("/")[2]


def _add(building: Building, name: str, loop: _Loop, tools: HandedTools) -> Agent:
    module, collector, call = building.module, building.collector, loop.asked.call
    limit, number = loop.rounds.bound if loop.rounds is not None else (Known.UNKNOWN, None)
    place = module.place(call.node.func, call.last)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#loop.{name}"),
            name=name,
            evidence=(place,),
            framework=loop.asked.client,
            max_iterations=limit,
            max_iterations_count=number,
            paced_by_person=loop.rounds is not None and loop.rounds.paced_by_person,
            timeout=_timeout(building, loop),
            budget=_budget(building, loop),
        )
    )
    if loop.rounds is None and _HOSTED not in module.document.text:
        leave_rounds_open(collector, place, name)
    for tool in tools.of(loop.asked.tools):
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)
    for server in tools.servers:
        add_hosted_server(building, agent, server)
    return agent


def _timeout(building: Building, loop: _Loop) -> Known:
    """Whether a clock ends the loop, or whatever each answer may take is bounded by hand."""
    module, call = building.module, loop.asked.call
    if loop.rounds is None or loop.rounds.paced_by_person:
        return Known.UNKNOWN
    bounded = loop.rounds.bound[0] is Known.SET
    if loop.rounds.ends_in_time or (bounded and module.once(_is_patient)):
        return Known.SET
    if bounded and given(module, call.node, *_PATIENCE) is not None:
        return Known.SET
    return timeout(building, call)


def _is_patient(module: Module) -> bool:
    """Whether what makes a client, or configures one, says how long an answer may take."""
    given = ((call.name, keyword(call.node, *_PATIENCE)) for call in module.calls())
    return any(
        found is not None and name[:1] != "." and module.value(found) is not None
        for name, found in given
    )


def _budget(building: Building, loop: _Loop) -> Known:
    call = loop.asked.call
    if bounds_answers(building.module, call.node):
        return Known.SET
    return budget(building, call) if loop.rounds is not None else Known.UNKNOWN
