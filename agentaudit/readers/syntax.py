"""Which syntax a file is written in, and the one function that reads them all."""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from agentaudit.readers.azure import arm_place, bicep_of_interest, parse_bicep
from agentaudit.readers.dockerfile import parse_dockerfile
from agentaudit.readers.document import Document
from agentaudit.readers.dotenv import parse_dotenv
from agentaudit.readers.jsonc import parse_json
from agentaudit.readers.pem import parse_pem
from agentaudit.readers.python import parse_python
from agentaudit.readers.redis import parse_redis

_BY_NAME: tuple[tuple[str, str], ...] = (
    ("*.tf", "hcl"),
    ("*.tfvars", "hcl"),
    ("*.bicep", "bicep"),
    ("*.json", "json"),
    ("*.jsonc", "json"),
    ("*.yaml", "yaml"),
    ("*.yml", "yaml"),
    ("*.toml", "toml"),
    (".env", "dotenv"),
    (".env.*", "dotenv"),
    ("*.env", "dotenv"),
    ("Dockerfile", "dockerfile"),
    ("Dockerfile.*", "dockerfile"),
    ("*.dockerfile", "dockerfile"),
    ("Containerfile", "dockerfile"),
    ("redis*.conf", "ini"),
    ("valkey*.conf", "ini"),
    ("*.py", "python"),
    ("CLAUDE.md", "markdown"),
    ("CLAUDE.local.md", "markdown"),
    ("AGENTS.md", "markdown"),
    ("GEMINI.md", "markdown"),
    ("SKILL.md", "markdown"),
    ("copilot-instructions.md", "markdown"),
    (".cursorrules", "markdown"),
    (".windsurfrules", "markdown"),
    ("*.mdc", "markdown"),
    ("*.pem", "pem"),
    ("*.key", "pem"),
    ("id_rsa", "pem"),
    ("id_ed25519", "pem"),
)
_INSTRUCTION_FOLDERS = re.compile(
    r"(?:^|/)(?:\.claude/(?:agents|commands|skills)|prompts?|instructions)/(?:.*/)?"
    r"[^/]+\.(?:md|txt|prompt)$"
)
_ALWAYS_READ = re.compile(
    r"(?:^|/)(?:agentaudit\.ya?ml"
    r"|\.?mcp\.json|claude_desktop_config\.json|\.claude\.json|settings(?:\.local)?\.json"
    r"|cline_mcp_settings\.json|mcp_config\.json|managed-(?:mcp|settings)\.json|langgraph\.json"
    r"|(?:docker-)?compose[^/]*\.ya?ml|agentcore\.json|\.bedrock_agentcore\.yaml|crew\.jsonc?|agents?/[^/]+\.jsonc?"
    r"|[Kk]ustomization\.ya?ml|Chart\.yaml|opencode\.jsonc?|goose/config\.ya?ml|requirements\.toml|agent(?:-card)?\.json"
    r"|\.(?:claude|cursor|vscode|gemini|codex|kiro|amazonq|continue|zed)/[^/]*|\.github/workflows/[^/]*"
    r"|action\.ya?ml|[^/]*\.gitlab-ci\.ya?ml|\.circleci/[^/]*|bitbucket-pipelines\.ya?ml"
    r"|azure-pipelines[^/]*\.ya?ml)$"
)
_GATE = re.compile(
    r"\bmcp\b|mcp_?servers|context_servers|apiVersion|bedrock|agentcore|aws|iam|services:|langgraph"
    r"|checkpointer|crew|litellm|model_list|on:\s|jobs:|secret|password|passwd|token|api[-_]?key"
    r"|credential|private[-_ ]?key|authorization|BEGIN [A-Z ]*PRIVATE|AKIA|ASIA|ABSK|sk-|ghp_"
    r"|github_pat|gh[ousr]_|glpat-|xox[abpe]|AIza|hf_|lsv2_|eyJ|redis|postgres|mongodb|amqp|mysql"
    r"|neo4j|agent|langchain|autogen|strands|memory|allowedTools|sessionTTL|maxmemory|Statement"
    r"|TTL|history|anthropic|openai|service_account|serviceAccount",
    re.IGNORECASE,
)
_PYTHON_GATE = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+(?:langchain|langgraph|agents\b|autogen|crewai|mcp\b|fastmcp"
    r"|strands|google\.adk|agno|llama_index|pydantic_ai|mem0|agent_framework|openai|anthropic|redis|boto3)"
    r"|AKIA|ASIA|sk-ant-|sk-proj-|ghp_|github_pat_|xoxb-|glpat-|hf_[A-Za-z]|AIza|PRIVATE KEY"
    r"|://[^\s/:@]+:[^\s/:@]+@",
    re.MULTILINE,
)
_OTHER = re.compile(
    r"(?:^|/)(?:dependabot\.ya?ml|package(?:-lock)?\.json|pnpm-lock\.yaml|tsconfig[^/]*\.json"
    r"|composer\.json|renovate\.json5?|mkdocs\.ya?ml|\.pre-commit-config\.yaml|.*\.schema\.json"
    r"|codecov\.ya?ml|\.eslintrc[^/]*|openapi\.(?:json|ya?ml))$"
)
"""Known files that say nothing about a deployment, whatever words they hold."""
_SCHEMA = re.compile(r"json-schema\.org/")
_HEAD = 400
"""A JSON Schema says so in its first lines; it describes configurations, and is none."""
_PLAN = re.compile(
    r"""\s*\{\s*"format_version"\s*:\s*"[\d.]{1,10}"\s*,\s*"(?:terraform_version|applyable)"\s*:"""
)
_PLANNED = re.compile(r"""[,{]\s*"(?:planned_values|values)"\s*:""")
_UNGATED = frozenset({"hcl", "dotenv", "dockerfile", "ini", "markdown", "pem"})


