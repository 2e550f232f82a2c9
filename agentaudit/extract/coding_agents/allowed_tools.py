"""The tools that a command lets its coding agent use without a question."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_ALLOWED = regex(r"--?allowed-?_?tools[= ]+(?:\"([^\"]*)\"|'([^']*)'|(\S+))", re.IGNORECASE)
_GIVEN = regex(r"--?allowed-?_?tools[= ]+[\"']?\$\{?\w+\}?[\"']?(?:\s|$)", re.IGNORECASE)
_INPUT = regex(r"^allowed_tools: (.*)$", re.MULTILINE)
_NAME = regex(r"(?P<tool>[A-Za-z]\w*)(?:\((?P<scope>[^()]*(?:\([^()]*\)[^()]*)*)\))?")
_RUNNERS = frozenset(
    {
        *("sh", "bash", "zsh", "env", "eval", "xargs", "sudo", "ssh", "docker", "kubectl", "make"),
        *("python", "python3", "node", "deno", "bun", "npm", "npx", "pnpm", "yarn", "uv", "uvx"),
        *("pip", "pipx", "poetry", "ruby", "perl", "php", "go", "cargo", "java", "mvn", "gradle"),
        *("just", "task", "tox", "nox", "pytest", "pre-commit", "find", "awk"),
    }
)
"""
Programs that run other programs, or code from files. Of one that does not, a rule such as
`Bash(gh pr view:*)` lets the model choose the arguments alone.
"""

_LONGEST = 200
"""Characters of a rule that are looked at where it has no end."""


class _BuiltIn(Struct, frozen=True):
    effects: tuple[str, ...]
    reads_untrusted: Truth = Truth.NO
    egress: Truth = Truth.NO


_NARROW = _BuiltIn(("read", "send"), egress=Truth.YES)
"""A shell that starts named programs only: they read, and may carry away what they read."""
_BUILT_IN = {
    "Bash": _BuiltIn(("read", "write", "delete", "execute", "send"), egress=Truth.YES),
    "WebFetch": _BuiltIn(("read",), reads_untrusted=Truth.YES, egress=Truth.YES),
    "WebSearch": _BuiltIn(("read",), reads_untrusted=Truth.YES),
    "Write": _BuiltIn(("write",)),
    "Edit": _BuiltIn(("write",)),
    "Read": _BuiltIn(("read",)),
}


def add_allowed_tools(collector: Collector, agent: Agent, words: str, place: Evidence) -> None:
    """The built-in tools that a command allows; without confirmations, the shell as well."""
    names: dict[str, bool] = {}
    for name, narrow in _named(words):
        names[name] = narrow and names.get(name, True)
    if agent.permission_mode == "bypass":
        names["Bash"] = False
    for name, narrow in names.items():
        built_in = _NARROW if narrow else _BUILT_IN.get(name)
        if built_in is None:
            continue
        tool = collector.add(
            Tool(
                id=fact_id("tool", name, f"{agent.id}/{name}"),
                name=name,
                evidence=(place,),
                effects=built_in.effects,
                effects_known=True,
                reads_untrusted=built_in.reads_untrusted,
                reads_private=Truth.UNKNOWN if name == "Read" else Truth.NO,
                egress=built_in.egress,
                typed=Truth.YES,
                free_form_parameters=("command",) if name == "Bash" else (),
                approval=Truth.NO,
                own_machine=agent.own_machine and "execute" in built_in.effects,
            )
        )
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)


def as_words(rules: Iterable[str]) -> str:
    """Rules of settings as the command would be told them."""
    listed = ",".join(rule.replace('"', "") for rule in rules)
    return f'--allowedTools "{listed}"' if listed else ""


def opens_shell(words: str) -> int | None:
    """Where a list ends that lets the shell run anything; None where none does."""
    for found in _ALLOWED.finditer(words):
        listed = "".join(filter(None, found.groups()))
        if ("Bash", False) in _rules(listed):
            return found.end()
    return None


def given_elsewhere(words: str) -> re.Match[str] | None:
    """A list of tools that a variable holds."""
    return _GIVEN.search(words)


def _named(words: str) -> Iterator[tuple[str, bool]]:
    """Each tool that is named, and whether it is a shell for harmless programs alone."""
    lists = ["".join(groups) for groups in _ALLOWED.findall(words)] + _INPUT.findall(words)
    for listed in lists:
        yield from _rules(listed)


def _rules(listed: str) -> Iterator[tuple[str, bool]]:
    for match in _NAME.finditer(listed):
        scope, cut = match["scope"], listed.startswith("(", match.end())
        if scope is None and cut:  # a word of a list, which ends within its parentheses
            scope = listed[match.end() + 1 : match.end() + _LONGEST]
        yield match["tool"], match["tool"] == "Bash" and not _runs_anything(scope or "*")


def _runs_anything(scope: str) -> bool:
    """Whether a rule for the shell lets code of the model's choice run."""
    first = scope.replace(":", " ").split()[:1]
    return not first or "*" in first[0] or first[0].rpartition("/")[2] in _RUNNERS
