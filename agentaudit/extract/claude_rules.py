"""
Permission rules of Claude Code, which its settings and its SDK share, and its built-in tools.

Source: Claude Code's documentation, "Configure permissions" and "Tools available to Claude".
"""

import re

RULE = re.compile(r"^(?P<tool>[\w*]+)(?:\((?P<scope>.*)\))?$", re.DOTALL)
_INTERPRETER = re.compile(
    r"^(?:python3?|node|deno|bun|ruby|perl|php|bash|sh|zsh|eval|env|xargs|sudo|ssh|curl|wget|npx"
    r"|uvx|docker|kubectl|aws|gcloud|az|terraform)\b[ :]*\*"
)
"""Commands that do whatever their arguments say."""
BUILT_IN: tuple[tuple[str, tuple[str, ...], bool, bool], ...] = (
    # name, effects, reads untrusted content, carries data out
    ("Bash", ("read", "write", "delete", "execute"), False, True),
    ("WebFetch", ("read",), True, True),
    ("WebSearch", ("read",), True, False),
    ("Write", ("write",), False, False),
    ("Edit", ("write",), False, False),
    ("Read", ("read",), False, False),
)


def mode(text: str) -> str:
    """A mode of permissions, as rules ask for it."""
    return "bypass" if text == "bypassPermissions" else text


def wide(rule: str) -> bool:
    """Whether a rule allows a tool whatever it is asked to do: `Bash`, `Bash(*)`, `mcp__x__*`."""
    match = RULE.match(rule)
    if match is None:
        return False
    if match["tool"].startswith("mcp__"):
        return match["tool"].endswith("*")
    return match["tool"] in {"*", "Bash"} and (match["scope"] or "*") in {"*", ":*", "*:*"}


def unasked(rule: str) -> bool:
    """Whether a rule lets a tool do anything: of the shell, a few fixed commands are not that."""
    match = RULE.match(rule)
    if match is None or match["tool"] != "Bash":
        return True
    return wide(rule) or _INTERPRETER.match(match["scope"] or "") is not None
