"""
Which files may say something about an agent deployment.

A repository's thousand other files cost next to nothing: a text is searched for all words at once.
"""

import re

from msgspec import Struct

from agentaudit.expressions import any_of, regex
from agentaudit.readers.azure.templates import is_arm, is_values
from agentaudit.readers.cdk import declares_stack
from agentaudit.readers.javascript.document import (
    builds_agents,
    holds_key,
    keeps_talk,
    loops_itself,
    passes_tools_on,
    starts_agents,
)
from agentaudit.readers.manifests import depends_on_agents, may_depend_on_agents
from agentaudit.readers.model_clients import WORDS_IN_PYTHON
from agentaudit.readers.other_languages import OTHER_LANGUAGES, names_agents
from agentaudit.readers.policy_xml import is_policy
from agentaudit.readers.scripts import (
    UNASKED_WORDS,
    starts_unasked,
    tells_of_keys,
    tells_of_secrets_or_agents,
)
from agentaudit.readers.token_forms import holds_token
from agentaudit.readers.unread_frameworks import UNREAD_FRAMEWORKS, unread_in_script

_ALWAYS_READ = regex(
    r"(?:^|/)(?:agentaudit\.ya?ml"
    r"|\.?mcp\.json|claude_desktop_config\.json|\.claude\.json|settings(?:\.local)?\.json"
    r"|cline_mcp_settings\.json|mcp_config\.json|managed-(?:mcp|settings)\.json|langgraph\.json"
    r"|(?:docker-)?compose[^/]*\.ya?ml|traefik\.(?:ya?ml|toml)|agentcore\.json|\.bedrock_agentcore\.yaml|crew\.jsonc?|vercel\.json|devcontainer\.json|agents\.ya?ml|agents?/[^/]+\.jsonc?"
    r"|application(?:-[^/]*)?\.(?:ya?ml|properties)|microprofile-config\.properties|[Kk]ustomization\.ya?ml|Chart\.yaml|opencode\.jsonc?|goose/config\.ya?ml|root_agent\.ya?ml|requirements\.toml|agent(?:-card)?\.json"
    r"|\.(?:claude|cursor|vscode|gemini|codex|kiro|amazonq|continue|zed|amp|windsurf)/[^/]*|\.github/(?:workflows|hooks)/[^/]*"
    r"|[^/]+\.(?:code-workspace|kiro\.hook|tfstate)|[^/]+\.tfstate[^/]*\.backup|hooks/hooks\.json|\.claude-plugin/[^/]*"
    r"|Procfile|Pulumi\.ya?ml|samconfig\.(?:toml|ya?ml)|action\.ya?ml|[^/]*\.gitlab-ci\.ya?ml|\.circleci/[^/]*|bitbucket-pipelines\.ya?ml"
    r"|fly(?:[._-][^/]*)?\.toml|(?:railway|wrangler)(?:[._-][^/]*)?\.(?:toml|jsonc?)|\.do/[^/]+\.ya?ml"
    r"|[^/]*(?:buildspec|cloudbuild)[^/]*\.ya?ml|azure-pipelines[^/]*\.ya?ml|\.(?:gitlab/ci|azure-pipelines|azuredevops|azdo)/.*\.ya?ml)$"
)
_OTHER = regex(
    r"(?:^|/)(?:dependabot\.ya?ml|package(?:-lock)?\.json|pnpm-lock\.yaml|tsconfig[^/]*\.json"
    r"|composer\.json|renovate\.json5?|mkdocs\.ya?ml|\.pre-commit-config\.yaml|.*\.schema\.json"
    r"|codecov\.ya?ml|\.eslintrc[^/]*|openapi\.(?:json|ya?ml))$"
)
"""Known files that say nothing about a deployment, whatever words they hold."""
_COMMANDED = ("package.json", "composer.json")
"""Of these, they may hold commands that start agents."""
_SCHEMA = "json-schema.org/"
_HEAD = 400
"""A JSON Schema says so in its first lines; it describes configurations, and is none."""
_PLAN = regex(
    r"""\s*\{\s*"format_version"\s*:\s*"[\d.]{1,10}"\s*,\s*"(?:terraform_version|applyable)"\s*:"""
)
_STATE = regex(r"""\s*\{\s*"version"\s*:\s*\d{1,2}\s*,\s*"terraform_version"\s*:""")
_PLANNED = regex(r"""[,{]\s*"(?:planned_values|values)"\s*:""")
_OF_MANIFESTS = frozenset({"toml", "yaml"})
_UNGATED = frozenset({"hcl", "bicep", "dotenv", "dockerfile", "ini", "markdown", "pem"})


