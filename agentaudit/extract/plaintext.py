"""Runtimes to which something leads without encryption."""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, with_place
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.runtimes import Runtime


def served_in_plaintext(collector: Collector, runtime: Runtime, place: Evidence) -> Runtime:
    """The runtime as it stands now, with the place that says so."""
    known = collector.facts.get(runtime.id)
    current = known if isinstance(known, Runtime) else runtime
    served = replace(current, plaintext=True, evidence=with_place(current, place))
    collector.update(served)
    return served
