"""
Agents of Microsoft Foundry that Python code creates by `azure-ai-agents` or `azure-ai-projects`.

Their service runs them, calls the model and most tools, and ends a run itself; what it keeps of a
conversation, in a thread or a conversation of its own, stays until somebody deletes it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.known_tools import HOSTED, NOTHING, PAGES, PRIVATE, WEB, KnownTool
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.programs.unfolded import leave_tools_open
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.class_tools import known_tool
from agentaudit.extract.python.hosted_servers import add_hosted_server
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool

_DEFINITION = "PromptAgentDefinition"
_CREATING = "create_agent"
_KEEPING = ("threads.create", "create_thread", "conversations.create")
_DELETING = ("threads.delete", "delete_thread", "conversations.delete")
_SERVERS = frozenset({"McpTool", "MCPTool"})
_APPROVING = "set_approval_mode"
_TOOLS: Mapping[str, KnownTool] = {
    "CodeInterpreterTool": HOSTED,
    **dict.fromkeys(
        (
            *("FileSearchTool", "AzureAISearchTool", "AzureAISearchAgentTool", "SharepointTool"),
            *("SharepointPreviewTool", "FabricTool", "MicrosoftFabricPreviewTool"),
            *("MemorySearchTool", "MemorySearchPreviewTool"),
        ),
        PRIVATE,
    ),
    **dict.fromkeys(
        (
            *("BingGroundingTool", "BingCustomSearchTool", "BingGroundingAgentTool"),
            *("WebSearchTool", "WebSearchPreviewTool", "DeepResearchTool"),
            "BingCustomSearchPreviewTool",
        ),
        WEB,
    ),
    **dict.fromkeys(
        ("BrowserAutomationTool", "BrowserAutomationPreviewTool", "ComputerUsePreviewTool"),
        replace(PAGES, effects=("read", "write"), free_form=("url", "text")),
    ),
    "ImageGenTool": NOTHING,
}
_OPEN = frozenset(
    {
        *("OpenApiTool", "OpenApiAgentTool", "AzureFunctionTool", "AzureFunctionAgentTool"),
        *("ConnectedAgentTool", "A2ATool", "A2APreviewTool"),
    }
)
"""What leads to an interface, a function or an agent somewhere else."""
_DEEPEST = 8


class _Said(Struct, dict=True, eq=False):
    """What the calls of a module say of agents and tools that other calls make, read once."""

    building: Building

    @cached_property
    def naming(self) -> Mapping[int, ast.Call]:
        """The calls that name an agent, by the definition that each is given."""
        naming = (
            call.node for call in self.building.calls if call.last in {"create_version", "create"}
        )
        found: dict[int, ast.Call] = {}
        for node in naming:
            found.setdefault(id(keyword(node, "definition")), node)
        return found

    @cached_property
    def added(self) -> Mapping[str, Sequence[ast.Call]]:
        """The calls that add something to a set, by what the set is called."""
        found: dict[str, list[ast.Call]] = {}
        for call in self.building.calls:
            owner, dot, method = call.name.rpartition(".")
            if dot and method == "add":
                found.setdefault(owner, []).append(call.node)
        return found

    @cached_property
    def unasked(self) -> frozenset[int]:
        """Servers of which the question is waived apart: `tool.set_approval_mode("never")`."""
        module, calls = self.building.module, self.building.calls
        waived = {
            call.name.rpartition(".")[0]
            for call in calls
            if call.last == _APPROVING
            and module.text(argument(call.node, 0, "require_approval")) == "never"
        }
        return frozenset(id(call.node) for call in calls if call.variable in waived - {""})


def add_azure_agents(building: Building) -> list[Agent]:
    """The agents that a module has the service create, with their tools and what it keeps."""
    said = _Said(building)
    found = [_add(said, call) for call in building.calls if _creates(call)]
    if found:
        _add_memory(building, found)
    return found


def _creates(call: Call) -> bool:
    """Whether a call describes an agent to the service; a function of that name does not."""
    if call.last == _DEFINITION:
        return True
    named = call.last == _CREATING and "." in call.name
    return named and keyword(call.node, "model") is not None


def _add(said: _Said, call: Call) -> Agent:
    module, collector = said.building.module, said.building.collector
    name = _name(said, call)
    place = module.place(call.node.func, call.last)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{call.node.lineno}.{name}"),
            name=name,
            evidence=(place,),
            framework="azure-agents",
        )
    )
    given = keyword(call.node, "toolset") or keyword(call.node, "tools")
    for made in _made(said, given, 0) if given is not None else ():
        _give(said, agent, made)
    return agent


def _name(said: _Said, call: Call) -> str:
    """How the service calls an agent: its definition stands within the call that names it."""
    module = said.building.module
    around = said.naming.get(id(call.node), call.node)
    given = module.text(keyword(around, "agent_name", "name"))
    return plain(given) or call.variable or module.document.file.rpartition("/")[2]


def _made(said: _Said, given: ast.expr, depth: int) -> Iterator[ast.expr]:
    """What a list or a set of tools holds, each as the call that makes it."""
    module = said.building.module
    if isinstance(given, ast.Attribute) and given.attr in {"definitions", "resources"}:
        given = given.value
    meant = module.meant(given)
    inner = _within(said, given, meant)
    if inner is None or depth > _DEEPEST or not module.affords(len(inner) + 1):
        yield meant
        return
    for each in inner:
        yield from _made(said, each, depth + 1)


def _within(said: _Said, given: ast.expr, meant: ast.expr) -> Sequence[ast.expr] | None:
    match meant:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return elements
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [left, right]
        case ast.Starred(value=value):
            return [value]
        case ast.Call() if said.building.module.dotted(meant.func).endswith("ToolSet"):
            owner = said.building.module.dotted(given)
            return [each for call in said.added.get(owner, ()) for each in call.args[:1]]
        case _:
            return None


def _give(said: _Said, agent: Agent, made: ast.expr) -> None:
    """One tool becomes the agent's; what is not known is left open."""
    building, module, collector = said.building, said.building.module, said.building.collector
    name = module.dotted(made).rpartition(".")[2] if isinstance(made, ast.Call) else ""
    place = module.place(made, name or "tools")
    if isinstance(made, ast.Call) and name in _SERVERS:
        given = {item.arg: item.value for item in made.keywords if item.arg is not None}
        asks = id(made) not in said.unasked
        add_hosted_server(building, agent, (made.func, given), asks=asks)
    elif isinstance(made, ast.Call) and name == "FunctionTool":
        for tool in _functions(building, made):
            collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)
    elif isinstance(made, ast.Call) and name in _TOOLS:
        tool = collector.add(known_tool(module, made.func, (name, _TOOLS[name])))
        tool = add_ingestion(collector, tool)
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)
    elif name in _OPEN:
        what = f"the tool {name} leads elsewhere"
        collector.leave_open(place, what, "which tools the agent has is open")
    else:
        leave_tools_open(collector, place)


