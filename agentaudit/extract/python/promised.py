"""
Tools in Python that run something by their names alone: `execute_blender_code(code)`.

What such a function hands its command to may be a connection, a queue or a library that is not
followed. Its name and its parameter promise that it is run; words of the program about a sandbox
say that it is held there.
"""

import ast

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents
from agentaudit.extract.known_tools import CODE
from agentaudit.extract.programs.syntax import descendants, words_in
from agentaudit.extract.python.callees import function_called
from agentaudit.extract.python.execution import Execution
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool

_RUNS = regex(
    r"(?i)^_*(?:run|exec|execute|eval)_(?:[a-z0-9]{1,30}_){0,4}"
    r"(?:code|commands?|cmd|script|shell|bash|python|terminal)$"
)
_TAKEN = frozenset({"code", "command", "commands", "cmd", "script", "python_code", "shell_command"})
_BOX = regex(
    r"(?i)sandbox|e2b|daytona|\bmodal\b|pyodide|wasm|container|docker|riza|code_?interpreter"
)
_TELLS = regex(r"(?i)^(?:print|len|str|repr|type|isinstance|format|strip|split|dumps|append)$|log")
"""What is only told of a command."""


def as_promised(documents: Documents | None, given: Execution, tool: Tool) -> Tool:
    """A tool of which nothing is seen, as its name has it where it hands a command on."""
    node, taken = given.function, given.parameters & _TAKEN
    if tool.effects or _RUNS.match(node.name) is None or not taken:
        return tool
    words = Execution(given.module, node, taken)
    if not any(_hands_on(documents, words, call) for call in descendants(node)):
        return tool
    boxed = any(map(_BOX.search, words_in(node)))
    return replace(
        tool,
        effects=CODE.effects,
        effects_known=True,
        confidence=Confidence.LIKELY,
        sandboxed=Truth.YES if boxed else tool.sandboxed,
    )


def _hands_on(documents: Documents | None, words: Execution, call: ast.AST) -> bool:
    """Whether a call does something with a command that is not known, and was not read."""
    if not isinstance(call, ast.Call):
        return False
    last = words.module.dotted(call.func).rpartition(".")[2]
    given = (*call.args, *(item.value for item in call.keywords))
    if _TELLS.search(last) is not None or not any(map(words.depends, given)):
        return False
    return documents is None or function_called(documents, words.module, call.func) is None
