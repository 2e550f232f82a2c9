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
        'if ! ANSWER=$(gemini "$PROMPT" --yolo -o json); then exit 1; fi',
        "codex 'Fix the build' --full-auto",
        "aider --yes --message 'Fix it.'",
        "aider src/desk.py --message-file task.md",
        "cursor-agent -p 'Fix it.'",
        'cursor-agent "$PROMPT"',
        'git pull && claude $FLAGS "$PROMPT"',
        'codex "${OPTIONS[@]}"',
    ],
)
def test_a_command_that_starts_an_agent_is_known_by_any_of_its_options(script: str) -> None:
    """In CI the option that asks nobody often stands first."""
    assert starts_agent(script)


@pytest.mark.parametrize(
    "script",
    [
        "shown=$(aider --version)",
        'echo "Error: Installed aider version $shown is old"',
        "cursor-agent --version || cursor-agent login",
        "npm install -g @anthropic-ai/claude-code && claude --version",
        "codex --help",
        "gemini -v",
        "claude mcp add docs https://docs.acme.example/mcp",
        "echo 'claude - the one of Anthropic'",
        "copilot deploy --name web",
        'echo gemini "$NAME"; ./deploy --model small',
        "uv sync --locked --extra gemini --extra ejs",
        "python review.py --provider claude --model opus",
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
        ("fix.sh", "qwen --yolo -p Hi\n"),
        ("fix.sh", "cursor-agent -p --force Hi\n"),
        ("fix.sh", "amp --dangerously-allow-all -x Hi\n"),
        ("fix.sh", "codex exec \\\n  --model gpt-5 \\\n  --sandbox danger-full-access Hi\n"),
        ("fix.sh", "codex -a never -s danger-full-access Hi\n"),
        ("fix.py", 'import os\nos.system("claude -p Hi --dangerously-skip-permissions")\n'),
        (
            "fix.py",
            (
                "import subprocess\n\ndef fix(what):\n"
                '    subprocess.run(f"cd app && codex exec -s danger-full-access {what}")\n'
            ),
        ),
        (
            "fix.py",
            (
                "import subprocess\n"
                'subprocess.run(["codex", "exec", "--sandbox", "danger-full-access", "Hi"])\n'
            ),
        ),
        (
            "fix.py",
            (
                'words = ["claude", "-p", "Hi"]\n'
                'words += ["--permission-mode", "bypassPermissions"]\n'
            ),
        ),
    ],
)
def test_an_agent_that_asks_nobody_is_one_in_every_format(file: str, text: str) -> None:
    """The image and the names of the container say nothing of it."""
    agents = deployment_of({file: text}).agents

    assert [agent.permission_mode for agent in agents] == ["bypass"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("fix.sh", "codex --sandbox danger-full-access\n"),
        ("fix.sh", "cursor-agent -p Hi\ngit push --force\n"),
        ("fix.sh", "codex exec --sandbox read-only Hi; grep danger-full-access notes\n"),
        ("fix.py", 'print("claude -p Hi --dangerously-skip-permissions")\n'),
        ("fix.py", 'run(task, "claude -p Hi --dangerously-skip-permissions")\n'),
    ],
)
def test_what_opens_something_else_starts_no_agent_that_asks_nobody(file: str, text: str) -> None:
    """Codex asks before it acts unless it is told not to, or has nobody to ask."""
    assert not any(
        agent.permission_mode == "bypass" for agent in deployment_of({file: text}).agents
    )


def test_a_switch_is_found_in_its_line_of_a_command_however_long_that_is() -> None:
    """Each line is looked at once, where it had been looked at with all those around it."""
    script = "claude -p \\\n" + " -q \\\n" * 150_000 + " --dangerously-skip-permissions Hi\n"
    (agent,) = deployment_of({"fix.sh": script}).agents

    assert [place.line for place in agent.evidence] == [150_002]


def test_a_name_that_stands_for_a_long_text_is_not_written_out_at_each_place() -> None:
    """Of these thirty thousand places it would be nearly a gigabyte."""
    lists = f"LONG = '{'a' * 30_000}'\nMANY = [{'LONG,' * 30_000}]\n"
    run = "subprocess.run(['claude', '--dangerously-skip-permissions', LONG])\n"
    (agent,) = deployment_of({"fix.py": f"import subprocess\n{lists}{run}"}).agents

    assert agent.permission_mode == "bypass"


@pytest.mark.parametrize(
    ("made", "run", "boxed"),
    [
        ("from e2b import Sandbox\nbox = Sandbox.create('coder')\n", "box.commands.run", True),
        ("import modal\nbox = modal.Sandbox.create(app=app)\n", "box.run", True),
        ("from e2b import Sandbox\nimport subprocess\n", "subprocess.run", False),
        ("import modality\n", "shell.run", False),
    ],
)
def test_an_agent_that_is_started_in_a_sandbox_is_kept_there(
    made: str, run: str, *, boxed: bool
) -> None:
    line = "'claude -p --dangerously-skip-permissions Hi'"
    (agent,) = deployment_of({"start.py": f"{made}{run}({line}, timeout=0)\n"}).agents

    assert agent.permission_mode == "bypass"
    assert agent.own_machine is boxed


def test_an_agent_that_a_program_starts_here_too_is_not_kept_in_a_sandbox() -> None:
    command = "'claude -p Hi --dangerously-skip-permissions'"
    kept, here = f"box.commands.run({command})\n", f"subprocess.run({command}, shell=True)\n"
    code = "import subprocess\nfrom e2b import Sandbox\nbox = Sandbox()\n"
    found = [
        deployment_of({"fix.py": f"{code}{more}"}).agents[0].own_machine
        for more in (kept, here, kept + here, here + kept)
    ]

    assert found == [True, False, False, False]
