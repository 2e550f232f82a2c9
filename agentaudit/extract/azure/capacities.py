"""
Models that a template of Azure deploys, with a capacity: so many thousand tokens a minute.

Whatever asks such a model waits, or is refused, once the minute's tokens are used. Modules of a
registry take deployments as they are, and Terraform writes them in three ways; so it is the words
of a deployment that tell, which all of them have: a capacity beside the format of a model.
"""

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.model.evidence import Confidence, Known
from agentaudit.model.facts.agents import Model
from agentaudit.readers.document import Document, Node, text_at
from agentaudit.readers.lines import lines_of

_CAPACITY = regex(r"""^\s*["']?capacity["']?\s*[:=]""")
_FORMAT = regex(r"""^\s*["']?format["']?\s*[:=]""")
_NEAR = 12
"""Lines that a deployment has at most between the two."""


def extract_capacities(documents: Documents, collector: Collector) -> None:
    """One model for each file that deploys some with a capacity."""
    for document in documents.of("bicep", "hcl", "json"):
        line = _line(document)
        if line is not None:
            collector.add(
                Model(
                    id=fact_id("model", "azure-deployment", f"{document.file}#capacity"),
                    name="deployment of Azure",
                    evidence=(evidence(document, _place(document, line), "capacity"),),
                    confidence=Confidence.LIKELY,
                    provider="azure",
                    rate=Known.SET,
                )
            )


def _line(document: Document) -> int | None:
    """The first line with the capacity of a model."""
    if "capacity" not in document.text or "eployment" not in document.text:
        return None
    lines = list(enumerate(lines_of(document.text)))
    formats = [number for number, line in lines if _FORMAT.match(line)]
    capacities = [number for number, line in lines if _CAPACITY.match(line)] if formats else []
    for capacity in capacities:
        while formats and formats[0] < capacity - _NEAR:
            formats.pop(0)
        if formats and formats[0] <= capacity + _NEAR:
            return capacity
    return None


def _place(document: Document, line: int) -> Node:
    text = lines_of(document.text)[line]
    return text_at(line + 1, len(text) - len(text.lstrip()), text.strip())
