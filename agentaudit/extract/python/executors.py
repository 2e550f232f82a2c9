"""
Where code runs that an agent in Python writes: in the agent's own process, or in a box.

AutoGen's executors (autogen-ext 0.7), those of Google's ADK 2.13, of smolagents 1.26 (whose
tutorial "Secure code execution" says that no local executor is completely secure), and of DSPy 3.4
(Deno and WebAssembly, unless another interpreter is given; its local one says that it is none).
"""

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.collector import fact_id
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.extract.programs.code import UNFOLDED, Call, written_keys
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool

_AUTOGEN, _ADK = "autogen_ext.code_executors", "google.adk.code_executors"
_DSPY = ("dspy", "dspy.primitives", "dspy.primitives.local_interpreter")
_EXECUTORS: Mapping[str, Truth] = {
    f"{_AUTOGEN}.local.LocalCommandLineCodeExecutor": Truth.NO,
    f"{_AUTOGEN}.jupyter.JupyterCodeExecutor": Truth.NO,
    f"{_AUTOGEN}.docker.DockerCommandLineCodeExecutor": Truth.YES,
    f"{_AUTOGEN}.docker_jupyter.DockerJupyterCodeExecutor": Truth.YES,
    f"{_AUTOGEN}.azure.ACADynamicSessionsCodeExecutor": Truth.YES,
    "autogen.coding.LocalCommandLineCodeExecutor": Truth.NO,
    "autogen.coding.DockerCommandLineCodeExecutor": Truth.YES,
    f"{_ADK}.unsafe_local_code_executor.UnsafeLocalCodeExecutor": Truth.NO,
    f"{_ADK}.UnsafeLocalCodeExecutor": Truth.NO,
    f"{_ADK}.BuiltInCodeExecutor": Truth.YES,
    f"{_ADK}.VertexAiCodeExecutor": Truth.YES,
    f"{_ADK}.ContainerCodeExecutor": Truth.YES,
    f"{_ADK}.GkeCodeExecutor": Truth.YES,
    f"{_ADK}.AgentEngineSandboxCodeExecutor": Truth.YES,
    "smolagents.LocalPythonExecutor": Truth.NO,
    "smolagents.local_python_executor.LocalPythonExecutor": Truth.NO,
    **{
        f"smolagents.{module}{name}Executor": Truth.YES
        for module in ("", "remote_executors.")
        for name in ("Docker", "E2B", "Modal", "Blaxel", "Wasm")
    },
    **{f"{package}.LocalInterpreter": Truth.NO for package in _DSPY},
    "dspy.PythonInterpreter": Truth.YES,
}
"""Whether what an executor runs is kept from the files, keys and networks of the agent."""
_BOXES = frozenset({"docker", "e2b", "modal", "blaxel", "wasm"})
_DSPY_AGENTS = frozenset({"CodeAct", "RLM"})


class _Place(Struct, frozen=True):
    """What runs the code of an agent, where it was said, and whether that is a box."""

    name: str
    node: ast.AST
    sandboxed: Truth


def code_runner(building: Building, call: Call, framework: str) -> Tool | None:
    """The tool that an agent's own code is, where it writes any that is run."""
    place = _place(building, call, framework)
    if place is None:
        return None
    if place.sandboxed is Truth.UNKNOWN:
        building.collector.leave_open(
            building.module.place(place.node, place.name),
            f"where {call.variable or call.last} runs code does not fold",
            "whether what the model writes is kept in a sandbox",
        )
        return None
    boxed = place.sandboxed is Truth.YES
    tool = Tool(
        id=fact_id("tool", place.name, f"{building.module.document.file}#{call.variable}.code"),
        name=place.name,
        evidence=(building.module.place(place.node, place.name),),
        confidence=Confidence.LIKELY,
        effects=("execute",) if boxed else EVERYTHING,
        effects_known=True,
        reads_untrusted=Truth.NO,
        reads_private=Truth.NO if boxed else Truth.YES,
        egress=Truth.UNKNOWN if boxed else Truth.YES,
        typed=Truth.YES,
        free_form_parameters=("code",),
        approval=_asked(building, call),
        sandboxed=place.sandboxed,
    )
    return building.collector.add(tool)


