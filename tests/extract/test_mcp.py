"""MCP clients and coding agents: servers, what pins them, what they hold, who asks before what."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.mcp.launchers import Launch, image_launch, launch_of
from agentaudit.extract.named_effects import named_effects
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.rules.fakes import fake

TOKEN = fake("github_classic")


def servers(text: str, file: str = ".mcp.json") -> dict[str, ToolServer]:
    return {server.name: server for server in deployment_of({file: text}).tool_servers}


def one_server(declaration: dict[str, object]) -> ToolServer:
    return servers(json.dumps({"mcpServers": {"x": declaration}}))["x"]


def tools(deployment: Deployment) -> dict[str, Tool]:
    return {tool.name: tool for tool in deployment.tools}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".mcp.json", '{"mcpServers": {"x": {"command": "a"}}}'),
        ("claude_desktop_config.json", '{"mcpServers": {"x": {"command": "a"}}}'),
        (".vscode/mcp.json", '{"servers": {"x": {"command": "a"}}, "inputs": []} // note'),
        (".vscode/settings.json", '{"mcp": {"servers": {"x": {"command": "a"}}}}'),
        ("opencode.json", '{"mcp": {"x": {"type": "local", "command": ["a", "b"]}}}'),
        (".zed/settings.json", '{"context_servers": {"x": {"command": {"path": "a"}}}}'),
        (".codex/config.toml", '[mcp_servers.x]\ncommand = "a"\n'),
        (".continue/config.yaml", "mcpServers:\n  - name: x\n    command: a\n"),
        (".claude.json", '{"projects": {"/p": {"mcpServers": {"x": {"command": "a"}}}}}'),
        (".gemini/settings.json", '{"mcpServers": {"x": {"command": "a", "trust": false}}}'),
        ("gemini-extension.json", '{"name": "e", "mcpServers": {"x": {"command": "a"}}}'),
        ("opencode.json", '{"mcp": {"off": {"enabled": false}, "x": {"command": ["a"]}}}'),
        ("desk.code-workspace", '{"settings": {"mcp": {"servers": {"x": {"command": "a"}}}}}'),
        ("desk.code-workspace", '{"mcp": {"servers": {"x": {"command": "a"}}}} // at the top'),
        (".github/agents/desk.agent.md", "---\nmcp-servers:\n  x: {command: a}\n---\nHelp.\n"),
        (".claude/agents/desk.md", "---\nmcpServers:\n  - crm\n  - x: {command: a}\n---\nHelp.\n"),
        (".claude-plugin/plugin.json", '{"name": "p", "mcpServers": {"x": {"command": "a"}}}'),
        (
            ".claude-plugin/marketplace.json",
            '{"plugins": [{"mcpServers": {"x": {"command": "a"}}}]}',
        ),
        ("desk/.mcp.json", '{"x": {"command": "a"}}'),
        (
            "manifest.json",
            '{"manifest_version": "0.4", "name": "x", "server": {"mcp_config": {"command": "a"}}}',
        ),
    ],
)
def test_every_client_names_its_servers(file: str, text: str) -> None:
    found = servers(text, file)

    assert [(server.name, server.command) for server in found.values()] == [("x", "a")]


def test_an_old_list_of_continue_has_no_names() -> None:
    listed = [{"transport": {"type": "stdio", "command": "a"}}, {"transport": {"command": "b"}}]
    settings = {"experimental": {"modelContextProtocolServers": listed}}
    found = servers(json.dumps(settings), ".continue/config.json")

    assert {name: server.command for name, server in found.items()} == {"no. 1": "a", "no. 2": "b"}


def test_what_a_server_in_front_matter_holds_is_told_once() -> None:
    """The model reads the text below; what its client starts beside it stands in no prompt."""
    text = (
        f"---\nmcp-servers:\n  x:\n    command: a\n    env: {{DESK_TOKEN: {TOKEN}}}\n---\nHelp.\n"
    )
    deployment = deployment_of({".github/agents/desk.agent.md": text})

    assert [(fact.holder, fact.exposure) for fact in deployment.credentials] == [
        ("tool_server", "env")
    ]
    assert [(agent.name, agent.framework) for agent in deployment.agents] == [("desk", "copilot")]


def test_a_bundle_holds_what_stands_in_it_and_not_what_each_user_is_asked_for() -> None:
    env = {"DESK_TOKEN": "${user_config.token}", "CRM_TOKEN": TOKEN}
    started = {"command": "node", "args": ["serve.js"], "env": env}
    bundle = {"manifest_version": "0.4", "name": "desk", "server": {"mcp_config": started}}
    deployment = deployment_of({"manifest.json": json.dumps(bundle)})

    assert [fact.name for fact in deployment.credentials] == ["CRM_TOKEN"]


def test_a_managed_list_holds_for_servers_of_subagents() -> None:
    listed = '{"allowedMcpServers": [{"serverName": "crm"}]}'
    text = "---\nname: desk\nmcpServers:\n  - x: {command: a}\n  - crm: {command: b}\n---\nHelp.\n"
    files = {"managed-settings.json": listed, ".claude/agents/desk.md": text}

    assert {each.name: each.shadow for each in deployment_of(files).tool_servers} == {
        "x": True,
        "crm": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"servers": [1, 2], "mcpServers": 3}',
        '{"mcp": {"a": {"b": 1}}}',
        '{"mcp": {"a": {"enabled": true}}}',
        '{"name": "x", "server": {"mcp_config": {"command": "a"}}}',
        '{"x": {"command": "a"}}',
    ],
)
def test_the_same_words_mean_other_things_elsewhere(text: str) -> None:
    assert servers(text, "config.json") == {}


RELEASED = "https://github.com/acme/sums/releases/download/v0.3-beta/sums-0.3-py3-none-any.whl"
LATEST = RELEASED.replace("v0.3-beta", "latest")


@pytest.mark.parametrize(
    ("command", "arguments", "package", "pinned"),
    [
        ("npx", ["-y", "@a/b@1.2.3"], "@a/b", Truth.YES),
        ("npx", ["-y", "@a/b@latest"], "@a/b", Truth.NO),
        ("npx", ["@a/b"], "@a/b", Truth.NO),
        ("npx", ["-p", "pkg@2.0.1", "start"], "pkg", Truth.YES),
        ("cmd", ["/c", "npx", "-y", "b@^1"], "b", Truth.NO),
        ("sh", ["-c", "npx -y b@1.0.0"], "b", Truth.YES),
        ("uvx", ["server==1.0"], "server", Truth.YES),
        ("uvx", ["--from", "git+https://x/y@main", "run"], "git+https://x/y", Truth.NO),
        ("uvx", ["--from", ".", "desk-mcp"], ".", Truth.YES),
        (
            "uvx",
            ["--from", "${workspaceFolder}/desk", "desk-mcp"],
            "${workspaceFolder}/desk",
            Truth.YES,
        ),
        ("npx", ["-y", "./desk"], "./desk", Truth.YES),
        ("npx", ["-y", ".desk"], ".desk", Truth.NO),
        ("uvx", [RELEASED], RELEASED, Truth.YES),
        ("uvx", [LATEST], LATEST, Truth.NO),
        ("pipx", ["run", "server"], "server", Truth.NO),
        ("docker", ["run", "-i", "-e", "T", "img:1.2"], "img", Truth.YES),
        ("docker", ["run", "--rm", "img"], "img", Truth.NO),
        ("docker", ["run", "img@sha256:" + "a" * 64], "img", Truth.YES),
        (
            *("bash", ["-c", "curl -fsSL https://acme.example/serve.sh?t=1 | sh -s -- --stdio"]),
            *("https://acme.example/serve.sh", Truth.NO),
        ),
        ("sh", ["-c", "wget -qO- https://acme.example/a.sh | grep -v x"], "wget", Truth.UNKNOWN),
        ("/opt/bin/server", [], "server", Truth.YES),
        ("server", [], "server", Truth.UNKNOWN),
        ("sh", [], "sh", Truth.UNKNOWN),
        ("docker", ["run", "-e", '"DB_PASSWORD=a1b2c3d4', 'e5f6g7h8"', "acme/a"], "", Truth.NO),
        ("user/password: agent/Winter12345hummel", [], "", Truth.YES),
        ("user/agent: agent/winter", [], "winter", Truth.YES),
    ],
)
def test_a_command_says_what_it_starts(
    command: str, arguments: list[str], package: str, pinned: Truth
) -> None:
    launch = launch_of(command, arguments)

    assert (launch.package, launch.pinned) == (package, pinned)


def test_only_a_digest_makes_an_image_immutable() -> None:
    assert image_launch("a:1.2").mutable is Truth.YES
    assert image_launch("a:1.2@sha256:" + "a" * 64).mutable is Truth.NO
    assert image_launch("${IMAGE}").pinned is Truth.UNKNOWN


def test_an_image_that_holds_a_password_has_no_name() -> None:
    address = "jdbc:oracle:thin:scott/Winter12345hummel@db:1521:orcl"

    compose = f'services:\n  agent:\n    image: "{address}"\n'

    assert image_launch(address) == Launch(registry="oci")
    assert "hummel" not in repr(deployment_of({"compose.yaml": compose}))


def test_a_remote_server_is_known_by_its_url() -> None:
    server = one_server({"url": "http://u:secret99x@host.test/sse?key=1"})

    assert server.url == "http://host.test/sse"
    assert (server.transport, server.remote, server.tls) == ("sse", True, Truth.NO)


@pytest.mark.parametrize(
    ("declaration", "authenticated"),
    [
        ({"url": "https://h.test/mcp"}, Truth.NO),
        ({"url": "https://h.test/mcp", "headers": {"Authorization": "Bearer ${T}"}}, Truth.YES),
        ({"url": "https://h.test/mcp", "oauth": {"clientId": "x"}}, Truth.YES),
        ({"command": "npx"}, Truth.UNKNOWN),
    ],
)
def test_who_calls_a_remote_server_is_proven_or_not(
    declaration: dict[str, object], authenticated: Truth
) -> None:
    assert one_server(declaration).authenticated is authenticated


def test_what_a_client_writes_below_transport_is_the_servers() -> None:
    text = """
