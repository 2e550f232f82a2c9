"""Terraform to facts: one pass over all modules for each concern."""

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.late_extractors import function_of
from agentaudit.extract.terraform.agents import add_agents
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.buckets import Buckets, add_open_buckets
from agentaudit.extract.terraform.classification import classify
from agentaudit.extract.terraform.cloud_logs import add_cloud_logs
from agentaudit.extract.terraform.eks import add_cluster_access
from agentaudit.extract.terraform.exported_policies import add_exported_policies
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.kubernetes import add_kubernetes_rights
from agentaudit.extract.terraform.kubernetes_pods import add_kubernetes_workloads
from agentaudit.extract.terraform.late_passes import (
    add_agent_databases,
    add_agentcore,
    add_azapi,
    add_azure,
    add_azure_roles,
    add_boot_scripts,
    add_builds,
    add_cloud_caches,
    add_delegations,
    add_entra,
    add_google,
    add_google_accounts,
    add_google_federation,
    add_google_functions,
    add_google_listeners,
    add_google_policies,
    add_google_roles,
    add_managed_apis,
    add_shared_resources,
)
from agentaudit.extract.terraform.listeners import add_listeners
from agentaudit.extract.terraform.logs import add_logs
from agentaudit.extract.terraform.manifests import whole_manifests
from agentaudit.extract.terraform.modules import Module
from agentaudit.extract.terraform.open_values import add_open_values
from agentaudit.extract.terraform.policies import managed_policy, policy_document
from agentaudit.extract.terraform.resource_policies import add_resource_policies
from agentaudit.extract.terraform.runtimes import add_runtimes
from agentaudit.extract.terraform.sources import Files
from agentaudit.extract.terraform.stores import add_stores
from agentaudit.extract.terraform.terragrunt import call_modules
from agentaudit.extract.terraform.tokens import add_issued_tokens
from agentaudit.readers.document import Document
from agentaudit.readers.hcl.syntax import Body, Expression

_GOOGLE_POLICY = "terraform.google_policies:google_policy_document"


def extract_terraform(documents: Documents, collector: Collector) -> None:
    """Everything that Terraform's files say of identities, agents, stores, runtimes and logs."""
    found = _modules(documents, collector)
    if any(documents.of("plan")):
        found = function_of("terraform.plans:with_plans")(documents, found)
    for module in found:
        module.special["aws_iam_policy_document"] = policy_document
        module.special["aws_iam_policy"] = managed_policy
        if module.declares(("google_",)):
            module.special["google_iam_policy"] = function_of(_GOOGLE_POLICY)
    principals = Principals(documents, collector)
    principals.read(found)
    manifests = [each for module in found for each in whole_manifests(module, documents, collector)]
    add_kubernetes_rights(found, manifests, documents, collector)
    add_kubernetes_workloads(found, manifests, documents, collector)
    for module in found:
        add_exported_policies(module, documents, collector)
        add_agents(module, principals, collector)
        add_agentcore(module, principals, collector)
        buckets = Buckets(module)
        add_resource_policies(buckets, documents, collector)
        add_shared_resources(module, documents, collector)
        add_runtimes(module, principals, collector)
        add_builds(module, principals)
        add_boot_scripts(module, collector)
        add_listeners(module, documents, collector)
        add_stores(module, collector)
        add_open_buckets(buckets, collector)
        add_agent_databases(module, documents, collector)
        add_logs(module, collector)
        add_cloud_logs(module, collector)
        add_google_accounts(module, collector)
        add_azure_roles(module, collector)
        add_cloud_caches(module, collector)
        add_cluster_access(module, principals)
        classify(module, collector)
        add_google_roles(module, collector)
        add_google_federation(module, collector)
        add_google(module, documents, collector)
        add_google_functions(module, documents, collector)
        add_google_listeners(module, collector)
        add_azure(module, collector)
        add_azapi(module, collector)
        add_google_policies(module, documents, collector)
        add_delegations(module, collector)
        add_entra(module, collector)
        add_managed_apis(module, documents, collector)
        add_issued_tokens(module, collector)
        add_open_values(module, collector)
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
    call_modules(documents, found, files)
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
