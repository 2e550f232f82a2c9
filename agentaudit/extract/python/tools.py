"""Tools that Python code defines: their parameters, and what their bodies do."""

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import keyword, parameters_of
from agentaudit.extract.python.annotations import is_filled_in
from agentaudit.extract.python.effects import effects_of
from agentaudit.extract.python.execution import Execution
from agentaudit.extract.python.promised import as_promised
from agentaudit.extract.python.schemas import schema_in, taken_by_types
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_DECORATOR = regex(r"(?:^|\.)(?:tool|function_tool|tool_plain|kernel_function|ai_function)$")
_TRIGGERS = frozenset({"mcp_tool_trigger", "mcp_tool"})
_TRIGGER = "mcptooltrigger"
"""Of Azure Functions, by names of its own and of the host's, the latter in small letters."""
_SCHEMAS = ("args_schema", "input_schema", "inputSchema", "toolProperties", "tool_properties")
_MOST = 20
"""Tools of one name and file that are compared."""
_INJECTED = frozenset({"agent"})
"""Parameters that Strands fills in by their name (its documentation, "Python Tools")."""
_OF_RUNS = frozenset({"run_manager", "callbacks"})
"""Parameters that LangChain fills in by their name (`langchain_core.tools.base.FILTERED_ARGS`)."""
_CONTEXT = "tool_context"
"""What Google's ADK fills in by its name, whatever its type; Strands does with `context=True`."""
_ASKS_FIRST = (
    *("needs_approval", "requires_approval", "requires_confirmation", "external_execution"),
    "require_confirmation",
)


def function_tools(documents: Documents, module: Module) -> Iterator[Tool]:
    """Every function that a decorator makes a tool; those of one name that differ are several."""
    steps = _steps(module)
    found: dict[str, list[Tool]] = {}
    for node in module.functions:
        if node not in steps and any(
            _DECORATOR.search(module.dotted(decorator)) or triggers_tool(module, decorator)
            for decorator in node.decorator_list
        ):
            yield _told_apart(module, function_tool(documents, module, node), found)


def triggers_tool(module: Module, decorator: ast.expr) -> bool:
    """Whether Azure Functions offers a function as a tool, by a trigger of its own or a generic."""
    if not isinstance(decorator, ast.Call):
        return False
    last = module.dotted(decorator.func).rpartition(".")[2]
    if last == "generic_trigger":
        return module.text(keyword(decorator, "type")).lower() == _TRIGGER
    return last in _TRIGGERS


def _told_apart(module: Module, tool: Tool, found: dict[str, list[Tool]]) -> Tool:
    """A tool under an id of its own, unless one of its name does the same."""
    others = found.setdefault(tool.name, [])
    for other in others[:_MOST]:
        if replace(tool, id=other.id, evidence=other.evidence) == other:
            return replace(tool, id=other.id)
    if others:
        key = f"{module.document.file}#{tool.name}.{len(others) + 1}"
        tool = replace(tool, id=fact_id("tool", tool.name, key))
    others.append(tool)
    return tool


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


def function_tool(documents: Documents | None, module: Module, node: FunctionDef) -> Tool:
    """The tool that a function is."""
    injected = _OF_RUNS | _filled_in(module, node) | _kept_from_models(module, node)
    parameters = [
        item
        for item in _parameters(node)
        if item.arg not in injected and not is_filled_in(item.annotation)
    ]
    taken = [item.arg for item in (*parameters, node.args.vararg, node.args.kwarg) if item]
    effects = effects_of(documents, module, node, taken)
    tool = Tool(
        id=fact_id("tool", node.name, f"{module.document.file}#{node.name}"),
        name=node.name,
        evidence=(module.place(_heading(node), f"def {node.name}"),),
        output_typed=Truth.YES if node.returns is not None else Truth.NO,
        approval=approval_of(module, *node.decorator_list),
    )
    told = as_promised(documents, Execution(module, node, frozenset(taken)), effects.told_of(tool))
    return as_taking(told, _taken(module, node, parameters))


