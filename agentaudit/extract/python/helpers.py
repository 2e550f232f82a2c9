"""
What the code of a tool calls in the repository: a function, a method, or one of another file.

A tool is often three lines that hand the model's words on. They are followed where they go, as far
as names and assigned objects say whose method is called; what nobody is seen to be is not followed.
"""

import ast
from collections.abc import Mapping

from msgspec import Struct, field

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.given import given_by
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import keyword, last_name
from agentaudit.extract.python.callees import function_called
from agentaudit.extract.python.execution import Execution

_MOST = 30
"""Functions that are read for one tool."""
_CALLED_LATER: Mapping[str, int] = {
    **dict.fromkeys(("to_thread", "run_sync", "run_in_threadpool", "submit", "partial"), 0),
    "run_in_executor": 1,
}
"""What calls a function that it is handed, at which position: `asyncio.to_thread(run, command)`."""
_STARTED = frozenset({"Process", "Thread"})


class Helpers(Struct):
    """The functions that one tool calls, each read once for what it is handed."""

    documents: Documents
    tool: Execution
    _read: set[tuple[int, frozenset[str]]] = field(default_factory=set)

    def of(self, words: Execution, call: ast.Call) -> Execution | None:
        """What a call runs with which words of the model; None of what is not to be followed."""
        found = function_called(self.documents, words.module, call.func)
        if found is None or len(self._read) >= _MOST:
            return None
        module, function = found
        if _stands_within(words, module, function):
            return None
        handed = {name: (words, given) for name, given in given_by(function, call)}
        written = frozenset(
            name
            for name, (_, given) in handed.items()
            if words.depends(given) and not words.nameless(given)
        )
        alone = self.tool.is_tool and not self.tool.parameters  # what it does it does unasked
        key = (id(function), written)
        if key in self._read or not (written or alone):
            return None
        self._read.add(key)
        if not module.may_be_read(function) or not module.affords_within(function):
            return None
        return Execution(module, function, written, handed, is_tool=False)


def _stands_within(words: Execution, module: Module, function: FunctionDef) -> bool:
    """Whether a function is read already, as a part of the one that calls it."""
    around = words.function
    last = around.end_lineno or around.lineno
    return module is words.module and around.lineno <= function.lineno <= last


def passed_on(call: ast.Call) -> ast.Call:
    """The call that another one makes of a function it is handed; any other stands for itself."""
    last = last_name(call.func)
    if last in _CALLED_LATER:
        at, named = _CALLED_LATER[last], call.keywords
        function, given = next(iter(call.args[at : at + 1]), None), call.args[at + 1 :]
    elif last in _STARTED:
        function, packed, named = keyword(call, "target"), keyword(call, "args"), []
        given = list(packed.elts) if isinstance(packed, ast.Tuple | ast.List) else []
    else:
        return call
    if not isinstance(function, ast.Name | ast.Attribute):
        return call
    return ast.copy_location(ast.Call(func=function, args=given, keywords=named), call)
