"""Registries that what runs is taken from: whoever can exchange a package there decides."""

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.mcp.launchers import Launch
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Registry


def add_registry(collector: Collector, launch: Launch, place: Evidence, *launched: FactId) -> None:
    """The registry of a package, for all that is launched from it; none for what is here."""
    if not launch.registry or not launch.package:
        return
    registry = collector.add(
        Registry(
            id=fact_id("registry", launch.registry, f"{launch.registry}/{launch.package}"),
            name=f"{launch.registry}: {plain(launch.package)}",
            evidence=(place,),
            mutable=launch.mutable,
        )
    )
    for fact in launched:
        collector.link(EdgeKind.LAUNCHED_FROM, fact, registry.id, place)