def _place(building: Building, call: Call, framework: str) -> _Place | None:
    match framework, call.last:
        case "smolagents", "CodeAgent":
            return _of_smolagents(building, call)
        case "dspy", name if name in _DSPY_AGENTS:
            given = keyword(call.node, "interpreter_factory", "interpreter")
            default = _Place("PythonInterpreter", call.node.func, Truth.YES)
            return default if given is None else _executor(building, given)
        case "autogen", _:
            return next(_of_autogen(building, call), None)
        case "google-adk", _:
            given = keyword(call.node, "code_executor")
            none = given is None or building.module.value(given) is None
            return None if given is None or none else _executor(building, given)
        case _:
            return None


def _executor(building: Building, given: ast.expr) -> _Place:
    """An executor by its class, or by the call that makes it."""
    made = building.made_by(given)
    name = building.module.dotted(made.func if made is not None else given)
    return _Place(name.rpartition(".")[2], given, _EXECUTORS.get(name, Truth.UNKNOWN))


def _of_smolagents(building: Building, call: Call) -> _Place:
    """A code agent runs what it writes; where its tools' modules matter, they decide nothing."""
    executor = keyword(call.node, "executor")
    if executor is not None:
        return _executor(building, executor)
    given = keyword(call.node, "executor_type")
    imports = keyword(call.node, "additional_authorized_imports")
    if given is None:
        hidden = Truth.UNKNOWN if splatted(call.node) else Truth.NO
        return _Place("local Python executor", imports or call.node.func, hidden)
    kind = building.module.value(given)
    if not isinstance(kind, str):
        return _Place("Python executor", given, Truth.UNKNOWN)
    return _Place(f"{kind} Python executor", given, Truth.YES if kind in _BOXES else Truth.NO)


def _of_autogen(building: Building, call: Call) -> Iterator[_Place]:
    """The executor of an agent, of the tool that wraps one, or of AutoGen 0.2's dictionary."""
    positional = call.node.args[1:2] if call.last == "CodeExecutorAgent" else []
    for given in (keyword(call.node, "code_executor"), *positional):
        if given is not None:
            yield _executor(building, given)
    for element in building.elements(keyword(call.node, "tools")) or ():
        made = building.made_by(element)
        if made is not None and building.module.dotted(made).endswith(".PythonCodeExecutionTool"):
            inner = made.args[0] if made.args else keyword(made, "executor")
            if inner is not None:
                yield _executor(building, inner)
    config = building.module.meant(keyword(call.node, "code_execution_config"))
    if config is not None and building.module.value(config) is not False:
        yield _of_dictionary(building, config)


def _of_dictionary(building: Building, config: ast.expr) -> _Place:
    """`use_docker` is on unless it is said otherwise (since 0.2.8)."""
    if not isinstance(config, ast.Dict):
        return _Place("code execution", config, Truth.UNKNOWN)
    given = dict(written_keys(building.module, config))
    if "executor" in given:
        return _executor(building, given["executor"])
    docker = building.module.value(given["use_docker"]) if "use_docker" in given else True
    if docker is UNFOLDED:
        return _Place("code execution", config, Truth.UNKNOWN)
    boxed = docker is True or (isinstance(docker, str) and bool(docker))
    return _Place("code execution", config, Truth.YES if boxed else Truth.NO)


def _asked(building: Building, call: Call) -> Truth:
    """Whether a person, or what stands for one, is asked before code is run."""
    asks = keyword(call.node, "approval_func")
    if asks is not None and building.module.value(asks) is not None:
        return Truth.YES
    mode = building.module.text(keyword(call.node, "human_input_mode"))
    default = "ALWAYS" if call.name.endswith(".UserProxyAgent") else ""
    return Truth.YES if (mode or default) == "ALWAYS" else Truth.NO
