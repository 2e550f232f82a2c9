"""
The switches of coding agents that a script keeps in variables: `claude $ARGS -p "$PROMPT"`.

Of a variable that is assigned more than once all counts: which of its values a run has, is decided
while it runs. Only values that are switches, or begin with an agent, stand in for their names;
prompts and file names say nothing of how an agent is started.
"""

import re
from collections.abc import Mapping

from agentaudit.expressions import holds_word, regex

_NAMES = (
    "claude",
    "codex",
    "gemini",
    "qwen",
    "amp",
    "aider",
    "copilot",
    "cursor-agent",
    "opencode",
)
_ASSIGNED = regex(
    r"(?:^|[;&|({]|\b(?:then|do|else)\b)[ \t]*"
    r"(?:(?:export|local|readonly|declare(?:[ \t]+-\w{1,4})?)[ \t]+)?"
    r"(?P<name>[A-Za-z_]\w{0,60})\+?=(?:\"(?P<double>(?:[^\"\\]++|\\.)*+)\"|'(?P<single>[^']*+)'"
    r"|\((?P<list>[^()]{1,1000})\)|(?P<plain>[^\s;&|\"'()]++))",
    re.MULTILINE | re.DOTALL,
)
_READ = regex(
    r"(?P<quote>\"?)\$(?:\{(?P<braced>[A-Za-z_]\w{0,60})(?:\[[@*]\])?"
    r"(?::?[-+](?P<default>[^{}\n\"]{0,200}))?\}|(?:[eE]nv:)?(?P<bare>[A-Za-z_]\w{0,60})"
    r"|\{\{[ ]{0,9}env\.(?P<env>\w{1,60})[ ]{0,9}\}\})(?P=quote)"
)
_TELLING = regex(
    r"(?:\$\{?\w{1,60}\}?[ ]){0,5}"
    rf"(?:-|\$\{{\{{|(?:(?:npx|bunx)[ ]|(?:{'|'.join(_NAMES)})(?:[ ]|$)))"
)
"""How a value begins that says how an agent is started."""
_LONGEST = 300
"""Characters that stand for one variable."""
_DEEPEST = 3
"""Variables of which the values of variables are made."""
_OPEN = regex(
    rf"(?:^|[\s;&|(/])(?P<name>{'|'.join(_NAMES)})[ ]+(?:exec[ ]+)?(?:-p[ ]+)?"
    r"[\"']?(?P<held>\$(?:\{\{[^{}\n]{1,200}\}\}"
    r"|\{?\w{0,60}(?i:args|flags|opts|options|switches|params)\w{0,60}(?:\[[@*]\])?\}?))",
    re.MULTILINE,
)
"""A command whose switches something else decides, by the name of what holds them."""


def with_switches(script: str, given: Mapping[str, str]) -> str:
    """
    A script with the switches that its variables hold in place of their names, line for line.

    `given` are the variables that it is started with; those that it sets itself count, too.
    """
    if "$" not in script or not holds_word(script, _NAMES):
        return script
    values = _values(script, given)
    return _filled(script, values) if values else script


def held_elsewhere(script: str) -> str:
    """What holds the switches of an agent that a script starts, where nothing here says them."""
    found = _OPEN.search(script)
    return found["held"] if found is not None else ""


def _values(script: str, given: Mapping[str, str]) -> Mapping[str, str]:
    """By its name what a variable may hold of switches."""
    values = dict(given)
    set_here: dict[str, list[str]] = {}
    for found in _ASSIGNED.finditer(script):
        held = next(filter(None, found.group("double", "single", "list", "plain")), "")
        set_here.setdefault(found["name"], []).append(held)
    values |= {name: " ".join(each) for name, each in set_here.items()}
    values = {name: " ".join(value[:_LONGEST].split()) for name, value in values.items()}
    for _ in range(_DEEPEST):
        values = {
            name: _filled(value, values, but=name)[:_LONGEST] for name, value in values.items()
        }
    return {name: value for name, value in values.items() if _TELLING.match(value)}


def _filled(text: str, values: Mapping[str, str], but: str = "") -> str:
    def held(read: re.Match[str]) -> str:
        name = read["braced"] or read["bare"] or read["env"] or ""
        default = read["default"] or ""
        known = values.get(name) if name != but else None
        return known or (default if default.startswith("-") else read[0])

    return _READ.sub(held, text) if "$" in text else text
