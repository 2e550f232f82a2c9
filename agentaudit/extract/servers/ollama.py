"""
Servers of Ollama: who reaches them.

Ollama has no key and no other way to ask who calls, whatever it is told (docs/faq, autumn 2026): a
proxy before it may. Who reaches its port loads, replaces and deletes models, too.
"""

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.exposure import exposed_runtimes
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.runtimes import Runtime

_IMAGE = regex(r"(?:^|/)ollama/ollama(?:[:@]|$)")


def extract_ollama(documents: Documents, collector: Collector) -> None:
    """What is known of every container of Ollama's image: it asks nobody, and who reaches it."""
    places = {model.evidence[0]: model for model in reversed(collector.of(Model))}
    reached = exposed_runtimes(documents, collector, "model").keys()
    for workload in collector.workloads:
        runtime = collector.facts.get(workload.runtime_id)
        if not isinstance(runtime, Runtime) or _IMAGE.search(workload.product) is None:
            continue
        model = places.get(runtime.evidence[0])
        if model is None:
            continue
        exposed = runtime.published or runtime.id in reached
        collector.update(replace(model, authenticated=Truth.NO, exposed=exposed))
        collector.link(EdgeKind.RUNS_ON, model.id, runtime.id, model.evidence[0])
