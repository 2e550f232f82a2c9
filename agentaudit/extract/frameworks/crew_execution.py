"""
Code that agents of CrewAI write and run themselves, whatever declares them.

In CrewAI 1.15 `allow_code_execution` gives an agent an interpreter, in a container unless
`code_execution_mode` is `unsafe`.
"""

from agentaudit.extract.collector import Collector
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.known_tools import KnownTool
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent

_NAME = "code execution"
_UNSAFE = "unsafe"
_CODE_TOOL = KnownTool(effects=("read", "write", "execute"), free_form=("code",))


def add_code_execution(
    collector: Collector, agent: Agent, place: Evidence, mode: str | None
) -> None:
    """The interpreter as a tool of its agent; its mode is empty by default, and None where open."""
    if mode is None:
        what = f"in which mode {agent.name} runs code"
        collector.leave_open(place, what, "it may run outside a container")
    declared = DeclaredTool(
        name=_NAME,
        key=f"{agent.id}/{_NAME}",
        place=place,
        known=_CODE_TOOL,
        sandboxed=mode != _UNSAFE,
    )
    add_declared_tool(collector, agent, declared)
