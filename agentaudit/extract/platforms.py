"""
Platforms whose extractors take long to load: they are loaded where a file of theirs was read.

Where more than a word makes a file one of theirs, `platform_files` says what.
"""

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.late_extractors import either, ends, found, holds, late, read, run, said
from agentaudit.extract.platform_files import (
    CREW_FILE,
    HOOK_FILE,
    JAVA_WORDS,
    OPENCLAW_FILE,
    OPENCLAW_NAMES,
    PIPELINE_FILE,
    RAILS_KEY,
    SERVERLESS_FILE,
    agentcore_projects,
    app_engine_services,
    app_specifications,
    arm_documents,
    commands_of_tasks,
    drawn,
    fly_apps,
    google_policies,
    heroku_apps,
    policies,
    pulumi_programs,
    railway_services,
    render_blueprints,
    states,
    templates,
    workers,
    workflows,
)
from agentaudit.model.facts.permissions import Grant
from agentaudit.readers.cloud_words import CLOUD_WORDS
from agentaudit.readers.document import Document
from agentaudit.readers.manifests import is_manifest
from agentaudit.readers.other_languages import OTHER_LANGUAGES
from agentaudit.readers.scripts import ALLOWING_WORDS, UNASKED_WORDS

_CERTIFICATES = ("CERTIFICATE-----", "cert-manager.io/", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0")
"""As text, as what issues them, and as base64 begins."""

_SERVES = (
    "vllm",
    "gpu-memory-utilization",
    "gpu_memory_utilization",
    "max-model-len",
    "max_model_len",
)
_ORDERING = (
    *("the user", "any user", "<IMPORTANT>", "<HIDDEN>", "<SYSTEM>", "<SECRET>", "[SYSTEM"),
    "[HIDDEN",
    *("id_rsa", "previous instructions", "\U000e0061", "\U000e0065", "\U000e0020"),
)
"""A word of every order that is hidden."""
_ASKED = ("requiredResourceAccess", "oauth_config", "default_permissions")
_STORED = ("app:", "store.put", "store.aput", "store.search", "store.asearch", "store.get")
_KIND_OF_AGENT = regex(r"""kind["']?\s*:\s*["']?(?:[Pp]rompt|Agent|[Hh]osted|Workflow)\b""")
_WORDS_OF_AGENT = ("rompt", "osted", "Workflow", "Agent")


def _is_agent(document: Document) -> bool:
    """Whether it is an agent by its kind, as Microsoft's Agent Framework has them."""
    return (
        holds_word(document.text, _WORDS_OF_AGENT)
        and _KIND_OF_AGENT.search(document.text) is not None
    )


def _is_of_adk(document: Document) -> bool:
    worded = "agent_class" in document.text or "AgentConfig.json" in document.text
    return worded or document.file.endswith(("root_agent.yaml", "root_agent.yml"))


def _is_of_autogen(document: Document) -> bool:
    return "autogen_" in document.text or "OAI_CONFIG_LIST" in document.file


# Agents, and the code that builds them.
extract_python = late(read("python"), "python.agents:extract_python")
sweep_python = late(read("python"), "python.sweep:sweep_python")
extract_javascript = late(
    holds(lambda document: document.tree, "javascript"), "javascript.agents:extract_javascript"
)
sweep_javascript = late(read("javascript"), "javascript.sweep:sweep_javascript")
extract_low_code = late(
    either(found(drawn), said(('"func"',), "json")),
    "low_code.n8n:extract_n8n",
    "low_code.flowise:extract_flowise",
    "low_code.dify:extract_dify",
)
"""Workflows and flows that were drawn."""
extract_started_agents = late(
    either(
        either(
            said(UNASKED_WORDS, "script", "python", "javascript"), said(ALLOWING_WORDS, "script")
        ),
        found(commands_of_tasks),
    ),
    "coding_agents.started_agents:extract_started_agents",
)
"""Coding agents that scripts, tasks and programs start."""
extract_own_machines = late(
    either(
        either(read("dockerfile"), said(("agentcore",))),
        holds(lambda document: ".devcontainer/" in document.file),
    ),
    "containers.own_machines:extract_own_machines",
)
"""What runs in a machine or a container of its own."""
extract_codex = late(read("toml"), "coding_agents.codex:extract_codex")
extract_openclaw = late(
    either(
        holds(lambda document: OPENCLAW_FILE.search(document.file), "json"),
        said(OPENCLAW_NAMES, "yaml"),
    ),
    "coding_agents.openclaw:extract_openclaw",
)
extract_gemini = late(
    holds(lambda document: "gemini" in document.file or ".qwen/" in document.file, "json"),
    "coding_agents.gemini:extract_gemini",
)
extract_subagents = late(
    said(("permissionMode", "allowed-tools"), "markdown"),
    "coding_agents.subagents:extract_subagents",
)
extract_hooks = late(
    either(
        holds(lambda document: HOOK_FILE.search(document.file), "json", "toml"),
        said(("hooks:",), "markdown"),
    ),
    "coding_agents.hooks:extract_hooks",
)
"""Commands that clients of coding agents run by themselves."""
extract_redirected_calls = late(
    said(("_BASE_URL", "CODE_ASSIST_ENDPOINT"), "json", "dotenv"),
    "coding_agents.redirected:extract_redirected_calls",
)
"""Addresses of models that a project names for everybody who works on it."""
extract_agent_cards = late(
    said(("skills",), "json", "yaml"), "frameworks.agent_cards:extract_agent_cards"
)
extract_crewai = late(
    holds(lambda document: CREW_FILE.search(document.file), "yaml", "json"),
    "frameworks.crewai:extract_crewai",
)
extract_java = late(said(JAVA_WORDS, "properties", "yaml"), "frameworks.java:extract_java")
"""Settings of applications in Java."""
extract_autogen = late(holds(_is_of_autogen, "yaml", "json"), "frameworks.autogen:extract_autogen")
extract_agent_framework = late(
    holds(_is_agent, "yaml", "json"), "frameworks.agent_framework:extract_agent_framework"
)
extract_adk = late(holds(_is_of_adk, "yaml"), "frameworks.adk:extract_adk")
extract_letta = late(either(run("letta"), ends(".af", "json")), "frameworks.letta:extract_letta")
extract_kagent = late(said(("kagent.dev/",), "yaml", "json"), "kubernetes.kagent:extract_kagent")
extract_agentcore = late(
    found(agentcore_projects), "frameworks.agentcore_projects:extract_projects"
)
extract_functions = late(
    either(
        ends("function.json", "json"),
        said(("McpToolTrigger", "app.mcpTool("), "javascript", *OTHER_LANGUAGES),
    ),
    "azure.functions:extract_functions",
    "azure.functions:extract_coded_functions",
)

# Their models, their memory, and what is told of them.
extract_litellm = late(
    said(("litellm_params", "litellm_settings"), "yaml", "json"), "servers.litellm:extract_litellm"
)
extract_cluster_gateways = late(
    said(("agentgateway",), "yaml", "json"), "servers.cluster_gateways:extract_cluster_gateways"
)
extract_vllm = late(said(_SERVES), "servers.vllm:extract_vllm")
extract_ollama = late(run("ollama/ollama"), "servers.ollama:extract_ollama")
extract_consoles = late(
    either(run("langflow", "flowise", "open-webui"), said(("modelcontextprotocol/inspector",))),
    "servers.consoles:extract_consoles",
)
extract_hidden_orders = late(
    said(_ORDERING, "python", "javascript", "json", "yaml", "markdown"),
    "hidden_orders:extract_hidden_orders",
)
extract_mem0 = late(said(("vector_store", "mem0")), "frameworks.mem0:extract_mem0")
"""In a process of its own."""
extract_zep = late(said(("graphiti", "extractors"), "yaml"), "servers.zep:extract_zep")
extract_prompted_memory = late(
    said(_STORED, "python", "yaml"), "python.prompted_memory:extract_prompted_memory"
)
"""Memory that others write and models take for instructions."""
extract_trace_servers = late(
    run("arizephoenix/phoenix", "langfuse/langfuse"), "servers.trace_servers:extract_trace_servers"
)
_PERMITTING = ("Statement", "permissions:", "AwsManagedPolicyName", "aws_managed_policy_name")
extract_cdk_permissions = late(
    said(_PERMITTING, "javascript", "python"), "cdk:extract_cdk_permissions"
)
extract_trails = late(said(("aws_cloudtrail",), "python"), "python.cdk:extract_trails")
"""Trails of calls that the CDK declares."""

extract_dependent_workloads = late(
    holds(lambda document: is_manifest(document.file)),
    "containers.dependent_workloads:extract_dependent_workloads",
)
extract_manifests = late(
    holds(lambda document: is_manifest(document.file)), "manifests:extract_manifests"
)
"""Libraries for agents on which programs in languages that are not read depend."""

# Where they run, and what they may do there.
extract_terraform = late(read("hcl", "plan"), "terraform.passes:extract_terraform")
extract_states = late(found(states), "terraform.state_files:extract_states")
extract_pulumi = late(found(pulumi_programs), "pulumi:extract_pulumi")
extract_cloudformation = late(
    either(holds(lambda document: SERVERLESS_FILE.search(document.file)), found(templates)),
    "cloudformation.templates:extract_cloudformation",
    "containers.packed_agents:extract_packed_functions",
)
extract_task_files = late(
    said(("containerDefinitions",), "json", "yaml"), "terraform.task_files:extract_task_files"
)
"""Task definitions of ECS that are files of their own."""
extract_azure = late(either(read("bicep"), found(arm_documents)), "azure.translation:extract_azure")
extract_capacities = late(
    said(("capacity",), "bicep", "hcl", "json"), "azure.capacities:extract_capacities"
)
"""Of models that Azure deploys."""
extract_dockerfile = late(read("dockerfile"), "containers.dockerfile:extract_dockerfile")
extract_render = late(found(render_blueprints), "containers.render:extract_render")
extract_fly = late(found(fly_apps), "containers.fly:extract_fly")
extract_app_platform = late(
    found(app_specifications), "containers.app_platform:extract_app_platform"
)
extract_railway = late(found(railway_services), "containers.railway:extract_railway")
extract_heroku = late(found(heroku_apps), "containers.heroku:extract_heroku")
extract_wrangler = late(found(workers), "containers.wrangler:extract_wrangler")
extract_vercel = late(ends("vercel.json", "json"), "containers.vercel:extract_vercel")
extract_app_engine = late(found(app_engine_services), "google.app_engine:extract_app_engine")
extract_cloud_run = late(
    said(("googleapis.com/",), "yaml", "json"), "google.cloud_run:extract_cloud_run"
)
extract_sandboxes = late(
    said(("agents.x-k8s.io/",), "yaml", "json"), "kubernetes.agent_sandbox:extract_sandboxes"
)
extract_helm = late(ends("Chart.yaml", "yaml"), "kubernetes.helm:extract_helm")
extract_releases = late(
    said(("HelmRelease",), "yaml", "json"), "kubernetes.releases:extract_releases"
)
extract_applied = late(
    said(("argoproj.io/", "HelmRelease"), "yaml", "json"),
    "kubernetes.applied_elsewhere:extract_applied",
)
extract_cluster_access = late(
    said(("aws-auth", "eksctl.io/"), "yaml", "json"), "kubernetes.eks:extract_cluster_access"
)
"""Who of AWS a cluster of EKS lets in."""
extract_actions = late(found(workflows), "pipelines.actions:extract_actions")
extract_pipelines = late(
    holds(lambda document: PIPELINE_FILE.search(document.file), "yaml"),
    "pipelines.files:extract_pipelines",
)
extract_cloud_commands = late(
    said(CLOUD_WORDS, "script", "yaml"), "pipelines.cloud_commands:extract_cloud_commands"
)
"""What scripts and pipelines have clouds make, or open."""
extract_certificates = late(said(_CERTIFICATES), "certificates:extract_certificates")
extract_rails = late(
    holds(lambda document: RAILS_KEY.search(document.file), "pem"), "rails:extract_rails"
)
"""Keys that open the credentials of a Rails application."""
extract_keycloak = late(said(("clientId",), "json"), "servers.keycloak:extract_keycloak")
"""Realms of Keycloak, with the secrets of their clients."""
extract_vault = late(said(("max_lease_ttl",)), "servers.vault:extract_vault")
"""Servers of Vault that say how long their tokens may live."""
extract_app_manifests = late(said(_ASKED, "json", "yaml"), "app_manifests:extract_app_manifests")
extract_iam_files = late(found(policies), "iam.files:extract_iam_files")
extract_google_policies = late(
    found(google_policies), "google.policy_files:extract_google_policies"
)
link_grants = late(lambda _, collector: bool(collector.of(Grant)), "iam.links:link_grants")
