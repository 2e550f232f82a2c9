"""Servers of MCP that only a Dockerfile names."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import ToolServer

PACKAGE = "@modelcontextprotocol/server-filesystem"


def read(text: str, **more: str) -> Deployment:
    return deployment_of({"files/Dockerfile": text, **more})


def server_of(deployment: Deployment) -> ToolServer:
    (server,) = deployment.tool_servers
    return server


@pytest.mark.parametrize(
    ("text", "package", "pinned", "transport"),
    [
        ("FROM mcp/postgres\n", "mcp/postgres", Truth.NO, "stdio"),
        ("FROM mcp/postgres:1.2\nEXPOSE 8080\n", "mcp/postgres", Truth.YES, "http"),
        ("FROM --platform=linux/amd64 mcp/time:1.0\n", "mcp/time", Truth.YES, "stdio"),
        (f'FROM node:22\nENTRYPOINT ["npx", "-y", "{PACKAGE}"]\n', PACKAGE, Truth.NO, "stdio"),
        (
            f'FROM node:22\nEXPOSE 80\nENTRYPOINT ["npx", "-y"]\nCMD ["{PACKAGE}@1.0.2", "/d"]\n',
            PACKAGE,
            Truth.YES,
            "http",
        ),
        (
            "FROM python:3.13\nCMD uvx mcp-server-fetch==0.6.2 --transport sse\n",
            "mcp-server-fetch",
            Truth.YES,
            "http",
        ),
        (
            f'FROM node:22\nCMD ["npx", "-y", "supergateway", "--stdio", "npx -y {PACKAGE}"]\n',
            PACKAGE,
            Truth.NO,
            "stdio",
        ),
        (
            "FROM mcp/time:1 AS first\nFROM python:3.13\nCMD uvx mcp-server-git@1.0\n",
            "mcp-server-git",
            Truth.YES,
            "stdio",
        ),
    ],
)
def test_an_image_is_a_server_by_its_base_or_by_what_it_fetches(
    text: str, package: str, pinned: Truth, transport: str
) -> None:
    deployment = read(text)
    server = server_of(deployment)

    assert (server.package, server.pinned, server.transport) == (package, pinned, transport)
    assert (EdgeKind.RUNS_ON, server.id, deployment.runtimes[0].id) in {
        (edge.kind, edge.src, edge.dst) for edge in deployment.edges
    }


@pytest.mark.parametrize(
    "text",
    [
        "FROM mcp/time:1 AS first\nFROM python:3.13\nCMD python app.py\n",
        "FROM mcp/time:1 AS first\nFROM first\nCMD python app.py\n",
        'FROM node:22\nCMD ["npx", "serve"]\n',
        'FROM node:22\nCMD ["npx", "-y", "@modelcontextprotocol/inspector"]\n',
        'FROM python:3.13\nENTRYPOINT ["uv", "run", "app", "--name=desk-mcp"]\n',
        'FROM python:3.13\nENTRYPOINT ["mcp-gateway"]\n',
        "FROM node:22 AS first\nCMD npx -y mcp-server-x\nFROM node:22\nCMD node app.js\n",
        "EXPOSE 80\n",
    ],
)
def test_what_an_image_does_not_start_makes_it_no_server(text: str) -> None:
    assert read(text).tool_servers == ()


@pytest.mark.parametrize(
    "command",
    [
        '["acme.desk-mcp-server"]',
        '["uv", "run", "desk-mcp"]',
        "python -m mcp_server_desk --port 80",
    ],
)
def test_a_program_of_the_project_is_a_server_by_its_name(command: str) -> None:
    deployment = read(f"FROM python:3.13\nENTRYPOINT {command}\n")
    server = server_of(deployment)

    assert (server.pinned, "mcp" in server.name) == (Truth.YES, True)
    assert not [item for item in deployment.registries if "desk" in item.name]


def test_a_server_whose_code_is_read_is_told_once() -> None:
    code = "from fastmcp import FastMCP\n\nserver = FastMCP('desk')\nserver.run()\n"
    text = 'FROM python:3.13\nENTRYPOINT ["desk-mcp-server"]\n'
    inside = read(text, **{"files/src/desk/server.py": code})
    elsewhere = read(text, **{"other/server.py": code})

    assert [server.name for server in inside.tool_servers] == ["desk"]
    assert len(elsewhere.tool_servers) == 2


def test_a_server_stands_at_what_starts_it_and_at_its_port() -> None:
    server = server_of(read(f'FROM node:22\nEXPOSE 80\nENTRYPOINT ["npx", "-y", "{PACKAGE}"]\n'))

    assert [str(place) for place in server.evidence] == [
        "files/Dockerfile:3:12",
        "files/Dockerfile:2:8",
    ]
    assert (server.confidence, server.exposed) == (Confidence.CERTAIN, False)


def test_the_tools_of_a_known_server_are_known_and_those_of_another_open() -> None:
    known = read(f'FROM node:22\nENTRYPOINT ["npx", "-y", "{PACKAGE}@1.0.2"]\n')
    other = read("FROM acme/desk-mcp:1\n")

    assert any(tool.effects for tool in known.tools)
    assert [end.what for end in other.unresolved] == [
        "the tools of the server acme/desk-mcp are not known"
    ]


def test_whether_a_port_that_is_only_said_asks_who_calls_is_open() -> None:
    deployment = read("FROM mcp/time:1\nEXPOSE 8080\n")

    assert "whether mcp/time asks who calls" in {end.what for end in deployment.unresolved}


@pytest.mark.parametrize(
    ("service", "image", "asks"),
    [
        ("", "", Truth.NO),
        ("environment: {MCP_AUTH_TOKEN: '${T}'},", "", Truth.YES),
        ("", "ENV MCP_AUTH_ISSUER=https://id.acme.example\n", Truth.YES),
        ("", f'ENTRYPOINT ["npx", "-y", "{PACKAGE}", "--auth-token-file", "/t"]\n', Truth.UNKNOWN),
        ("env_file: [missing.env],", "", Truth.UNKNOWN),
    ],
)
def test_a_container_built_from_it_publishes_the_server(
    service: str, image: str, asks: Truth
) -> None:
    compose = f"services: {{files: {{build: ./files, {service} ports: ['8080:8080']}}}}\n"
    start = image or "RUN true\n"
    text = f'FROM node:22\nENTRYPOINT ["npx", "-y", "{PACKAGE}"]\n{start}'
    server = server_of(read(text, **{"compose.yaml": compose}))

    assert (server.exposed, server.transport, server.authenticated) == (True, "http", asks)


def test_a_container_that_is_a_server_already_stays_one() -> None:
    compose = "services: {files-mcp: {build: ./files, ports: ['8080:8080']}}\n"
    text = f'FROM node:22\nENTRYPOINT ["npx", "-y", "{PACKAGE}"]\n'

    assert server_of(read(text, **{"compose.yaml": compose})).name == "files-mcp"