def of_interest(file: str, syntax: str, text: str) -> bool:
    """Whether a file may say something about an agent deployment."""
    if _OTHER.search(file) or _SCHEMA in text[:_HEAD]:
        commanded = file.endswith(_COMMANDED) and starts_unasked(text)
        return commanded or may_depend_on_agents(file, text)
    if syntax in _UNGATED or _ALWAYS_READ.search(file):
        return True
    if syntax in _SEARCHED:
        return _SEARCHED[syntax](text)
    if syntax in OTHER_LANGUAGES:
        return names_agents(file, syntax, text)
    if syntax in _OF_PROGRAMS:
        return _OF_PROGRAMS[syntax](file, text)
    if _CONFIGURATION.open_to(text.lower()) or holds_token(text):
        return True
    if syntax == "json":
        return any(is_kind(text) for is_kind in (is_plan, is_state, is_values, is_arm))
    return syntax in _OF_MANIFESTS and may_depend_on_agents(file, text)


def _script_of_interest(file: str, text: str) -> bool:
    return (
        declares_stack(file, text) is not None
        or builds_agents(file, text)
        or starts_agents(file, text)
        or passes_tools_on(file, text)
        or loops_itself(file, text)
        or keeps_talk(file, text)
        or holds_key(file, text)
        or any(unread_in_script(file, text))
    )


def _program_of_interest(file: str, text: str) -> bool:
    return (
        declares_stack(file, text) is not None
        or _imports_of_interest(text)
        or _PYTHON.open_to(text)
        or asks_models(text)
        or holds_token(text)
    )


def is_state(text: str) -> bool:
    """Whether a JSON text begins as the state that Terraform and OpenTofu keep."""
    return _STATE.match(text) is not None


def is_plan(text: str) -> bool:
    """Whether a JSON text is what `terraform show -json` says of a plan or a state."""
    return _PLAN.match(text) is not None and _PLANNED.search(text) is not None


class _Gate(Struct, frozen=True):
    """One of the words is enough, or one of the expressions, each with a word of all it matches."""

    words: re.Pattern[str]
    expressions: tuple[tuple[str, re.Pattern[str]], ...]

    def open_to(self, text: str) -> bool:
        return self.words.search(text) is not None or any(
            word in text and expression.search(text) is not None
            for word, expression in self.expressions
        )


_CONFIGURATION = _Gate(
    any_of(
        (
            *("apiversion", "aws", "iam", "token", "secret", "agent", "memory", "statement"),
            *("mcpservers", "mcp_servers", "mcp_config", "context_servers"),
            *("bedrock", "services:", "langgraph"),
            *("checkpointer", "crew", "litellm", "model_list", "jobs:", "password", "passwd"),
            *("apikey", "api-key", "api_key", "credential", "authorization"),
            *("privatekey", "private-key", "private_key", "private key", "ls0tls1crudjti"),
            *("akia", "asia", "absk", "sk-", "ghp_", "github_pat", "gho_", "ghu_", "ghs_", "ghr_"),
            *("glpat-", "xoxa", "xoxb", "xoxp", "xoxe", "aiza", "hf_", "lsv2_", "eyj"),
            *("redis", "postgres", "mongodb", "amqp", "mysql", "neo4j", "maxmemory", "history"),
            *("langchain", "vector_store", "vllm", "max-model-len", "max_model_len", "autogen"),
            *("strands", "allowedtools", "sessionttl", "inputschema", "ttl"),
            *("anthropic", "openai", "service_account", "serviceaccount"),
            *("pass4symmkey", "mcptooltrigger", "extensionbundle", '"auths"', '"iconsrc"'),
        ),
        stops="kxhvjwmzgit",
    ),
    (
        ("mcp", regex(r"\bmcp\b")),
        ("on:", regex(r"on:\s")),
        ("roles/", regex(r"""role["']?\s*:\s*["']?(?:roles|organizations|projects)/""")),
        ("permissions", regex(r'"(?:bypasspermissions|dontask)"|"(?:bash|webfetch)\(')),
        ("private", regex(r"begin (?:[a-z]{1,20} ){0,5}private")),
        ("allow-unauth", regex(r"--allow-unauthenticated")),
        ("claude", regex(r"\bclaude\s+-")),
        ("codex", regex(r"\bcodex\s+(?:-|exec\b)")),
        ("gemini", regex(r"\bgemini\s+-")),
        ("kind", regex(r"""kind["']?:\s*["']?(?:prompt|hosted)\b""")),
    ),
)
"""Of every other syntax; the text in lower case."""
_ASKING = any_of((*WORDS_IN_PYTHON, "tool_call_id", "tool_result", "toolResult"), stops="(_R")


_FIRST_TOOLS = "function_call"
"""What tools were called at first, in OpenAI's interface of 2023."""


def asks_models(text: str) -> bool:
    """Whether a program asks a model itself, or hands back what tools found: it may be an agent."""
    return ("tool" in text or _FIRST_TOOLS in text) and _ASKING.search(text) is not None


