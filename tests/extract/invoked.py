"""What agents of a deployment call, as tests ask for it."""

from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.facts.tools import Tool


def tools_of(found: Deployment) -> dict[str, Tool]:
    """The tools that any agent has, by their names."""
    by_id = {tool.id: tool for tool in found.tools}
    edges = (edge for edge in found.edges if edge.kind is EdgeKind.INVOKES)
    return {by_id[edge.dst].name: by_id[edge.dst] for edge in edges}
