"""
Tools that TypeScript and JavaScript code defines: what they take, what they do, who is asked.

Each framework has a function that makes a tool of options, or of a function and options; the AI SDK
also takes the options as they are. Sources: the documentation of the AI SDK 5 to 7, of the OpenAI
Agents SDK, LangChain.js 1, Mastra 1, the Claude Agent SDK, VoltAgent, AgentKit, Convex Agent,
Genkit, ADK, Strands and LlamaIndex for TypeScript, and of MCP's SDK.
"""

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript.builder_names import builder_name
from agentaudit.extract.javascript.doing import UNKNOWN, told
from agentaudit.extract.javascript.fields import class_members
from agentaudit.extract.javascript.handing import Given, given_first
from agentaudit.extract.javascript.methods import handler_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.named_tools import named_tool, tool_by_path
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.javascript.schemas import taken
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, parameters_of
from agentaudit.extract.programs.written import Written
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_TOOL = regex(r"^(?:@langchain/core/tools|langchain/tools|langchain)\.(?:Structured)?Tool$")
NAMES = ("name", "id", "toolName")
SCHEMAS = ("inputSchema", "parameters", "schema", "argsSchema", "args")
DOES = ("execute", "func", "run", "handler", "invoke", "callback", "function")
_ASKS = ("needsApproval", "requireApproval")


class _Maker(Struct, frozen=True):
    """What makes a tool: the place of its name, its schema and its function, if not by name."""

    name_at: int | None = None
    schema_at: int | None = None
    does_at: int | None = None
    options_at: int | None = None
    """Of its options, which are what it is given last if not said otherwise."""
    words_at: int = 0
    """The parameter of its function by which the words of the model come, and those after it."""


_OPTIONS = _Maker()
_MAKERS: Mapping[str, _Maker] = {
    **dict.fromkeys(("ai.tool", "ai.dynamicTool"), _OPTIONS),
    **dict.fromkeys(
        ("@openai/agents.tool", "@openai/agents-core.tool", "@openai/agents-realtime.tool"),
        _OPTIONS,
    ),
    **dict.fromkeys(
        (
            *("@openai/agents/realtime.tool", "@voltagent/core.createTool", "@voltagent/core.tool"),
            "@voltagent/core.Tool",
            *("@inngest/agent-kit.createTool", "@strands-agents/sdk.tool"),
            *("@strands-agents/sdk.FunctionTool", "openai/helpers/zod.zodFunction"),
            *("@google/adk.FunctionTool", "@google/adk.LongRunningFunctionTool"),
            "@anthropic-ai/sdk/helpers/beta/zod.betaZodTool",
            "@anthropic-ai/sdk/helpers/beta/json-schema.betaTool",
        ),
        _OPTIONS,
    ),
    "@convex-dev/agent.createTool": _Maker(words_at=1),
    **dict.fromkeys(("genkit.defineTool", "genkit.dynamicTool"), _Maker(does_at=1, options_at=0)),
    **dict.fromkeys(
        ("@mastra/core/tools.createTool", "@mastra/core.createTool", "@mastra/core/tools.Tool"),
        _OPTIONS,
    ),
    **dict.fromkeys(("langchain.tool", "@langchain/core/tools.tool"), _Maker(does_at=0)),
    **dict.fromkeys(
        (
            f"{package}.{name}"
            for package in ("llamaindex", "@llamaindex/core/tools")
            for name in ("tool", "FunctionTool.from", "FunctionTool")
        ),
        _Maker(does_at=0),
    ),
    **dict.fromkeys(
        (
            f"{package}.{name}"
            for package in ("langchain", "@langchain/core/tools", "langchain/tools")
            for name in ("DynamicStructuredTool", "DynamicTool")
        ),
        _OPTIONS,
    ),
    **dict.fromkeys(
        (f"@anthropic-ai/{package}.tool" for package in ("claude-agent-sdk", "claude-code")),
        _Maker(name_at=0, schema_at=2, does_at=3),
    ),
}
"""The calls that make a tool, by their full names."""


def made_tools(program: Program, module: Module) -> Iterator[tuple[Tool, ast.Call]]:
    """The tools that a module's calls make, each with its call."""
    making = [
        call
        for call in module.calls()
        if builder_name(program, Written(module, call.node.func)) in _MAKERS
    ]
    keys = _names(module) if making else {}
    for call in making:
        named = keys.get(id(call.node)) or call.variable
        made = Written(module, call.node)
        tool = tool_of(program, made, named) if not _is_of_factory(program, made) else None
        if tool is not None:
            yield tool, call.node


def _is_of_factory(program: Program, given: Written) -> bool:
    """Whether what it does is handed to the function around: each call of that makes a tool."""
    around = given.module.function_around(given.node)
    made = parts_of(program, given) if around is not None else None
    if around is None or made is None or not given.module.affords_within(given.node):
        return False
    does = made.does or made.options.get(*DOES)
    if does is not None and not isinstance(does.node, ast.Name):
        return False
    part = does.node if does is not None else given.node
    named = {each.id for each in descendants(part) if isinstance(each, ast.Name)}
    return not named.isdisjoint(each.arg for each in parameters_of(around))


