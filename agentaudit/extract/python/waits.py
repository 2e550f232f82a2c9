"""
Runs that somebody waits for only so long: `asyncio.wait_for(graph.ainvoke(…), timeout=60)`.

An agent is often built in one file and run in another, so those that import it are asked as well.
What Lambda calls ends with its call, whatever packs it.
"""

import ast
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import defined_at, modules
from agentaudit.extract.programs.syntax import argument, keyword, splatted
from agentaudit.extract.python.builders import RUN_METHODS
from agentaudit.extract.python.building import Building

_NO_RUNS = frozenset({"asyncio.run", "anyio.run", "subprocess.run", "uvicorn.run"})
"""Of programs and loops; none says how long an agent takes."""
_WAITING = "asyncio.wait_for"
_ENDING = frozenset(
    {
        *("asyncio.timeout", "async_timeout.timeout", "anyio.fail_after", "anyio.move_on_after"),
        *("trio.fail_after", "trio.move_on_after"),
    }
)
"""What ends all that stands below it: `async with asyncio.timeout(60)`."""

_HANDLER, _EVENT_AND_CONTEXT = "lambda_handler", 2
"""What Lambda calls in Python unless it is told otherwise ("Define Lambda function handler")."""
_MANGUM = "mangum.Mangum"
"""What answers it for a web application."""
_LLAMA_INDEX, _WORKFLOW = "llama_index.", "AgentWorkflow"
_AGENTS = frozenset({"strands.Agent", "strands.agent.Agent"})
_STRANDS, _SWARM = "strands.multiagent.", "Swarm"
"""Of its own accord a Swarm of Strands ends after 15 minutes (`execution_timeout`)."""


class _Waits(Struct, frozen=True):
    """What is ended in time, of all that the repository runs."""

    here: Mapping[str, bool | None]
    """By file: whether all of its runs are; None where it starts none."""
    imported: Mapping[tuple[str, str], bool]
    """By file and name: whether all runs are of the files that import it and start any."""


def ends_in_time(building: Building, call: Call) -> bool:
    """Whether whoever runs what a call builds waits only so long, here or where it is imported."""
    waits = building.documents.once(_waits)
    file = building.module.document.file
    here = waits.here.get(file)
    if here is not None:
        return here
    return waits.imported.get((file, _known_as(building.module, call)), False)


def may_end_with_workflow(building: Building, call: Call) -> bool:
    """Whether it is an agent of LlamaIndex, of which a workflow with a time limit may be made."""
    theirs = call.name.startswith(_LLAMA_INDEX) and call.last != _WORKFLOW
    return theirs and building.documents.once(_ending_workflows)


def _ending_workflows(documents: Documents) -> bool:
    """Whether a workflow that ends in time is handed agents which are made elsewhere."""
    return any(
        call.last == _WORKFLOW
        and call.name.startswith(_LLAMA_INDEX)
        and not isinstance(argument(call.node, 0, "agents"), ast.List)
        and _given(module, keyword(call.node, "timeout"))
        for module in modules(documents).values()
        for call in module.calls()
    )


def _known_as(module: Module, call: Call) -> str:
    """What others import to get at what a call builds: its function, its class or its variable."""
    # By where it ends: a function begins with what decorates it, which is not its own first line.
    body = module.tree.body
    around = body[bisect_left(body, call.node.lineno, key=attrgetter("end_lineno"))]
    if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return around.name
    return call.variable


def _waits(documents: Documents) -> _Waits:
    known = modules(documents)
    here = {file: _all_end(module, tuple(module.calls())) for file, module in known.items()}
    imported: dict[tuple[str, str], bool] = {}
    for file, module in known.items():
        ends = here[file]
        for path in module.imports.values() if ends is not None else ():
            if path.startswith("."):
                defined = defined_at(known, file, path)
                imported[defined] = imported.get(defined, True) and bool(ends)
    return _Waits(here, imported)


def _all_end(module: Module, calls: Sequence[Call]) -> bool | None:
    """Whether each run of a module stands where it is ended in time; None where none is started."""
    if _answers_lambda(module, calls):
        return True
    swarms = {id(call.node): _swarm_ends(module, call.node) for call in calls if _is_swarm(call)}
    runs = [
        call
        for call in calls
        if call.last in RUN_METHODS
        and call.name not in _NO_RUNS
        and id(_receiver(module, call.node)) not in swarms
    ]
    if swarms and (not runs or False in swarms.values()):
        return all(swarms.values()) and not any(_asks_alone(module, call.node) for call in calls)
    if not runs:
        return None
    bounds = _bounds(module, calls)
    if not bounds or not module.affords(len(bounds) * len(runs)):
        return False
    lines = (call.node.lineno for call in runs)
    return all(any(first <= line <= last for first, last in bounds) for line in lines)


def _is_swarm(call: Call) -> bool:
    return call.last == _SWARM and call.name.startswith(_STRANDS)


def _swarm_ends(module: Module, call: ast.Call) -> bool:
    given = keyword(call, "execution_timeout")
    return _given(module, given) if given is not None else not splatted(call)


def _asks_alone(module: Module, call: ast.Call) -> bool:
    """Whether an agent of Strands is called by itself: `clerk("hello")`."""
    made = module.meant(call.func) if isinstance(call.func, ast.Name) else None
    return isinstance(made, ast.Call) and module.dotted(made.func) in _AGENTS


def _receiver(module: Module, call: ast.Call) -> ast.AST | None:
    """What a method is called on."""
    return module.meant(call.func.value) if isinstance(call.func, ast.Attribute) else None


def _answers_lambda(module: Module, calls: Sequence[Call]) -> bool:
    """Whether Lambda calls a module, which ends whatever it does after 15 minutes at the latest."""
    handler = module.functions_by_name.get(_HANDLER)
    answers = handler is not None and len(handler.args.args) >= _EVENT_AND_CONTEXT
    return answers or any(call.name == _MANGUM for call in calls)


def _bounds(module: Module, calls: Sequence[Call]) -> Sequence[tuple[int, int]]:
    """The first and last lines of what is ended in time."""
    waiting = [call.node for call in calls if call.name == _WAITING and _limited(module, call.node)]
    blocks: tuple[ast.With | ast.AsyncWith, ...] = (*module.of(ast.With), *module.of(ast.AsyncWith))
    ending = [block for block in blocks if any(_ends(module, item) for item in block.items)]
    found: tuple[ast.expr | ast.stmt, ...] = (*waiting, *ending)
    return [(node.lineno, node.end_lineno or node.lineno) for node in found]


def _ends(module: Module, item: ast.withitem) -> bool:
    made = item.context_expr
    if not isinstance(made, ast.Call) or module.dotted(made.func) not in _ENDING:
        return False
    return _given(module, argument(made, 0, "delay", "seconds"))


def _limited(module: Module, call: ast.Call) -> bool:
    return _given(module, argument(call, 1, "timeout"))


def _given(module: Module, seconds: ast.expr | None) -> bool:
    return seconds is not None and module.value(seconds) is not None
