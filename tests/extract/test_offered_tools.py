"""The tools of a server that a client offers its model, where its settings choose among them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of

FILES = "@modelcontextprotocol/server-filesystem@2025.8.21"


def gemini(**server: object) -> dict[str, str]:
    return {".gemini/settings.json": json.dumps({"mcpServers": {"desk": server}})}


def tools(files: dict[str, str]) -> set[str]:
    return {tool.name for tool in deployment_of(files).tools}


def codex(line: str) -> dict[str, str]:
    return {".codex/config.toml": f'[mcp_servers.desk]\nurl = "https://x.example"\n{line}\n'}


def framework(line: str) -> dict[str, str]:
    server = f"  - kind: mcp\n    name: desk\n    url: https://x.example\n    {line}\n"
    return {"a.yaml": f"kind: Prompt\nname: a\nmodel: {{id: m}}\ntools:\n{server}"}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (gemini(httpUrl="https://x.example", includeTools=["find_order"]), {"desk.find_order"}),
        (codex('enabled_tools = ["find_order"]'), {"desk.find_order"}),
        (framework("allowedTools: [find_order]"), {"desk.find_order"}),
        (gemini(httpUrl="https://x.example", includeTools=["*"]), {"desk.*"}),
        (gemini(httpUrl="https://x.example", excludeTools=["drop_all"]), {"desk.*"}),
        (gemini(httpUrl="https://x.example"), {"desk.*"}),
        (codex('enabled_tools = ["a", "b"]\ndisabled_tools = ["b"]'), {"desk.a"}),
    ],
)
def test_tools_that_are_named_stand_for_a_server_of_which_nobody_knows_more(
    files: dict[str, str], names: set[str]
) -> None:
    assert tools(files) == names


def test_of_a_server_that_is_known_the_model_gets_what_is_chosen() -> None:
    started = {"command": "npx", "args": ["-y", FILES, "/srv"]}
    every = tools(gemini(**started))

    assert tools(gemini(**started, includeTools=["read_file"])) == {"desk.read_file"}
    assert tools(gemini(**started, excludeTools=["write_file"])) == every - {"desk.write_file"}
    newer = tools(gemini(**started, includeTools=["read_file", "burn_disk"]))
    assert newer == {"desk.read_file", "desk.burn_disk"}


def test_a_tool_that_is_named_does_what_its_name_says_and_is_told_at_its_place() -> None:
    files = gemini(httpUrl="https://x.example", includeTools=["delete_order"], trust=True)
    (tool,) = deployment_of(files).tools
    column = files[".gemini/settings.json"].index('"delete_order"') + 1

    assert (tool.effects, tool.evidence[0].column) == (("delete",), column)
