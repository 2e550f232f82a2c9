"""
Permission rules of Claude Code, which its settings and its SDK share, and its built-in tools.

Source: Claude Code's documentation, "Configure permissions", "Sandboxing" and
"Tools available to Claude".
"""

import re
from collections.abc import Iterable, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Node

RULE = regex(r"^(?P<tool>[\w*]+)(?:\((?P<scope>.*)\))?$", re.DOTALL)
_INTERPRETER = regex(
    r"^(?:[\w.-]{1,40}[/\\]){0,6}(?:python3?|node|deno|bun|ruby|perl|php|bash|sh|zsh|powershell|pwsh|cmd|eval"
    r"|env|xargs|sudo|ssh|curl|wget|npx|bunx|uvx|docker|kubectl|aws|gcloud|az|terraform)(?:\.exe)?\b"
    r"(?:(?: -\w{1,20}(?: \w{1,20})?){0,3} -(?:c|e|Command))?[ :\"']*\*"
)
"""Commands that do whatever their arguments say, also behind `-c`."""
_FETCHES = regex(r"(?:curl|wget)\b")
"""Of them those that only read and send."""
BUILT_IN: Mapping[str, tuple[tuple[str, ...], bool, bool]] = {
    # effects, reads untrusted content, carries data out
    "Bash": (("read", "write", "delete", "execute"), False, True),
    "WebFetch": (("read",), True, True),
    "WebSearch": (("read",), True, False),
    "Write": (("write",), False, False),
    "Edit": (("write",), False, False),
    "Read": (("read",), False, False),
}


def built_in_tool(agent: Agent, name: str, place: Evidence, approval: Truth) -> Tool:
    """One of Claude's own tools as an agent has it."""
    effects, untrusted, egress = BUILT_IN[name]
    return Tool(
        id=fact_id("tool", name, f"{agent.id}/{name}"),
        name=name,
        evidence=(place,),
        effects=effects,
        effects_known=True,
        reads_untrusted=Truth.YES if untrusted else Truth.NO,
        reads_private=Truth.YES if name in {"Bash", "Read"} else Truth.NO,
        egress=Truth.YES if egress else Truth.NO,
        typed=Truth.YES,
        free_form_parameters=("command",) if name == "Bash" else (),
        approval=approval,
        sandboxed=agent.sandboxed,
    )


def mode(text: str) -> str:
    """A mode of permissions, as rules ask for it."""
    return "bypass" if text == "bypassPermissions" else text


def sandboxed(box: Node | None) -> Truth:
    """Whether the settings of a sandbox keep its shell where it cannot leave by asking to."""
    enabled = box.child("enabled") if box is not None else None
    if box is None or enabled is None or enabled.boolean is None:
        return Truth.UNKNOWN
    return Truth.YES if leak(box) is None else Truth.NO


def leak(box: Node | None) -> Node | None:
    """What switches a sandbox off, or lets its commands leave it."""
    enabled = box.child("enabled") if box is not None else None
    if box is None or enabled is None or enabled.boolean is None:
        return None
    if not enabled.boolean:
        return enabled
    escape, strict = box.child("allowUnsandboxedCommands"), box.child("failIfUnavailable")
    if escape is not None and escape.boolean is True:
        return escape
    return strict if strict is not None and strict.boolean is False else None


def allowed_rules(root: Node, above: Iterable[Node] = ()) -> tuple[Node, ...]:
    """
    What settings allow, without what they, or settings above them, deny or ask for whole.

    Claude Code adds the rules of all its settings up; it looks at what is denied first, then at
    what it has to ask for, and only then at what is allowed.
    """
    overruled = frozenset[str]().union(
        *(_whole(each, "deny") | _whole(each, "ask") for each in (root, *above))
    )
    return tuple(
        rule
        for rule in root.list_at("permissions", "allow")
        if (match := RULE.match(rule.text or "")) is None
        or overruled.isdisjoint({"*", match["tool"], _server(match["tool"])})
    )


def denied(tool: str, roots: Iterable[Node]) -> bool:
    """Whether settings deny a tool whatever it is asked to do."""
    return any(not _whole(root, "deny").isdisjoint({"*", tool}) for root in roots)


def _whole(root: Node, name: str) -> frozenset[str]:
    """The tools, and servers of tools, that a list names without a limit."""
    matches = (RULE.match(text) for text in root.texts_at("permissions", name))
    return frozenset(
        match["tool"].removesuffix("__*") if match["tool"].startswith("mcp__") else match["tool"]
        for match in matches
        if match is not None and (match["scope"] or "*") in {"*", ":*", "*:*"}
    )


def _server(tool: str) -> str:
    """`mcp__desk` of `mcp__desk__find`."""
    return "__".join(tool.split("__")[:2]) if tool.startswith("mcp__") else tool


def wide(rule: str) -> bool:
    """Whether a rule allows a tool whatever it is asked to do: `Bash`, `Bash(*)`, `mcp__x__*`."""
    match = RULE.match(rule)
    if match is None:
        return False
    if match["tool"].startswith("mcp__"):
        return match["tool"].endswith("*")
    return match["tool"] in {"*", "Bash"} and (match["scope"] or "*") in {"*", ":*", "*:*"}


def runs_code(rule: str) -> bool:
    """Whether what a rule lets the shell do is more than to fetch pages."""
    match = RULE.match(rule)
    return match is None or _FETCHES.match(match["scope"] or "") is None


def unasked(rule: str) -> bool:
    """Whether a rule lets a tool do anything: of the shell, a few fixed commands are not that."""
    match = RULE.match(rule)
    if match is None or match["tool"] != "Bash":
        return True
    return wide(rule) or _INTERPRETER.match(match["scope"] or "") is not None
