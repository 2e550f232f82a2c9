"""
Interpreters that a tool in Python hands words to by methods, and those that run in containers.

A shell that goes on running is written to (`process.stdin.write(command)`), a notebook's kernel is
told to execute, a machine elsewhere gets a line by SSH. What goes into a container by its client or
the SDK of Docker is held by it, unless that was started with privileges or the host's root.
"""

import ast
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import packages
from agentaudit.extract.programs.syntax import descendants, keyword
from agentaudit.extract.python.execution import Execution, starts_shell

_FED = regex(r"(?:^|\.)stdin\.write(?:lines)?$")
_KERNEL = regex(r"(?:^|\.)(?:run_cell(?:_async)?|runsource|runcode)$")
_EXECUTES = "execute"
"""Of kernels, as of databases: the package tells them apart."""
_KERNELS = frozenset({"jupyter_client", "nbclient"})
_TYPED = "sendline"
_TERMINALS = frozenset({"pexpect", "wexpect"})
_ELSEWHERE = "exec_command"
"""Of paramiko: a line for a shell on another machine."""
_IN_CONTAINER = "exec_run"
"""Of a container in the SDK of Docker."""
_CLIENTS = frozenset({"docker", "podman", "nerdctl"})
_ENTERS = frozenset({"exec", "run"})
_OPENS = regex(r"^--(?:privileged|pid=host)$|^(?:--volume=|-v=?)?/:|docker\.sock")
_ASKS = regex(
    r"^langgraph\.types\.interrupt$"
    r"|(?:^|\.)(?:(?:click|typer|questionary|inquirer)\.confirm|(?:Confirm|Prompt)\.ask)$"
)
_ANSWERED = regex(
    r"(?i)\by/n|\by(?:es)?\b|run|exec|proceed|continue|confirm|approv|allow|\bsure\b|\bok\b"
)
"""In a question that is answered with yes or no, and not with what is to be done."""


def asks_person(words: Execution, call: ast.Call, name: str) -> bool:
    """Whether a call waits for somebody's yes, on the terminal or by the graph."""
    if name != "input":
        return _ASKS.search(name) is not None
    texts = [each.value for each in descendants(call) if isinstance(each, ast.Constant)]
    said = " ".join(each for each in texts if isinstance(each, str))
    return (words.is_tool and not said) or _ANSWERED.search(said) is not None


def is_fed(words: Execution, call: ast.Call, name: str) -> bool:
    """Whether a call writes words of the model to an interpreter that runs already."""
    return _feeds(words.module, name) and any(map(words.depends, call.args))


def _feeds(module: Module, name: str) -> bool:
    """Whether a call by this name writes to an interpreter."""
    last = name.rpartition(".")[2]
    if _FED.search(name):
        return module.once(_starts_shells)
    if _KERNEL.search(name) or last == _ELSEWHERE:
        return "." in name
    if last not in {_EXECUTES, _TYPED}:
        return False
    return not module.once(packages).isdisjoint(_KERNELS if last == _EXECUTES else _TERMINALS)


def is_boxed(words: Execution, call: ast.Call, name: str) -> bool:
    """Whether what a call runs is held by a container."""
    if name.rpartition(".")[2] == _IN_CONTAINER:
        return True
    if keyword(call, "shell") is not None or not call.args:
        return False
    said = [words.module.text(each) for each in _words_of(words, call.args)]
    return (
        said[:1] != []
        and said[0].rpartition("/")[2] in _CLIENTS
        and not _ENTERS.isdisjoint(said[1:])
        and not any(map(_OPENS.search, said))
    )


def enters_container(words: Execution, call: ast.Call, name: str) -> bool:
    """Whether a call hands words of the model to a container by Docker's SDK."""
    return name.endswith(f".{_IN_CONTAINER}") and any(map(words.depends, call.args))


def _words_of(words: Execution, given: list[ast.expr]) -> Iterator[ast.expr]:
    """The elements of a command: its list, also by a name, or arguments one after another."""
    first = given[0]
    if isinstance(first, ast.Name):
        assigned = words.assigned.get(first.id, ())
        first = assigned[0] if len(assigned) == 1 else first
    for node in descendants(first) if isinstance(first, ast.BinOp) else (first,):
        if isinstance(node, ast.List | ast.Tuple):
            yield from node.elts
    if isinstance(first, ast.Constant):
        yield from given


def _starts_shells(module: Module) -> bool:
    """Whether a module starts a shell or another interpreter at all."""
    calls = module.of(ast.Call)
    return module.affords(len(calls)) and any(starts_shell(module, call) for call in calls)
