"""Agents that n8n, Flowise or Dify exported run where that product does."""

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.names import called
from agentaudit.extract.containers.workloads import Workload
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.runtimes import Runtime

_IMAGES = {"n8n": "n8n", "flowise": "flowise", "dify-api": "dify"}
"""By the names of images, in which framework the agents are that they run."""
_PLACES = Budget("drawn agents of runtimes", 20_000, free=4, whole=True)
"""Each as often as there are runtimes of its product."""


def place_drawn_agents(collector: Collector) -> None:
    """Every drawn agent runs on the product of its kind, where the files start only one."""
    drawn: dict[str, list[Agent]] = {}
    for agent in collector.of(Agent):
        if agent.framework in _IMAGES.values():
            drawn.setdefault(agent.framework, []).append(agent)
    running: dict[str, list[Workload]] = {}
    for workload in collector.workloads if drawn else ():
        framework = _IMAGES.get(called(workload.product), "")
        if framework in drawn:
            running.setdefault(framework, []).append(workload)
    for framework, workloads in running.items():
        if len({workload.names for workload in workloads}) == 1:
            for workload in workloads:
                _place(collector, workload, drawn[framework])


def _place(collector: Collector, workload: Workload, agents: list[Agent]) -> None:
    runtime = collector.facts[workload.runtime_id]
    place, what = runtime.evidence[0], f"which drawn agents run on {runtime.name}"
    room = collector.affords(_PLACES, len(agents), (place, what, "what they hold is open"))
    for agent in agents if room else agents[:1]:
        collector.link(EdgeKind.RUNS_ON, agent.id, runtime.id, place, confidence=Confidence.LIKELY)
    if isinstance(runtime, Runtime):
        collector.update(replace(runtime, runs_agent=True, resembles_agent=False))
