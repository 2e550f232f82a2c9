"""
What stands between an agent in TypeScript or JavaScript and its tools: questions, and filters.

LangChain asks before the tools that `interruptOn` names, and before no others; the AI SDK 7 before
those to which `toolApproval` gives `user-approval`; Mastra before all with `requireToolApproval`.
Sources: https://docs.langchain.com/oss/javascript/langchain/human-in-the-loop,
https://ai-sdk.dev/docs/agents/tool-approvals, https://mastra.ai/docs/agents/agent-approval.
"""

import ast
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.limits import given_anywhere
from agentaudit.extract.javascript.middleware import middleware
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import Options, members
from agentaudit.extract.programs.code import UNFOLDED
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.gates import add_guardrail, add_question
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_FILTERS = ("inputGuardrails", "outputGuardrails", "inputProcessors", "outputProcessors")
_FILTERING = ("piiMiddleware", "piiRedactionMiddleware", "openAIModerationMiddleware")
_ASKS = "user-approval"


def add_gates(
    building: Building, agent: Agent, options: Options, tools: Mapping[str, Tool]
) -> None:
    """A question to a human before tools of an agent, and filters of what goes in and out."""
    _filter(building, agent, options)
    asking = middleware(building, options, "humanInTheLoopMiddleware")
    named = asking.get("interruptOn") if asking is not None else options.get("interruptOn")
    if named is not None:
        _interrupt(building, agent, named, tools)
    by_name = given_anywhere(building, options, ("toolApproval",))
    inner = members(building.program, by_name)
    for name, status in (inner.given if inner is not None else {}).items():
        if name in tools and _asks(building.program, status):
            _ask(building, agent, {name: tools[name]}, status.place(name))
    every = given_anywhere(building, options, ("requireToolApproval",))
    if every is not None and every.value is True:
        _ask(building, agent, tools, every.place("requireToolApproval"))


def _interrupt(building: Building, agent: Agent, named: Written, tools: Mapping[str, Tool]) -> None:
    """What is asked before the tools that are named; before no others."""
    asked = members(building.program, named)
    place = named.place("interruptOn")
    given = asked.given if asked is not None else {}
    answers = {name: _answer(building.program, each) for name, each in given.items()}
    hidden = asked is None or asked.hidden
    if hidden or Truth.UNKNOWN in answers.values():
        what = f"interruptOn of {agent.name} does not fold"
        building.collector.leave_open(place, what, "which tools a person is asked about")
    if hidden:
        return
    gated = [name for name, answer in answers.items() if answer is Truth.YES and name in tools]
    _ask(building, agent, {name: tools[name] for name in gated}, place)
    for name, tool in tools.items():
        if answers.get(name, Truth.NO) is Truth.NO:
            building.collector.update(replace(_now(building, tool), approval=Truth.NO))


def _answer(known: Program, given: Written) -> Truth:
    """Whether a member of `interruptOn` has a person asked: by an object, or by a constant."""
    meant = known.meant(given)
    value = meant.value
    if isinstance(meant.node, ast.Dict) or value is True:
        return Truth.YES
    return Truth.UNKNOWN if value is UNFOLDED else Truth.NO


def _ask(building: Building, agent: Agent, tools: Mapping[str, Tool], place: Evidence) -> None:
    """A question before each of some tools."""
    if tools:
        add_question(building.collector, agent, tools, place)


def _now(building: Building, tool: Tool) -> Tool:
    """A tool as it is known by now."""
    known = building.collector.facts.get(tool.id)
    return known if isinstance(known, Tool) else tool


def _asks(known: Program, status: Written) -> bool:
    """Whether a status of the AI SDK is that a person is asked, as a text or an object."""
    inner = members(known, status)
    return _ASKS in {status.text, inner.text("type") if inner is not None else ""}


def _filter(building: Building, agent: Agent, options: Options) -> None:
    """What looks at what goes in and out."""
    for name in _FILTERS:
        given = options.get(name)
        if given is not None and _any(building.program, given):
            add_guardrail(building.collector, agent, name, given.place(name))
    for name in _FILTERING:
        filtering = middleware(building, options, name)
        given = options.get("middleware")
        if filtering is not None and given is not None:
            add_guardrail(building.collector, agent, name, given.place(name))


def _any(known: Program, given: Written) -> bool:
    """Whether a list holds anything, as far as one can see; `undefined` and `null` do not."""
    listed = known.meant(given).node
    if isinstance(listed, ast.Constant):
        return listed.value is not None
    elements: Sequence[ast.expr] = listed.elts if isinstance(listed, ast.List) else (listed,)
    return bool(elements)
