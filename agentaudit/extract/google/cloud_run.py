"""
Services, jobs and worker pools of Cloud Run in YAML, as `gcloud run services replace` takes them.

Their form is Knative's, and their platform is not: no pod has a token of a cluster, limits have
defaults, and an account is one of Google. https://cloud.google.com/run/docs/reference/yaml/v1
"""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, command_of, place_of, with_instances
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents
from agentaudit.extract.google.platforms import (
    DEFAULT_INSTANCES,
    DEFAULT_TASK_TIMEOUT_S,
    DEFAULT_TIMEOUT_S,
    GOOGLE_ROLES,
    add_default_account,
    google_runtime,
)
from agentaudit.extract.kubernetes.environment import Pod, environment_of
from agentaudit.extract.kubernetes.objects import (
    Cluster,
    KubernetesObject,
    is_of_cloud_run,
    kubernetes_objects,
)
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_MOST = ("autoscaling.knative.dev/maxScale", "run.googleapis.com/maxScale")
_UNCHECKED = "run.googleapis.com/invoker-iam-disabled"
_INGRESS = "run.googleapis.com/ingress"


def extract_cloud_run(documents: Documents, collector: Collector) -> None:
    """Every container of Cloud Run, with the account that it acts as."""
    objects = kubernetes_objects(documents)
    cluster = Cluster(objects)
    for item in filter(is_of_cloud_run, objects):
        template = item.node.get("spec", "template")
        if template is not None and item.kind == "Job":  # the execution, and within it the task
            template = template.get("spec", "template")
        spec = template.child("spec") if template is not None else None
        if template is not None and spec is not None:
            _add(Pod(owner=item, template=template, spec=spec, cluster=cluster), collector)


def _add(pod: Pod, collector: Collector) -> None:
    for number, node in enumerate(pod.spec.list_at("containers")):
        runtime = add_container(collector, _container(pod, node, collector, first=number == 0))
        _act(pod, runtime, collector)


def _container(pod: Pod, node: Node, collector: Collector, *, first: bool) -> Container:
    owner, name = pod.owner, node.name_at("name") or pod.owner.name
    key = f"run/{owner.kind}/{owner.namespace}/{owner.name}/{name}"
    place = node.child("name") or node.child("image") or node
    runtime = google_runtime(
        name, key, "cloud_run", place_of(owner.document, owner.place, owner.name)
    )
    if owner.kind == "Service":
        most = _annotation(pod.template, *_MOST)
        runtime = with_instances(runtime, most, DEFAULT_INSTANCES)
    timeout = pod.spec.child("timeoutSeconds")
    default = DEFAULT_TIMEOUT_S if owner.kind == "Service" else DEFAULT_TASK_TIMEOUT_S
    return Container(
        document=owner.document,
        place=place,
        key=key,
        runtime=replace(runtime, image=node.text_at("image")),
        names=tuple(dict.fromkeys((owner.name, name))),
        words=command_of(node),
        settings=environment_of(pod, node, key, collector).settings,
        short_alternative=GOOGLE_ROLES,
        timeout_s=default if timeout is None else timeout.integer,
        open_to_all=_open_to_all(owner) if first else None,
    )


def _annotation(node: Node, *names: str) -> Node | None:
    annotations = node.get("metadata", "annotations")
    found = (annotations.child(name) for name in names) if annotations is not None else ()
    return next((each for each in found if each is not None), None)


def _open_to_all(owner: KubernetesObject) -> Evidence | None:
    """Where a service says that nobody checks who calls; who may call it stands in no YAML else."""
    ingress, unchecked = _annotation(owner.node, _INGRESS), _annotation(owner.node, _UNCHECKED)
    reached = ingress is None or ingress.raw == "all"
    if unchecked is None or unchecked.boolean is not True or not reached:
        return None
    return evidence(owner.document, unchecked)


def _act(pod: Pod, runtime: Runtime, collector: Collector) -> None:
    named = pod.spec.child("serviceAccountName")
    if named is None or not named.text:
        scope = f"run/{pod.owner.namespace}"
        add_default_account(collector, runtime, scope, "default compute service account")
        return
    place, name = evidence(pod.owner.document, named), named.text.partition("@")[0]
    collector.refer(EdgeKind.AUTHENTICATES_AS, runtime.id, Identity, name, place)
