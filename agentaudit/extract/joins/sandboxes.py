"""Agents that a kernel of their own runs: every pod that mounts what they are told says so."""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.documents import folder_of
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent


def join_sandboxes(collector: Collector) -> None:
    """An agent is in a box where none of the pods that mount its configuration is without one."""
    mounting: dict[tuple[str, str], list[Evidence | None]] = {}
    asked = collector.workloads if collector.config_maps else ()
    pods = {id(workload.config_maps): workload for workload in asked}  # its containers share them
    for workload in pods.values():
        for name in workload.config_maps:
            place = (folder_of(workload.document.file), name)
            mounting.setdefault(place, []).append(workload.own_kernel)
    for name, place in collector.config_maps.items():
        agent, boxes = collector.facts[name], mounting.get(place, [])
        box = boxes[0] if boxes and None not in boxes else None
        if box is not None and isinstance(agent, Agent):
            told = with_place(agent, box)
            collector.update(replace(agent, sandboxed=Truth.YES, evidence=told))
