"""
Subagents of Claude Code, each a Markdown file whose front matter says who asks before it acts.

By https://code.claude.com/docs/en/sub-agents: without `permissionMode` a subagent has the mode of
the agent that calls it, and is told nowhere else; `bypassPermissions` asks nobody. Servers of its
own are read as those of every client.
"""

from msgspec.structs import replace

from agentaudit.extract.coding_agents.claude_rules import mode
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.clients import client_agent, client_of


def extract_subagents(documents: Documents, collector: Collector) -> None:
    """Subagents that have a mode of their own."""
    for document in documents.of("markdown"):
        given = document.root.child("permissionMode")
        if given is None or not given.text or client_of(document) != "claude-code":
            continue
        agent = client_agent(document, collector, given)
        places = tuple(dict.fromkeys((evidence(document, given, given.raw), *agent.evidence)))
        changed = replace(agent, permission_mode=mode(given.text), evidence=places)
        collector.update(changed)
