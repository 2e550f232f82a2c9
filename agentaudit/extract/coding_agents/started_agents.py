"""
Coding agents that a script or a program starts, and lets act without a question.

Only those are told, and those that may run anything in their shell: what an agent that asks may do
is decided by who answers it. A line of a
comment or of a message starts nothing, nor does a text that a script prints.
"""

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from agentaudit.expressions import holds_word
from agentaudit.extract.coding_agents.allowed_tools import (
    add_allowed_tools,
    given_elsewhere,
    opens_shell,
)
from agentaudit.extract.coding_agents.signs import BYPASS_OF
from agentaudit.extract.coding_agents.started_by_scripts import started_by_script
from agentaudit.extract.coding_agents.started_commands import (
    COMMAND,
    NAMES,
    PROGRAM,
    line_of,
    line_run,
    switched_in,
)
from agentaudit.extract.coding_agents.switches_in_variables import with_switches
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.modules import program
from agentaudit.extract.platform_files import commands_of_tasks
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.told_lines import not_printed, run_by
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import text_at
from agentaudit.readers.javascript.document import starts_agents
from agentaudit.readers.lines import lines_of
from agentaudit.readers.scripts import UNASKED_WORDS, starts_unasked

_ON = "\\"
"""Behind which a command goes on in the next line."""
_THEN = ("|", "&")
"""Behind what a line of a message says: who is handed it, and what is run then."""
_SHELLS = frozenset(
    {
        *("run", "call", "check_call", "check_output", "Popen", "system", "popen", "getoutput"),
        *("create_subprocess_shell", "exec_command"),
    }
)
"""What runs a line: of Python, and of what keeps sandboxes, with which agents are run elsewhere."""
_KEEPERS = frozenset(
    {"e2b", "e2b_code_interpreter", "e2b_desktop", "daytona", "daytona_sdk", "modal"}
)
"""Packages of those who keep sandboxes, in which their clients run what they are given."""
_HERE = ("subprocess.", "os.", "asyncio.")
_ALLOWED = "claude"
"""Whose command says which tools it may use unasked."""
_Line = tuple[int, str, str]
"""A line of a script by its number, and what of it is run."""


class _Start(Struct, frozen=True):
    """A command that starts an agent which need not ask, by the line on which it says so."""

    name: str
    number: int
    line: str
    allowing: str = ""
    """The command, where it asks before anything but what it allows itself."""


def extract_started_agents(documents: Documents, collector: Collector) -> None:
    """Those of scripts by their lines, of tasks by theirs, of programs by the lists they run."""
    for document in documents.of("script"):
        for start in _starts(document.text, document.file, collector):
            told = start.line.lstrip()
            node = text_at(start.number, len(start.line) - len(told), told)
            _add(collector, document.file, start, evidence(document, node, start.name))
    for document, node in commands_of_tasks(documents):
        for start in _starts(node.raw, document.file, collector):
            _add(collector, document.file, start, evidence(document, node, start.name))
    _add_programs(documents, collector)


def _add_programs(documents: Documents, collector: Collector) -> None:
    """Those that programs start: of Python, and of TypeScript and JavaScript."""
    for module in modules(documents).values():
        if holds_word(module.document.text, UNASKED_WORDS):
            found = tuple(_of_program(module))
            here = {name for name, _, boxed in found if not boxed}
            for name, place, _ in found:
                start = _Start(name, place.line, "")
                _add(collector, module.document.file, start, place, boxed=name not in here)
    for module in program(documents).modules.values():
        if starts_agents(module.document.file, module.document.text):
            for name, place in started_by_script(module):
                _add(collector, module.document.file, _Start(name, place.line, ""), place)


