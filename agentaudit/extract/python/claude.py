"""
Agents of the Claude Agent SDK in Python: whom they ask, what they may use, how far they go.

Read in `types.py` of claude-agent-sdk 0.2.189: `allowed_tools` run without a question, `tools` are
all there are, nothing ends a query that has neither `max_turns` nor `max_budget_usd`, and
`can_use_tool` is asked only about what no rule and no mode allows already. Subagents of `agents`
have the tools of their own definition, or those of the agent that calls them.
"""

import ast

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.coding_agents.claude_rules import (
    BUILT_IN,
    RULE,
    built_in_tool,
    mode,
    sandboxed,
    unasked,
    wide,
)
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.mcp.configurations import Reading, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.programs.code import UNFOLDED, Call, written_keys
from agentaudit.extract.programs.nodes import node_of
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.gates import add_guardrail
from agentaudit.extract.python.limits import bounded
from agentaudit.extract.python.toolbox import listed_tools
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval
from agentaudit.readers.document import NodeKind

OPTIONS = "claude_agent_sdk.ClaudeAgentOptions"
_OPTIONS = frozenset(
    {
        *(OPTIONS, "claude_agent_sdk.types.ClaudeAgentOptions"),
        *("claude_code_sdk.ClaudeCodeOptions", "claude_code_sdk.types.ClaudeCodeOptions"),
    }
)
_STARTS = frozenset({"claude_agent_sdk.query", "claude_agent_sdk.ClaudeSDKClient"})
_SKIPPING = "dangerously-skip-permissions"
"""What `extra_args` may switch on, as on the command line."""
_SERVERS = frozenset(
    {
        "claude_agent_sdk.create_sdk_mcp_server",
        *(
            f"@anthropic-ai/{name}.createSdkMcpServer"
            for name in ("claude-agent-sdk", "claude-code")
        ),
    }
)
DEFINITION = "claude_agent_sdk.AgentDefinition"
_DEFINITIONS = frozenset({DEFINITION, "claude_agent_sdk.types.AgentDefinition"})
_EDITS = frozenset({"Write", "Edit"})