def _names(module: Module) -> Mapping[int, str]:
    """What values are called by the object that holds them, or a function that returns them."""
    found = {id(item.value): item.arg or "" for item in module.of(ast.keyword)}
    for given in module.of(ast.Assign):
        for target in given.targets:
            if isinstance(target, ast.Attribute):
                found[id(given.value)] = target.attr
            elif isinstance(target, ast.Subscript):
                found[id(given.value)] = module.text(target.slice)
    for mapping in module.of(ast.Dict):
        found.update({id(value): name for name, value in written_keys(module, mapping)})
    for function in module.functions:
        name = function.name if function.name.isidentifier() else ""
        returned = (each for each in function.body if isinstance(each, ast.Return))
        found.update({id(each.value): name for each in returned})
    return found


def tool_of(program: Program, given: Written, named: str = "") -> Tool | None:
    """The tool that an expression makes, called so where it names none; None of anything else."""
    meant = program.meant(given)
    module, node = meant.module, meant.node
    of_package = tool_by_path(module, node, named)
    if of_package is not None:
        return of_package
    if isinstance(node, ast.Call):
        made = parts_of(program, meant, named)
        if made is not None:
            return tool_from(program, made)
        known = named_tool(module, node, named) or _of_class(program, meant.beside(node.func))
        if known is not None:
            return known
    options = members(program, meant)
    inner = members(program, options.get("function")) if options is not None else None
    options = inner or options
    if options is None or options.get(*DOES, *SCHEMAS, "description") is None:
        return None
    return tool_from(program, Parts(meant, named, options, None, None))


def parts_of(program: Program, given: Written, named: str = "") -> "Parts | None":
    """What a call of a framework makes a tool of; None of any other value."""
    node = given.node
    if not isinstance(node, ast.Call):
        return None
    maker = _MAKERS.get(builder_name(program, given.beside(node.func)))
    return _parts(program, given, maker, named) if maker is not None else None


class Parts(Struct, frozen=True):
    """What a tool is made of."""

    at: Written
    name: str
    options: Options
    schema: Written | None
    does: Written | None
    method: FunctionDef | None = None
    """What it does, where that is a method of its class."""
    words_at: int = 0


def _of_class(program: Program, named: Written) -> Tool | None:
    """The tool that a class of LangChain's is, which the repository defines itself."""
    meant = program.meant(named)
    module, name = meant.module, meant.node.id if isinstance(meant.node, ast.Name) else ""
    defined = module.classes.get(name)
    if defined is None or not any(_TOOL.search(module.dotted(each)) for each in defined.bases):
        return None
    if not module.affords(len(defined.body)):
        return None
    fields: dict[str, Written] = {}
    does: FunctionDef | None = None
    for member, value in class_members(defined):
        if isinstance(value, ast.expr):
            fields[member] = meant.beside(value)
        elif member == "_call":
            does = does or value
    place = meant.beside(ast.copy_location(ast.Name(id=name, ctx=ast.Load()), defined))
    return tool_from(program, Parts(place, name, Options(fields), None, None, does))


def _parts(program: Program, meant: Written, maker: _Maker, named: str) -> Parts:
    """What a call of a framework makes a tool of."""
    call = meant.node
    given = call.args if isinstance(call, ast.Call) else []

    def at(number: int | None) -> Written | None:
        return meant.beside(given[number]) if number is not None and number < len(given) else None

    options = Options({}, hidden=maker.does_at is None)
    if isinstance(call, ast.Call) and (call.keywords or len(given) > (maker.does_at or 0)):
        options = options_of(program, meant.module, call)
    if maker.options_at is not None and given:
        options = members(program, at(maker.options_at)) or Options({}, hidden=True)
    first = at(maker.name_at)
    name = program.text(first) or named
    place = meant.beside(call.func) if isinstance(call, ast.Call) else meant
    schema, does = at(maker.schema_at), at(maker.does_at)
    return Parts(place, name, options, schema, does, words_at=maker.words_at)


def tool_from(program: Program, parts: Parts) -> Tool:
    """The tool that is made of these."""
    options, module = parts.options, parts.at.module
    does = parts.does or options.get(*DOES)
    function = handler_of(program, does) if does is not None else None
    function = (module, parts.method) if parts.method is not None else function
    named = function[1].name if function is not None and function[1].name.isidentifier() else ""
    name = program.text(options.get(*NAMES)) or parts.name or named or "tool"
    tool = Tool(
        id=fact_id(
            "tool",
            name,
            f"{module.document.file}#{parts.at.node.lineno}.{parts.at.node.col_offset}",
        ),
        name=name,
        evidence=(parts.at.place(name),),
        approval=_approval(options),
    )
    if function is not None:
        tool = told(program, tool, _given(function, parts.words_at))
    elif does is not None and does.value is not None:
        program.open_doing[tool.id] = UNKNOWN
    schema = parts.schema or options.get(*SCHEMAS)
    takes = taken(program, schema) if schema is not None or not options.hidden else Taken()
    return as_taking(tool, takes)


def _given(function: tuple[Module, FunctionDef], words_at: int) -> Given:
    """A function as a framework calls it, which may hand its own context first."""
    if not words_at:
        return given_first(*function)
    return Given(*function, frozenset(item.arg for item in function[1].args.args))


def _approval(options: Options) -> Truth:
    """Whether a person is asked before every call; a function decides call by call."""
    asked = options.get(*_ASKS)
    return Truth.YES if asked is not None and asked.value is True else Truth.UNKNOWN
