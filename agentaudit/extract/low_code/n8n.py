"""
Workflows that n8n exports: agents, what they remember, what they may call, who may start them.

Read in n8n's `packages/@n8n/nodes-langchain` (memory nodes, `descriptions.ts`, agent, MCP client),
autumn 2026. `sessionTTL` is 0 unless it is set, and 0 "will not expire"; the first versions of the
memory nodes knew no window, later ones keep five exchanges; version 1 has the constant session key
`chat_history`, later ones take the session of the chat. Credentials stand in n8n's own database: an
export names them, and holds no value.
"""

import re

from msgspec.structs import replace

from agentaudit.extract.bounds import bound
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.low_code.n8n_code import add_written_credentials
from agentaudit.extract.low_code.n8n_memory import N8N_MEMORIES, memory_of
from agentaudit.extract.low_code.n8n_tools import add_tool
from agentaudit.extract.low_code.n8n_workflows import Workflow, short_type, workflows_in
from agentaudit.extract.mcp.tools import add_source
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.readers.document import Node

_AGENT = re.compile(r"n8n-nodes-langchain\.(?:agent|agentTool|openAiAssistant)$")
_ITERATIONS = 10
"""Of the agent node, where `options.maxIterations` says nothing."""
_BEFORE = Budget("nodes before agents", 100_000)
"""Of all agents of a file together."""
_UNCHECKED = "allowUnauthorizedCerts"
_OPEN_TRIGGERS = frozenset({"webhook", "formTrigger", "mcpTrigger"})
_STRANGERS = {
    "webhook": "calls of a webhook",
    "formTrigger": "a public form",
    "emailReadImap": "mail",
    "gmailTrigger": "mail",
    "microsoftOutlookTrigger": "mail",
    "telegramTrigger": "Telegram messages",
    "slackTrigger": "Slack messages",
    "discordTrigger": "Discord messages",
    "whatsAppTrigger": "WhatsApp messages",
    "githubTrigger": "GitHub events",
    "gitlabTrigger": "GitLab events",
    "jiraTrigger": "Jira issues",
    "rssFeedReadTrigger": "web feeds",
    "zendeskTrigger": "Zendesk tickets",
}


def extract_n8n(documents: Documents, collector: Collector) -> None:
    """Every workflow of every export."""
    for document in documents.of("json"):
        for workflow in workflows_in(document):
            _extract(workflow, collector)


def _extract(workflow: Workflow, collector: Collector) -> None:
    unchecked = _unchecked(workflow)
    for name, node in workflow.nodes.items():
        if _AGENT.search(node.text_at("type")):
            agent = _add_agent(workflow, collector, name, node)
            if unchecked is not None:
                places = with_place(agent, unchecked)
                collector.update(replace(agent, tls_verification_off=True, evidence=places))
            _add_memories(workflow, collector, agent)
            for tool in workflow.into(name, "ai_tool"):
                if not _AGENT.search(tool.text_at("type")):
                    add_tool(workflow, collector, agent, tool)
                else:
                    _delegate(workflow, collector, agent, tool)
    for node in workflow.nodes.values():
        _add_credentials(workflow, collector, node)
        add_written_credentials(workflow, collector, node)


def _unchecked(workflow: Workflow) -> Evidence | None:
    """The first node that asks for something over the network and takes any certificate."""
    for node in workflow.nodes.values():
        switch = node.get("parameters", "options", _UNCHECKED)
        switch = switch or node.get("parameters", _UNCHECKED)
        if switch is not None and switch.boolean is True:
            return evidence(workflow.document, switch, f"{_UNCHECKED}: true")
    return None


def _agent_id(workflow: Workflow, name: str) -> str:
    return f"{workflow.key}/nodes.{name}"


def _add_agent(workflow: Workflow, collector: Collector, name: str, node: Node) -> Agent:
    limit, count = bound(node.get("parameters", "options", "maxIterations"), _ITERATIONS)
    spent = workflow.root.get("settings", "executionTimeout")
    timeout, seconds = bound(spent) if spent is not None else (Known.UNKNOWN, None)
    triggers = _triggers(workflow, collector, name, node)
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, _agent_id(workflow, name)),
            name=plain(name),
            evidence=(evidence(workflow.document, node.child("name") or node, name),),
            framework="n8n",
            max_iterations=limit,
            max_iterations_count=count,
            timeout=timeout,
            timeout_s=seconds,
            authenticated=_authenticated(triggers),
        )
    )
    for trigger in triggers:
        source = "a public chat" if _public_chat(trigger) else _STRANGERS.get(short_type(trigger))
        if source:
            kind = short_type(trigger)
            place = evidence(workflow.document, trigger.child("type") or trigger, kind)
            add_source(collector, agent.id, source, place)
    return agent


def _triggers(workflow: Workflow, collector: Collector, name: str, node: Node) -> list[Node]:
    """All nodes before an agent, as far as a file has room for asking that of each."""
    found = workflow.before(name, _BEFORE.most)
    place = evidence(workflow.document, node.child("name") or node, name)
    end = (place, f"what starts {plain(name)}", "whether strangers may")
    if not collector.affords(_BEFORE, len(found), end):
        return []
    return [workflow.nodes[each] for each in sorted(found & workflow.nodes.keys())]


def _public_chat(trigger: Node) -> bool:
    """Whether a chat is open to people without an account of n8n."""
    return short_type(trigger) == "chatTrigger" and (
        trigger.text_at("parameters", "public") == "true"
    )


def _authenticated(triggers: list[Node]) -> Truth:
    """Whether whoever starts the workflow over the network is asked who they are."""
    doors = [
        trigger
        for trigger in triggers
        if short_type(trigger) in _OPEN_TRIGGERS or _public_chat(trigger)
    ]
    if not doors:
        return Truth.UNKNOWN
    asked = all(door.text_at("parameters", "authentication") not in {"", "none"} for door in doors)
    return Truth.YES if asked else Truth.NO


def _add_memories(workflow: Workflow, collector: Collector, agent: Agent) -> None:
    for node in workflow.into(agent.name, "ai_memory"):
        if short_type(node) not in N8N_MEMORIES:
            place = evidence(workflow.document, node.child("type") or node, short_type(node))
            what = f"the memory {short_type(node)} is not known"
            collector.leave_open(place, what, "what bounds it is open")
            continue
        collector.remember(agent.id, collector.add(memory_of(workflow, node)))


def _delegate(workflow: Workflow, collector: Collector, agent: Agent, tool: Node) -> None:
    name = tool.name_at("name")
    other = fact_id("agent", name, _agent_id(workflow, name))
    collector.link(EdgeKind.DELEGATES_TO, agent.id, other, evidence(workflow.document, tool, name))


def _add_credentials(workflow: Workflow, collector: Collector, node: Node) -> None:
    """What n8n fetches from its own database when the node runs."""
    named = node.child("credentials")
    for key, value in named.entries if named is not None else ():
        identity = value.text_at("id") or value.text_at("name")
        collector.add(
            Credential(
                id=fact_id("credential", key.raw, f"{workflow.key}/{key.raw}/{identity}"),
                name=plain(value.text_at("name")) or key.raw,
                evidence=(evidence(workflow.document, key, f"{key.raw}=(reference)"),),
                confidence=Confidence.LIKELY,
                kind=key.raw,
                form=CredentialForm.SECRET_REF,
                lifetime=Lifetime.UNKNOWN,
                holder="agent",
                variable=key.raw,
            )
        )
