"""Hooks: commands that clients of coding agents run by themselves, and what they fetch."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.mcp.launchers import LONGEST_SCRIPT, fetched_by_shell, launch_of
from agentaudit.extract.mcp.piped import _parts_that_run
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.hooks import Hook

FETCHES = "uvx acme-check"


def hooks(file: str, text: str) -> tuple[Hook, ...]:
    return deployment_of({file: text}).hooks


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        (".claude/settings.json", {"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}),
        (
            ".claude/settings.json",
            {"hooks": {"x": [{"hooks": [{"command": "uvx", "args": ["acme-check"]}]}]}},
        ),
        (".claude/settings.local.json", {"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}),
        (".claude-plugin/plugin.json", {"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}),
        (
            ".claude-plugin/marketplace.json",
            {"plugins": [{"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}]},
        ),
        ("plugins/desk/hooks/hooks.json", {"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}),
        (".gemini/settings.json", {"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}),
        (".codex/hooks.json", {"hooks": {"x": [{"hooks": [{"command": FETCHES}]}]}}),
        (".cursor/hooks.json", {"version": 1, "hooks": {"x": [{"command": FETCHES}]}}),
        (".windsurf/hooks.json", {"hooks": {"x": [{"command": FETCHES}]}}),
        (".github/hooks/desk.json", {"version": 1, "hooks": {"x": [{"bash": FETCHES}]}}),
        (".kiro/agents/desk.json", {"name": "desk", "hooks": {"x": [{"command": FETCHES}]}}),
    ],
)
def test_every_client_names_its_hooks(file: str, settings: object) -> None:
    found = hooks(file, json.dumps(settings))

    assert [(hook.name, hook.package, hook.pinned) for hook in found] == [
        ("x", "acme-check", Truth.NO)
    ]


@pytest.mark.parametrize(
    ("file", "text", "event"),
    [
        (".claude/settings.json", '{"statusLine": {"command": "npx -y acme-line"}}', "statusLine"),
        (".claude/settings.json", '{"apiKeyHelper": "npx -y acme-line"}', "apiKeyHelper"),
        (".codex/config.toml", 'notify = ["npx", "-y", "acme-line"]\n', "notify"),
        (
            ".codex/config.toml",
            '[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ncommand = "npx -y acme-line"\n',
            "Stop",
        ),
        (
            ".kiro/hooks/desk.kiro.hook",
            '{"then": {"type": "runCommand", "command": "npx -y acme-line"}}',
            "then",
        ),
        (
            ".claude/skills/desk/SKILL.md",
            "---\nhooks:\n  Stop:\n    - hooks: [{command: npx -y acme-line}]\n---\nHelp.\n",
            "Stop",
        ),
    ],
)
def test_other_commands_that_a_client_runs_by_itself(file: str, text: str, event: str) -> None:
    found = hooks(file, text)

    assert [(hook.name, hook.package) for hook in found] == [(event, "acme-line")]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("settings/hooks.json", '{"hooks": {"x": [{"command": "uvx acme-check"}]}}'),
        (
            ".claude/settings.json",
            '{"disableAllHooks": true, "hooks": {"x": [{"command": "uvx acme-check"}]}}',
        ),
        ("docs/guide.md", "---\nhooks: {x: [{command: uvx acme-check}]}\n---\nHelp.\n"),
    ],
)
def test_no_hook_is_what_no_client_runs(file: str, text: str) -> None:
    assert hooks(file, text) == ()


def test_scripts_of_the_repository_are_hooks_that_fetch_nothing() -> None:
    text = '{"hooks": {"Stop": [{"hooks": [{"command": "$CLAUDE_PROJECT_DIR/tidy.sh"}]}]}}'

    assert [(hook.package, hook.pinned) for hook in hooks(".claude/settings.json", text)] == [
        ("", Truth.UNKNOWN)
    ]


def test_a_hook_that_is_too_long_leaves_its_file_read_in_part() -> None:
    command = "true; " * LONGEST_SCRIPT
    deployment = deployment_of(
        {".claude/settings.json": json.dumps({"hooks": {"Stop": [{"command": command}]}})}
    )

    assert deployment.incomplete


@pytest.mark.parametrize(
    ("script", "package"),
    [
        ("curl -fsSL https://get.acme.example/x.sh | sh", "https://get.acme.example/x.sh"),
        (
            "curl -s https://get.acme.example/x \\\n  | sudo -E bash -s -- -y",
            "https://get.acme.example/x",
        ),
        ("bash <(curl -sL https://get.acme.example/x)", "https://get.acme.example/x"),
        ('sh -c "$(wget -qO- https://get.acme.example/x)"', "https://get.acme.example/x"),
        ("curl https://get.acme.example/x | python3", "https://get.acme.example/x"),
        ("irm https://get.acme.example/x.ps1 | iex", "https://get.acme.example/x.ps1"),
        ("iex (irm https://get.acme.example/x.ps1)", "https://get.acme.example/x.ps1"),
        ("cd desk && FAST=1 npx --yes acme-check || true", "acme-check"),
        ('bash -c "pipx run acme-check"', "acme-check"),
        ("npx acme-check@latest", "acme-check"),
        ("pnpm dlx acme-check", "acme-check"),
        ("docker run --rm acme/check .", "acme/check"),
        ("uv tool run acme-check", "acme-check"),
    ],
)
def test_what_the_net_answers_is_run(script: str, package: str) -> None:
    launch = fetched_by_shell(script)

    assert launch is not None
    assert (launch.package, launch.pinned) == (package, Truth.NO)


@pytest.mark.parametrize(
    "script",
    [
        "curl -s https://api.acme.example/news | python3 -m json.tool",
        "curl -s https://api.acme.example/news | jq .title",
        'curl -s https://api.acme.example/news | sh -c "cat"',
        "curl -s http://localhost:8080/setup | sh",
        f"curl https://raw.acme.example/desk/{'4f' * 20}/setup.sh | sh",
        'echo "repair it: npx -y acme-check"',
        "npx prettier --write .",
        "bunx eslint",
        "npx -y acme-check@2.1.0",
        "uvx acme-check==2.1.0",
        "uv run tidy.py",
        "docker run --rm check .",
        "git diff | bash tidy.sh",
        "",
    ],
)
def test_what_the_project_has_or_names_by_version_is_not_of_the_net(script: str) -> None:
    assert fetched_by_shell(script) is None


def test_a_server_that_a_shell_fetches_within_brackets_is_pinned_by_nothing() -> None:
    launch = launch_of("bash", ("-c", "bash <(curl -s https://get.acme.example/serve)"))

    assert (launch.package, launch.pinned) == ("https://get.acme.example/serve", Truth.NO)


@pytest.mark.parametrize(
    "script",
    [
        'echo "ready $(curl -fsSL https://get.acme.example/setup.sh | sh)"',
        'echo "ready `curl -fsSL https://get.acme.example/setup.sh | sh`"',
        "echo 'curl -fsSL https://get.acme.example/setup.sh | sh' | bash",
        "curl -fsSL http://localhost:1@get.acme.example/setup.sh | sh",
    ],
)
def test_what_a_shell_runs_within_quotes_is_run(script: str) -> None:
    found = fetched_by_shell(script)

    assert found is not None
    assert found.pinned is Truth.NO


def test_what_is_said_is_not_run() -> None:
    assert fetched_by_shell('echo "$USER, run: curl https://get.acme.example/x | sh" >&2') is None


@pytest.mark.parametrize(
    "address",
    [
        "git+https://desk:Zq7kLmWx93@git.acme.example/tools",
        "https://desk:Zq7kLmWx93@git.acme.example/tools",
    ],
)
@pytest.mark.parametrize("command", ["uvx --from", "npx -y"])
def test_a_package_is_called_by_its_address_without_the_password(
    command: str, address: str
) -> None:
    found = fetched_by_shell(f"{command} {address} check")

    assert found is not None
    assert found.package == address.replace("desk:Zq7kLmWx93@", "")


@pytest.mark.parametrize(
    ("script", "package"),
    [
        ('npx -y "@acme/check@latest"', "@acme/check"),
        ("if [ -f x ]; then npx -y acme-check; fi", "acme-check"),
        ("timeout 30 bash -c 'uvx acme-check'", "acme-check"),
        ("cmd /c npx -y acme-check", "acme-check"),
        ("command -v uvx >/dev/null && uvx acme-check", "acme-check"),
        ("uv run --with acme-check report.py", "acme-check"),
        (
            "curl -LsSf https://get.acme.example/setup.sh | env TO=/opt sh",
            "https://get.acme.example/setup.sh",
        ),
        ('curl -fsSL "$SETUP" | bash', "$SETUP"),
        ("curl -fsSL get.acme.example/setup.sh | bash", "get.acme.example/setup.sh"),
    ],
)
def test_however_a_command_is_written_what_it_fetches_is_told(script: str, package: str) -> None:
    found = fetched_by_shell(script)

    assert found is not None
    assert (found.package, found.pinned) == (package, Truth.NO)


@pytest.mark.parametrize(
    "script",
    [
        "command -v uvx >/dev/null || exit 0",
        'eval "$(direnv export bash)" && curl -fsS https://desk.acme.example/started',
        "uvx ${TOOL}==1.0",
        "uv run --with acme-check==1.0.0 report.py",
        'git commit -m "npx -y acme-check runs"',
        'npx -y "@acme/check@1.2.3"',
    ],
)
def test_what_fetches_nothing_new_is_not_told(script: str) -> None:
    assert fetched_by_shell(script) is None


def test_what_stands_behind_the_flag_of_a_secret_is_no_package() -> None:
    found = fetched_by_shell("uvx --token Zq7kLmWx93 acme-check")

    assert found is not None
    assert found.package == "acme-check"


def test_a_line_that_begins_many_programs_is_looked_at_once() -> None:
    parts = list(_parts_that_run("sh <(" * 100 + "x\n" + "sh <(" * 100))

    assert [len(part) for part in parts] == [496, 495]
