"""
Kustomize without Kustomize: resources are read as they are, and what would change them is open.

Nothing is built: patches, generators and the like are named, and the file counts as read in part.
Only images are changed as they would be.
"""

from agentaudit.errors import Problem
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.kustomize import kustomizations, listed, remote
from agentaudit.extract.kubernetes.kustomize_images import applied_images
from agentaudit.readers.document import Document, Node

_CHANGING = (
    *("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "vars"),
    *("configMapGenerator", "secretGenerator", "generators", "transformers", "components"),
    *("helmCharts", "helmChartInflationGenerator", "images", "replicas"),
)


def extract_kustomize(documents: Documents, collector: Collector) -> None:
    """What every kustomization would change, named; and what its generators hold."""
    images = documents.once(applied_images)
    for document in kustomizations(documents):
        root = document.root
        for name in _CHANGING:
            node = root.key_of(name)
            if node is not None and (name != "images" or document.file in images.unapplied):
                _leave_open(document, collector, node, name)
        for node in listed(root, "resources", "bases", "components"):
            if remote(node):
                place = evidence(document, node, plain(node.text or ""))
                collector.leave_open(
                    place, "a resource that lies elsewhere", "what it runs is open"
                )
        for name in ("configMapGenerator", "secretGenerator"):
            for generator in listed(root, name):
                route = f"{name}.{generator.name_at('name')}"
                literals = settings_of(document, generator.child("literals"), route)
                add_credentials(collector, literals, Holding(holder="container", exposure="env"))


def _leave_open(document: Document, collector: Collector, node: Node, name: str) -> None:
    collector.problems.append(
        Problem(
            file=document.file,
            message=f"`{name}` is not applied; audit what `kustomize build` writes",
            line=node.line,
            column=node.column,
        )
    )
