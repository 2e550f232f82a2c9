"""Inputs of fuzz_readers.py: a few files in one, each its name, a line break, and its bytes."""

import zlib
from collections.abc import Iterator

from agentaudit.readers.syntax import syntax_of

BETWEEN = "\x1e"
"""Stands between the files of an input."""
MOST_FILES = 8
NAMES = (
    *("main.tf", "terraform.tfvars", "plan.json", "main.bicep", "main.bicepparam"),
    *("azuredeploy.json", "azuredeploy.parameters.json", "template.yaml", "samconfig.toml"),
    *("samconfig.yaml", "serverless.yml", "policy.json", "role.json", "deploy.yaml", "rbac.yaml"),
    *("Chart.yaml", "values.yaml", "templates/agent.yaml", "kustomization.yaml", "compose.yaml"),
    *("Dockerfile", ".env", "redis.conf", "vault/config.hcl", "agent.py", "server.py", "crew.py"),
    *("agent.ts", "lib/tools.ts", "route.tsx", "key.js", "CLAUDE.md", ".claude/settings.json"),
    *(".mcp.json", "agent.pem", "agent.ipynb", "apim/policy.xml", "run.sh", "Makefile"),
    *("agent.service", "README.md", "Agent.cs", "Agent.java", "Agent.kt", "main.go", "main.rs"),
    *(".claude/agents/a.md", ".claude/skills/a/SKILL.md", ".cursor/rules/a.mdc", "AGENTS.md"),
    *(".codex/config.toml", ".gemini/settings.json", "langgraph.json", "agents.yaml", "team.af"),
    *("litellm/config.yaml", "root_agent.yaml", "agentcore.json", ".bedrock_agentcore.yaml"),
    *("OAI_CONFIG_LIST", "agent.json", "workflow.json", "flow.json", "app.yml", "manifest.json"),
    *(".github/workflows/agent.yml", ".gitlab-ci.yml", ".circleci/config.yml", "gateway.yaml"),
    *("azure-pipelines.yml", "bitbucket-pipelines.yml", ".kiro/agents/a.json", "requirements.toml"),
    *(".well-known/agent-card.json", "agentaudit.yaml", "action.yml", ".cursor/mcp.json"),
    *("pyproject.toml", "openclaw.json", "Pulumi.yaml", "vercel.json", "render.yaml"),
    *("agent.jsonnet", "agent.cue", "agent.pkl", "flake.nix", "agent.dhall", "Tiltfile"),
    *("agent.rb", "agent.php", "agent.ex", "Agent.swift", "Agent.scala", "agent.dart", "pom.xml"),
    "application.properties",
)
"""What a file may be called: a reader's every syntax, and where a name alone says what it is."""
TRACES = ("rows.jsonl", "rows.csv")
"""What a trace of another program is called."""


def files_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of an input; a name that promises nothing becomes one of ours."""
    for file in data.split(BETWEEN.encode())[:MOST_FILES]:
        name, _, content = file.partition(b"\n")
        yield _known(name), content


def _known(written: bytes) -> str:
    name = written.decode(errors="replace")
    if name in TRACES or syntax_of(name):
        return name
    return NAMES[zlib.crc32(written) % len(NAMES)]
