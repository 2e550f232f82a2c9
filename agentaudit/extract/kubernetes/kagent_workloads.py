"""Where a kagent agent runs: the pod that the controller makes from its deployment."""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import runtime_id
from agentaudit.extract.containers.facts import add_egress
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.kubernetes.accounts import add_account
from agentaudit.extract.kubernetes.environment import Pod, environment_of
from agentaudit.extract.kubernetes.objects import Cluster, KubernetesObject
from agentaudit.extract.mcp.launchers import image_launch
from agentaudit.extract.sizes import bytes_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.readers.document import Node


def add_agent_runtime(
    collector: Collector,
    item: KubernetesObject,
    agent: Agent,
    cluster: Cluster,
    *,
    keyed: bool,
) -> None:
    """
    The runtime of an agent; what its object does not say, the controller decides.

    `keyed` says whether the agent holds credentials that its environment does not show.
    """
    spec = item.node.child("spec") or item.node
    deployment = spec.get("declarative", "deployment") or spec.get("byo", "deployment") or item.node
    key = f"Agent/{item.namespace}/{item.name}/runtime"
    runtime = collector.add(_runtime(item, deployment, key))
    collector.link(EdgeKind.RUNS_ON, agent.id, runtime.id, *agent.evidence[:1])
    account = add_account(collector, item, deployment, runtime)
    collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, account.id, *account.evidence[:1])
    pod = Pod(owner=item, template=item.node, spec=deployment, cluster=cluster)
    environment = environment_of(pod, deployment, key, collector)
    holding = Holding(
        holder="agent", exposure="env", holder_id=agent.id, seen_by=(agent.id, runtime.id)
    )
    if add_credentials(collector, environment.settings, holding) or keyed:
        runtime = replace(runtime, holds_secrets=True)
        collector.update(runtime)
    collector.workloads.append(
        Workload(
            runtime_id=runtime.id,
            document=item.document,
            names=(item.name,),
            role="",
            settings=environment.settings,
            settings_whole=environment.whole,
            namespace=item.namespace,
        )
    )
    _add_egress(collector, item, spec, runtime)


def _runtime(item: KubernetesObject, deployment: Node, key: str) -> Runtime:
    limits = deployment.get("resources", "limits")
    memory = limits.child("memory") if limits is not None else None
    cpu = limits.child("cpu") if limits is not None else None
    given = deployment.child("resources") is not None
    unset = Known.NONE if given else Known.UNKNOWN
    image = deployment.text_at("image")
    user = deployment.get("securityContext", "runAsUser") or deployment.get(
        "podSecurityContext", "runAsUser"
    )
    return Runtime(
        id=runtime_id(item.name, key),
        name=item.name,
        evidence=(evidence(item.document, item.place, item.name),),
        kind="kagent",
        image=plain(image),
        image_pinned=image_launch(image).pinned if image else Truth.UNKNOWN,
        privileged=deployment.text_at("securityContext", "privileged") == "true",
        runs_as_root=Truth.UNKNOWN
        if user is None
        else Truth.YES
        if user.integer == 0
        else Truth.NO,
        cpu_limit=Known.SET if cpu is not None else unset,
        memory_limit=Known.SET if memory is not None else unset,
        memory_limit_bytes=bytes_of(memory.text or "") if memory is not None else None,
        service_account=deployment.text_at("serviceAccountName") or item.name,
        runs_agent=True,
    )


def _add_egress(collector: Collector, item: KubernetesObject, spec: Node, runtime: Runtime) -> None:
    """Domains that its sandbox allows, or the whole network."""
    paths = (("sandbox",), ("declarative", "sandbox"))
    found = (spec.get(*path, "network", "allowedDomains") for path in paths)
    domains = next((node for node in found if node is not None), None)
    if domains is None:
        add_egress(collector, runtime, "any")
        return
    names = domains.texts()
    place = evidence(item.document, domains)
    egress = collector.add(
        Egress(
            id=runtime_id(f"{item.name} sandbox", f"{runtime.id}/sandbox.network"),
            name=f"sandbox of {item.name}",
            evidence=(place,),
            policy="any" if "*" in names else "allowlist" if names else "none",
            destinations=names,
            runtime_ids=(runtime.id,),
        )
    )
    collector.link(EdgeKind.EGRESS_TO, runtime.id, egress.id, place)
