"""
LiteLLM by its chart: whether a release of it gives the proxy a database.

It does unless somebody says otherwise: `db.deployStandalone` is true, and `db.useExisting` names
one of the team's own. https://github.com/BerriAI/litellm/tree/main/deploy/charts/litellm-helm
"""

from collections.abc import Iterator, Mapping

from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import kubernetes_objects
from agentaudit.readers.document import Node

_RELEASES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "HelmRelease": (("spec", "chart", "spec", "chart"), ("spec", "values")),
    "Application": (("spec", "source", "chart"), ("spec", "source", "helm", "valuesObject")),
}
"""Where releases of Flux and applications of Argo CD name a chart, and its values."""


def charted_database(documents: Documents) -> Node | None:
    """What says that a release of the chart has a database; none where no release is declared."""
    return next(_databases(documents), None)


def _databases(documents: Documents) -> Iterator[Node]:
    for item in kubernetes_objects(documents):
        if item.kind not in _RELEASES:
            continue
        chart_path, values_path = _RELEASES[item.kind]
        chart = item.node.get(*chart_path)
        if chart is None or "litellm" not in chart.raw.rpartition("/")[2]:
            continue
        database = item.node.get(*values_path, "db")
        if database is None or database.text_at("deployStandalone") != "false":
            yield chart
        elif database.text_at("useExisting") == "true":
            yield database
