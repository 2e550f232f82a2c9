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
