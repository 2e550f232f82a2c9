"""Tools that a file hands to an agent by name: known by their class, or open."""

from msgspec import Struct

from agentaudit.extract.bounds import truth
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.known_tools import KnownTool
from agentaudit.extract.mcp.tools import add_source
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool


class DeclaredTool(Struct, frozen=True, kw_only=True):
    """A tool as a file names it, and what is known of its kind."""

    name: str
    key: str
    """Natural key: the agent's or the file's, and the name within it."""
    place: Evidence
    known: KnownTool | None
    source: str = "web pages"
    """Where what it reads comes from, when strangers can write that."""
    sandboxed: bool | None = None
    typed: bool | None = None
    approval: bool | None = None
    taken: Taken | None = None
    """What it takes by a schema of its own, where it has one."""


def add_declared_tool(collector: Collector, agent: Agent | None, declared: DeclaredTool) -> Tool:
    """The tool, given to the agent if there is one; one that nobody knows is left open."""
    known, name = declared.known, plain(declared.name) or "tool"
    if known is None:
        collector.leave_open(
            declared.place, f"the tool {name} is not known", "what it does is open"
        )
    tool = Tool(
        id=fact_id("tool", name, declared.key),
        name=name,
        evidence=(declared.place,),
        confidence=Confidence.LIKELY if known else Confidence.POSSIBLE,
        effects=known.effects if known else (),
        effects_known=known is not None,
        reads_untrusted=truth(known.untrusted if known else None),
        reads_private=truth(known.private if known else None),
        egress=truth(known.egress if known else None),
        free_form_parameters=known.free_form if known else (),
        sandboxed=truth(declared.sandboxed),
        typed=truth(declared.typed),
        approval=truth(declared.approval),
    )
    if declared.taken is not None:
        tool = as_taking(tool, declared.taken)
    tool = collector.add(tool)
    if agent is not None:
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, declared.place)
    if tool.reads_untrusted is Truth.YES:
        add_source(collector, tool.id, declared.source, declared.place)
    return tool
