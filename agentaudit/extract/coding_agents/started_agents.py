"""
Coding agents that a script or a program starts, and lets act without a question.

Only those are told: what an agent that asks may do is decided by who answers it. A line of a
comment or of a message starts nothing, nor does a text that a script prints.
"""

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.coding_agents.signs import BYPASS_OF
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.told_lines import not_printed, run_by
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, text_at
from agentaudit.readers.lines import lines_of
from agentaudit.readers.scripts import UNASKED_WORDS

_NAMES = {
    "claude": ("claude-code", "Claude Code"),
    "codex": ("codex", "Codex"),
    "gemini": ("gemini-cli", "Gemini CLI"),
    "copilot": ("copilot-cli", "Copilot CLI"),
    "qwen": ("qwen-code", "Qwen Code"),
    "cursor-agent": ("cursor", "Cursor CLI"),
    "amp": ("amp", "Amp"),
}
_NAME = rf"(?P<name>{'|'.join(_NAMES)})"
_COMMAND = regex(rf"(?:^|[\s;&|(/\"'=]){_NAME}(?:\.orig)?[ \t]")
_ON = "\\"
"""Behind which a command goes on in the next line."""
_THEN = ("|", "&")
"""Behind what a line of a message says: who is handed it, and what is run then."""
_PROGRAM = regex(rf"^(?:.*/)?{_NAME}$")
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
_LONGEST = 40
"""Characters of a word that another place writes down; no agent's name or switch has more."""
_Line = tuple[int, str, str]
"""A line of a script by its number, and what of it is run."""


def extract_started_agents(documents: Documents, collector: Collector) -> None:
    """Those of scripts by their lines, those of programs by the lists that they run."""
    for document in documents.of("script"):
        for name, place in _of_script(document):
            _add(collector, document.file, name, place)
    for module in modules(documents).values():
        if holds_word(module.document.text, UNASKED_WORDS):
            found = tuple(_of_program(module))
            here = {name for name, _, boxed in found if not boxed}
            for name, place, _ in found:
                _add(collector, module.document.file, name, place, boxed=name not in here)


def _of_script(document: Document) -> Iterator[tuple[str, Evidence]]:
    """The lines by which a script lets an agent act unasked."""
    if not holds_word(document.text, UNASKED_WORDS):
        return
    for name, lines in _commands(document):
        ends = list(accumulate(len(run) for _, _, run in lines))
        for match in BYPASS_OF[name].finditer("".join(run for _, _, run in lines)):
            number, line, _ = lines[bisect_left(ends, match.end())]
            told = line.lstrip()
            place = text_at(number, len(line) - len(told), told)
            yield name, evidence(document, place, name)


def _commands(document: Document) -> Iterator[tuple[str, Sequence[_Line]]]:
    """The commands that start an agent, each with its lines; one may go on in the next line."""
    lines = list[_Line]()
    name, run, continued = "", "", False
    for number, line in not_printed(enumerate(lines_of(document.text), 1)):
        if not continued:
            if name:
                yield name, lines
            name, run, lines = "", run_by(line), []
        elif run or line.lstrip().startswith(_THEN):
            run = line
        goes_on = line.endswith(_ON)
        part = f"{run[:-1] if goes_on else run} "
        found = _COMMAND.search(part)
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
    lines = [(each, _line(module, each.elts)) for each in module.of(ast.List)]
    texts = [node.value for node in module.of(ast.Constant) if isinstance(node.value, str)]
    switched = {
        name
        for name, switches in BYPASS_OF.items()
        if any(map(switches.search, (line for _, line in lines)))
        or any(map(switches.fullmatch, texts))
    }
    lists = [
        (found["name"], each, line)
        for each, line in lines
        if each.elts and (found := _PROGRAM.match(module.text(each.elts[0])))
    ]
    holding = {name for name, _, line in lists if BYPASS_OF[name].search(line)}
    for name, listed, line in sorted(lists, key=lambda each: each[0]):
        if BYPASS_OF[name].search(line) or name in switched - holding:
            yield name, module.place(listed, name), False
    for call in module.of(ast.Call):
        line = _run(module, call)
        named = _COMMAND.search(line)
        if named is not None and BYPASS_OF[named["name"]].search(line):
            yield named["name"], module.place(call, named["name"]), _is_boxed(module, call)


def _run(module: Module, call: ast.Call) -> str:
    """The line that a call hands to a shell, as far as it stands there."""
    function = call.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called not in _SHELLS or not call.args:
        return ""
    given = call.args[0]
    parts = given.values if isinstance(given, ast.JoinedStr) else [given]
    return _line(module, parts)


def _is_boxed(module: Module, call: ast.Call) -> bool:
    """Whether a client of those who keep sandboxes is told to run it, and not this machine."""
    kept = any(path.partition(".")[0] in _KEEPERS for path in module.imports.values())
    return kept and "." in (name := module.dotted(call.func)) and not name.startswith(_HERE)


def _line(module: Module, words: Iterable[ast.expr]) -> str:
    """Words of a command: of one that a name stands for its beginning, as names may be many."""
    return " ".join(
        module.text(word)[: None if isinstance(word, ast.Constant) else _LONGEST] for word in words
    )


def _add(
    collector: Collector, file: str, name: str, place: Evidence, *, boxed: bool = False
) -> None:
    framework, title = _NAMES[name]
    collector.add(
        Agent(
            id=fact_id("agent", title, f"{file}#{name}"),
            name=f"{title} of {file.rpartition('/')[2]}",
            evidence=(place,),
            confidence=Confidence.LIKELY,
            framework=framework,
            permission_mode="bypass",
            own_machine=boxed,
        )
    )
