"""
Subagents of Claude Code, each a Markdown file whose front matter says who asks before it acts.

By https://code.claude.com/docs/en/sub-agents: without `permissionMode` a subagent has the mode of
the agent that calls it, and is told nowhere else; `bypassPermissions` asks nobody.
"""

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.claude_rules import mode
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.model.facts.agents import Agent

_SUBAGENT = regex(r"(?:^|/)\.claude/agents/(?:[^/]+/){0,9}(?P<name>[^/]+)\.md$")


def extract_subagents(documents: Documents, collector: Collector) -> None:
    """Subagents that have a mode of their own."""
    for document in documents.of("markdown"):
        named = _SUBAGENT.search(document.file)
        given = document.root.child("permissionMode")
        if named is None or given is None or not given.text:
            continue
        name = document.root.name_at("name") or named["name"]
        collector.add(
            Agent(
                id=fact_id("agent", name, f"{document.file}#"),
                name=name,
                framework="claude-code",
                evidence=(evidence(document, given, given.raw),),
                permission_mode=mode(given.text),
            )
        )
