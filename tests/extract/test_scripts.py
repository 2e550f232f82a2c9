"""What scripts of shells and texts for people give away, and which agents are started unasked."""

import base64
import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus
from agentaudit.model.evidence import Truth
from agentaudit.rules.fakes import fake

VALUE = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"


@pytest.mark.parametrize(
    ("file", "line", "name"),
    [
        ("deploy.sh", 'export CRM_API_KEY="{}"', "CRM_API_KEY"),
        ("deploy.sh", "CRM_API_KEY={}", "CRM_API_KEY"),
        ("build.sh", "docker build --build-arg CRM_TOKEN={} .", "CRM_TOKEN"),
        ("setup.sh", 'echo "root:{}" | chpasswd', "root_password"),
        ("setup.sh", "echo -n 'agent:{}' | sudo chpasswd", "agent_password"),
        ("setup.sh", "printf 'agent:{}\\n' | chroot /mnt chpasswd -c SHA512", "agent_password"),
        ("setup.sh", 'chpasswd <<< "root:{}"', "root_password"),
        ("run.sh", "docker run -e CRM_TOKEN={} acme/agent", "CRM_TOKEN"),
        ("deploy.ps1", "$env:CRM_API_KEY = '{}'", "CRM_API_KEY"),
        ("agent.service", "Environment=CRM_API_KEY={}", "CRM_API_KEY"),
        ("agent.service", 'Environment="CRM_API_KEY={}"', "CRM_API_KEY"),
        ("Makefile", "CRM_API_KEY = {}", "CRM_API_KEY"),
    ],
)
def test_a_script_keeps_a_secret_under_its_name(file: str, line: str, name: str) -> None:
    (found,) = deployment_of({file: f"# starts it\n{line.format(VALUE)}\n"}).credentials

    assert (found.variable, found.evidence[0].line) == (name, 2)
    assert VALUE not in found.evidence[0].snippet


@pytest.mark.parametrize(
    "line",
    [
        'CRM_API_KEY="$(vault kv get -field=key crm)"',
        'CRM_API_KEY="${CRM_API_KEY}"',
        'REDIS_PASSWORD="${REDIS_PASSWORD:-$(vault kv get "redis")}"',
        "CRM_API_KEY=$1",
        'docker build --build-arg CRM_TOKEN="$CRM_TOKEN" .',
        "docker build --build-arg CRM_TOKEN .",
        'echo "root:$PASSWORD" | chpasswd',
        'echo "root:${PASSWORD}" | chpasswd',
        f"echo 'root:$6$rounds=1$aa${VALUE}' | chpasswd -e",
        f"echo 'root:{VALUE}' | chpasswd --encrypted",
        f"echo 'agent:{VALUE}' | wc -c",
        "echo root:<password> | chpasswd",
        'TEST_PASSWORD="TestPass123!"',
        'TEST_PASSWORD="${TEST_PASSWORD:-TestPass123!}"',
        "KEY_FILE=/etc/acme/agent.key",
        'CRM_API_KEY="${CRM_KEY:-$ROOT_API_KEY}"',
        "    password = users[0].get('password', 'none')",
    ],
)
def test_what_a_script_asks_for_or_tries_things_with_is_no_secret(line: str) -> None:
    assert not deployment_of({"deploy.sh": f"{line}\n"}).credentials


def test_a_script_that_says_nothing_is_passed_over() -> None:
    assert deployment_of({"a.sh": "set -e\nls\n"}).coverage[0].status is FileStatus.SKIPPED


def test_a_guide_repeats_keys_that_are_told_once() -> None:
    key = fake("openai_key")
    guides = {"docs/a.md": f"Set `{key}`, then `{key}`.\n", "docs/b.md": f"Your key is {key}.\n"}

    assert len(deployment_of(guides).credentials) == 1
    settings = deployment_of({**guides, "settings.yaml": f"openai_api_key: {key}\n"})
    assert [found.evidence[0].file for found in settings.credentials] == ["settings.yaml"]
    assert not deployment_of({"a.md": f"password: {VALUE}\n"}).credentials


def test_answers_that_somebody_kept_repeat_their_keys() -> None:
    key = fake("openai_key")
    (found,) = deployment_of({"web/kept.ts": f"const a = ['{key}',\n'{key}'];\n"}).credentials

    assert found.evidence[0].line == 1


