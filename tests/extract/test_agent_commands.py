"""Commands that start a coding agent, wherever a deployment writes them."""

import pytest

from agentaudit.extract.coding_agents.signs import starts_agent
from agentaudit.extract.deployment import deployment_of


@pytest.mark.parametrize(
    "script",
    [
        "claude --dangerously-skip-permissions -p 'Fix the build'",
        "cat task.md | claude --model opus --print",
        "npx --yes @anthropic-ai/claude-code@2.0.1 -p Hi",
        "npm ci && codex --full-auto 'Fix the build'",
        "npx @openai/codex exec Hi",
        "gemini --approval-mode=yolo -p Hi",
        "npx @google/gemini-cli --yolo -p Hi",
        "copilot -p Hi --allow-all-tools",
    ],
)
def test_a_command_that_starts_an_agent_is_known_by_any_of_its_options(script: str) -> None:
    """In CI the option that asks nobody often stands first."""
    assert starts_agent(script)


@pytest.mark.parametrize(
    "script",
    [
        "npm install -g @anthropic-ai/claude-code && claude --version",
        "codex --help",
        "gemini -v",
        "claude mcp add docs https://docs.acme.example/mcp",
        "echo 'claude - the one of Anthropic'",
        "copilot deploy --name web",
        "copilot --version && copilot -p 'What can you do?'",
    ],
)
def test_what_asks_about_the_program_starts_no_agent(script: str) -> None:
    """Nor does what sets it up, or speaks of it."""
    assert not starts_agent(script)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "compose.yaml",
            (
                "services:\n  coder:\n    image: registry.acme.example/coder:1\n"
                "    command: [claude, --dangerously-skip-permissions, -p, Hi]\n"
            ),
        ),
        (
            "pod.yaml",
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: coder}\nspec:\n  containers:\n"
                "    - name: main\n      image: registry.acme.example/coder:1\n"
                "      command: [codex, exec, --dangerously-bypass-approvals-and-sandbox]\n"
            ),
        ),
        (
            ".gitlab-ci.yml",
            "fix:\n  script:\n    - claude --permission-mode bypassPermissions -p Hi\n",
        ),
        (
            ".gitlab-ci.yml",
            "fix:\n  script:\n    - codex exec --sandbox danger-full-access Hi\n",
        ),
        (
            ".gitlab-ci.yml",
            (
                "fix:\n  script:\n"
                '    - echo \'{"approvalMode":"yolo"}\' > .gemini/settings.json\n'
                "    - gemini -p Hi\n"
            ),
        ),
        (
            ".github/workflows/fix.yml",
            (
                "on: push\njobs:\n  fix:\n    runs-on: ubuntu-latest\n    steps:\n"
                "      - uses: openai/codex-action@v1\n"
                "        with: {prompt: Hi, safety-strategy: unsafe}\n"
            ),
        ),
        (
            ".github/workflows/fix.yml",
            (
                "on: push\njobs:\n  fix:\n    runs-on: ubuntu-latest\n    steps:\n"
                "      - run: gemini --approval-mode=yolo -p Hi\n"
            ),
        ),
        ("fix.sh", "copilot -p Hi --allow-all-tools\n"),
    ],
)
def test_an_agent_that_asks_nobody_is_one_in_every_format(file: str, text: str) -> None:
    """The image and the names of the container say nothing of it."""
    agents = deployment_of({file: text}).agents

    assert [agent.permission_mode for agent in agents] == ["bypass"]
