"""
The keys that programs know, where a key that they do not know does nothing.

A list that is complete has its version. Of the others, whose programs get new keys every month,
only keys that are almost one that guards something are told.

Sources: the Compose Specification, schema/compose-spec.json of 2026-06-23 (additional properties
are refused, but for `x-`); GitHub Docs, "Workflow syntax for GitHub Actions" and "Controlling
permissions for GITHUB_TOKEN"; the inputs in action.yml of actions/checkout v5; the JSON Schema of
Claude Code's settings of 2026-08-07; the configuration references of Codex, Gemini CLI and LiteLLM;
langgraph-cli 0.4.40; the Kubernetes API reference (PodSpec, SecurityContext); the servers' entries
as the clients' pages show them.
"""

from msgspec import Struct


class Schema(Struct, frozen=True, kw_only=True):
    """The keys of one mapping."""

    name: str
    guards: frozenset[str]
    """Keys that limit something, or keep somebody out."""
    others: frozenset[str] = frozenset()
    complete: bool = False
    """Any other key is unknown to the program, too."""
    unread: frozenset[str] = frozenset()
    """Keys that people write there, and the program reads elsewhere."""

    @property
    def keys(self) -> frozenset[str]:
        return self.guards | self.others


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMPOSE_SERVICE = Schema(
    name="a service of Compose",
    complete=True,
    guards=_words(
        "cap_drop cpus deploy isolation mem_limit memswap_limit network_mode networks pids_limit"
        " privileged read_only secrets security_opt ulimits user userns_mode"
    ),
    others=_words(
        "annotations attach blkio_config build cap_add cgroup cgroup_parent command configs"
        " container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime"
        " cpu_shares cpuset credential_spec depends_on develop device_cgroup_rules devices dns"
        " dns_opt dns_search domainname entrypoint env_file environment expose extends"
        " external_links extra_hosts gpus group_add healthcheck hostname image init ipc label_file"
        " labels links logging mac_address mem_reservation mem_swappiness models oom_kill_disable"
        " oom_score_adj pid platform ports post_start pre_stop profiles provider pull_policy"
        " pull_refresh_after restart runtime scale shm_size stdin_open stop_grace_period"
        " stop_signal storage_opt sysctls tmpfs tty use_api_socket uts volumes volumes_from"
        " working_dir"
    ),
)
WORKFLOW = Schema(
    name="a workflow of GitHub",
    guards=_words("permissions concurrency"),
    others=_words("name run-name on env defaults jobs"),
)
WORKFLOW_JOB = Schema(
    name="a job of GitHub",
    guards=_words("permissions environment timeout-minutes concurrency"),
    others=_words(
        "name needs if runs-on snapshot outputs env defaults steps strategy continue-on-error"
        " container services uses with secrets"
    ),
)
TOKEN = Schema(
    name="the permissions of a job's token",
    guards=_words(
        "actions artifact-metadata attestations checks contents deployments discussions id-token"
        " issues models packages pages pull-requests repository-projects security-events statuses"
    ),
)
CHECKOUT = Schema(
    name="the inputs of actions/checkout",
    guards=_words(
        "persist-credentials token ssh-key ssh-known-hosts ssh-strict set-safe-directory"
    ),
    others=_words(
        "repository ref path clean filter sparse-checkout sparse-checkout-cone-mode fetch-depth"
        " fetch-tags show-progress lfs submodules github-server-url ssh-user"
    ),
)
SERVER = Schema(
    name="an entry of an MCP server",
    guards=_words(
        "alwaysAllow autoApprove disabledTools disabled_tools enabledTools enabled_tools"
        " excludeTools includeTools trust disabled enabled allowedTools allowed_tools"
    ),
    others=_words(
        "command args env url headers type transport cwd timeout disable enable allowTools tools"
    ),
)
CLAUDE = Schema(
    name="Claude Code's settings",
    guards=_words(
        "permissions sandbox allowedMcpServers deniedMcpServers enabledMcpjsonServers"
        " disabledMcpjsonServers enableAllProjectMcpServers allowManagedMcpServersOnly"
        " cleanupPeriodDays disableAllHooks"
    ),
    others=_words("hooks env model allowManagedHooksOnly allowManagedPermissionRulesOnly"),
    unread=_words("mcpServers"),
)
CLAUDE_PERMISSIONS = Schema(
    name="the permissions of Claude Code",
    guards=_words("deny defaultMode disableBypassPermissionsMode disableAutoMode"),
    others=_words("allow ask additionalDirectories"),
)
CLAUDE_SANDBOX = Schema(
    name="the sandbox of Claude Code",
    guards=_words(
        "enabled failIfUnavailable allowUnsandboxedCommands network filesystem credentials"
        " excludedCommands"
    ),
    others=_words("autoAllowBashIfSandboxed ignoreViolations"),
)
CODEX = Schema(
    name="Codex's configuration",
    guards=_words("approval_policy sandbox_mode sandbox_workspace_write shell_environment_policy"),
    others=_words("approvals_reviewer sandbox_permissions"),
)
GEMINI_TOOLS = Schema(
    name="the tools of Gemini CLI",
    guards=_words("approvalMode exclude sandbox core allowed"),
    others=_words("shell autoAccept discoveryCommand callCommand useRipgrep"),
)
GEMINI_SESSIONS = Schema(
    name="the sessions that Gemini CLI keeps",
    guards=_words("enabled maxAge maxCount minRetention"),
)
LITELLM_GENERAL = Schema(
    name="the general settings of LiteLLM",
    guards=_words(
        "master_key enable_jwt_auth custom_auth enable_oauth2_auth allowed_routes admin_only_routes"
        " max_parallel_requests global_max_parallel_requests max_request_size_mb"
        " maximum_spend_logs_retention_period allowed_ips enforce_user_param"
        " disable_spend_logs"
    ),
    others=_words(
        "database_url store_model_in_db store_prompts_in_spend_logs alerting max_response_size_mb"
    ),
)
LITELLM_SETTINGS = Schema(
    name="the settings of LiteLLM",
    guards=_words(
        "max_budget budget_duration max_internal_user_budget max_user_budget"
        " max_end_user_budget default_internal_user_params upperbound_key_generate_params"
        " default_key_generate_params turn_off_message_logging redact_user_api_key_info"
        " num_retries request_timeout allowed_fails"
    ),
    others=_words("success_callback failure_callback callbacks drop_params set_verbose cache"),
)
TIME_TO_LIVE = Schema(
    name="the time to live of a LangGraph store",
    guards=_words("default_ttl sweep_interval_minutes sweep_limit refresh_on_read"),
    others=_words("strategy"),
)
POD = Schema(
    name="the spec of a pod",
    guards=_words(
        "automountServiceAccountToken hostNetwork hostPID hostIPC hostUsers securityContext"
        " serviceAccountName runtimeClassName activeDeadlineSeconds"
    ),
    others=_words("serviceAccount containers initContainers volumes hostname hostAliases"),
)
CONTAINER_SECURITY = Schema(
    name="the security context of a container",
    guards=_words(
        "allowPrivilegeEscalation capabilities privileged procMount readOnlyRootFilesystem"
        " runAsGroup runAsNonRoot runAsUser seccompProfile appArmorProfile seLinuxOptions"
    ),
    others=_words("windowsOptions"),
)
