"""Tools that Python code defines: their parameters, and what their bodies do."""

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.collector import fact_id
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.extract.python_code import Module, descendants, keyword
from agentaudit.extract.python_execution import execution
from agentaudit.extract.python_names import FunctionDef
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_DECORATOR = re.compile(r"(?:^|\.)(?:tool|function_tool|tool_plain|kernel_function|ai_function)$")
_FREE_FORM = re.compile(
    r"^(?:sql|query|statement|command|cmd|code|script|expression|path|file_?path|filename|url|uri)$"
)
_LOOSE = frozenset(
    {
        "Any",
        "dict",
        "object",
        "Dict",
        "Mapping",
        "list",
        "List",
        "dict[str, Any]",
        "Dict[str, Any]",
        "Mapping[str, Any]",
    }
)
_CONTEXT = re.compile(r"Context|RunContextWrapper|ToolRuntime|InjectedState|BaseStore")
_INJECTED = frozenset({"agent"})
"""Parameters that Strands fills in by their name (its documentation, "Python Tools")."""
_HTTP = re.compile(
    r"^(?:requests|httpx|aiohttp|urllib\.request|urllib3)(?:\.|$)|(?:^|\.)(?:session|client|http)\."
    r"(?:get|post|put|patch|delete|request)$",
    re.IGNORECASE,
)
_ASKS_FIRST = (
    *("needs_approval", "requires_approval", "requires_confirmation", "external_execution"),
    "require_confirmation",
)
_READING = frozenset({"get", "urlopen", "request", "head", "stream"})


def function_tools(module: Module) -> Iterator[Tool]:
    """Every function that a decorator makes a tool."""
    steps = _steps(module)
    for node in module.functions:
        if node not in steps and any(
            _DECORATOR.search(module.dotted(decorator)) for decorator in node.decorator_list
        ):
            yield function_tool(module, node)


def _steps(module: Module) -> frozenset[ast.AST]:
    """Functions that processes of Semantic Kernel run, and no model calls."""
    return frozenset(
        member
        for defined in module.of(ast.ClassDef)
        if any(
            module.dotted(base).endswith("KernelProcessStep") for base in map(_bare, defined.bases)
        )
        for member in defined.body
    )


def _bare(base: ast.expr) -> ast.expr:
    """A base class without its type arguments."""
    return base.value if isinstance(base, ast.Subscript) else base


def function_tool(module: Module, node: FunctionDef) -> Tool:
    """The tool that a function is."""
    injected = _INJECTED if _of_strands(module, node) else frozenset[str]()
    parameters = [
        item for item in _parameters(node) if item.arg not in injected and not _in_context(item)
    ]
    effects = _effects(module, node, [item.arg for item in parameters])
    return Tool(
        id=fact_id("tool", node.name, f"{module.document.file}#{node.name}"),
        name=node.name,
        evidence=(module.place(_heading(node), f"def {node.name}"),),
        effects=tuple(sorted(effects.names)),
        effects_known=bool(effects.names),
        reads_untrusted=effects.truth(effects.untrusted),
        reads_private=effects.truth(effects.private),
        egress=effects.truth(effects.egress),
        typed=Truth.YES if _has_schema(module, node) else _typed(module, node, parameters),
        output_typed=Truth.YES if node.returns is not None else Truth.NO,
        free_form_parameters=tuple(item.arg for item in parameters if _free_form(item)),
        approval=approval_of(module, *node.decorator_list),
    )


def approval_of(module: Module, *places: ast.expr) -> Truth:
    """
    Whether a person is asked before every call, by the switch where the tool is declared.

    Microsoft Agent Framework: `approval_mode`; OpenAI Agents SDK: `needs_approval`; Pydantic AI:
    `requires_approval`; Agno: `requires_confirmation`, and `external_execution`, with which the run
    pauses and the caller does what the tool says, and the names that a toolkit asks about; Google's
    ADK: `require_confirmation`. A function in the switch's place decides call by
    call: that is not known.
    """
    for place in places:
        if not isinstance(place, ast.Call):
            continue
        if module.text(keyword(place, "approval_mode")) == "always_require":
            return Truth.YES
        if any(module.value(keyword(place, switch)) is True for switch in _ASKS_FIRST):
            return Truth.YES
        if isinstance(keyword(place, "requires_confirmation_tools"), ast.List):
            return Truth.YES
    return Truth.UNKNOWN


class _Effects(Struct):
    names: set[str]
    untrusted: bool = False
    private: bool = False
    egress: bool = False

    def truth(self, holds: bool) -> Truth:  # noqa: FBT001, the one thing it asks
        """Yes where it was seen; no only where something else was seen instead."""
        if holds:
            return Truth.YES
        return Truth.NO if self.names else Truth.UNKNOWN


