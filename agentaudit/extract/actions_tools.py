"""The tools that a workflow lets its coding agent use without a question."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_ALLOWED = re.compile(r"--?allowed-?_?tools[= ]+(?:\"([^\"]*)\"|'([^']*)'|(\S+))", re.IGNORECASE)
_INPUT = re.compile(r"^allowed_tools: (.*)$", re.MULTILINE)
_NAME = re.compile(r"(?P<tool>[A-Za-z]\w*)(?:\([^)]*\))?")


@dataclass(frozen=True, slots=True)
class _BuiltIn:
    effects: tuple[str, ...]
    reads_untrusted: Truth = Truth.NO
    egress: Truth = Truth.NO


_BUILT_IN = {
    "Bash": _BuiltIn(("read", "write", "delete", "execute", "send"), egress=Truth.YES),
    "WebFetch": _BuiltIn(("read",), reads_untrusted=Truth.YES, egress=Truth.YES),
    "WebSearch": _BuiltIn(("read",), reads_untrusted=Truth.YES),
    "Write": _BuiltIn(("write",)),
    "Edit": _BuiltIn(("write",)),
    "Read": _BuiltIn(("read",)),
}


def add_allowed_tools(collector: Collector, agent: Agent, words: str, place: Evidence) -> None:
    """The built-in tools that a step's words allow; without confirmations, the shell as well."""
    names = dict.fromkeys(_named(words))
    if agent.permission_mode == "bypass":
        names["Bash"] = None
    for name in names:
        built_in = _BUILT_IN.get(name)
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
            )
        )
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)


def _named(words: str) -> Iterator[str]:
    lists = ["".join(groups) for groups in _ALLOWED.findall(words)] + _INPUT.findall(words)
    for listed in lists:
        yield from (match["tool"] for match in _NAME.finditer(listed))
