"""Every platform that is understood, in the order in which they are read."""

from agentaudit.extract.coding_agents.editors import extract_editors
from agentaudit.extract.coding_agents.instructions import extract_instructions
from agentaudit.extract.coding_agents.settings import extract_claude
from agentaudit.extract.containers.compose import extract_compose
from agentaudit.extract.containers.packed_agents import extract_packed_agents
from agentaudit.extract.declarations import declare_servers, extract_declarations
from agentaudit.extract.dotenv import extract_dotenv
from agentaudit.extract.environment import extract_environment
from agentaudit.extract.frameworks.langgraph import extract_langgraph
from agentaudit.extract.kubernetes.accounts import extract_accounts
from agentaudit.extract.kubernetes.exposure import extract_exposure
from agentaudit.extract.kubernetes.kustomize import extract_kustomize
from agentaudit.extract.kubernetes.plaintext import extract_plaintext
from agentaudit.extract.kubernetes.pods import extract_kubernetes
from agentaudit.extract.kubernetes.policies import extract_policies
from agentaudit.extract.kubernetes.rights import extract_rights
from agentaudit.extract.late_extractors import Extractor
from agentaudit.extract.mcp.allowlists import mark_shadows
from agentaudit.extract.mcp.configurations import extract_mcp
from agentaudit.extract.platforms import (
    extract_actions,
    extract_adk,
    extract_agent_cards,
    extract_agent_framework,
    extract_agentcore,
    extract_app_engine,
    extract_app_manifests,
    extract_app_platform,
    extract_autogen,
    extract_azure,
    extract_capacities,
    extract_cdk_permissions,
    extract_certificates,
    extract_cloud_commands,
    extract_cloud_run,
    extract_cloudformation,
    extract_cluster_access,
    extract_cluster_gateways,
    extract_codex,
    extract_consoles,
    extract_crewai,
    extract_dockerfile,
    extract_fly,
    extract_functions,
    extract_gemini,
    extract_google_policies,
    extract_helm,
    extract_heroku,
    extract_hidden_orders,
    extract_hooks,
    extract_iam_files,
    extract_java,
    extract_javascript,
    extract_kagent,
    extract_letta,
    extract_litellm,
    extract_low_code,
    extract_manifests,
    extract_mem0,
    extract_ollama,
    extract_openclaw,
    extract_own_machines,
    extract_pipelines,
    extract_prompted_memory,
    extract_pulumi,
    extract_python,
    extract_rails,
    extract_railway,
    extract_redirected_calls,
    extract_releases,
    extract_render,
    extract_sandboxes,
    extract_started_agents,
    extract_states,
    extract_subagents,
    extract_task_files,
    extract_terraform,
    extract_trace_servers,
    extract_trails,
    extract_vault,
    extract_vercel,
    extract_vllm,
    extract_wrangler,
    extract_zep,
    link_grants,
    sweep_javascript,
    sweep_python,
)
from agentaudit.extract.servers.databases import extract_databases
from agentaudit.extract.servers.gateways import extract_gateways
from agentaudit.extract.servers.redis import extract_redis
from agentaudit.extract.sweep import extract_sweep
from agentaudit.extract.unknown_keys import extract_unknown_keys
from agentaudit.extract.unread import extract_unread

EXTRACTORS: tuple[Extractor, ...] = (
    extract_mcp,
    declare_servers,
    extract_claude,
    extract_subagents,
    extract_codex,
    extract_gemini,
    extract_openclaw,
    extract_editors,
    extract_hooks,
    extract_redirected_calls,
    mark_shadows,
    extract_agent_cards,
    extract_crewai,
    extract_autogen,
    extract_agent_framework,
    extract_adk,
    extract_java,
    extract_low_code,
    extract_python,
    extract_javascript,
    extract_started_agents,
    extract_functions,
    extract_trails,
    extract_cdk_permissions,
    extract_prompted_memory,
    extract_mem0,
    extract_own_machines,
    sweep_python,
    sweep_javascript,
    extract_compose,
    extract_render,
    extract_fly,
    extract_app_platform,
    extract_railway,
    extract_heroku,
    extract_wrangler,
    extract_vercel,
    extract_kubernetes,
    extract_releases,
    extract_accounts,
    extract_rights,
    extract_cloud_run,
    extract_app_engine,
    extract_sandboxes,
    extract_kagent,
    extract_helm,
    extract_kustomize,
    extract_langgraph,
    extract_dotenv,
    extract_packed_agents,
    extract_dockerfile,
    extract_gateways,
    extract_cluster_gateways,
    extract_instructions,
    extract_terraform,
    extract_cloudformation,
    extract_pulumi,
    extract_task_files,
    extract_cluster_access,
    extract_agentcore,
    extract_azure,
    extract_policies,
    extract_exposure,
    extract_plaintext,
    extract_vllm,
    extract_ollama,
    extract_consoles,
    extract_letta,
    extract_zep,
    extract_litellm,
    extract_capacities,
    extract_manifests,
    extract_unread,
    extract_app_manifests,
    extract_rails,
    extract_certificates,
    extract_trace_servers,
    extract_vault,
    extract_iam_files,
    extract_google_policies,
    extract_actions,
    extract_pipelines,
    extract_cloud_commands,
    extract_environment,
    extract_redis,
    extract_databases,
    extract_states,
    link_grants,
    extract_hidden_orders,
    extract_declarations,
    extract_unknown_keys,
    extract_sweep,
)
"""
Every platform that we understand. Containers, whatever describes them, come before what looks at
their environment, declarations after what files say, and the sweep comes last, for it takes what
nobody claimed; that of code comes as soon as nobody else asks for its trees, before most
facts are made. Only the tools of declared servers come early: settings of clients say which of them
ask first.
"""
