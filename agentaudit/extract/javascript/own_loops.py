"""
Agents that are loops of a script's own around a client of a model, as `python.own_loops` has them.

Clients of OpenAI, Anthropic and Google by the methods that ask, Bedrock's by the commands that are
sent (`ConverseCommand`), Cloudflare's by its binding (`env.AI.run(model, inputs, options)`), and
any other by what it is handed by name: messages and tools. A model of LangChain's is given its
tools once: `model.bindTools(tools)`.
"""

import ast
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript.builder_names import builder_name
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.frameworks import BUILDERS
from agentaudit.extract.javascript.limits import budget, timeout
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.javascript.tools import Parts, tool_from
from agentaudit.extract.known_tools import tool_of_model
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.branches import branches
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.loops import Rounds, openness, rounds
from agentaudit.extract.programs.unfolded import (
    leave_asked_open,
    leave_runner_open,
    leave_tools_open,
)
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.class_tools import known_tool
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.javascript.document import RESULTS
from agentaudit.readers.model_clients import IN_SCRIPTS, WORKERS, client_asked

_TOOLS = ("tools", "toolConfig", "functions")
_CONVERSATION = ("messages", "contents", "input", "history")
_SCHEMAS = ("input_schema", "inputSchema", "parameters", "parametersJsonSchema")
_WRAPPING = ("function", "toolSpec")
_HOLDING = ("tools", "functionDeclarations")
_SPENDING = regex(
    r"\b(?:maxTokens|max_tokens|max_completion_tokens|max_output_tokens|maxOutputTokens)\b"
)
_OWN = "own"
_BINDS, _ASKS_BOUND = "bindTools", frozenset({"invoke", "stream"})
_DEEPEST = 6


class _Asked(Struct, frozen=True):
    """A call that hands tools to a model, and what repeats it."""

    call: Call
    client: str
    options: Options
    tools: Written
    rounds: Rounds | None


def add_own_loops(building: Building) -> None:
    """The agents of a module that are loops of its own, each once."""
    module = building.module
    if RESULTS.search(module.document.text) is None:
        return
    found: dict[str, _Asked] = {}
    for call in building.calls:
        asked = _asked(building, call)
        if asked is not None and module.affords(1):
            name = _name(building, asked)
            found[name] = max(found.get(name, asked), asked, key=lambda each: openness(each.rounds))
    for name, asked in found.items():
        _add(building, name, asked)


def _asked(building: Building, call: Call) -> _Asked | None:
    if builder_name(building.program, Written(building.module, call.node.func)) in BUILDERS:
        return None  # an agent by itself, whatever it is in
    if call.last in _ASKS_BOUND:
        return _asked_bound(building, call)
    client = client_asked(IN_SCRIPTS, call.name)
    if not client and not {"tools", "toolConfig"} & {item.arg for item in call.node.keywords}:
        return None
    options = _options(building, call.node, bound=client == WORKERS)
    config = members(building.program, options.get("config"))
    tools = options.get(*_TOOLS) or (config.get(*_TOOLS) if config is not None else None)
    repeated = rounds(building.module, call.node)
    if tools is None and options.hidden and client and repeated is not None:
        leave_asked_open(building.collector, building.module.place(call.node.func, call.last))
    if tools is None or (not client and options.get(*_CONVERSATION) is None):
        return None
    if repeated is None and not client:
        return None
    return _Asked(call, client or _OWN, options, tools, repeated)


def _asked_bound(building: Building, call: Call) -> _Asked | None:
    """A call that asks a model of LangChain's to which tools are bound, again and again."""
    func = call.node.func
    owner = func.value if isinstance(func, ast.Attribute) else func
    meant = building.program.meant(Written(building.module, owner))
    if not isinstance(meant.node, ast.Call) or not meant.node.args:
        return None
    if meant.name.rpartition(".")[2] != _BINDS:
        return None
    repeated = rounds(building.module, call.node)
    tools = meant.beside(meant.node.args[0])
    if repeated is None:
        return None
    return _Asked(call, "langchain-js", Options({}), tools, repeated)


def _options(building: Building, call: ast.Call, *, bound: bool) -> Options:
    """What a call is given: of Cloudflare's, what follows the model, whatever comes after that."""
    second = Written(building.module, call.args[1]) if bound and len(call.args) > 1 else None
    inputs = members(building.program, second)
    return inputs if inputs is not None else options_of(building.program, building.module, call)


