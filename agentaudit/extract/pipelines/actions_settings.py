"""What the settings of a step allow Claude Code in CI, and whether it remembers earlier runs."""

import re

from agentaudit.extract.coding_agents.allowed_tools import as_words
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.pipelines.actions_steps import Step
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore

_SWITCH = re.compile(r"\"autoMemoryEnabled\"\s*:\s*true")
_SETTINGS = (".claude/settings.json", ".claude/settings.local.json")


def add_auto_memory(documents: Documents, collector: Collector, agent: Agent, step: Step) -> None:
    """The notes that the agent writes for itself, which nothing bounds or deletes."""
    if "claude" not in agent.framework:
        return
    place = _switched_on(documents, agent, step)
    if place is not None:
        store = MemoryStore(
            id=fact_id("memory_store", "auto memory", f"{agent.id}/auto-memory"),
            name=f"auto memory of {agent.name}",
            evidence=(place,),
            kind="managed",
            backend="file",
            ttl=Known.NONE,
            persistent=Truth.UNKNOWN,
            agent_writable=Truth.YES,
        )
        collector.remember(agent.id, collector.add(store))


def allowed_by_settings(documents: Documents, agent: Agent, step: Step) -> str:
    """The tools that Claude Code's settings in a step allow, as its command would be told them."""
    given, document = step.input("settings"), documents.at(agent.evidence[0].file)
    if given is None or document is None or "claude" not in agent.framework:
        return ""
    settings = embedded(given, document, documents)
    return as_words(settings.texts_at("permissions", "allow")) if settings is not None else ""


def _switched_on(documents: Documents, agent: Agent, step: Step) -> Evidence | None:
    """Where auto memory is on: in the step's own settings, or in those of the repository."""
    given = step.input("settings")
    if given is not None and _SWITCH.search(given.raw):
        return agent.evidence[0]
    for file in _SETTINGS:
        document = documents.at(file)
        node = document.root.child("autoMemoryEnabled") if document is not None else None
        if document is not None and node is not None and node.boolean is True:
            return evidence(document, node, "autoMemoryEnabled: true")
    return None
