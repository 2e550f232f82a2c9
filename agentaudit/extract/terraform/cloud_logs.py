"""
What clusters, Google Cloud and Azure write down of calls, as Terraform declares it.

Without a word, EKS sends no log of its control plane anywhere, Google writes no access to the data
of Vertex AI, and Azure keeps no record of a resource; GKE always writes what administrators do.
Sources: Amazon EKS User Guide, "Send control plane logs to CloudWatch Logs"; Google Cloud, "Enable
Data Access audit logs" and "GKE audit logging"; Azure Monitor, "Diagnostic settings".
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.controls import AuditLog
from agentaudit.readers.document import Node

_GOOGLE = tuple(
    f"google_{level}_iam_audit_config" for level in ("project", "folder", "organization")
)
_SERVICES = frozenset({"allServices", "aiplatform.googleapis.com"})
_DATA = frozenset({"DATA_READ", "DATA_WRITE"})
_SETTING, _TARGET = "azurerm_monitor_diagnostic_setting", "target_resource_id"
_RECORDED: Mapping[str, tuple[str, str, frozenset[str]]] = MappingProxyType(
    {
        "azurerm_kubernetes_cluster": (
            "kubernetes",
            "audit log of the cluster",
            frozenset({"kube-audit", "kube-audit-admin", "audit", "allLogs"}),
        ),
        **{
            name: (
                "azure_diagnostics",
                "record of the calls to",
                frozenset({"Audit", "RequestResponse", "audit", "allLogs"}),
            )
            for name in ("azurerm_cognitive_account", "azurerm_ai_services")
        },
    }
)
"""Resources of Azure: kind and name of their record, and the categories that make it one."""
_OF_AGENTS = frozenset({"OpenAI", "AIServices"})


def add_cloud_logs(module: Module, collector: Collector) -> None:
    """Audit logs of a module's clusters, of its Google projects, and of its models on Azure."""
    for declared in module.resources(*_GOOGLE):
        collector.add(_data_access(declared))
    for declared in module.resources("aws_eks_cluster"):
        listed = declared.body.get("enabled_cluster_log_types")
        collector.add(_log(declared, "kubernetes", "audit log of the cluster", _sends(listed)))
    for declared in module.resources("google_container_cluster"):
        collector.add(_log(declared, "kubernetes", "audit log of the cluster", Truth.YES))
    settings = _settings(module)
    for declared in module.resources(*_RECORDED):
        kind = declared.body.get("kind")
        if kind is None or kind.raw in _OF_AGENTS:
            collector.add(_diagnosed(declared, settings))


def _log(declared: Declared, kind: str, what: str, enabled: Truth) -> AuditLog:
    return AuditLog(
        id=fact_id("audit_log", declared.title, f"{declared.key}.{kind}"),
        name=f"{what} {declared.title}",
        evidence=(declared.place(),),
        confidence=Confidence.LIKELY,
        kind=kind,
        enabled=enabled,
    )


def _data_access(declared: Declared) -> AuditLog:
    """Which access to data Google writes down, of all services or of one."""
    service, listed = declared.body.get("service"), declared.body.get("audit_log_config")
    types = [node for each in (listed.list() if listed else ()) if (node := each.get("log_type"))]
    covers = _any({node.raw for node in types} & _DATA, unknown=any(node.unknown for node in types))
    about_agents = service is not None and (service.unknown or service.raw in _SERVICES)
    kind = "google_audit" if about_agents else "google_audit_of_others"
    return _log(declared, kind, "access to data by", covers)


def _sends(listed: Node | None) -> Truth:
    """Whether EKS sends its audit log to CloudWatch."""
    if listed is None:
        return Truth.NO
    nodes = listed.list()
    unknown = listed.unknown or any(node.unknown for node in nodes)
    return _any({node.raw for node in nodes} & {"audit"}, unknown=unknown)


def _any(found: set[str] | frozenset[str], *, unknown: bool) -> Truth:
    if found:
        return Truth.YES
    return Truth.UNKNOWN if unknown else Truth.NO


class _Settings(Struct, frozen=True):
    """What the diagnostic settings of a module keep."""

    unsure: bool
    """Whoever calls the module may add a setting, and one whose target nobody knows may be any."""
    of_all: tuple[Declared, ...]
    """The settings without a target."""
    by_address: Mapping[str, Sequence[Declared]]


def _settings(module: Module) -> _Settings:
    targets = [(item, item.body.get(_TARGET)) for item in module.resources(_SETTING)]
    return _Settings(
        unsure=bool(module.callers)
        or any(
            node is not None and node.unknown and "azurerm_" not in node.raw for _, node in targets
        ),
        of_all=tuple(item for item, node in targets if node is None),
        by_address=module.referring(_TARGET, _SETTING),
    )


def _diagnosed(declared: Declared, settings: _Settings) -> AuditLog:
    """Whether a diagnostic setting of the module keeps the calls to a resource of Azure."""
    kind, what, wanted = _RECORDED[declared.type]
    of_it = (*settings.of_all, *settings.by_address.get(declared.address, ()))
    found = {category for setting in of_it for category in _categories(setting)}
    return _log(declared, kind, what, _any(found & wanted, unknown=settings.unsure))


def _categories(setting: Declared) -> Iterator[str]:
    """The categories that a setting keeps, in the words of either version of the provider."""
    for name in ("enabled_log", "log"):
        for each in setting.body.list_at(name):
            enabled = each.get("enabled")
            if enabled is None or enabled.boolean is not False:
                yield from (each.text_at(key) for key in ("category", "category_group"))
