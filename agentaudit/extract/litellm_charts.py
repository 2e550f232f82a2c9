"""
LiteLLM by its chart: whether a release of it gives the proxy a database.

It does unless somebody says otherwise: `db.deployStandalone` is true, and `db.useExisting` names
one of the team's own. https://github.com/BerriAI/litellm/tree/main/deploy/charts/litellm-helm
"""

from collections.abc import Iterator

from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes_objects import kubernetes_objects
from agentaudit.readers.document import Node

_RELEASES = {
    "HelmRelease": (("spec", "chart", "spec", "chart"), ("spec", "values")),
    "Application": (("spec", "source", "chart"), ("spec", "source", "helm", "valuesObject")),
}
"""Where releases of Flux and applications of Argo CD name a chart, and its values."""


def charted_database(documents: Documents) -> Node | None:
    """What says that a release of the chart has a database; none where no release is declared."""
    return next(_databases(documents), None)


def _databases(documents: Documents) -> Iterator[Node]:
    for item in kubernetes_objects(documents):
        chart_path, values_path = _RELEASES.get(item.kind, ((), ()))
        chart = item.node.get(*chart_path) if chart_path else None
        if chart is None or "litellm" not in chart.raw.rpartition("/")[2]:
            continue
        values = item.node.get(*values_path)
        database = values.child("db") if values is not None else None
        if database is None or database.text_at("deployStandalone") != "false":
            yield chart
        elif database.text_at("useExisting") == "true":
            yield database