def _effects(module: Module, node: FunctionDef, parameters: Sequence[str]) -> _Effects:
    found = _Effects(set())
    words = execution(module, node, parameters)
    for inner in descendants(node):
        if not isinstance(inner, ast.Call):
            continue
        if words.runs_what_is_written(inner):
            found.names.update(EVERYTHING)
            found.private = found.egress = True
        else:
            _effect_of(module, inner, found)
    return found


def _effect_of(module: Module, call: ast.Call, found: _Effects) -> None:
    name = module.dotted(call.func)
    last = name.rpartition(".")[2]
    if _HTTP.search(name):
        _http_effect(module, call, found)
    elif last in {"execute", "executemany", "executescript"}:
        _sql_effect(module, call, found)
    elif name == "open" or last in {"read_text", "read_bytes", "write_text", "write_bytes"}:
        _file_effect(module, call, found)
    elif name in {"os.remove", "os.unlink", "shutil.rmtree"} or last in {"unlink", "rmtree"}:
        found.names.add("delete")
    elif last in {"send_message", "sendmail", "send_email", "send_mail", "chat_postMessage"}:
        found.names.add("send")
        found.egress = True


def _http_effect(module: Module, call: ast.Call, found: _Effects) -> None:
    """A request to an address from outside reads what strangers wrote, and can carry data there."""
    last = module.dotted(call.func).rpartition(".")[2]
    fixed = bool(call.args) and bool(module.text(call.args[0]))
    if last in _READING:
        found.names.add("read")
        found.untrusted |= not fixed
        found.egress |= not fixed
    else:
        found.names.add("send")
        found.egress = True


def _sql_effect(module: Module, call: ast.Call, found: _Effects) -> None:
    statement = module.text(call.args[0]).lstrip().upper() if call.args else ""
    verbs = {"INSERT": "write", "UPDATE": "write", "DELETE": "delete", "DROP": "delete"}
    effect = next((kind for verb, kind in verbs.items() if statement.startswith(verb)), "read")
    found.names.update({effect} if statement else {"read", "write", "delete"})
    found.private |= effect == "read"


def _file_effect(module: Module, call: ast.Call, found: _Effects) -> None:
    name = module.dotted(call.func)
    mode = module.text(call.args[1]) if name == "open" and len(call.args) > 1 else "r"
    if "write" in name or set(mode) & set("wax+"):
        found.names.add("write")
    else:
        found.names.add("read")
        found.private = True


def _parameters(node: FunctionDef) -> list[ast.arg]:
    arguments = node.args
    return [
        item
        for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if item.arg not in {"self", "cls"}
    ]


def _of_strands(module: Module, node: FunctionDef) -> bool:
    """Whether Strands makes a function a tool."""
    names = (module.dotted(decorator) for decorator in node.decorator_list)
    return any(name.startswith("strands") for name in names)


def _in_context(parameter: ast.arg) -> bool:
    """Whether the framework fills it in, unseen by the model."""
    annotation = ast.unparse(parameter.annotation) if parameter.annotation else ""
    return _CONTEXT.search(annotation) is not None


def _typed(module: Module, node: FunctionDef, parameters: list[ast.arg]) -> Truth:
    anything = node.args.kwarg is not None and not _passes_context(module, node)
    if anything or node.args.vararg is not None:
        return Truth.NO
    annotations = [
        ast.unparse(item.annotation) if item.annotation is not None else "Any"
        for item in parameters
    ]
    return Truth.NO if any(text in _LOOSE for text in annotations) else Truth.YES


def _passes_context(module: Module, node: FunctionDef) -> bool:
    """Whether `**kwargs` is what the program passes, unseen by the model (Agent Framework)."""
    names = (module.dotted(decorator) for decorator in node.decorator_list)
    return any(name.startswith("agent_framework.") for name in names)


def _has_schema(module: Module, node: FunctionDef) -> bool:
    """Whether the decorator names the types: LangChain's `args_schema`, Claude's third argument."""
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        if keyword(decorator, "args_schema", "input_schema") is not None:
            return True
        named = module.dotted(decorator.func).startswith("claude_agent_sdk.")
        if named and len(decorator.args) > 2:  # noqa: PLR2004 - name, description, schema
            return True
    return False


def _free_form(parameter: ast.arg) -> bool:
    """Whether a parameter takes any text where a command, a query or an address is meant."""
    if not _FREE_FORM.match(parameter.arg):
        return False
    if parameter.annotation is None:
        return True
    text = ast.unparse(parameter.annotation)
    return re.fullmatch(r"str|(?:str ?\| ?None)|Optional\[str\]|Any", text) is not None


def _heading(node: FunctionDef) -> ast.AST:
    """The line of the name: a place that does not span the whole body."""
    heading = ast.Name(id=node.name)
    heading.lineno = heading.end_lineno = node.lineno
    keyword = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
    heading.col_offset = node.col_offset + len(keyword)
    heading.end_col_offset = heading.col_offset + len(node.name)
    return heading
