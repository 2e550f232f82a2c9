"""
Releases of charts by Flux: the workloads of those whose values are pods.

https://fluxcd.io/flux/components/helm/helmreleases/ (`chart`, `chartRef`). Loaded where there are
releases.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.kubernetes.app_template import (
    major_of,
    outgrows,
    pods_of,
    releases_pods,
)
from agentaudit.extract.kubernetes.flux import namespace_in, target_namespaces
from agentaudit.extract.kubernetes.kustomize import applied_namespaces
from agentaudit.extract.kubernetes.objects import RELEASE, KubernetesObject, kubernetes_objects


def extract_releases(documents: Documents, collector: Collector) -> None:
    """What of releases is not read, for the size that it would be spelled out to."""
    for item in kubernetes_objects(documents):
        if item.kind == RELEASE and outgrows(item.node):
            place, what = evidence(item.document, item.place), f"the pods of {plain(item.name)}"
            collector.leave_unread(place, what, "what they hold is open")


def released(
    objects: Sequence[KubernetesObject], documents: Documents
) -> Iterator[KubernetesObject]:
    """The workloads of releases whose values are pods, where it is known to which namespace."""
    releases = [each for each in objects if each.kind == RELEASE and releases_pods(each.node)]
    if not releases:
        return
    placed = ((each.document.file, each.node) for each in objects if each.kind == "Kustomization")
    targets = target_namespaces(placed, applied_namespaces(documents))
    charts = _Charts(objects)
    for release in releases:
        version = release.node.text_at("spec", "chart", "spec", "version") or charts.of(release)
        namespace = release.node.text_at("metadata", "namespace")
        namespace = namespace or namespace_in(release.document.file, targets)
        spelled = namespace and not outgrows(release.node)
        for kind, name, node in pods_of(release.node, version) if spelled else ():
            yield replace(release, kind=kind, name=name, node=node, account_namespace=namespace)


class _Charts:
    """The versions of charts that repositories of Flux hold, by their names."""

    def __init__(self, objects: Iterable[KubernetesObject]) -> None:
        self._near: dict[tuple[str, str], str] = {}
        self._oldest: dict[str, str] = {}
        for each in objects:
            if each.kind == "OCIRepository":
                tag = each.node.text_at("spec", "ref", "tag")
                self._near[folder_of(each.document.file), each.name] = tag
                known = self._oldest.setdefault(each.name, tag)
                self._oldest[each.name] = min(known, tag, key=major_of)

    def of(self, release: KubernetesObject) -> str:
        """That of a release: the one beside it, or the oldest of its name anywhere."""
        name = release.node.text_at("spec", "chartRef", "name")
        near = self._near.get((folder_of(release.document.file), name))
        return self._oldest.get(name, "") if near is None else near