def _functions(building: Building, made: ast.Call) -> Iterator[Tool]:
    """The functions of the module that a program runs for its agent."""
    module, collector = building.module, building.collector
    named = module.text(keyword(made, "name"))
    elements = building.elements(argument(made, 0, "functions")) or ()
    names = [named] if named else [module.dotted(each) for each in elements]
    found = [module.functions_by_name[name] for name in names if name in module.functions_by_name]
    if not found or len(found) < len(names):
        place = module.place(made.func, "FunctionTool")
        what = "the functions of a tool are defined elsewhere"
        collector.leave_open(place, what, "what they do is open")
    for function in found:
        yield add_ingestion(collector, collector.add(building.as_tool(function)))


def _tries_out(module: Module, node: ast.AST) -> bool:
    """Whether a function called as a test is asks the agent there, to see whether it answers."""
    function = module.function_around(node)
    return function is not None and function.name.startswith("test_")


def _add_memory(building: Building, agents: Sequence[Agent]) -> None:
    """Where the service keeps what was said, if the module begins any conversation."""
    module, collector = building.module, building.collector
    keeping = [
        call
        for call in building.calls
        if call.name.endswith(_KEEPING) and not _tries_out(module, call.node)
    ]
    if not keeping:
        return
    deleted = any(call.name.endswith(_DELETING) for call in building.calls)
    call = keeping[0]
    name = "threads" if "thread" in call.name else "conversations"
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", name, f"{module.document.file}#{name}"),
            name=name,
            evidence=(module.place(call.node.func, call.last),),
            kind="history",
            backend="azure-agents",
            scope="session",
            ttl=Known.UNKNOWN if deleted else Known.NONE,
            compaction=Known.SET,
            persistent=Truth.YES,
            managed_service=True,
        )
    )
    for agent in agents:
        collector.remember(agent.id, store)