_TEMPLATES = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".gotmpl", ".erb", ".mustache")
_MARKUP = re.compile(r"\{\{|\{%|<%")


def is_template(file: str, text: str) -> bool:
    """Whether a file is one that some program fills in before it is a configuration."""
    return file.endswith(_TEMPLATES) and _MARKUP.search(text) is not None


def syntax_of(file: str) -> str:
    """The syntax that a file's name promises; empty when the name promises none we read."""
    name = file.rpartition("/")[2]
    ending = next((ending for ending in _TEMPLATES if name.endswith(ending)), "")
    name = name.removesuffix(ending)
    for pattern, syntax in _BY_NAME:
        if fnmatchcase(name, pattern):
            return syntax
    return "markdown" if _INSTRUCTION_FOLDERS.search(file) else ""


def is_plan(text: str) -> bool:
    """Whether a JSON text is what `terraform show -json` says of a plan or a state."""
    return _PLAN.match(text) is not None and _PLANNED.search(text) is not None


def of_interest(file: str, syntax: str, text: str) -> bool:
    """
    Whether a file may say something about an agent deployment.

    One expression decides, so that a repository's thousand other files cost next to nothing.
    """
    if _OTHER.search(file) or _SCHEMA.search(text, 0, _HEAD):
        return False
    if syntax in _UNGATED or _ALWAYS_READ.search(file):
        return True
    if syntax == "bicep":
        return bicep_of_interest(text)
    gate = _PYTHON_GATE if syntax == "python" else _GATE
    if gate.search(text) is not None:
        return True
    return syntax == "json" and (is_plan(text) or arm_place(text) is not None)


def parse(file: str, syntax: str, text: str) -> Document:
    """The document that a text is, or an InputError that says where it is broken."""
    if syntax == "json" and is_plan(text):
        return _parse_plan(file, text)
    return _PARSERS[syntax](file, text)


# Readers whose libraries take long to load are loaded when a file of theirs is there.


def _parse_hcl(file: str, text: str) -> Document:
    from agentaudit.readers.hcl import parse_hcl

    return parse_hcl(file, text)


def _parse_plan(file: str, text: str) -> Document:
    from agentaudit.readers.terraform_plan import parse_plan

    return parse_plan(file, text)


def _parse_yaml(file: str, text: str) -> Document:
    from agentaudit.readers.yaml import parse_yaml

    return parse_yaml(file, text)


def _parse_toml(file: str, text: str) -> Document:
    from agentaudit.readers.toml import parse_toml

    return parse_toml(file, text)


def _parse_markdown(file: str, text: str) -> Document:
    from agentaudit.readers.markdown import parse_markdown

    return parse_markdown(file, text)


_PARSERS: Mapping[str, Callable[[str, str], Document]] = {
    "yaml": _parse_yaml,
    "json": parse_json,
    "hcl": _parse_hcl,
    "bicep": parse_bicep,
    "toml": _parse_toml,
    "dotenv": parse_dotenv,
    "dockerfile": parse_dockerfile,
    "ini": parse_redis,
    "python": parse_python,
    "markdown": _parse_markdown,
    "pem": parse_pem,
}
