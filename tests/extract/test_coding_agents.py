"""Settings of coding agents: who is asked, what the sandbox keeps in, and where that is written."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent

OPEN = "danger-full-access"


def agent_of(file: str, settings: object, **others: str) -> Agent:
    text = settings if isinstance(settings, str) else json.dumps(settings, indent=1)
    (agent,) = deployment_of({file: text, **others}).agents
    return agent


@pytest.mark.parametrize(
    ("file", "settings", "shown"),
    [
        (".claude/settings.json", {"sandbox": {"enabled": False}}, (3, "false")),
        (
            ".claude/settings.json",
            {"sandbox": {"enabled": True, "allowUnsandboxedCommands": True}},
            (4, "true"),
        ),
        (".gemini/settings.json", {"tools": {"sandbox": False}}, (3, "false")),
        (
            ".codex/config.toml",
            f'approval_policy = "untrusted"\nsandbox_mode = "{OPEN}"\n',
            (2, ""),
        ),
        (".codex/config.toml", f'model = "m"\ndefault_permissions = ":{OPEN}"\n', (2, "")),
    ],
)
def test_an_open_sandbox_is_shown_where_it_is_opened(
    file: str, settings: object, shown: tuple[int, str]
) -> None:
    agent = agent_of(file, settings)

    assert agent.sandboxed is Truth.NO
    assert agent.evidence[0].line == shown[0]
    assert agent.evidence[0].snippet in {shown[1], agent.permission_mode}


@pytest.mark.parametrize(
    ("file", "settings", "mode"),
    [
        (".gemini/settings.json", {"general": {"defaultApprovalMode": "yolo"}}, "bypass"),
        (".qwen/settings.json", {"tools": {"approvalMode": "yolo"}}, "bypass"),
        (
            ".gemini/settings.json",
            {"tools": {"approvalMode": "yolo"}, "security": {"disableYoloMode": True}},
            "default",
        ),
        (".claude/settings.json", {"permissions": {"defaultMode": "bypassPermissions"}}, "bypass"),
        (
            ".claude/settings.json",
            {
                "permissions": {
                    "defaultMode": "bypassPermissions",
                    "disableBypassPermissionsMode": "disable",
                }
            },
            "default",
        ),
    ],
)
def test_a_mode_that_is_ruled_out_is_not_in_force(file: str, settings: object, mode: str) -> None:
    agent = agent_of(file, settings)

    assert agent.permission_mode == mode
    assert (agent.evidence[0].line > 1) is (mode == "bypass") or file.startswith(".claude")


def test_a_machine_may_rule_a_mode_out_for_its_projects() -> None:
    asking = json.dumps({"permissions": {"disableBypassPermissionsMode": "disable"}})
    project = {"permissions": {"defaultMode": "bypassPermissions"}}
    files = {
        "etc/claude-code/managed-settings.json": asking,
        ".claude/settings.json": json.dumps(project),
    }

    assert {agent.permission_mode for agent in deployment_of(files).agents} <= {"", "default"}


@pytest.mark.parametrize(
    ("text", "sandboxed"),
    [
        ('default_permissions = ":workspace"', Truth.YES),
        (f'default_permissions = ":{OPEN}"', Truth.NO),
        (f'sandbox_mode = "read-only"\ndefault_permissions = ":{OPEN}"', Truth.YES),
        ('default_permissions = "own"\n[permissions.own.filesystem]\n":root" = "write"', Truth.NO),
        ('default_permissions = "own"\n[permissions.own.filesystem]\n":root" = "read"', Truth.YES),
        ('model = "gpt-5"', Truth.UNKNOWN),
    ],
)
def test_a_profile_of_permissions_is_a_sandbox(text: str, sandboxed: Truth) -> None:
    assert agent_of(".codex/config.toml", text).sandboxed is sandboxed


@pytest.mark.parametrize(
    ("settings", "unasked", "tools"),
    [
        ("", False, ()),
        ('default_tools_approval_mode = "approve"', True, ()),
        ('default_tools_approval_mode = "prompt"', False, ()),
        ('[mcp_servers.desk.tools.find]\napproval_mode = "approve"', True, ("find",)),
        ('[mcp_servers.desk.tools.find]\napproval_mode = "prompt"', False, ()),
    ],
)
def test_tools_of_a_server_of_codex_may_run_unasked(
    settings: str,
    unasked: bool,  # noqa: FBT001 -- a column of the table
    tools: tuple[str, ...],
) -> None:
    text = f'[mcp_servers.desk]\ncommand = "desk-mcp"\n{settings}\n'
    (server,) = deployment_of({".codex/config.toml": text}).tool_servers

    assert (server.auto_approved, server.approved_tools) == (unasked, tools)


@pytest.mark.parametrize(
    ("given", "wide"), [(True, True), (False, False), ({"approve": True}, True), ({}, False)]
)
def test_a_pattern_for_every_command_may_say_more_than_yes(
    given: object,
    wide: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    settings = {"chat.tools.terminal.autoApprove": {"/^.*$/": given}, "mcp": {"servers": {}}}
    found = deployment_of({".vscode/settings.json": json.dumps(settings)}).agents

    assert any(agent.wildcard_tools for agent in found) is wide


@pytest.mark.parametrize(
    ("file", "route"),
    [
        (".amp/settings.json", ("amp.mcpServers",)),
        (".devcontainer/devcontainer.json", ("customizations", "vscode", "mcp", "servers")),
    ],
)
def test_servers_stand_in_settings_of_other_clients(file: str, route: tuple[str, ...]) -> None:
    settings: object = {"desk": {"command": "npx", "args": ["-y", "desk-mcp"]}}
    for key in reversed(route):
        settings = {key: settings}

    assert [
        server.package for server in deployment_of({file: json.dumps(settings)}).tool_servers
    ] == ["desk-mcp"]


SUBAGENT = "---\nname: fixer\ndescription: Mends things\n%s---\nMend it.\n"


@pytest.mark.parametrize(
    ("file", "line", "modes"),
    [
        (".claude/agents/fixer.md", "permissionMode: bypassPermissions\n", ["bypass"]),
        (".claude/agents/ops/fixer.md", "permissionMode: acceptEdits\n", ["acceptEdits"]),
        (".claude/agents/fixer.md", "", []),
        (".claude/commands/fixer.md", "permissionMode: bypassPermissions\n", []),
    ],
)
def test_a_subagent_may_have_a_mode_of_its_own(file: str, line: str, modes: list[str]) -> None:
    agents = deployment_of({file: SUBAGENT % line}).agents

    assert [(agent.name, agent.permission_mode) for agent in agents] == [
        ("fixer", mode) for mode in modes
    ]
    assert all(agent.evidence[0].line == 4 for agent in agents)


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        (".amp/settings.json", '{"amp.dangerouslyAllowAll": true}', [("bypass", False)]),
        (
            ".amp/settings.json",
            '{"amp.permissions": [{"tool": "Bash", "action": "allow"}]}',
            [("", True)],
        ),
        (
            ".amp/settings.json",
            '{"amp.permissions": [{"tool":"*","action":"ask"}, {"tool": "*", "action": "allow"}]}',
            [],
        ),
        (
            ".amp/settings.json",
            '{"amp.permissions": [{"tool": "Bash", "matches": {"cmd": "ls"}, "action": "allow"}]}',
            [],
        ),
        (
            ".amp/settings.json",
            '{"amp.permissions": [{"tool": "Bash", "matches": {"cmd": "*"}, "action": "allow"}]}',
            [("", True)],
        ),
        (
            "desk.code-workspace",
            '{"settings": {"chat.tools.global.autoApprove": true}}',
            [("bypass", False)],
        ),
        (
            ".opencode/agents/fixer.md",
            "---\npermission: {bash: {'*': allow}}\n---\nMend it.\n",
            [("", True)],
        ),
        (".opencode/agents/fixer.md", "---\npermission: {bash: ask}\n---\nMend it.\n", []),
    ],
)
def test_what_runs_unasked_in_other_clients(
    file: str, text: str, found: list[tuple[str, bool]]
) -> None:
    agents = deployment_of({file: text}).agents

    assert [(agent.permission_mode, agent.wildcard_tools) for agent in agents] == found


@pytest.mark.parametrize(
    ("allowed", "unasked"),
    [
        ("Bash, Read", True),
        ("Read Bash", True),
        ("[Read, 'Bash(*)']", True),
        ("Bash(git add:*), Bash(git commit:*)", False),
        ("Read, mcp__desk__*", False),
    ],
)
def test_a_skill_may_let_the_shell_run_unasked(allowed: str, *, unasked: bool) -> None:
    skill = f"---\nname: tidy\nallowed-tools: {allowed}\n---\nTidy it.\n"
    files = {".claude/skills/tidy/SKILL.md": skill, ".claude/settings.json": '{"permissions": {}}'}
    (agent,) = deployment_of(files).agents

    assert (agent.unasked_in_skills, agent.wildcard_tools) == (unasked, False)


def test_a_skill_alone_makes_no_agent() -> None:
    skill = "---\nname: tidy\nallowed-tools: Bash\n---\nTidy it.\n"

    assert deployment_of({".claude/skills/tidy/SKILL.md": skill}).agents == ()


def test_servers_that_start_unasked_are_asked_for_their_calls() -> None:
    files = {
        ".mcp.json": json.dumps({"mcpServers": {"desk": {"command": "desk-mcp"}}}),
        ".claude/settings.json": json.dumps({"enableAllProjectMcpServers": True}),
    }
    (server,) = deployment_of(files).tool_servers

    assert (server.started_unasked, server.auto_approved) == (True, False)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (["Bash(python3:*)", "Bash(curl:*)"], "Bash(python3:*)"),
        (
            ["Bash(git status)", "Bash(.venv/Scripts/python.exe:*)"],
            "Bash(.venv/Scripts/python.exe:*)",
        ),
        (["Bash(ls:*)", "Bash(powershell.exe *)"], "Bash(powershell.exe *)"),
        (["Bash(node -e ' *)"], "Bash(node -e ' *)"),
        (["Bash(python -m pytest *)"], ""),
    ],
)
def test_the_rule_that_runs_most_is_told(rules: list[str], told: str) -> None:
    settings = json.dumps({"permissions": {"allow": rules}})
    found = deployment_of({".claude/settings.json": settings}).tools
    (shell,) = (each for each in found if each.name == "Bash")

    assert shell.evidence[0].snippet == told or (not told and shell.approval is Truth.YES)


@pytest.mark.parametrize(
    ("container", "own"),
    [
        ({"build": {"dockerfile": "Dockerfile"}}, True),
        ({"mounts": ["source=/var/run/docker.sock,target=/var/run/docker.sock"]}, False),
        ({"mounts": ["source=${localEnv:HOME},target=/home/u,type=bind"]}, False),
        ({"mounts": ["source=${localEnv:HOME}/.gitconfig,target=/g,type=bind"]}, True),
        ({"privileged": True}, False),
        ({"runArgs": ["--network", "host"]}, False),
        ({"runArgs": ["--pid=host"]}, False),
        ({"runArgs": ["--cap-add=SYS_ADMIN"]}, False),
        ({"runArgs": ["--cap-add=NET_ADMIN", "--hostname=host"]}, True),
        ({"features": {"ghcr.io/devcontainers/features/docker-in-docker:2": {}}}, False),
    ],
)
def test_settings_beside_a_development_container_are_of_an_agent_in_it(
    container: dict[str, object],
    own: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    settings = json.dumps({"permissions": {"defaultMode": "bypassPermissions"}})
    files = {
        ".devcontainer/claude-settings.json": settings,
        ".devcontainer/devcontainer.json": json.dumps(container),
    }
    (agent,) = deployment_of(files).agents

    assert (agent.permission_mode, agent.own_machine) == ("bypass", own)


def test_another_file_of_settings_takes_back_no_servers_that_start_unasked() -> None:
    files = {
        ".mcp.json": json.dumps({"mcpServers": {"desk": {"command": "desk-mcp"}}}),
        ".claude/settings.json": json.dumps({"enableAllProjectMcpServers": True}),
        ".claude/settings.local.json": json.dumps({"permissions": {"allow": ["Read"]}}),
    }
    (server,) = deployment_of(files).tool_servers

    assert server.started_unasked


@pytest.mark.parametrize(
    ("lists", "wide", "shell"),
    [
        ('"allow": ["Bash(*)"]', True, True),
        ('"allow": ["Bash(*)"], "deny": ["Bash"]', False, False),
        ('"allow": ["Bash"], "ask": ["Bash(*)"]', False, False),
        ('"allow": ["Bash(*)"], "deny": ["Bash(rm:*)", "Read"]', True, True),
        ('"defaultMode": "bypassPermissions", "deny": ["Bash"]', False, False),
        ('"allow": ["mcp__desk__*"]', True, False),
        ('"allow": ["mcp__desk__*"], "deny": ["mcp__desk"]', False, False),
        ('"allow": ["mcp__desk__*"], "deny": ["mcp__other"]', True, False),
    ],
)
def test_what_is_denied_or_asked_for_whole_is_not_allowed(
    lists: str, *, wide: bool, shell: bool
) -> None:
    server = '{"mcpServers": {"desk": {"command": "node", "args": ["s.js"]}}}'
    files = {".claude/settings.json": f'{{"permissions": {{{lists}}}}}', ".mcp.json": server}
    deployment = deployment_of(files)
    (agent,) = deployment.agents

    assert agent.wildcard_tools is wide
    assert ("Bash" in {tool.name for tool in deployment.tools}) is shell
    assert any(each.auto_approved for each in deployment.tool_servers) is ("mcp" in lists and wide)
