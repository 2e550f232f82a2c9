"""What many containers of a cluster are handed in one piece says of none that it asks a model."""

from collections import defaultdict

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.roles import configures_agent, names_agent
from agentaudit.extract.containers.workloads import Workload
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime

_MANY = 4
"""
Containers that one Secret makes agents: a product of so many parts has one of its own that asks.
"""
_Source = tuple[str, str]
"""A file, and the way to the Secret or ConfigMap in it."""


def doubt_sharers(collector: Collector) -> None:
    """Marks containers as only resembling agents that have a model's settings as many others do."""
    sharing: dict[_Source, set[FactId]] = defaultdict(set)
    told: dict[FactId, set[_Source]] = {}
    for workload in collector.workloads:
        sources = _sources(workload)
        if sources:
            told[workload.runtime_id] = sources
            for source in sources:
                sharing[source].add(workload.runtime_id)
    for name, sources in told.items():
        runtime = collector.facts.get(name)
        shared = all(len(sharing[source]) >= _MANY for source in sources)
        if shared and isinstance(runtime, Runtime) and runtime.kind == "pod":
            collector.update(replace(runtime, resembles_agent=True))


def _sources(workload: Workload) -> set[_Source]:
    """Where its settings for a model are, if all come from elsewhere and no name is an agent's."""
    if workload.role != "agent" or any(map(names_agent, (*workload.names, workload.image))):
        return set()
    asking = [setting for setting in workload.settings if configures_agent(setting.key)]
    if not all(setting.via for setting in asking):
        return set()
    return {(setting.document.file, setting.route) for setting in asking}
