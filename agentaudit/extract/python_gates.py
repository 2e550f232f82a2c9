"""What stands between an agent in Python and its tools: questions to people, and filters."""

import ast

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.python_building import Building
from agentaudit.extract.python_code import Call, keyword, written_keys
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval, Guardrail
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool


def add_gates(building: Building, call: Call, agent: Agent) -> None:
    """A question to a human before named tools, and filters of what goes in and out."""
    module, collector = building.module, building.collector
    gate = building.middleware(call, "HumanInTheLoopMiddleware")
    scope = keyword(gate, "interrupt_on") if gate is not None else None
    names: tuple[str, ...] = ()
    if isinstance(scope, ast.Dict):
        names = tuple(
            name for name, value in written_keys(module, scope) if module.value(value) is not False
        )
    if gate is not None:
        approval = collector.add(
            Approval(
                id=fact_id("approval", "human in the loop", f"{agent.id}/approval"),
                name="human in the loop",
                evidence=(module.place(gate, "HumanInTheLoopMiddleware"),),
                scope=names or ("*",),
            )
        )
        _gate_tools(collector, agent.id, approval)
    filtered = building.middleware(call, "PIIMiddleware", "OpenAIModerationMiddleware")
    if filtered is not None:
        product = module.dotted(filtered.func).rpartition(".")[2]
        guardrail = collector.add(
            Guardrail(
                id=fact_id("guardrail", product, f"{agent.id}/{product}"),
                name=product,
                evidence=(module.place(filtered, product),),
                product=product,
            )
        )
        collector.link(EdgeKind.FILTERED_BY, agent.id, guardrail.id, *guardrail.evidence)


def _gate_tools(collector: Collector, agent: FactId, approval: Approval) -> None:
    for edge in list(collector.edges.values()):
        tool = collector.facts.get(edge.dst)
        if edge.kind is not EdgeKind.INVOKES or edge.src != agent or not isinstance(tool, Tool):
            continue
        if tool.name in approval.scope or "*" in approval.scope:
            collector.link(EdgeKind.GATED_BY, tool.id, approval.id, *approval.evidence)
            collector.update(replace(tool, approval=Truth.YES))
        else:
            collector.update(replace(tool, approval=Truth.NO))
