"""
Coding agents that a script or a program starts, and lets act without a question.

Only those are told: what an agent that asks may do is decided by who answers it. A line of a
comment or of a message starts nothing, nor does a text that a script prints.
"""

import ast
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.signs import BYPASS, BYPASS_OF
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.told_lines import not_printed, run_by
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, text_at
from agentaudit.readers.lines import lines_of

_NAMES = {
    "claude": ("claude-code", "Claude Code"),
    "codex": ("codex", "Codex"),
    "gemini": ("gemini-cli", "Gemini CLI"),
    "copilot": ("copilot-cli", "Copilot CLI"),
}
_COMMAND = regex(r"(?:^|[\s;&|(/\"'=])(?P<name>claude|codex|gemini|copilot)(?:\.orig)?[ \t]")
_ON = "\\"
"""Behind which a command goes on in the next line."""
_THEN = ("|", "&")
"""Behind what a line of a message says: who is handed it, and what is run then."""
_PROGRAM = regex(r"^(?:.*/)?(?P<name>claude|codex|gemini|copilot)$")


def extract_started_agents(documents: Documents, collector: Collector) -> None:
    """Those of scripts by their lines, those of programs by the lists that they run."""
    for document in documents.of("script"):
        for name, place in _of_script(document):
            _add(collector, document.file, name, place)
    for module in modules(documents).values():
        if BYPASS.search(module.document.text):
            for name, place in _of_program(module):
                _add(collector, module.document.file, name, place)


def _of_script(document: Document) -> Iterator[tuple[str, Evidence]]:
    if not BYPASS.search(document.text):
        return
    name, run, continued = "", "", False
    for number, line in not_printed(enumerate(lines_of(document.text), 1)):
        if not continued:
            name, run = "", run_by(line)
        elif run or line.lstrip().startswith(_THEN):
            run = line
        goes_on = line.endswith(_ON)
        found = _COMMAND.search(f"{run[:-1]} " if goes_on else run)
        name = name or (found["name"] if found is not None else "")
        continued = goes_on and (continued or line.strip() != _ON)
        if name and BYPASS_OF[name].search(run):
            told = line.lstrip()
            place = text_at(number, len(line) - len(told), told)
            yield name, evidence(document, place, name)


def _of_program(module: Module) -> Iterator[tuple[str, Evidence]]:
    """
    Lists whose first text is a coding agent, in a file that names its switch as a text.

    Where some hold the switch themselves, the others start an agent that asks; where none does,
    it is put to one of them later.
    """
    switched = {
        name
        for node in module.of(ast.Constant)
        if isinstance(node.value, str)
        for name, switches in BYPASS_OF.items()
        if switches.fullmatch(node.value)
    }
    for name in sorted(switched):
        lists = [
            each
            for each in module.of(ast.List)
            if each.elts
            if (found := _PROGRAM.match(module.text(each.elts[0]))) and found["name"] == name
        ]
        holding = [
            each
            for each in lists
            if any(BYPASS_OF[name].fullmatch(module.text(one)) for one in each.elts)
        ]
        for listed in holding or lists:
            yield name, module.place(listed, name)


def _add(collector: Collector, file: str, name: str, place: Evidence) -> None:
    framework, title = _NAMES[name]
    collector.add(
        Agent(
            id=fact_id("agent", title, f"{file}#{name}"),
            name=f"{title} of {file.rpartition('/')[2]}",
            evidence=(place,),
            confidence=Confidence.LIKELY,
            framework=framework,
            permission_mode="bypass",
        )
    )
