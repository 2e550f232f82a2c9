"""A server in code listens to all; whether others reach it is said where its image is run."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import ToolServer

SERVER = """\
from fastmcp import FastMCP

mcp = FastMCP("billing")
mcp.run(transport="http", host="0.0.0.0", port=8000)
"""
COMPOSE = """\
services:
  billing:
    build: ./billing
    ports: ["{ports}"]
    environment: {{{settings}}}
"""


def server_of(ports: str, settings: str = "", **more: str) -> ToolServer:
    """The server of `billing/server.py`, beside a Compose file."""
    compose = COMPOSE.format(ports=ports, settings=settings)
    files = {"compose.yaml": compose, "billing/server.py": SERVER, **more}
    found = deployment_of(files).tool_servers
    return next(item for item in found if item.evidence[0].file == "billing/server.py")


def test_a_published_port_exposes_the_server_of_the_folder() -> None:
    server = server_of("8000:8000")

    assert (server.exposed, server.authenticated) == (True, Truth.NO)
    assert server.evidence[-1].file == "compose.yaml"


def test_a_port_of_the_own_machine_exposes_nothing() -> None:
    assert not server_of("127.0.0.1:8000:8000").exposed


def test_a_setting_of_the_container_may_make_it_ask() -> None:
    server = server_of("8000:8000", "MCP_AUTH_TOKEN: '${MCP_AUTH_TOKEN}'")

    assert (server.exposed, server.authenticated) == (True, Truth.UNKNOWN)


@pytest.mark.parametrize("other", ["billing/second.py", "billing/deeper/second.py"])
def test_of_two_servers_nobody_says_which_one_is_published(other: str) -> None:
    assert not server_of("8000:8000", **{other: SERVER}).exposed


AS_TOLD = """\
import os
from fastmcp import FastMCP

mcp = FastMCP("billing"{auth})
mcp.run(transport=os.getenv("MCP_TRANSPORT", "stdio"))
"""


@pytest.mark.parametrize(
    ("settings", "auth", "exposed"),
    [
        ("MCP_TRANSPORT: sse", "", True),
        ("TRANSPORT: '${TRANSPORT:-streamable-http}'", "", True),
        ("MCP_TRANSPORT: stdio", "", False),
        ("LOG_LEVEL: info", "", False),
        ("MCP_TRANSPORT: sse", ", auth=verifier", False),
    ],
)
def test_a_server_that_is_spoken_to_as_it_is_told_listens_where_it_is_told_to(
    settings: str, auth: str, *, exposed: bool
) -> None:
    code = AS_TOLD.format(auth=auth)
    server = server_of("8000:8000", settings, **{"billing/server.py": code})

    assert (server.exposed and server.authenticated is Truth.NO) is exposed


def test_a_server_lies_in_the_folder_of_its_dockerfile_where_all_are_built_from_one() -> None:
    compose = (
        "services:\n  billing:\n    build: {context: ., dockerfile: billing/Dockerfile}\n"
        "    ports: ['8000:8000']\n"
    )
    code = {"billing/server.py": SERVER, "shipping/server.py": SERVER.replace("billing", "ship")}
    found = deployment_of({"compose.yaml": compose, **code}).tool_servers

    assert {item.name: item.exposed for item in found} == {"billing": True, "ship": False}


SWITCHED = """\
services:
  budget-mcp-dev:
    build: .
    ports: ["3601:3600"]
    environment:
      BUDGET_URL: "http://budget:5006"
      MCP_PORT: "3600"
      MCP_ALLOW_UNAUTHENTICATED: "{value}"
  budget-mcp:
    image: registry.example/budget-mcp:1.4
    ports: ["3600:3600"]
    environment: {{{settings}}}
"""
SAME = "BUDGET_URL: 'http://budget:5006', MCP_PORT: '3600'"


def asking(value: str, settings: str) -> list[tuple[str, Truth]]:
    text = SWITCHED.format(value=value, settings=settings)
    servers = deployment_of({"compose.yaml": text}).tool_servers
    return [(item.name, item.authenticated) for item in servers]


def test_a_switch_that_lets_everybody_call_makes_no_server_ask() -> None:
    assert ("budget-mcp-dev", Truth.NO) in asking("true", SAME)
    assert ("budget-mcp-dev", Truth.YES) in asking("false", SAME)


@pytest.mark.parametrize(
    ("settings", "asks"),
    [
        (SAME, Truth.UNKNOWN),
        ("MAIL_HOST: mail, MAIL_PORT: '25'", Truth.NO),
        ("MCP_PORT: '3600'", Truth.NO),
    ],
)
def test_what_could_be_told_not_to_ask_and_is_not_may_ask(settings: str, asks: Truth) -> None:
    """One of the same kind beside it has the switch; another kind of server has none."""
    assert ("budget-mcp", asks) in asking("true", settings)


@pytest.mark.parametrize(
    "setting",
    [
        *("ENABLE_AUTH: 'false'", "AUTH_PROVIDER: none", "MCP_AUTH: '${MCP_AUTH:-off}'"),
        *("DANGEROUSLY_OMIT_AUTH: 'true'", "MCP_AUTH_BYPASS: '1'", "BYPASS_AUTH: 'yes'"),
    ],
)
def test_a_setting_that_switches_asking_off_is_none_that_asks(setting: str) -> None:
    assert ("budget-mcp", Truth.NO) in asking("no", setting)


TOLD = """\
services:
  shop-mcp:
    build: .
    ports: ["8080:8080"]
    environment: {MCP_TRANSPORT: "${MCP_TRANSPORT:-streamable-http}"}
"""
UNTOLD = """\
services:
  shop-mcp-full:
    build: {{context: ., dockerfile: full.Dockerfile}}
    ports: ["3000:3000"]
    {more}
"""
IMAGE = 'FROM node:22\nEXPOSE 3000\nUSER node\nCMD ["node", "dist/index.js"]\n'


@pytest.mark.parametrize(
    ("more", "image", "asks"),
    [
        ("", IMAGE, Truth.UNKNOWN),
        ("environment: {MCP_TRANSPORT: http}", IMAGE, Truth.NO),
        ("command: [node, dist/index.js, --port, '3000']", IMAGE, Truth.NO),
        ("", IMAGE.replace("EXPOSE", "ENV MCP_TRANSPORT=http\nEXPOSE"), Truth.NO),
        ("", IMAGE.replace("EXPOSE", "ENV LOG_LEVEL=info\nEXPOSE"), Truth.UNKNOWN),
    ],
)
def test_what_is_told_elsewhere_to_listen_may_not_listen_by_itself(
    more: str, image: str, asks: Truth
) -> None:
    files = {
        "compose.yaml": TOLD,
        "compose.full.yaml": UNTOLD.format(more=more),
        "full.Dockerfile": image,
        "Dockerfile": IMAGE,
    }
    servers = deployment_of(files).tool_servers
    found = {item.name: item.authenticated for item in servers}

    assert found == {"shop-mcp": Truth.NO, "shop-mcp-full": asks}
