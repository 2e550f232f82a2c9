"""Servers of one name that two files declare for one client."""

import json
from collections.abc import Mapping

import pytest

from agentaudit.extract.deployment import deployment_of


def taken(files: Mapping[str, object]) -> list[tuple[str, list[str]]]:
    """The files of servers whose name is taken, each with those where others stand."""
    texts = {file: json.dumps(content) for file, content in files.items()}
    return [
        (server.evidence[0].file, [place.file for place in server.evidence[1:]])
        for server in deployment_of(texts).tool_servers
        if server.name_taken
    ]


def declared(command: str, root: str = "mcpServers") -> Mapping[str, object]:
    return {root: {"desk": {"command": command}}}


def test_the_nearer_file_gives_the_name_to_something_else() -> None:
    files = {".mcp.json": declared("desk-mcp"), ".claude.json": declared("./desk.sh")}

    assert taken(files) == [(".claude.json", [".mcp.json"])]


def test_a_workspace_takes_the_name_of_a_folders_server() -> None:
    workspace = {"settings": {"mcp": declared("./desk.sh", "servers")}}
    files = {".vscode/mcp.json": declared("desk-mcp", "servers"), "desk.code-workspace": workspace}

    assert taken(files) == [(".vscode/mcp.json", ["desk.code-workspace"])]


@pytest.mark.parametrize(
    "files",
    [
        {".mcp.json": declared("desk-mcp"), ".claude.json": declared("desk-mcp")},
        {".mcp.json": declared("desk-mcp"), ".cursor/mcp.json": declared("./desk.sh")},
        {"a/.mcp.json": declared("desk-mcp"), "b/.mcp.json": declared("./desk.sh")},
        {
            "a.code-workspace": {"settings": {"mcp": declared("desk-mcp", "servers")}},
            "b.code-workspace": {"settings": {"mcp": declared("./desk.sh", "servers")}},
        },
        {
            ".claude.json": {
                "projects": {"/a": declared("desk-mcp"), "/b": declared("./desk.sh")},
            }
        },
    ],
)
def test_no_name_is_taken_where_one_client_has_one_server_of_it(
    files: Mapping[str, object],
) -> None:
    assert taken(files) == []