class _Options(Struct, frozen=True):
    """The options of one agent, as far as they fold."""

    building: Building
    call: Call
    agent: Agent

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts; None where it is not given, or not known."""
        given = keyword(self.call.node, name)
        elements = self.building.elements(given) if given is not None else None
        if elements is None:
            return None
        return tuple(filter(None, (self.building.module.text(item) for item in elements)))


def add_claude_agents(building: Building) -> list[Agent]:
    """An agent for each set of options, with its tools, its servers and what asks before them."""
    found = []
    for call in building.calls:
        if call.name in _OPTIONS or _is_bare(call):
            options = _Options(building, call, _add_agent(building, call))
            _add_tools(options)
            _add_servers(options)
            _add_gates(options)
            _add_subagents(options)
            found.append(options.agent)
    return found


def _is_bare(call: Call) -> bool:
    """Whether it starts an agent without options of its own."""
    if call.name not in _STARTS or call.node.args or splatted(call.node):
        return False
    return keyword(call.node, "options", "transport") is None


def _add_agent(building: Building, call: Call) -> Agent:
    module = building.module
    file = module.document.file.rpartition("/")[2]
    name = file if call.variable in {"", "options"} else call.variable
    limit, turns = bounded(module, call.node, ("max_turns",), None)
    spending, _ = bounded(module, call.node, ("max_budget_usd",), None)
    if limit is Known.NONE and spending is Known.SET:
        limit = Known.UNKNOWN  # as many as that money buys
    box = keyword(call.node, "sandbox")
    agent = Agent(
        id=fact_id("agent", name, f"{module.document.file}#{call.node.lineno}.{name}"),
        name=name,
        evidence=(_place_of_mode(building, call),),
        framework="claude-agent-sdk",
        permission_mode=_mode(building, call),
        max_iterations=limit,
        max_iterations_count=turns,
        budget=spending,
        sandboxed=sandboxed(node_of(module, box) if box is not None else None),
    )
    options = _Options(building, call, agent)
    rules = options.texts("allowed_tools") or ()
    return building.collector.add(replace(agent, wildcard_tools=any(map(wide, rules))))


def _place_of_mode(building: Building, call: Call) -> Evidence:
    """Where confirmations are switched off, else where the options begin."""
    given = keyword(call.node, "permission_mode")
    if given is not None and _mode(building, call) == "bypass":
        return building.module.place(given, "bypassPermissions")
    return building.module.place(call.node.func, call.last)


def _mode(building: Building, call: Call) -> str:
    """The mode as it is given; where nothing but functions of the program may be called, none."""
    extra = building.module.meant(keyword(call.node, "extra_args"))
    skips = isinstance(extra, ast.Dict) and _SKIPPING in dict(written_keys(building.module, extra))
    said = building.module.text(keyword(call.node, "permission_mode"))
    given = "bypass" if skips else mode(said)
    return "" if given == "bypass" and _has_only_its_own(building, call) else given


def _has_only_its_own(building: Building, call: Call) -> bool:
    """Whether an agent has no built-in tools, and no servers but those in its own process."""
    servers = building.module.meant(keyword(call.node, "mcp_servers"))
    if building.elements(keyword(call.node, "tools")) != () or not isinstance(servers, ast.Dict):
        return False
    made = [building.made_by(value) for value in servers.values]
    return all(each is not None and building.module.dotted(each.func) in _SERVERS for each in made)


def _add_tools(options: _Options) -> None:
    """The built-in tools that run without a question."""
    module, call, agent = options.building.module, options.call, options.agent
    _leave_open(options)
    present, absent = options.texts("tools"), options.texts("disallowed_tools") or ()
    rules = sorted(options.texts("allowed_tools") or (), key=unasked)
    allowed = {match["tool"]: rule for rule in rules if (match := RULE.match(rule)) is not None}
    place = module.place(keyword(call.node, "allowed_tools") or call.node.func, call.last)
    for name in BUILT_IN:
        rule = allowed.get(name) or allowed.get("*")
        by_mode = agent.permission_mode == "bypass" or (
            agent.permission_mode == "acceptEdits" and name in _EDITS
        )
        missing = present is not None and name not in present
        if (rule is None and not by_mode) or missing or name in absent:
            continue
        freely = by_mode or rule is None or unasked(rule)
        tool = built_in_tool(agent, name, place, Truth.NO if freely else Truth.YES)
        options.building.collector.add(tool)
        options.building.collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)


def _leave_open(options: _Options) -> None:
    """What decides which tools run unasked, and does not fold."""
    module = options.building.module
    given = keyword(options.call.node, "permission_mode")
    named = {"permission_mode": given if module.value(given) is UNFOLDED else None}
    allowed = keyword(options.call.node, "allowed_tools")
    if allowed is not None and options.texts("allowed_tools") is None:
        named["allowed_tools"] = allowed
    for name, node in named.items():
        if node is not None:
            place = module.place(node, name)
            what = f"{name} of {options.agent.name} does not fold"
            options.building.collector.leave_open(place, what, "which tools run unasked is open")


def _add_servers(options: _Options) -> None:
    """Servers in its own process, and those that it starts or calls."""
    building, module = options.building, options.building.module
    given = module.meant(keyword(options.call.node, "mcp_servers"))
    if isinstance(given, ast.Dict):
        for key, value in zip(given.keys, given.values, strict=True):
            _add_server(options, (key, value))
    elif given is not None:
        place = module.place(given, "mcp_servers")
        building.collector.leave_open(place, "mcp_servers does not fold", "which servers it has")


def _add_server(options: _Options, given: tuple[ast.expr | None, ast.expr]) -> None:
    key, value = given
    building, module = options.building, options.building.module
    made = building.made_by(value)
    if made is not None and module.dotted(made.func) in _SERVERS:
        for tool in listed_tools(building, keyword(made, "tools")):
            place = module.place(made.func, tool.name)
            building.collector.link(EdgeKind.INVOKES, options.agent.id, tool.id, place)
        return
    node = node_of(module, value)
    name = plain(module.text(key))
    if key is None or not name or node.kind is not NodeKind.MAPPING:
        place = module.place(value, name)
        building.collector.leave_open(place, f"the server {name} does not fold", "what it is")
        return
    declared = DeclaredServer(
        name=name, key=module.node(key, name), node=node, route=f"mcp_servers.{key.lineno}.{name}"
    )
    add_server(
        Reading(building.documents, module.document, building.collector, options.agent), declared
    )


def _add_gates(options: _Options) -> None:
    """A question of the program's own, and hooks that may stop a tool."""
    module, agent = options.building.module, options.agent
    collector = options.building.collector
    asks = keyword(options.call.node, "can_use_tool")
    if asks is not None and module.value(asks) is not None and agent.permission_mode != "bypass":
        approval = collector.add(
            Approval(
                id=fact_id("approval", "can_use_tool", f"{agent.id}/can_use_tool"),
                name="can_use_tool",
                evidence=(module.place(asks, "can_use_tool"),),
                scope=("*",),
            )
        )
        collector.link(EdgeKind.GATED_BY, agent.id, approval.id, *approval.evidence)
    hooks = keyword(options.call.node, "hooks")
    before = node_of(module, hooks).key_of("PreToolUse") if hooks is not None else None
    if hooks is not None and before is not None:
        place = module.place(hooks, "PreToolUse")
        add_guardrail(collector, agent, "PreToolUse", place, product="hook")


def _add_subagents(options: _Options) -> None:
    """The agents that it may call, which ask no more than it does."""
    given = keyword(options.call.node, "agents")
    module = options.building.module
    if not isinstance(given, ast.Dict):
        return
    for key, value in zip(given.keys, given.values, strict=True):
        made = options.building.made_by(value)
        name = plain(module.text(key))
        if key is None or not name or made is None or module.dotted(made.func) not in _DEFINITIONS:
            continue
        limit, turns = bounded(module, made, ("maxTurns",), None)
        own = mode(module.text(keyword(made, "permissionMode")))
        agent = options.building.collector.add(
            Agent(
                id=fact_id("agent", name, f"{options.agent.id}/agents.{name}"),
                name=name,
                evidence=(module.place(key, name),),
                framework="claude-agent-sdk",
                permission_mode=own or options.agent.permission_mode,
                max_iterations=limit if limit is Known.SET else Known.UNKNOWN,
                max_iterations_count=turns,
                budget=options.agent.budget,
                sandboxed=options.agent.sandboxed,
            )
        )
        place = module.place(key, name)
        options.building.collector.link(EdgeKind.DELEGATES_TO, options.agent.id, agent.id, place)
