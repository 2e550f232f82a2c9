"""Commands by which programs start coding agents, and the switches by which these need not ask."""

import ast
from collections.abc import Container, Iterable, Mapping
from types import MappingProxyType

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.signs import BYPASS_OF
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import last_name

NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "claude": ("claude-code", "Claude Code"),
        "codex": ("codex", "Codex"),
        "gemini": ("gemini-cli", "Gemini CLI"),
        "copilot": ("copilot-cli", "Copilot CLI"),
        "qwen": ("qwen-code", "Qwen Code"),
        "cursor-agent": ("cursor", "Cursor CLI"),
        "amp": ("amp", "Amp"),
    }
)
"""By the command, the framework of an agent and what it is called."""
_NAME = rf"(?P<name>{'|'.join(NAMES)})"
COMMAND = regex(rf"(?:^|^\s*+[@-]{{1,2}}|[\s;&|(/\"'=]){_NAME}(?:\.orig)?[ \t]")
PROGRAM = regex(rf"^(?:.*/)?{_NAME}$")
_LONGEST = 40
"""Characters of a word that another place writes down; no agent's name or switch has more."""


def line_of(module: Module, words: Iterable[ast.expr]) -> str:
    """Words of a command: of one that a name stands for its beginning, as names may be many."""
    return " ".join(
        module.text(word)[: None if isinstance(word, ast.Constant) else _LONGEST] for word in words
    )


def switched_in(module: Module) -> frozenset[str]:
    """The agents whose switch stands in a list of the file, or in a text of its own."""
    lists = [line_of(module, each.elts) for each in module.of(ast.List)]
    texts = [each.value for each in module.of(ast.Constant) if isinstance(each.value, str)]
    return frozenset(
        name
        for name, switches in BYPASS_OF.items()
        if any(map(switches.search, lists)) or any(map(switches.fullmatch, texts))
    )


def line_run(module: Module, call: ast.Call, shells: Container[str]) -> str:
    """The line that a call hands to a shell, by one of these names, as far as it stands there."""
    if last_name(call.func) not in shells or not call.args:
        return ""
    given = call.args[0]
    return line_of(module, given.values if isinstance(given, ast.JoinedStr) else [given])
