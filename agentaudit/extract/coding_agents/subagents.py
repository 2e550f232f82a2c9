"""
Subagents and skills of Claude Code, whose front matter says who asks before they act.

By https://code.claude.com/docs/en/sub-agents: without `permissionMode` a subagent has the mode of
the agent that calls it, and is told nowhere else; `bypassPermissions` asks nobody. Servers of its
own are read as those of every client. By https://code.claude.com/docs/en/skills the tools in
`allowed-tools` run without a question while a skill, or a command, is at work.
"""

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.claude_rules import mode, wide
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.clients import client_agent, client_id, client_of
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, Node

_SKILL = regex(r"(?:^|/)\.claude/(?:skills|commands)/.+\.md$")
_LISTED = regex(r"[^\s,()]+(?:\([^)]{0,500}\))?")


def extract_subagents(documents: Documents, collector: Collector) -> None:
    """Subagents that have a mode of their own, and skills that let the shell run unasked."""
    for document in documents.of("markdown"):
        given, allowed = map(document.root.child, ("permissionMode", "allowed-tools"))
        if _SKILL.search(document.file):
            _add_allowed(document, collector, allowed)
        elif given is not None and given.text and client_of(document) == "claude-code":
            agent = client_agent(document, collector, given)
            places = tuple(dict.fromkeys((evidence(document, given, given.raw), *agent.evidence)))
            changed = replace(agent, permission_mode=mode(given.text), evidence=places)
            collector.update(changed)


def _add_allowed(document: Document, collector: Collector, allowed: Node | None) -> None:
    """What a skill allows, of the agent that other files of its project declare."""
    if allowed is None:
        return
    agent = collector.facts.get(client_id(document))
    rules = (rule for text in allowed.texts() for rule in _LISTED.findall(text))
    if isinstance(agent, Agent) and any(map(_whole_shell, rules)):
        places = with_place(agent, evidence(document, allowed, "allowed-tools"))
        collector.update(replace(agent, unasked_in_skills=True, evidence=places))


def _whole_shell(rule: str) -> bool:
    return wide(rule) and not rule.startswith("mcp__")
