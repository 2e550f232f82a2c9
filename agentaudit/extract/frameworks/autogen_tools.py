"""
What an agent of AutoGen may call: functions with their source, servers, HTTP calls, executors.

Read in AutoGen 0.7.5: a function is written with its source code, which is run when it is loaded;
an executor runs what a model writes, on the machine itself or in a container; an approval cannot be
written down, so that a component without one runs without.
"""

from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.frameworks.source_tools import add_tool_in, tool_in
from agentaudit.extract.known_tools import FILES, WEB, KnownTool
from agentaudit.extract.mcp.configurations import Reading, add_headers, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Node

_CODE = KnownTool(effects=("read", "write", "execute"), free_form=("code",))
_CONTAINED = {
    "LocalCommandLineCodeExecutor": False,
    "JupyterCodeExecutor": False,
    "DockerCommandLineCodeExecutor": True,
    "DockerJupyterCodeExecutor": True,
    "ACADynamicSessionsCodeExecutor": True,
}
_SURFERS = {
    "MultimodalWebSurfer": KnownTool(
        effects=("read", "send"), untrusted=True, egress=True, free_form=("url",)
    ),
    "FileSurfer": FILES,
    "VideoSurfer": WEB,
}
_CHANGES = frozenset({"post", "put", "patch", "delete"})


def add_workbenches(reading: Reading, config: Node, route: str) -> None:
    """The tools of an agent, those of its workbenches among them."""
    tools = config.child("tools")
    for number, node in enumerate(tools.elements if tools is not None else ()):
        _add_tool(reading, node, f"{route}.tools.{number}")
    for index, bench in enumerate(config.list_at("workbench")):
        inner = bench.child("config") or bench
        listed = inner.child("tools")
        for number, node in enumerate(listed.elements if listed is not None else ()):
            _add_tool(reading, node, f"{route}.workbench.{index}.tools.{number}")
        if inner.child("server_params") is not None:
            _add_server(reading, bench, f"{route}.workbench.{index}")


def _add_server(reading: Reading, component: Node, route: str) -> None:
    """The server behind a workbench, or behind one tool that is taken from it."""
    parameters = component.get("config", "server_params") or component
    command = parameters.text_at("command") or parameters.text_at("url")
    name = plain(command).rpartition("/")[2] or "mcp"
    key = component.child("provider") or component
    add_server(reading, DeclaredServer(name=name, key=key, node=parameters, route=route))


def _add_tool(reading: Reading, node: Node, route: str) -> None:
    name = node.text_at("provider").rpartition(".")[2]
    config = node.child("config") or node
    if config.child("server_params") is not None:
        _add_server(reading, node, route)
    elif name == "FunctionTool" and config.child("source_code") is not None:
        _add_function(reading, config)
    elif name == "PythonCodeExecutionTool":
        add_executor(reading, config.child("executor"))
    elif name == "HttpTool":
        _add_call(reading, config)
    else:
        shown = plain(config.text_at("name") or name or (node.text or ""))
        _declare(reading, node.child("provider") or node, shown or "tool", None)


def _add_function(reading: Reading, config: Node) -> None:
    """A function by its own source: what its body does, and what its parameters take."""
    source = config.child("source_code") or config
    name = plain(config.text_at("name")) or "function"
    place = evidence(reading.document, config.child("name") or source, name)
    function = tool_in(reading.document, source)
    if function is None:
        reading.collector.leave_open(
            place, f"the source of the tool {name} cannot be read", "what it does is open"
        )
        _declare(reading, config.child("name") or source, name, None)
        return
    add_tool_in(reading, function, name, place, approval=Truth.NO)


def _add_call(reading: Reading, config: Node) -> None:
    """A call of one address: the model fills in the parameters, and not the host."""
    method = config.text_at("method").lower() or "post"
    effects = ("read", "write") if method in _CHANGES else ("read",)
    name = plain(config.text_at("name")) or "http"
    tool = _declare(reading, config.child("name") or config, name, KnownTool(effects=effects))
    add_headers(reading, config.child("headers") or config, tool.id)


def add_executor(reading: Reading, executor: Node | None) -> None:
    """An executor of code, as the tool that it is for the agent."""
    if executor is None or not executor.entries:
        return
    name = executor.text_at("provider").rpartition(".")[2]
    contained = _CONTAINED.get(name)
    node = executor.child("provider") or executor
    if contained is None:
        place = evidence(reading.document, node, name)
        what = f"where {plain(name)} runs code is not known"
        reading.collector.leave_open(place, what, "whether it is contained")
    _declare(reading, node, f"code execution ({plain(name)})", _CODE, sandboxed=contained)


def add_surfer(reading: Reading, name: str, node: Node) -> None:
    """What an agent of a known kind does without any tool given to it."""
    known = _SURFERS.get(name)
    if known is not None:
        _declare(reading, node, name, known)


def _declare(
    reading: Reading,
    node: Node,
    name: str,
    known: KnownTool | None,
    *,
    sandboxed: bool | None = None,
) -> Tool:
    return add_declared_tool(
        reading.collector,
        reading.agent,
        DeclaredTool(
            name=name,
            key=f"{reading.agent.id}/{name}",
            place=evidence(reading.document, node, name),
            known=known,
            sandboxed=sandboxed,
            approval=False if known is not None else None,
        ),
    )
