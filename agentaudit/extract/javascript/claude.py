"""
Agents of the Claude Agent SDK in TypeScript: its options are those of Python, in other letters.

`query({prompt, options: {permissionMode, allowedTools, mcpServers, maxTurns, …}})` has what
`ClaudeAgentOptions` has, and is read as that: https://code.claude.com/docs/en/agent-sdk/typescript.
"""

import ast
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.options import Options, inner_options, options_of
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.building import Building as PythonBuilding
from agentaudit.extract.python.claude import DEFINITION, OPTIONS, add_claude_agents
from agentaudit.extract.python.runs import Runs

_PACKAGES = ("@anthropic-ai/claude-agent-sdk", "@anthropic-ai/claude-code")
_STARTS = frozenset({"query", "unstable_v2_createSession", "unstable_v2_prompt", "startup"})
_CAPITAL = regex(r"(?=[A-Z])")


def add_queries(building: Building) -> None:
    """An agent for each query of a module, with its tools, its servers and what asks first."""
    calls = tuple(_queries(building))
    if not calls:
        return
    named = {call.variable: building.tools.get(id(call.node)) for call in building.calls}
    tools = {name: tool for name, tool in named.items() if name and tool is not None}
    add_claude_agents(
        PythonBuilding(
            documents=building.documents,
            module=building.module,
            collector=building.collector,
            tools=tools,
            tools_at={},
            calls=calls,
            runs=Runs(building.module, calls),
            agents=frozenset(),
        )
    )


def _queries(building: Building) -> Iterator[Call]:
    """The calls that start an agent, each as what makes its options in Python."""
    for call in building.calls:
        package, _, name = call.name.rpartition(".")
        if package in _PACKAGES and name in _STARTS:
            options = options_of(building.program, building.module, call.node)
            if not name.startswith("unstable_v2_createS"):
                options = inner_options(building.program, options, "options")
            keywords = list(_keywords(building, options))
            if options.hidden:
                keywords.append(ast.keyword(arg=None, value=call.node.func))
            made = ast.Call(func=call.node.func, args=[], keywords=keywords)
            yield Call(OPTIONS, ast.copy_location(made, call.node), call.variable)


def _keywords(building: Building, options: Options) -> Iterator[ast.keyword]:
    """What is given by name; what another file says is known to be given, and no more."""
    for name, written in options.given.items():
        node = _meant(building, written)
        node = _defined(building, node) if name == "agents" else node
        made = ast.keyword(arg=_CAPITAL.sub("_", name).lower(), value=node)
        yield ast.copy_location(made, node)


def _meant(building: Building, written: Written) -> ast.expr:
    if written.module is building.module:
        return written.node
    return ast.copy_location(ast.Name(id="", ctx=ast.Load()), building.module.tree.body[0])


def _defined(building: Building, agents: ast.expr) -> ast.expr:
    """Subagents, each by what defines one in Python: its options are the arguments."""
    listed = building.module.meant(agents)
    if not isinstance(listed, ast.Dict):
        return agents
    values = [_definition(building.module.meant(each)) for each in listed.values]
    return ast.copy_location(ast.Dict(keys=listed.keys, values=values), listed)


def _definition(given: ast.expr) -> ast.expr:
    if not isinstance(given, ast.Dict):
        return given
    keywords = [
        ast.copy_location(ast.keyword(arg=_text(key), value=value), value)
        for key, value in zip(given.keys, given.values, strict=True)
    ]
    func = ast.copy_location(ast.Name(id=DEFINITION, ctx=ast.Load()), given)
    return ast.copy_location(ast.Call(func=func, args=[], keywords=keywords), given)


def _text(key: ast.expr | None) -> str | None:
    """A name that is written out; none of what is spread."""
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
