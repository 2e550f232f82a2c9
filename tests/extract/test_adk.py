"""Agent Config of Google's ADK: agents of several files, their servers, functions and loops."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.frameworks.adk_named_tools import ADK_TOOLS
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.rules.fakes import fake

ROOT = "name: root\nmodel: gemini-flash-latest\ninstruction: Help.\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", (Known.NONE, None)),
        ("max_iterations: 0\n", (Known.NONE, None)),
        ("max_iterations: 5\n", (Known.SET, 5)),
        ("max_iterations: ${MOST}\n", (Known.UNKNOWN, None)),
    ],
)
def test_a_loop_says_itself_how_often_it_runs(
    line: str, expected: tuple[Known, int | None]
) -> None:
    text = f"agent_class: LoopAgent\nname: loop\n{line}sub_agents:\n  - code: my.agents.writer\n"
    deployment = deployment_of({"app/loop.yaml": text})
    (agent,) = deployment.agents

    assert (agent.max_iterations, agent.max_iterations_count) == expected
    assert "the agent my.agents.writer is not among the files" in {
        end.what for end in deployment.unresolved
    }


def test_how_often_a_model_is_called_is_decided_elsewhere() -> None:
    (agent,) = deployment_of({"app/root_agent.yaml": ROOT}).agents

    assert (agent.framework, agent.max_iterations) == ("google-adk", Known.UNKNOWN)


@pytest.mark.parametrize("name", sorted(ADK_TOOLS))
def test_its_own_tools_do_the_same_whoever_lists_them(name: str) -> None:
    made = f"{name}()" if name[0].isupper() else name
    code = (
        f"from google.adk.agents import Agent\nfrom google.adk.tools import {name}\n"
        f"root = Agent(name='root', tools=[{made}])\n"
    )
    listed = f"{ROOT}tools:\n  - name: {name}\n"
    (of_code,) = deployment_of({"app/agent.py": code}).tools
    (of_file,) = deployment_of({"app/root_agent.yaml": listed}).tools

    assert of_code.name == of_file.name == name
    for tool in (of_code, of_file):
        assert tool.effects_known
        assert (tool.effects, tool.free_form_parameters) == (
            ADK_TOOLS[name].effects,
            ADK_TOOLS[name].free_form,
        )
    assert (of_code.reads_untrusted, of_code.reads_private, of_code.egress) == (
        of_file.reads_untrusted,
        of_file.reads_private,
        of_file.egress,
    )


def test_agents_of_other_files_are_handed_work() -> None:
    tool = "tools:\n  - name: AgentTool\n    args: {agent: {config_path: math.yaml}}\n"
    files = {
        "app/root_agent.yaml": f"{ROOT}{tool}sub_agents:\n  - config_path: sub/code.yaml\n",
        "app/sub/code.yaml": "name: code\ninstruction: Write code, agent.\n",
        "app/math.yaml": "name: math\ninstruction: Count, agent.\n",
    }
    deployment = deployment_of(files)
    handed = {edge.dst for edge in deployment.edges if edge.kind is EdgeKind.DELEGATES_TO}

    assert [agent.name for agent in deployment.agents] == ["code", "math", "root"]
    assert len(handed) == 2
    assert [store.name for store in deployment.memory_stores] == ["session of root"]


def test_files_that_name_each_other_are_read_once() -> None:
    files = {
        "app/root_agent.yaml": f"{ROOT}sub_agents:\n  - config_path: b.yaml\n",
        "app/b.yaml": (
            "name: b\ninstruction: agent\nsub_agents:\n  - config_path: root_agent.yaml\n"
        ),
    }

    assert len(deployment_of(files).agents) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("stdio_server_params: {command: npx, args: [-y, fs-mcp]}", ("stdio", "fs-mcp", "")),
        (
            "stdio_connection_params: {server_params: {command: uvx, args: [x-mcp]}, timeout: 5}",
            ("stdio", "x-mcp", ""),
        ),
        ("sse_connection_params: {url: http://a.test/sse}", ("sse", "", "http://a.test/sse")),
        (
            "streamable_http_connection_params: {url: https://a.test/mcp}",
            ("http", "", "https://a.test/mcp"),
        ),
    ],
)
def test_a_toolset_is_a_server_by_its_parameters(
    arguments: str, expected: tuple[str, str, str]
) -> None:
    text = f"{ROOT}tools:\n  - name: McpToolset\n    args:\n      {arguments}\n"
    (server,) = deployment_of({"root_agent.yaml": text}).tool_servers

    assert (server.transport, server.package, server.url) == expected


def test_the_credential_of_a_server_is_found_and_never_shown() -> None:
    secret = fake("password")
    text = (
        f"{ROOT}tools:\n  - name: McpToolset\n    args:\n"
        "      streamable_http_connection_params: {url: https://a.test/mcp}\n"
        f"      auth_credential: {{auth_type: apiKey, api_key: {secret}}}\n"
    )
    deployment = deployment_of({"root_agent.yaml": text})

    assert deployment.tool_servers[0].authenticated is Truth.YES
    assert [(item.form, item.holder) for item in deployment.credentials] == [
        ("literal", "tool_server")
    ]
    assert secret not in repr(deployment)


def test_a_function_of_the_repository_is_read_where_it_stands() -> None:
    files = {
        "app/root_agent.yaml": f"{ROOT}tools:\n  - name: app.tools.run\n  - name: app.tools.gone\n",
        "app/tools.py": "import subprocess\nfrom google.adk.tools import ToolContext\n\n\n"
        "def run(command: str) -> str:\n    return subprocess.check_output(command, shell=True)\n",
    }
    deployment = deployment_of(files)
    found = {tool.name: tool for tool in deployment.tools}

    assert found["run"].evidence[0].file == "app/tools.py"
    assert "execute" in found["run"].effects
    assert not found["gone"].effects_known


def test_callbacks_are_guardrails_of_the_agent() -> None:
    text = f"{ROOT}before_tool_callbacks:\n  - name: app.guards.check\n"
    deployment = deployment_of({"root_agent.yaml": text})

    assert [item.name for item in deployment.guardrails] == ["app.guards.check"]
    assert any(edge.kind is EdgeKind.FILTERED_BY for edge in deployment.edges)


def test_a_model_of_code_is_known_by_its_arguments() -> None:
    text = (
        "name: root\ninstruction: Help.\nmodel_code:\n  name: google.adk.models.lite_llm.LiteLlm\n"
        "  args:\n    - {name: model, value: openai/gpt-5}\n"
        "    - {name: api_base, value: 'https://u:p@llm.test/v1'}\n"
    )
    (model,) = deployment_of({"root_agent.yaml": text}).models

    assert (model.provider, model.url) == ("openai", "https://llm.test/v1")


def test_an_agent_without_contents_keeps_nothing() -> None:
    text = f"{ROOT}include_contents: none\n"

    assert deployment_of({"root_agent.yaml": text}).memory_stores == ()


def test_a_class_of_ones_own_is_open() -> None:
    text = "name: root\nagent_class: app.Own\ninstruction: agent\n"
    deployment = deployment_of({"root_agent.yaml": text})

    assert "the agent class Own is not known" in {end.what for end in deployment.unresolved}
