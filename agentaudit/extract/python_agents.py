"""Agents that Python code builds, with their tools, memories, limits and gates."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp_tools import add_source
from agentaudit.extract.python_adk import adk_sessions
from agentaudit.extract.python_agentcore import agentcore_memories
from agentaudit.extract.python_builders import BUILDERS, Builder
from agentaudit.extract.python_code import UNFOLDED, Call, Module, keyword
from agentaudit.extract.python_flow import pairs
from agentaudit.extract.python_frameworks import is_foreign, is_of_framework
from agentaudit.extract.python_imports import modules
from agentaudit.extract.python_memory import memories
from agentaudit.extract.python_retries import retries
from agentaudit.extract.python_servers import add_servers
from agentaudit.extract.python_sessions import add_sessions
from agentaudit.extract.python_tools import CLASS_TOOLS, class_tool, function_tool, function_tools
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval, Guardrail
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool

_LIMITS = ("max_iter", "max_iterations", "max_turns", "recursion_limit", "max_llm_calls")
_TIMEOUTS = ("max_execution_time", "timeout", "timeout_s", "step_timeout")
_BUDGETS = ("max_rpm", "max_tokens", "usage_limits", "max_budget")


_WRAPPERS = frozenset(
    {
        "llama_index.core.tools.FunctionTool.from_defaults",
        "llama_index.core.tools.function_tool.FunctionTool.from_defaults",
    }
)
"""Calls that make a tool of the function they are given."""


def extract_python(documents: Documents, collector: Collector) -> None:
    """The agents of every Python file, and the tools and memories that stand without one."""
    for module in modules(documents).values():
        _extract(module, collector)


def _extract(module: Module, collector: Collector) -> None:
    tools = {tool.name: collector.add(tool) for tool, _ in function_tools(module)}
    for tool in tools.values():
        _add_ingestion(collector, tool)
    calls = tuple(module.calls())
    add_sessions(module, calls, collector)
    add_servers(module, calls, tools, collector)
    found = (
        *memories(module, calls),
        *agentcore_memories(module, calls),
        *adk_sessions(module, calls),
    )
    stores = [(collector.add(store), call) for store, call in found]
    built = [call for call in calls if call.name in BUILDERS]
    building = _Building(module, collector, tools, calls)
    agents = [_add_agent(building, call, BUILDERS[call.name]) for call in built]
    _link_stores(building, list(zip(agents, built, strict=True)), stores)
    for retry in retries(module, calls, {call.variable for call in built if call.variable}, tools):
        collector.add(retry)


def _link_stores(
    building: "_Building",
    agents: Sequence[tuple[Agent, Call]],
    stores: Sequence[tuple[MemoryStore, Call]],
) -> None:
    """Stores with the agents they are passed to; where that cannot be seen, it may be any."""
    if len(agents) > 1 and stores:
        found = pairs(
            building.module,
            building.calls,
            [call for _, call in agents],
            [call for _, call in stores],
        )
    else:
        found = frozenset((0, number) for number in range(len(stores) if agents else 0))
    followed = {store for _, store in found}
    for number, (store, _) in enumerate(stores):
        for index, (agent, _) in enumerate(agents):
            if (index, number) in found:
                building.collector.remember(agent.id, store, confidence=Confidence.LIKELY)
            elif number not in followed:
                building.collector.remember(agent.id, store, confidence=Confidence.POSSIBLE)


@dataclass(frozen=True, slots=True)
class _Building:
    module: Module
    collector: Collector
    tools: dict[str, Tool]
    calls: tuple[Call, ...]


def _add_agent(building: _Building, call: Call, builder: Builder) -> Agent:
    module, collector = building.module, building.collector
    given = module.text(keyword(call.node, "name", "role"))
    name = given or call.variable or module.document.file.rpartition("/")[2]
    limit, count = _iterations(building, call, builder)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{call.variable or name}"),
            name=name,
            evidence=(module.place(call.node.func, call.last),),
            framework=builder.framework,
            max_iterations=limit,
            max_iterations_count=count,
            timeout=_presence(building, call, _TIMEOUTS),
            budget=_budget(building, call),
        )
    )
    for tool in _tools_of(building, call):
        place = module.place(call.node.func, tool.name)
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)
    _add_gates(building, call, agent)
    return agent


def _iterations(building: _Building, call: Call, builder: Builder) -> tuple[Known, int | None]:
    """The loop limit: given here, given anywhere in the file's runs, or the framework's default."""
    given = keyword(call.node, *_LIMITS) or _elsewhere(building, _LIMITS)
    if given is None:
        limited = _middleware(building, call, "ModelCallLimitMiddleware", "ToolCallLimitMiddleware")
        if limited is not None:
            given = keyword(limited, "run_limit", "thread_limit")
            if given is None:
                return Known.NONE, None
    if given is None:
        most = builder.iterations or (1 if _only_answers(builder, call.node) else None)
        return (Known.SET if most else Known.NONE), most
    value = building.module.value(given)
    if value is UNFOLDED:
        return Known.UNKNOWN, None
    if not isinstance(value, int) or value <= 0:
        return Known.NONE, None
    return Known.SET, value


def _only_answers(builder: Builder, call: ast.Call) -> bool:
    """Whether an agent has nothing to call, so that its first answer is its last."""
    given = {item.arg for item in call.keywords}
    return bool(builder.wording) and not call.args and given <= builder.wording


def _elsewhere(building: _Building, names: tuple[str, ...]) -> ast.expr | None:
    """A limit that the file hands to a run: a keyword of `run`, or a key of its `config`."""
    for call in building.calls:
        if call.last in {
            "run",
            "run_sync",
            "run_streamed",
            "invoke",
            "ainvoke",
            "stream",
            "astream",
        }:
            found = keyword(call.node, *names) or _in_config(building.module, call.node, names)
            if found is not None:
                return found
        elif call.last == "with_config":
            found = _in_config(building.module, call.node, names)
            found = found or keyword(call.node, *names)
            if found is not None:
                return found
    return None


def _in_config(module: Module, call: ast.Call, names: tuple[str, ...]) -> ast.expr | None:
    candidates = [keyword(call, "config"), *call.args]
    for candidate in candidates:
        if isinstance(candidate, ast.Dict):
            for key, value in zip(candidate.keys, candidate.values, strict=True):
                if key is not None and module.text(key) in names:
                    return value
    return None


def _presence(building: _Building, call: Call, names: tuple[str, ...]) -> Known:
    given = keyword(call.node, *names) or _elsewhere(building, names)
    if given is None:
        return Known.NONE
    value = building.module.value(given)
    return Known.NONE if value is None or value == 0 else Known.SET


def _budget(building: _Building, call: Call) -> Known:
    """A limit of calls for a whole thread is a budget; so is one of tokens, rate or money."""
    limited = _middleware(building, call, "ModelCallLimitMiddleware", "ToolCallLimitMiddleware")
    if limited is not None and keyword(limited, "thread_limit", "run_limit") is not None:
        return Known.SET
    return _presence(building, call, _BUDGETS)


def _tools_of(building: _Building, call: Call) -> Iterator[Tool]:
    given = keyword(call.node, "tools", "functions")
    if isinstance(given, ast.Name):
        given = building.module.constants.get(given.id)
    if given is None and call.last == "StateGraph":
        yield from building.tools.values()
        return
    for element in given.elts if isinstance(given, ast.List | ast.Tuple) else ():
        tool = _tool(building, element)
        if tool is not None:
            yield tool
    if given is not None and not isinstance(given, ast.List | ast.Tuple):
        place = building.module.place(given, "tools")
        building.collector.leave_open(
            place, "the list of tools does not fold", "which tools the agent has is open"
        )


def _tool(building: _Building, element: ast.expr) -> Tool | None:
    module, collector = building.module, building.collector
    path = module.dotted(element)
    name = path.rpartition(".")[2]
    if name in building.tools:
        return building.tools[name]
    if isinstance(element, ast.Name):
        assigned = module.constants.get(element.id)
        if isinstance(assigned, ast.Call):
            return _tool(building, assigned)
        function = next((node for node in module.functions if node.name == name), None)
        if function is not None:
            return _add_ingestion(collector, collector.add(function_tool(module, function)))
    if isinstance(element, ast.Call) and path in _WRAPPERS:
        wrapped = element.args[0] if element.args else keyword(element, "fn", "async_fn")
        if wrapped is not None:
            return _tool(building, wrapped)
    if isinstance(element, ast.Call) and name in CLASS_TOOLS and is_foreign(module, path):
        return _add_ingestion(collector, collector.add(class_tool(module, element, name)))
    collector.leave_open(
        module.place(element, name), f"the tool {name} is not known", "what it does is open"
    )
    return collector.add(
        Tool(
            id=fact_id("tool", name or "tool", f"{module.document.file}#tool.{name}"),
            name=name or "tool",
            evidence=(module.place(element, name),),
            confidence=Confidence.POSSIBLE,
        )
    )


def _add_ingestion(collector: Collector, tool: Tool) -> Tool:
    if tool.reads_untrusted is Truth.YES:
        add_source(collector, tool.id, "web pages", tool.evidence[0])
    return tool


def _middleware(building: _Building, call: Call, *names: str) -> ast.Call | None:
    given = keyword(call.node, "middleware")
    for element in given.elts if isinstance(given, ast.List | ast.Tuple) else ():
        if isinstance(element, ast.Call):
            name = building.module.dotted(element.func)
            if name.rpartition(".")[2] in names and is_of_framework(building.module, name):
                return element
    return None


def _add_gates(building: _Building, call: Call, agent: Agent) -> None:
    """A question to a human before named tools, and filters of what goes in and out."""
    module, collector = building.module, building.collector
    gate = _middleware(building, call, "HumanInTheLoopMiddleware")
    scope = keyword(gate, "interrupt_on") if gate is not None else None
    names: tuple[str, ...] = ()
    if isinstance(scope, ast.Dict):
        names = tuple(
            module.text(key)
            for key, value in zip(scope.keys, scope.values, strict=True)
            if key is not None and module.value(value) is not False
        )
    if gate is not None:
        approval = collector.add(
            Approval(
                id=fact_id("approval", "human in the loop", f"{agent.id}/approval"),
                name="human in the loop",
                evidence=(module.place(gate, "HumanInTheLoopMiddleware"),),
                scope=names or ("*",),
            )
        )
        _gate_tools(collector, agent.id, approval)
    filtered = _middleware(building, call, "PIIMiddleware", "OpenAIModerationMiddleware")
    if filtered is not None:
        product = module.dotted(filtered.func).rpartition(".")[2]
        guardrail = collector.add(
            Guardrail(
                id=fact_id("guardrail", product, f"{agent.id}/{product}"),
                name=product,
                evidence=(module.place(filtered, product),),
                product=product,
            )
        )
        collector.link(EdgeKind.FILTERED_BY, agent.id, guardrail.id, *guardrail.evidence)


def _gate_tools(collector: Collector, agent: FactId, approval: Approval) -> None:
    for edge in list(collector.edges.values()):
        tool = collector.facts.get(edge.dst)
        if edge.kind is not EdgeKind.INVOKES or edge.src != agent or not isinstance(tool, Tool):
            continue
        if tool.name in approval.scope or "*" in approval.scope:
            collector.link(EdgeKind.GATED_BY, tool.id, approval.id, *approval.evidence)
            collector.update(replace(tool, approval=Truth.YES))
        else:
            collector.update(replace(tool, approval=Truth.NO))