@pytest.mark.parametrize(
    ("file", "text", "framework", "line"),
    [
        ("loop.sh", "set -e\nclaude -p --dangerously-skip-permissions < task\n", "claude-code", 2),
        ("loop.sh", "codex exec \\\n  --full-auto 'go on'\n", "codex", 2),
        ("loop.sh", "exec /usr/bin/claude --permission-mode bypassPermissions\n", "claude-code", 1),
        ("loop.sh", "gemini --approval-mode yolo -p 'go on'\n", "gemini-cli", 1),
        ("loop.sh", "# before \nclaude --dangerously-skip-permissions\n", "claude-code", 2),
        (
            "loop.sh",
            "cat <<END\nHelp\nEND\nclaude --dangerously-skip-permissions\n",
            "claude-code",
            4,
        ),
        ("loop.sh", "echo 'go on' | claude -p --dangerously-skip-permissions\n", "claude-code", 1),
        ("loop.sh", 'echo "a|b"; printf x && codex exec --full-auto\n', "codex", 1),
        ("loop.sh", "echo 'go on' \\\n  | gemini --yolo\n", "gemini-cli", 2),
        (
            "make.sh",
            "cat <<'END' > run.sh\nclaude --dangerously-skip-permissions\nEND\n",
            "claude-code",
            2,
        ),
        ("serve.py", 'run(["gemini", "--yolo"])\n', "gemini-cli", 1),
        ("serve.py", 'run(["codex", "exec", "--full-auto"])\n', "codex", 1),
        (
            "serve.py",
            (
                "import subprocess\n\n"
                'subprocess.run(["claude", "-p", "--dangerously-skip-permissions"], input=task)\n'
            ),
            "claude-code",
            3,
        ),
        (
            "serve.py",
            (
                'command = ["/usr/bin/codex", "exec"]\n'
                'command.append("--dangerously-bypass-approvals-and-sandbox")\n'
            ),
            "codex",
            1,
        ),
        (
            "serve.py",
            (
                'asks = ["claude", "-p", "--allowedTools", "Read"]\n'
                'acts = ["claude", "-p", "--dangerously-skip-permissions"]\n'
            ),
            "claude-code",
            2,
        ),
    ],
)
def test_a_coding_agent_that_asks_nobody_is_one_wherever_it_is_started(
    file: str, text: str, framework: str, line: int
) -> None:
    (agent,) = deployment_of({file: text}).agents

    assert (agent.framework, agent.permission_mode) == (framework, "bypass")
    assert agent.evidence[0].line == line


def test_records_repeat_their_keys_within_long_texts() -> None:
    """A key that a file has at two places of its own is at two places."""
    key, other = fake("openai_key"), fake("openai_key", serial=2)
    said = f"{'It says: ' * 40}{key}"
    text = json.dumps({"raw": said, "text": f"{said}, and so on", "a": other, "b": other})
    found = deployment_of({"kept.json": text}).credentials

    assert sorted(each.name for each in found) == ["a", "b", "raw"]


def test_a_report_repeats_the_token_that_it_quotes_under_its_name() -> None:
    said = base64.urlsafe_b64encode(b'{"sub": "tools", "aud": "shop"}').decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiJ9.{said}.q8vR2xLkQ9mP4Zt7wYs3nHc6dJfTb5gWk1Xe0uLa8pZ"
    lines = [f"SHOP_TOKEN={token}", f"  SHOP_TOKEN: '{token}'", f"const key = '{token}'"]
    text = json.dumps({"found": [{"line": line} for line in lines], "kept": token}, indent=1)
    found = deployment_of({"audit.json": text}).credentials

    assert sorted(each.name for each in found) == ["SHOP_TOKEN", "kept"]


def test_the_switch_of_one_agent_switches_off_no_other() -> None:
    """As in programs that know how to start any of several."""
    text = (
        "def command(of, ask):\n"
        '    if of == "codex":\n        return ["codex", "exec"]\n'
        '    given = ["claude", "-p"]\n'
        '    return given if ask else [*given, "--dangerously-skip-permissions"]\n'
    )

    assert {agent.framework for agent in deployment_of({"a.py": text}).agents} == {"claude-code"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.sh", "# claude --dangerously-skip-permissions is not for us\n"),
        ("a.sh", 'echo "run claude --dangerously-skip-permissions"\n'),
        ("a.sh", "# echo go | claude --dangerously-skip-permissions\n"),
        ("a.sh", 'echo "go | claude --dangerously-skip-permissions"\n'),
        ("a.sh", 'echo a && echo "run; claude --dangerously-skip-permissions"\n'),
        ("a.sh", "cat <<'USE'\nclaude --dangerously-skip-permissions\nUSE\nexit 1\n"),
        ("a.sh", "claude -p 'go on'\n"),
        ("a.sh", "claude -p 'go on' --allowedTools 'Bash(git log:*),Bash(gh:*),Read'\n"),
        ("a.sh", "claude -p 'go on' --disallowedTools Bash\n"),
        ("a.sh", "echo claude -p --allowedTools Bash\n"),
        ("package.json", '{"scripts": {"t": "echo claude --dangerously-skip-permissions"}}'),
        ("package.json", '{"description": "claude --dangerously-skip-permissions"}'),
        ("Taskfile.yml", "tasks: {a: {cmds: [claude -p hi --allowedTools Read]}}\n"),
        ("config.yml", "tasks: {a: {cmds: [claude --dangerously-skip-permissions]}}\n"),
        ("a.py", 'FLAG = "--dangerously-skip-permissions"\n'),
        ("a.py", 'run(["claude", "-p"])\n'),
    ],
)
def test_what_only_speaks_of_the_switch_starts_nothing(file: str, text: str) -> None:
    assert not deployment_of({file: text}).agents


