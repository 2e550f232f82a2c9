"""
Platforms whose extractors take long to load: they are loaded where a file of theirs was read.

Where more than a word makes a file one of theirs, `platform_files` says what.
"""

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import (
    PIPELINE_FILE,
    SERVERLESS_FILE,
    agentcore_projects,
    arm_documents,
    drawn,
    policies,
    templates,
    workflows,
)
from agentaudit.model.facts.permissions import Grant

_KIND_OF_AGENT = regex(r"""kind["']?\s*:\s*["']?(?:[Pp]rompt|Agent|[Hh]osted|Workflow)\b""")

_CERTIFICATES = ("CERTIFICATE-----", "cert-manager.io/", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0")
"""As text, as what issues them, and as base64 begins."""

_SERVES = (
    "vllm",
    "gpu-memory-utilization",
    "gpu_memory_utilization",
    "max-model-len",
    "max_model_len",
)
_ASKED = ("requiredResourceAccess", "oauth_config", "default_permissions")
_WORDS_OF_AGENT = ("rompt", "osted", "Workflow", "Agent")


def extract_python(documents: Documents, collector: Collector) -> None:
    if any(documents.of("python")):
        from agentaudit.extract.python_agents import extract_python as extract

        extract(documents, collector)


def extract_trails(documents: Documents, collector: Collector) -> None:
    """Trails of calls that the CDK declares."""
    if _said(documents, ("aws_cloudtrail",), "python"):
        from agentaudit.extract.python_cdk import extract_trails as extract

        extract(documents, collector)


def extract_low_code(documents: Documents, collector: Collector) -> None:
    """Workflows and flows that were drawn: exports of n8n, Flowise and Dify."""
    if any(drawn(documents)):
        from agentaudit.extract.dify import extract_dify
        from agentaudit.extract.flowise import extract_flowise
        from agentaudit.extract.n8n import extract_n8n

        for extract in (extract_n8n, extract_flowise, extract_dify):
            extract(documents, collector)


def sweep_python(documents: Documents, collector: Collector) -> None:
    if any(documents.of("python")):
        from agentaudit.extract.python_sweep import sweep_python as sweep

        sweep(documents, collector)


def extract_terraform(documents: Documents, collector: Collector) -> None:
    if any(documents.of("hcl", "plan")):
        from agentaudit.extract.terraform import extract_terraform as extract

        extract(documents, collector)


def extract_certificates(documents: Documents, collector: Collector) -> None:
    if _said(documents, _CERTIFICATES):
        from agentaudit.extract.certificates import extract_certificates as extract

        extract(documents, collector)


def extract_phoenix(documents: Documents, collector: Collector) -> None:
    if any("arizephoenix/phoenix" in workload.image for workload in collector.workloads):
        from agentaudit.extract.phoenix import extract_phoenix as extract

        extract(documents, collector)


def extract_langfuse(documents: Documents, collector: Collector) -> None:
    if any("langfuse/langfuse" in workload.image for workload in collector.workloads):
        from agentaudit.extract.langfuse import extract_langfuse as extract

        extract(documents, collector)


def extract_prompted_memory(documents: Documents, collector: Collector) -> None:
    """Memory that others write and models take for instructions."""
    words = ("app:", "store.put", "store.aput", "store.search", "store.asearch", "store.get")
    if _said(documents, words, "python", "yaml"):
        from agentaudit.extract.prompted_memory import extract_prompted_memory as extract

        extract(documents, collector)


def extract_vault(documents: Documents, collector: Collector) -> None:
    """Servers of Vault that say how long their tokens may live."""
    if _said(documents, ("max_lease_ttl",)):
        from agentaudit.extract.vault import extract_vault as extract

        extract(documents, collector)


def extract_cloudformation(documents: Documents, collector: Collector) -> None:
    named = any(SERVERLESS_FILE.search(document.file) for document in documents)
    if named or any(templates(documents)):
        from agentaudit.extract.cloudformation import extract_cloudformation as extract

        extract(documents, collector)


def extract_azure(documents: Documents, collector: Collector) -> None:
    if any(documents.of("bicep")) or arm_documents(documents):
        from agentaudit.extract.azure import extract_azure as extract

        extract(documents, collector)


def extract_agentcore(documents: Documents, collector: Collector) -> None:
    if any(agentcore_projects(documents)):
        from agentaudit.extract.agentcore_projects import extract_projects as extract

        extract(documents, collector)


def extract_actions(documents: Documents, collector: Collector) -> None:
    if any(workflows(documents)):
        from agentaudit.extract.actions import extract_actions as extract

        extract(documents, collector)


def extract_functions(documents: Documents, collector: Collector) -> None:
    if any(document.file.endswith("function.json") for document in documents.of("json")):
        from agentaudit.extract.azure_functions import extract_functions as extract

        extract(documents, collector)


def extract_pipelines(documents: Documents, collector: Collector) -> None:
    if any(PIPELINE_FILE.search(document.file) for document in documents.of("yaml")):
        from agentaudit.extract.pipeline_files import extract_pipelines as extract

        extract(documents, collector)


def extract_codex(documents: Documents, collector: Collector) -> None:
    if any(documents.of("toml")):
        from agentaudit.extract.codex import extract_codex as extract

        extract(documents, collector)


def extract_gemini(documents: Documents, collector: Collector) -> None:
    if any("gemini" in document.file for document in documents.of("json")):
        from agentaudit.extract.gemini import extract_gemini as extract

        extract(documents, collector)


def extract_agent_cards(documents: Documents, collector: Collector) -> None:
    if _said(documents, ("skills",), "json", "yaml"):
        from agentaudit.extract.agent_cards import extract_agent_cards as extract

        extract(documents, collector)


def extract_cluster_access(documents: Documents, collector: Collector) -> None:
    """Who of AWS a cluster of EKS lets in."""
    if _said(documents, ("aws-auth", "eksctl.io/"), "yaml", "json"):
        from agentaudit.extract.kubernetes_eks import extract_cluster_access as extract

        extract(documents, collector)


def extract_sandboxes(documents: Documents, collector: Collector) -> None:
    if _said(documents, ("agents.x-k8s.io/",), "yaml", "json"):
        from agentaudit.extract.agent_sandbox import extract_sandboxes as extract

        extract(documents, collector)


def extract_cloud_run(documents: Documents, collector: Collector) -> None:
    if _said(documents, ("googleapis.com/",), "yaml", "json"):
        from agentaudit.extract.cloud_run import extract_cloud_run as extract

        extract(documents, collector)


def extract_app_manifests(documents: Documents, collector: Collector) -> None:
    if _said(documents, _ASKED, "json", "yaml"):
        from agentaudit.extract.app_manifests import extract_app_manifests as extract

        extract(documents, collector)


def extract_helm(documents: Documents, collector: Collector) -> None:
    if any(document.file.endswith("Chart.yaml") for document in documents.of("yaml")):
        from agentaudit.extract.helm import extract_helm as extract

        extract(documents, collector)


def extract_kagent(documents: Documents, collector: Collector) -> None:
    if _said(documents, ("kagent.dev/",), "yaml", "json"):
        from agentaudit.extract.kagent import extract_kagent as extract

        extract(documents, collector)


def extract_litellm(documents: Documents, collector: Collector) -> None:
    if _said(documents, ("litellm_params", "litellm_settings"), "yaml", "json"):
        from agentaudit.extract.litellm import extract_litellm as extract

        extract(documents, collector)


def extract_autogen(documents: Documents, collector: Collector) -> None:
    if any(
        "autogen_" in document.text or "OAI_CONFIG_LIST" in document.file
        for document in documents.of("yaml", "json")
    ):
        from agentaudit.extract.autogen import extract_autogen as extract

        extract(documents, collector)


def extract_agent_framework(documents: Documents, collector: Collector) -> None:
    if any(
        any(word in document.text for word in _WORDS_OF_AGENT)
        and _KIND_OF_AGENT.search(document.text)
        for document in documents.of("yaml", "json")
    ):
        from agentaudit.extract.agent_framework import extract_agent_framework as extract

        extract(documents, collector)


def extract_adk(documents: Documents, collector: Collector) -> None:
    if any(
        "agent_class" in document.text
        or "AgentConfig.json" in document.text
        or document.file.endswith(("root_agent.yaml", "root_agent.yml"))
        for document in documents.of("yaml")
    ):
        from agentaudit.extract.adk import extract_adk as extract

        extract(documents, collector)


def extract_letta(documents: Documents, collector: Collector) -> None:
    served = any("letta" in workload.image for workload in collector.workloads)
    if served or any(document.file.endswith(".af") for document in documents.of("json")):
        from agentaudit.extract.letta import extract_letta as extract

        extract(documents, collector)


def extract_memory_services(documents: Documents, collector: Collector) -> None:
    """Memory that a service keeps for agents: mem0 in a process of its own, and Zep."""
    if _said(documents, ("vector_store",)):
        from agentaudit.extract.mem0 import extract_mem0 as extract

        extract(documents, collector)
    if _said(documents, ("graphiti", "extractors"), "yaml"):
        from agentaudit.extract.zep import extract_zep

        extract_zep(documents, collector)


def extract_vllm(documents: Documents, collector: Collector) -> None:
    if _said(documents, _SERVES):
        from agentaudit.extract.vllm import extract_vllm as extract

        extract(documents, collector)


def extract_iam_files(documents: Documents, collector: Collector) -> None:
    if any(policies(documents)):
        from agentaudit.extract.iam_files import extract_iam_files as extract

        extract(documents, collector)


def link_grants(documents: Documents, collector: Collector) -> None:
    if collector.of(Grant):
        from agentaudit.extract.iam_links import link_grants as link

        link(documents, collector)


def _said(documents: Documents, words: tuple[str, ...], *syntaxes: str) -> bool:
    """Whether one of the words stands in a document of these syntaxes; none named, in any."""
    asked = documents.of(*syntaxes) if syntaxes else documents
    return any(any(word in document.text for word in words) for document in asked)
