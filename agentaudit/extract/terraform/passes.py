"""Terraform to facts: one pass over all modules for each concern."""

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.terraform.agentcore import add_agentcore
from agentaudit.extract.terraform.agents import add_agents
from agentaudit.extract.terraform.api_management import add_managed_apis
from agentaudit.extract.terraform.azure import add_azure
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.buckets import add_open_buckets
from agentaudit.extract.terraform.classification import classify
from agentaudit.extract.terraform.cloud_logs import add_cloud_logs
from agentaudit.extract.terraform.clouds import add_clouds
from agentaudit.extract.terraform.delegation import add_delegations
from agentaudit.extract.terraform.eks import add_cluster_access
from agentaudit.extract.terraform.entra import add_entra
from agentaudit.extract.terraform.google import add_google
from agentaudit.extract.terraform.google_federation import add_google_federation
from agentaudit.extract.terraform.google_listeners import add_google_listeners
from agentaudit.extract.terraform.google_policies import (
    add_google_policies,
    google_policy_document,
)
from agentaudit.extract.terraform.google_roles import add_google_roles
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.kubernetes import add_kubernetes_rights
from agentaudit.extract.terraform.kubernetes_pods import add_kubernetes_workloads
from agentaudit.extract.terraform.late_builds import add_builds
from agentaudit.extract.terraform.listeners import add_listeners
from agentaudit.extract.terraform.logs import add_logs
from agentaudit.extract.terraform.modules import Module
from agentaudit.extract.terraform.plans import with_plans
from agentaudit.extract.terraform.policies import managed_policy, policy_document
from agentaudit.extract.terraform.resource_policies import add_resource_policies
from agentaudit.extract.terraform.runtimes import add_runtimes
from agentaudit.extract.terraform.sources import Files
from agentaudit.extract.terraform.stores import add_stores
from agentaudit.extract.terraform.tokens import add_issued_tokens
from agentaudit.readers.document import Document
from agentaudit.readers.hcl.syntax import Body, Expression


def extract_terraform(documents: Documents, collector: Collector) -> None:
    """Everything that Terraform's files say of identities, agents, stores, runtimes and logs."""
    found = with_plans(documents, _modules(documents, collector))
    for module in found:
        module.special["aws_iam_policy_document"] = policy_document
        module.special["aws_iam_policy"] = managed_policy
        module.special["google_iam_policy"] = google_policy_document
    principals = Principals(documents, collector)
    principals.read(found)
    add_kubernetes_rights(found, documents, collector)
    add_kubernetes_workloads(found, documents, collector)
    for module in found:
        add_agents(module, principals, collector)
        add_agentcore(module, principals, collector)
        add_resource_policies(module, documents, collector)
        add_runtimes(module, principals, collector)
        add_builds(module, principals)
        add_listeners(module, documents, collector)
        add_stores(module, collector)
        add_open_buckets(module, collector)
        add_logs(module, collector)
        add_cloud_logs(module, collector)
        add_clouds(module, collector)
        add_cluster_access(module, principals)
        classify(module, collector)
        add_google_roles(module, collector)
        add_google_federation(module, collector)
        add_google(module, documents, collector)
        add_google_listeners(module, collector)
        add_azure(module, collector)
        add_google_policies(module, documents, collector)
        add_delegations(module, collector)
        add_entra(module, collector)
        add_managed_apis(module, documents, collector)
        add_issued_tokens(module, collector)
        module.forget()
    for module in found:
        module.close()


def _modules(documents: Documents, collector: Collector) -> tuple[Module, ...]:
    """Every folder with Terraform files, with local modules joined to their callers."""
    found: dict[str, Module] = {}
    files = Files(documents.files)
    for document in documents.of("hcl"):
        if isinstance(document.tree, Body) and _belongs(document):
            folder = folder_of(document.file)
            module = found.setdefault(folder, Module(folder=folder, bodies=[], files=files))
            module.bodies.append((document, document.tree))
    planned = any(True for _ in documents.of("plan"))
    for module in found.values():
        for member in module.members("module"):
            source = member.block.body.attribute("source")
            path = source.value.source.strip('"') if source is not None else ""
            child = found.get(sibling(member.document.file, path)) if path[:1] == "." else None
            if child is not None and child is not module:
                child.callers.append((module, member))
                module.children[".".join(member.block.labels)] = child
            elif source is not None and not planned:
                _leave_elsewhere(module, member, source.value, collector)
    return tuple(found.values())


def _leave_elsewhere(
    module: Module, member: Member, source: Expression, collector: Collector
) -> None:
    """A module that is not among the files, be it of a registry; a plan would have all it makes."""
    node = module.folder_for(member.document).fold(source)
    name = plain(".".join(member.block.labels))
    what = f"the module {name} ({plain(node.raw)}) is not among the files"
    collector.leave_open(evidence(member.document, node), what, "what it makes is open")


def _belongs(document: Document) -> bool:
    """Whether Terraform reads a file by itself: other variable files must be asked for."""
    name = document.file.rpartition("/")[2]
    return name.endswith((".tf", ".tofu", ".auto.tfvars")) or name == "terraform.tfvars"