CHECKING = r"_*(?:check|enforce|ensure|assert|require|reserve|consume|deduct|charge)_"
"""How the name begins of what a program asks before it runs agents: `enforce_budget(user)`."""
_CHECKED = regex(rf"\b{CHECKING}(?:\w{{1,60}}_)?(?:budget|quota|credits)")
_ANSWERED = regex(
    r"(?:llm|model|chain|agent|gpt|gemini|claude|openai)\d?\.(?:a?invoke|a?predict|a?run|a?generate"
    r"|generate_content|a?complete|completion|a?chat|a?ask|a?call|inference)\("
)
"""What asks a model or an agent by its usual name; what is answered may be run."""
_PYTHON = _Gate(
    any_of(
        (
            *("AKIA", "ASIA", "sk-ant-", "sk-proj-", "ghp_", "github_pat_", "xoxb-", "glpat-"),
            *("AIza", "PRIVATE KEY", "http_app(", "sse_app(", "run_http_async(", "aws_cloudtrail"),
            *("mcpToolTrigger", ".mcp_tool_trigger(", ".mcp_tool("),
            *UNASKED_WORDS,
        ),
        stops="KpI-w",
    ),
    (
        ("register_tool", regex(r"\bregister_tool\(")),
        ("load_dotenv", regex(r"\bload_dotenv\(")),
        ("env_file", regex(r"\benv_file[\"']?\s{0,3}[=:]")),
        (".tool_plain", regex(r"(?m)^[ \t]*@[\w.]{1,80}\.tool_plain\b")),
        ("agent.tool", regex(r"(?m)^[ \t]*@[\w.]{0,80}agent\.tool\b")),
        *((word, _ANSWERED) for word in ("exec(", "eval(", "subprocess", "os.system(")),
        ("Tool", regex(r"Tool(?<!\wTool)(?:Spec|Def|Definition|Info)?\(\s{0,80}name\s{0,3}=")),
        ("Tool", regex(r"\nclass \w{1,80}\([^()\n]{0,120}Tool(?:Base)?[\[\],)]")),
        ("input_schema", regex(r"[\"']input_schema[\"']")),
        ("function", regex(r"type(?<=[\"']type)[\"']: ?[\"']function[\"']")),
        ("transport", regex(r"\.run(?:_async)?\([^()]{0,400}\btransport\b")),
        ("hf_", regex(r"hf_[A-Za-z]")),
        ("://", regex(r"://[^\s/:@]+:[^\s/:@]+@")),
        ("_budget", _CHECKED),
        ("_quota", _CHECKED),
        ("_credits", _CHECKED),
        ("limiter.limit", regex(r"@\w*limiter\.limit\(")),
        ("limiter.", regex(r"limiter\.(?:check|hit|allow|is_allowed)\w*\(")),
        ("429", regex(r"\bHTTP_429|\b(?:status_code ?= ?|HTTPException\(\s*)429\b")),
        ("add_middleware", regex(r"add_middleware\(\s*(?:SlowAPI|\w{0,40}(?:Limit|Throttl))")),
        (".incr", regex(r"(?i)\.incr(?:by)?\(\s*f?[\"']?\w{0,40}(?:rate|limit|quota|throttl)")),
        ("fastapi_limiter", regex(r"\bfastapi_limiter\.")),
    ),
)
_PACKAGES = (
    r"(?:langchain|langgraph|langmem|zep_cloud|graphiti_core|agents\b|autogen|crewai|mcp\b|fastmcp"
    r"|strands|google\.adk|agno|llama_index|pydantic_ai|temporalio|mem0|letta_client|agent_framework|bedrock_agentcore|vertexai\b|openai|anthropic|redis|boto3"
    r"|pandasai|vanna\b|interpreter\b|smolagents|dspy|haystack|semantic_kernel|langroid|livekit|pipecat|azure\.ai\.(?:agents|projects)|claude_agent_sdk|claude_code_sdk|deepagents|openai_codex|copilot\b"
    rf"|(?:{'|'.join(UNREAD_FRAMEWORKS)})\b)"
)
_IMPORT = regex(rf"\n[ \t]*(?:from|import)[ \t]+{_PACKAGES}")
"""Behind the end of a line, which is found at once; the beginning of one is tried everywhere."""
_IMPORT_IN_CELL = regex(rf'(?:"|\\n)[ \t]*(?:from|import)[ \t]+{_PACKAGES}')
"""In a notebook, whose lines are texts of JSON."""


def _imports_of_interest(text: str) -> bool:
    return _IMPORT.search(f"\n{text}") is not None


def _cells_of_interest(text: str) -> bool:
    return _IMPORT_IN_CELL.search(text) is not None or holds_token(text)


_OF_PROGRAMS = {
    "javascript": _script_of_interest,
    "python": _program_of_interest,
    "manifest": depends_on_agents,
}
_SEARCHED = {
    "xml": is_policy,
    "script": tells_of_secrets_or_agents,
    "text": tells_of_keys,
    "notebook": _cells_of_interest,
}