def _kept_from_models(module: Module, node: FunctionDef) -> frozenset[str]:
    """Parameters that no model is told of, by `exclude_args` of FastMCP."""
    given = (
        keyword(each, "exclude_args") for each in node.decorator_list if isinstance(each, ast.Call)
    )
    listed = (each.elts for each in given if isinstance(each, ast.List | ast.Tuple))
    return frozenset(module.text(element) for elements in listed for element in elements)


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


def _parameters(node: FunctionDef) -> list[ast.arg]:
    return [item for item in parameters_of(node) if item.arg not in {"self", "cls"}]


def _filled_in(module: Module, node: FunctionDef) -> frozenset[str]:
    """The parameters that Strands fills in, where it makes a function a tool, or that ADK does."""
    for decorator in node.decorator_list:
        if module.dotted(decorator).startswith("strands"):
            context = keyword(decorator, "context") if isinstance(decorator, ast.Call) else None
            named = module.value(context)
            return _INJECTED | {_CONTEXT if named is True else str(named)}
    return frozenset({_CONTEXT})


def _taken(module: Module, node: FunctionDef, parameters: list[ast.arg]) -> Taken:
    """What a function takes, by the schema that its decorator names, or by its signature."""
    signed = taken_by_types(module, ((item.arg, item.annotation) for item in parameters))
    given = _given_schema(module, node)
    if given is not None:
        return schema_in(module, given) or Taken(Truth.YES, signed.free_form)
    if not _takes_more(module, node):
        return signed
    return replace(signed, typed=Truth.UNKNOWN if _stands_for_another(module, node) else Truth.NO)


def _stands_for_another(module: Module, node: FunctionDef) -> bool:
    """Whether a function takes all that it gets for another, whose schema it is given later."""
    assigned, calls = module.of(ast.Assign), module.of(ast.Call)
    alone = node.args.kwarg is not None and not _parameters(node)
    if not alone or not module.affords(len(assigned) + len(calls)):
        return False
    signed = (each.targets[0] for each in assigned)
    return any(
        isinstance(target, ast.Attribute)
        and target.attr == "__signature__"
        and module.dotted(target.value) == node.name
        for target in signed
    ) or any(
        _is_named(keyword(call, "method"), node) and keyword(call, "parameters") for call in calls
    )


def _is_named(given: ast.expr | None, node: FunctionDef) -> bool:
    return isinstance(given, ast.Name) and given.id == node.name


def _takes_more(module: Module, node: FunctionDef) -> bool:
    """Whether a function takes what it has no parameters for."""
    anything = node.args.kwarg is not None and not _passes_context(module, node)
    return anything or node.args.vararg is not None


def _passes_context(module: Module, node: FunctionDef) -> bool:
    """Whether `**kwargs` is what the program passes, unseen by the model (Agent Framework)."""
    names = (module.dotted(decorator) for decorator in node.decorator_list)
    return any(name.startswith("agent_framework.") for name in names)


def _given_schema(module: Module, node: FunctionDef) -> ast.expr | None:
    """
    Where the decorator names the types.

    LangChain's `args_schema`, Claude's third argument, the properties that Azure Functions offers.
    """
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        given = keyword(decorator, *_SCHEMAS)
        named = module.dotted(decorator.func).startswith("claude_agent_sdk.")
        if given is None and named and len(decorator.args) > 2:  # noqa: PLR2004 - name, description
            given = decorator.args[2]
        if given is not None:
            return given
    return None


def _heading(node: FunctionDef) -> ast.AST:
    """The line of the name: a place that does not span the whole body."""
    heading = ast.Name(id=node.name)
    heading.lineno = heading.end_lineno = node.lineno
    keyword = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
    heading.col_offset = node.col_offset + len(keyword)
    heading.end_col_offset = heading.col_offset + len(node.name)
    return heading