def _starts(text: str, file: str, collector: Collector) -> Iterator[_Start]:
    """The lines by which a script lets an agent act unasked, or at least run anything."""
    if not starts_unasked(text):
        return
    every = tuple(_commands(with_switches(text, {})))
    unasked = [
        _Start(name, *told)
        for name, lines in every
        for told in _lines_at(lines, (each.end() for each in BYPASS_OF[name].finditer(_all(lines))))
    ]
    yield from unasked
    switched = {start.name for start in unasked}
    for name, lines in every:
        if name != _ALLOWED or name in switched:
            continue
        run = _all(lines)
        end, given = opens_shell(run), given_elsewhere(run)
        if end is not None:
            yield from (_Start(name, *told, run) for told in _lines_at(lines, [end]))
        elif given is not None:
            ((number, line),) = _lines_at(lines, [given.end()])
            place = Evidence(
                file=file, line=number, column=1, end_line=number, end_column=len(line) + 1
            )
            what = f"which tools {NAMES[name][1]} of {file.rpartition('/')[2]} may use unasked"
            collector.leave_open(place, what, "it may run any command")


def _all(lines: Sequence[_Line]) -> str:
    """What some lines run together."""
    return "".join(run for _, _, run in lines)


def _lines_at(lines: Sequence[_Line], places: Iterable[int]) -> Iterator[tuple[int, str]]:
    """The lines in which things end that stand in some lines together."""
    ends = list(accumulate(len(run) for _, _, run in lines))
    for end in places:
        number, line, _ = lines[bisect_left(ends, end)]
        yield number, line


def _commands(text: str) -> Iterator[tuple[str, Sequence[_Line]]]:
    """The commands that start an agent, each with its lines; one may go on in the next line."""
    lines = list[_Line]()
    name, run, continued = "", "", False
    for number, line in not_printed(enumerate(lines_of(text), 1)):
        if not continued:
            if name:
                yield name, lines
            name, run, lines = "", run_by(line), []
        elif run or line.lstrip().startswith(_THEN):
            run = line
        goes_on = line.endswith(_ON)
        part = f"{run[:-1] if goes_on else run} "
        found = COMMAND.search(part)
        name = name or (found["name"] if found is not None else "")
        continued = goes_on and (continued or line.strip() != _ON)
        lines.append((number, line, part))
    if name:
        yield name, lines


def _of_program(module: Module) -> Iterator[tuple[str, Evidence, bool]]:
    """
    Lists whose first text is a coding agent, and lines that a shell runs, here or in a sandbox.

    Where some hold the switch themselves, the others start an agent that asks; where none does,
    it is put to one of them later, if the file has it as a text, or in a list of its own.
    """
    lists = [
        (found["name"], each, line_of(module, each.elts))
        for each in module.of(ast.List)
        if each.elts and (found := PROGRAM.match(module.text(each.elts[0])))
    ]
    switched = switched_in(module) if lists else frozenset[str]()
    holding = {name for name, _, line in lists if BYPASS_OF[name].search(line)}
    for name, listed, line in sorted(lists, key=lambda each: each[0]):
        if BYPASS_OF[name].search(line) or name in switched - holding:
            yield name, module.place(listed, name), False
    for call in module.of(ast.Call):
        line = line_run(module, call, _SHELLS)
        named = COMMAND.search(line)
        if named is not None and BYPASS_OF[named["name"]].search(line):
            yield named["name"], module.place(call, named["name"]), _is_boxed(module, call)


def _is_boxed(module: Module, call: ast.Call) -> bool:
    """Whether a client of those who keep sandboxes is told to run it, and not this machine."""
    kept = any(path.partition(".")[0] in _KEEPERS for path in module.imports.values())
    return kept and "." in (name := module.dotted(call.func)) and not name.startswith(_HERE)


def _add(
    collector: Collector, file: str, start: _Start, place: Evidence, *, boxed: bool = False
) -> None:
    framework, title = NAMES[start.name]
    agent = collector.add(
        Agent(
            id=fact_id("agent", title, f"{file}#{start.name}"),
            name=f"{title} of {file.rpartition('/')[2]}",
            evidence=(place,),
            confidence=Confidence.LIKELY,
            framework=framework,
            permission_mode="" if start.allowing else "bypass",
            own_machine=boxed,
        )
    )
    if start.allowing:
        add_allowed_tools(collector, agent, start.allowing, place)