mcpServers:
  - name: search
    transport: {type: stdio, command: npx, args: ["-y", "mcp-search"]}
  - {name: docs, transport: {type: http, url: "https://mcp.acme.example/mcp"}}
"""
    found = servers(text, "profiles/default.yaml")

    assert (found["search"].package, found["search"].transport) == ("mcp-search", "stdio")
    assert (found["docs"].url, found["docs"].transport) == ("https://mcp.acme.example/mcp", "http")


def test_a_disabled_server_is_none() -> None:
    text = '{"mcpServers": {"a": {"command": "a", "disabled": true}, "b": {"command": "b"}}}'

    assert list(servers(text)) == ["b"]


@pytest.mark.parametrize(
    ("declaration", "form", "exposure"),
    [
        ({"env": {"GITHUB_TOKEN": TOKEN}}, CredentialForm.LITERAL, "env"),
        ({"env": {"GITHUB_TOKEN": "${GITHUB_TOKEN}"}}, CredentialForm.ENV_REF, "env"),
        ({"headers": {"Authorization": f"Bearer {TOKEN}"}}, CredentialForm.LITERAL, "header"),
        ({"args": ["--token", TOKEN]}, CredentialForm.LITERAL, "argument"),
        ({"args": [f"--api-key={TOKEN}"]}, CredentialForm.LITERAL, "argument"),
        (
            {"args": ["--header", f"Authorization: Bearer {TOKEN}"]},
            CredentialForm.LITERAL,
            "argument",
        ),
        ({"args": ["-e", f"GITHUB_TOKEN={TOKEN}"]}, CredentialForm.LITERAL, "argument"),
        ({"args": ["--token", "${GITHUB_TOKEN}"]}, CredentialForm.ENV_REF, "argument"),
        ({"url": f"https://h.test/mcp?token={TOKEN}"}, CredentialForm.LITERAL, "url"),
        ({"bearer_token_env_var": "GITHUB_TOKEN"}, CredentialForm.ENV_REF, "header"),
    ],
)
def test_what_a_server_is_given_is_a_credential_of_its(
    declaration: dict[str, object], form: CredentialForm, exposure: str
) -> None:
    text = json.dumps({"mcpServers": {"x": {"command": "npx", **declaration}}})
    deployment = deployment_of({".mcp.json": text})
    found = {(item.form, item.exposure, item.holder) for item in deployment.credentials}

    assert found == {(form, exposure, "tool_server")}
    assert all(credential.agent_reachable for credential in deployment.credentials)


def test_places_point_at_the_secret_itself() -> None:
    text = (
        f'{{"mcpServers": {{"x": {{"command": "a", "env": {{\n  "GITHUB_TOKEN": "{TOKEN}"}}}}}}}}'
    )
    place = deployment_of({".mcp.json": text}).credentials[0].evidence[0]

    assert (place.line, place.column) == (2, 19)


def test_a_known_server_brings_its_tools_and_a_stranger_unknown_ones() -> None:
    text = (
        '{"mcpServers": {"web": {"command": "uvx", "args": ["mcp-server-fetch"]},'
        ' "own": {"command": "own-server"}}}'
    )
    deployment = deployment_of({".mcp.json": text})
    found = tools(deployment)

    assert found["web.fetch"].reads_untrusted is Truth.YES
    assert found["web.fetch"].egress is Truth.YES
    assert not found["own.*"].effects_known
    assert found["own.*"].reads_untrusted is Truth.UNKNOWN
    assert [item.what for item in deployment.unresolved] == [
        "the tools of the server own are not known"
    ]
    assert EdgeKind.INGESTS in {edge.kind for edge in deployment.edges}


def test_a_read_only_server_has_no_tools_that_write() -> None:
    text = (
        '{"mcpServers": {"g": {"command": "github-mcp-server", "args": ["stdio", "--read-only"]}}}'
    )
    found = deployment_of({".mcp.json": text}).tools

    assert {effect for tool in found for effect in tool.effects} == {"read"}


def test_claude_settings_decide_what_runs_without_a_question() -> None:
    files = {
        ".mcp.json": '{"mcpServers": {"t": {"command": "uvx", "args": ["mcp-server-time==1.0"]}}}',
        ".claude/settings.json": json.dumps(
            {"permissions": {"allow": ["mcp__t__get_current_time"], "defaultMode": "default"}}
        ),
    }
    deployment = deployment_of(files)
    found = tools(deployment)

    assert len(deployment.agents) == 1
    assert found["t.get_current_time"].approval is Truth.NO
    assert found["t.convert_time"].approval is Truth.YES


def test_bypassing_permissions_gives_every_tool_away() -> None:
    files = {
        ".mcp.json": '{"mcpServers": {"t": {"command": "uvx", "args": ["mcp-server-time==1.0"]}}}',
        ".claude/settings.json": '{"permissions": {"defaultMode": "bypassPermissions"}}',
    }
    deployment = deployment_of(files)

    assert deployment.agents[0].permission_mode == "bypass"
    assert {tool.approval for tool in deployment.tools} == {Truth.NO}
    assert "Bash" in tools(deployment)


@pytest.mark.parametrize(
    ("rules", "wide"),
    [
        (["Bash(*)"], True),
        (["Bash"], True),
        (["Bash(npm run test:*)"], False),
        (["mcp__x__*"], True),
    ],
)
def test_a_wildcard_is_a_rule_without_bounds(rules: list[str], *, wide: bool) -> None:
    text = json.dumps({"permissions": {"allow": rules}})

    assert deployment_of({".claude/settings.json": text}).agents[0].wildcard_tools is wide


@pytest.mark.parametrize(
    ("sandbox", "truth"),
    [
        ({"enabled": True}, Truth.YES),
        ({"enabled": False}, Truth.NO),
        ({"enabled": True, "allowUnsandboxedCommands": True}, Truth.NO),
        ({"enabled": True, "failIfUnavailable": False}, Truth.NO),
        ({}, Truth.UNKNOWN),
    ],
)
def test_a_sandbox_with_a_way_out_is_none(sandbox: dict[str, bool], truth: Truth) -> None:
    text = json.dumps({"sandbox": sandbox})

    assert deployment_of({".claude/settings.json": text}).agents[0].sandboxed is truth


def test_transcripts_are_memory() -> None:
    text = '{"cleanupPeriodDays": 365, "autoCompactEnabled": false}'
    store = deployment_of({".claude/settings.json": text}).memory_stores[0]

    assert (store.ttl, store.ttl_s, store.compaction) == (Known.SET, 365 * 86_400, Known.NONE)


def test_codex_without_sandbox_and_questions_is_a_bypass() -> None:
    text = (
        'approval_policy = "never"\nsandbox_mode = "danger-full-access"\n'
        '[history]\npersistence = "save-all"\nmax_bytes = 1000\n'
    )
    deployment = deployment_of({".codex/config.toml": text})

    assert deployment.agents[0].permission_mode == "bypass"
    assert deployment.agents[0].sandboxed is Truth.NO
    assert deployment.memory_stores[0].max_bytes_count == 1000


def test_gemini_keeps_sessions_as_long_as_it_is_told() -> None:
    text = json.dumps(
        {
            "general": {"sessionRetention": {"enabled": True, "maxAge": "30d"}},
            "tools": {"approvalMode": "yolo"},
            "telemetry": {"logPrompts": True},
            "mcpServers": {"x": {"command": "a", "trust": True}},
        }
    )
    deployment = deployment_of({".gemini/settings.json": text})

    assert deployment.agents[0].permission_mode == "bypass"
    assert deployment.memory_stores[0].ttl_s == 30 * 86_400
    assert deployment.audit_logs[0].content_logged
    assert deployment.tool_servers[0].auto_approved


@pytest.mark.parametrize(
    ("command", "arguments", "package", "pinned"),
    [
        ("uv", ["--directory", "/srv/box", "run", "src/server.py"], "uv", Truth.YES),
        ("uv", ["run", "--directory", "/srv/serena", "serena"], "uv", Truth.YES),
        ("uv", ["run", "--with", "mcp[cli]", "mcp", "run", "server.py"], "mcp", Truth.NO),
        ("uv", ["run", "--with", "box-mcp", "python", "-m", "box"], "box-mcp", Truth.NO),
        ("uv", ["run", "--with", "box-mcp==1.2.0", "python", "-m", "b"], "box-mcp", Truth.YES),
        ("uv", ["tool", "run", "serena"], "serena", Truth.NO),
        ("uv", ["run", "--with", "a-mcp==1.2", "--with", "mcp", "python", "s.py"], "mcp", Truth.NO),
        ("uv", ["run", "--with", "a-mcp==1.2", "python", "s.py"], "a-mcp", Truth.YES),
        ("npm", ["run", "start"], "npm", Truth.YES),
        ("npm", ["exec", "-y", "files-mcp"], "files-mcp", Truth.NO),
        ("npm", ["--prefix", "./app", "exec", "files-mcp"], "files-mcp", Truth.NO),
        ("npm", ["--prefix", "./app", "start"], "npm", Truth.YES),
        ("npm", ["init", "files-mcp"], "files-mcp", Truth.NO),
        ("pnpm", ["dlx", "files-mcp"], "files-mcp", Truth.NO),
        ("docker", ["run", "-e", "A", "B=1", "acme/b:1.0.0"], "B=1", Truth.UNKNOWN),
        (
            "docker",
            ["exec", "-i", "-e", "A=1", "shop-mcp", "node", "s.js"],
            "docker",
            Truth.UNKNOWN,
        ),
        ("docker", ["compose", "run", "--rm", "mcp"], "docker", Truth.UNKNOWN),
    ],
)
def test_a_program_of_the_project_itself_is_no_package(
    command: str, arguments: list[str], package: str, pinned: Truth
) -> None:
    launch = launch_of(command, arguments)

    assert (launch.package, launch.pinned) == (package, pinned)


def test_of_very_many_known_servers_some_have_their_tools_and_the_rest_is_open() -> None:
    launch = {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-github"]}
    servers = {f"s{number}": launch for number in range(1_000)}
    deployment = deployment_of({".mcp.json": json.dumps({"mcpServers": servers})})
    catalogued = [server for server in deployment.tool_servers if server.catalogued]
    left = [end for end in deployment.unresolved if end.what.startswith("the tools of the server")]

    assert 0 < len(catalogued) < 1_000
    assert len(left) == 1_000 - len(catalogued)


def test_a_configuration_within_a_file_of_a_cluster_declares_servers() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tools}\ndata:\n  config.json: |\n"
        '    {"mcpServers": {"papers": {\n'
        '      "command": "uvx", "args": ["papers-mcp"], "env": {"CRM_API_KEY": "q8vR2xLkQ9mP"}\n'
        "    }}}\n"
        '  other.json: "{mcpServers: "\n'
    )
    found = deployment_of({"tools.yaml": text})
    (server,) = found.tool_servers

    assert (server.name, server.pinned, server.evidence[0].line) == ("papers", Truth.NO, 6)
    assert [credential.variable for credential in found.credentials] == ["CRM_API_KEY"]


def test_code_that_runs_in_a_page_of_a_browser_has_a_sandbox() -> None:
    server = {"command": "npx", "args": ["@playwright/mcp@1.0.0"]}
    tools = deployment_of({".mcp.json": json.dumps({"mcpServers": {"web": server}})}).tools
    (run,) = [tool for tool in tools if "execute" in tool.effects]

    assert (run.name, run.sandboxed) == ("web.browser_evaluate", Truth.YES)


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("execute_command", True),
        ("run_python", True),
        ("k8s_exec", True),
        ("network_execute", False),
        ("execute_plan", False),
        ("run_report", False),
        ("run_sql_query", False),
    ],
)
def test_what_executes_says_what_it_executes(name: str, *, runs: bool) -> None:
    assert ("execute" in named_effects(name)) is runs


def test_a_statement_reads_and_writes_and_runs_no_programs() -> None:
    assert named_effects("runSQLQuery") == ("write", "read")


def test_a_bridge_calls_where_it_passes_calls_on_to() -> None:
    """What is started here says nothing of the way to the server behind it."""
    (server,) = deployment_of(
        {
            ".mcp.json": '{"mcpServers": {"crm": {"command": "npx", "args": '
            '["-y", "mcp-remote@0.1.29", "http://mcp.acme.example/sse", "--allow-http"]}}}'
        }
    ).tool_servers

    assert (server.remote, server.tls) == (True, Truth.NO)
    assert (server.url, server.pinned) == ("http://mcp.acme.example/sse", Truth.YES)


def test_a_socket_is_reached_in_plain_text_or_over_tls() -> None:
    servers = deployment_of(
        {
            ".mcp.json": '{"mcpServers": {"a": {"url": "ws://mcp.acme.example"}, '
            '"b": {"url": "wss://mcp.acme.example"}}}'
        }
    ).tool_servers

    assert {server.name: server.tls for server in servers} == {"a": Truth.NO, "b": Truth.YES}


def test_what_users_wrote_comes_out_of_a_database_of_supabase() -> None:
    words = '["@supabase/mcp-server-supabase@0.5.5"%s]'
    declared = '{"mcpServers": {"db": {"command": "npx", "args": ' + words + "}}}"
    all_of_it = tools(deployment_of({".mcp.json": declared % ""}))
    reading = tools(deployment_of({".mcp.json": declared % ', "--read-only"'}))

    assert all_of_it["db.execute_sql"].reads_untrusted is Truth.YES
    assert sorted(reading) == ["db.get_logs", "db.list_tables"]


@pytest.mark.parametrize(
    ("command", "arguments", "env", "exposed"),
    [
        ("npx", ["mcp-remote@0.1.29", "--header", "Authorization: ${DESK_TOKEN}"], True, False),
        ("npx", ["mcp-remote@0.1.29", "--header", "Authorization: ${DESK_TOKEN}"], False, True),
        ("sh", ["-c", "desk-mcp", "--token", "${DESK_TOKEN}"], True, True),
        ("npx", ["desk@1.0.0", "postgres://app:${DESK_TOKEN}@db.test/x"], True, False),
        ("npx", ["desk@1.0.0", "postgres://app:q8vR2xLkQ9mP4Zt7@${DESK_TOKEN}/x"], True, True),
    ],
)  # fmt: skip
def test_a_program_fills_in_what_its_own_environment_holds(
    command: str,
    arguments: list[str],
    env: bool,  # noqa: FBT001 -- a column of the table
    exposed: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """Clients fill references from their own environment, and no list of processes shows it."""
    server = {"command": command, "args": arguments}
    held = {"env": {"DESK_TOKEN": "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"}} if env else {}
    text = json.dumps({"servers": {"desk": {**server, **held}}})
    found = deployment_of({".vscode/mcp.json": text}).credentials

    assert ("argument" in {each.exposure for each in found}) is exposed


@pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
def test_claude_code_reads_no_servers_from_its_settings(name: str) -> None:
    text = json.dumps({"mcpServers": {"desk": {"command": "npx", "args": ["desk-mcp"]}}})
    found = deployment_of({f".claude/{name}": text, ".gemini/settings.json": text})

    assert [each.evidence[0].file for each in found.tool_servers] == [".gemini/settings.json"]
    assert [(each.name, each.meant) for each in found.unknown_keys] == [("mcpServers", "")]