def test_a_command_goes_on_in_another_line_as_long_as_it_likes() -> None:
    """Each line is looked at once: a command of half a million is no more work than others."""
    text = "codex exec \\\n" + "a \\\n" * 200_000 + "--full-auto\n"
    (agent,) = deployment_of({"loop.sh": text}).agents

    assert agent.evidence[0].line == 200_002


def test_a_finding_in_a_script_can_be_let_stand() -> None:
    found = deployment_of(
        {"a.sh": f"# agentaudit: ignore[literal-service-token] of the demo\nCRM_TOKEN={VALUE}\n"}
    )

    assert len(found.suppressions) == 1


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("package.json", '{"scripts": {\n"a": "tsc && claude --dangerously-skip-permissions"}}', 2),
        ("web/deno.json", '{"tasks": {\n"a": {"command": "gemini --yolo -p hi"}}}', 2),
        ("Taskfile.yml", "tasks:\n  a:\n    cmds:\n      - codex exec --full-auto hi\n", 4),
        ("mise.toml", '[tasks.a]\nrun = "claude --permission-mode bypassPermissions"\n', 2),
        ("pyproject.toml", '[tool.poe.tasks]\na = "codex --yolo hi"\n', 2),
        ("Justfile", "a:\n    claude --dangerously-skip-permissions\n", 2),
        ("tools/agents.mk", "a:\n\t@claude --dangerously-skip-permissions\n", 2),
    ],
)
def test_tasks_start_agents_as_scripts_do(file: str, text: str, place: int) -> None:
    (agent,) = deployment_of({file: text}).agents

    assert (agent.permission_mode, agent.evidence[0].line) == ("bypass", place)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.sh", 'claude -p "$TASK" --allowedTools "Bash,Read,Edit"\n'),
        ("a.sh", 'claude -p "$TASK" \\\n  --allowedTools "Read,Bash(*)"\n'),
        ("a.sh", "claude -p go --allowed-tools='Bash(python*)'\n"),
        ("Makefile", "a:\n\tclaude -p go --allowedTools Bash\n"),
        ("package.json", '{"scripts": {"a": "claude -p go --allowedTools Bash"}}'),
        ("Dockerfile", "FROM node:22\nCMD claude -p go --allowedTools Bash\n"),
        ("Dockerfile", 'FROM node:22\nCMD ["claude", "-p", "go", "--allowedTools", "Bash,Read"]\n'),
    ],
)
def test_an_agent_that_may_run_anything_in_its_shell_has_it_as_a_tool(file: str, text: str) -> None:
    found = deployment_of({file: text})
    (shell,) = [tool for tool in found.tools if tool.name == "Bash"]

    assert ("execute" in shell.effects, shell.approval) == (True, Truth.NO)
    assert {agent.permission_mode for agent in found.agents} == {""}


@pytest.mark.parametrize(
    "text",
    [
        "FROM node:22\nCMD claude -p go --allowedTools 'Bash(git log:*)'\n",
        'FROM node:22\nCMD ["claude", "-p", "go", "--allowedTools", "Bash(git log:*),Read"]\n',
    ],
)
def test_a_shell_for_named_programs_alone_runs_nothing_else(text: str) -> None:
    assert not any("execute" in tool.effects for tool in deployment_of({"Dockerfile": text}).tools)


def test_a_list_of_tools_that_a_variable_holds_is_open() -> None:
    found = deployment_of({"a.sh": 'claude -p go --allowedTools "$TOOLS"\n'})

    assert not found.agents
    assert [end.evidence.line for end in found.unresolved if "may use unasked" in end.what] == [1]


def test_many_switches_in_one_command_are_no_more_work_than_in_many() -> None:
    """Each line is looked at once, and a rule without an end no further than rules are long."""
    text = "codex exec \\\n" + "--yolo \\\n" * 100_000 + "a\n"
    rules = f'claude -p a --allowedTools "{"Bash(" * 100_000}"\n'

    assert [agent.framework for agent in deployment_of({"a.sh": text}).agents] == ["codex"]
    assert not deployment_of({"b.sh": rules}).unresolved
