"""
Coding agents that programs in TypeScript and JavaScript start, and let act without a question.

`spawn("claude", ["-p", prompt, "--dangerously-skip-permissions"])`; or the name and the list stand
in an object, and the list is put together before: the switch is in another list then, or by itself.
"""

import ast
from collections.abc import Iterator

from agentaudit.extract.coding_agents.signs import BYPASS_OF
from agentaudit.extract.coding_agents.started_commands import (
    COMMAND,
    PROGRAM,
    line_of,
    line_run,
    switched_in,
)
from agentaudit.extract.programs.code import Module
from agentaudit.model.evidence import Evidence

_SHELLS = frozenset({"exec", "execSync", "execAsync", "execPromise", "execaCommand"})
_PROGRAMS = frozenset({"command", "cmd", "file", "bin", "executable", "program"})
_ARGUMENTS = frozenset({"args", "argv", "arguments"})


def started_by_script(module: Module) -> Iterator[tuple[str, Evidence]]:
    """The names of agents that need not ask, and where they are started."""
    starts = [*_called(module), *_described(module), *_listed(module)]
    elsewhere = switched_in(module) if starts else frozenset[str]()
    for name, place, given in starts:
        written = _written(given)
        line = "" if written is None else f"{name} {line_of(module, written)}"
        if BYPASS_OF[name].search(line) or (written is None and name in elsewhere):
            yield name, module.place(place, name)
    for call in module.of(ast.Call):
        line = line_run(module, call, _SHELLS)
        found = COMMAND.search(line)
        if found is not None and BYPASS_OF[found["name"]].search(line):
            yield found["name"], module.place(call, found["name"])


def _called(module: Module) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Calls with the name of an agent, and what it is handed: a list, or what stands for one."""
    for call in module.of(ast.Call):
        match call.args:
            case [program, ast.List() | ast.Name() as given, *_]:
                found = PROGRAM.match(module.text(program))
                if found is not None:
                    yield found["name"], call, given
            case _:
                pass


def _described(module: Module) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Objects that say which agent is to be started, and with what."""
    for each in module.of(ast.Dict):
        pairs = [
            (key.value, value)
            for key, value in zip(each.keys, each.values, strict=True)
            if isinstance(key, ast.Constant)
        ]
        programs = [value for key, value in pairs if key in _PROGRAMS]
        handed = [value for key, value in pairs if key in _ARGUMENTS]
        found = PROGRAM.match(module.text(programs[0])) if programs and handed else None
        if found is not None:
            yield found["name"], programs[0], handed[0]


def _listed(module: Module) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Lists that begin with the name of an agent, and name no other, as those of all agents do."""
    for each in module.of(ast.List):
        told = [PROGRAM.match(module.text(word)) for word in each.elts]
        if told and told[0] is not None and not any(told[1:]):
            yield told[0]["name"], each, each


def _written(given: ast.expr) -> list[ast.expr] | None:
    """The words of a list that holds all of them; None of what is put together elsewhere."""
    if not isinstance(given, ast.List) or any(isinstance(each, ast.Starred) for each in given.elts):
        return None
    return given.elts