def _name(building: Building, asked: _Asked) -> str:
    module = building.module
    around = module.class_around(asked.call.node)
    if around is not None and around.name:
        return around.name
    function = asked.rounds.function if asked.rounds is not None else None
    function = function or module.function_around(asked.call.node)
    named = function.name if function is not None and function.name.isidentifier() else ""
    return named or module.document.file.rpartition("/")[2]


def _add(building: Building, name: str, asked: _Asked) -> None:
    module, collector, repeated = building.module, building.collector, asked.rounds
    place = module.place(asked.call.node.func, asked.call.last)
    limit, number = Known.UNKNOWN, None
    if repeated is not None and not building.is_component:  # whose user sets the limits
        limit, number = repeated.bound
    times, seconds = _timeout(building, asked)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#loop.{name}"),
            name=name,
            evidence=(place,),
            framework=asked.client,
            max_iterations=limit,
            max_iterations_count=number,
            paced_by_person=repeated is not None and repeated.paced_by_person,
            timeout=times,
            timeout_s=seconds,
            budget=_budget(building, asked),
        )
    )
    for tool in _tools(building, asked.tools, 0):
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)


def _timeout(building: Building, asked: _Asked) -> tuple[Known, int | None]:
    repeated = asked.rounds
    if repeated is None or repeated.paced_by_person:
        return Known.UNKNOWN, None
    if repeated.ends_in_time:
        return Known.SET, None
    return timeout(building, asked.options)


def _budget(building: Building, asked: _Asked) -> Known:
    if building.module.once(_bounds_answers):
        return Known.SET
    return budget(building, asked.options) if asked.rounds is not None else Known.UNKNOWN


def _bounds_answers(module: Module) -> bool:
    return _SPENDING.search(module.document.text) is not None


def _tools(building: Building, given: Written, depth: int) -> Iterator[Tool]:
    """Every tool of what is handed over; what does not fold is left open."""
    meant = building.program.meant(given)
    inner = _within(building, meant)
    if building.program.grows(given):
        leave_tools_open(building.collector, given.place("tools"))
    if inner is None or depth > _DEEPEST:
        tool = _tool(building, meant) or _made_tool(building, meant)
        if tool is not None:
            yield tool
        else:
            leave_tools_open(building.collector, given.place("tools"))
        return
    for each in inner if meant.module.affords(len(inner)) else ():
        yield from _tools(building, each, depth + 1)


def _made_tool(building: Building, meant: Written) -> Tool | None:
    """The tool that a framework makes: LangChain's, which a loop may hand to a model itself."""
    if not isinstance(meant.node, ast.Call):
        return None
    tool = building.tool_in(meant)
    return add_ingestion(building.collector, tool) if tool is not None else None


def _within(building: Building, meant: Written) -> list[Written] | None:
    match meant.node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [meant.beside(each) for each in elements]
        case ast.Starred(value=value):
            return [meant.beside(value)]
        case ast.IfExp(body=body):
            return [meant.beside(body)]
        case ast.Dict():
            said = members(building.program, meant)
            held = said.get(*_HOLDING) if said is not None else None
            return [held] if held is not None else None
        case _:
            return None


def _tool(building: Building, meant: Written) -> Tool | None:
    """The tool that a definition describes, with what runs it where that is found."""
    program = building.program
    said = members(program, meant)
    for wrapper in _WRAPPING:
        inner = members(program, said.get(wrapper)) if said is not None else None
        said = inner if inner is not None else said
    if said is None:
        return None
    kind = program.text(said.get("type"))
    known = tool_of_model(kind, program.text(said.get("environment")))
    name = program.text(said.get("name")) or (kind if known is not None else "")
    if not name:
        return None
    if known is not None:
        tool = building.collector.add(known_tool(meant.module, meant.node, (name, known)))
        return add_ingestion(building.collector, tool)
    schema = said.get(*_SCHEMAS)
    as_json = members(program, schema)
    if as_json is not None and as_json.get("json") is not None:
        schema = as_json.get("json")
    module = building.module
    runs = module.functions_by_name.get(name) or module.once(branches).get(name)
    tool = tool_from(program, Parts(meant, name, replace(said, hidden=False), schema, None, runs))
    if runs is None:
        leave_runner_open(building.collector, meant.place(name), name)
    return add_ingestion(building.collector, building.collector.add(tool))
