"""
Azure SRE Agent, which looks after resources of Azure as the identities that it is assigned.

In review mode it asks before it changes anything. In autonomous mode it does so at once if its
access is high; with low access it may only read, and asks to be given more. Source: Microsoft
Learn, "Agent run modes in Azure SRE Agent", "Agent permissions in Azure SRE Agent", and
"Microsoft.App agents".
"""

from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Node

SRE_AGENT = "microsoft.app/agents"
_UNASKED = frozenset({"autonomous", "automatic"})
_READING = "low"


def add_sre_agent(deployed: Deployed, collector: Collector) -> Agent:
    """The agent, with whether it asks before it acts."""
    mode = deployed.property_at("actionConfiguration", "mode")
    level = deployed.property_at("actionConfiguration", "accessLevel")
    limit = deployed.property_at("monthlyAgentUnitLimit")
    asks = _word(mode)
    place = evidence(deployed.document, deployed.node.get("name") or deployed.header, deployed.name)
    for node in (mode, level):
        if node is not None and node.unknown and asks not in {"review", "readonly"}:
            what = f"whether {deployed.name} asks before it acts"
            collector.leave_open(evidence(deployed.document, node), what, "it may act unasked")
    unasked = asks in _UNASKED and _word(level) not in {_READING, ""}
    return collector.add(
        Agent(
            id=fact_id("agent", deployed.name, deployed.key),
            name=deployed.name,
            evidence=(place,),
            framework="azure-sre-agent",
            permission_mode="bypass" if unasked else asks,
            authenticated=Truth.YES,
            budget=Known.UNKNOWN if limit is None or limit.unknown else Known.SET,
        )
    )


def _word(node: Node | None) -> str:
    return ((node.text if node is not None else "") or "").lower()
