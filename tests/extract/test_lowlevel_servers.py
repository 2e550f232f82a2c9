"""Servers of MCP of the SDK's low-level class, and those that are classes of one's own."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth

_LOW = """
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.types import Tool
from starlette.applications import Starlette

app = Server("desk")
{made}

@app.list_tools()
async def listed():
    return [Tool(name="look", inputSchema={{"type": "object", "properties": {{}}}})]

async def look():
    return 1

def main(host="0.0.0.0"):
    web = Starlette(routes=[])
    {serves}
"""
_SSE = "sse = SseServerTransport('/messages/')"


def _low(serves: str, made: str = _SSE) -> Deployment:
    return deployment_of({"server.py": _LOW.format(serves=serves, made=made)})


@pytest.mark.parametrize(
    ("serves", "everywhere", "open_ends"),
    [
        ("uvicorn.run(web, host='0.0.0.0', port=8000)", True, 0),
        ("uvicorn.run(web, host=host)", True, 0),
        ("uvicorn.Server(uvicorn.Config(web, host='0.0.0.0'))", True, 0),
        ("uvicorn.run(web)", False, 0),
        ("uvicorn.run(web, host='127.0.0.1')", False, 0),
        ("uvicorn.run(web, host=settings.host)", False, 1),
        ("return web", False, 1),
    ],
)
def test_a_server_is_reached_where_uvicorn_listens(
    serves: str,
    everywhere: bool,  # noqa: FBT001 -- a column of the table
    open_ends: int,
) -> None:
    found = _low(serves)
    (server,) = found.tool_servers

    assert (server.name, server.transport) == ("desk", "sse")
    assert server.listens_everywhere is everywhere
    assert server.authenticated is Truth.NO
    assert len(found.unresolved) == open_ends


def test_its_listed_tools_are_the_servers() -> None:
    found = _low("uvicorn.run(web, host='0.0.0.0')")

    assert [edge.kind for edge in found.edges if edge.dst == found.tools[0].id] == [
        EdgeKind.EXPOSES
    ]


@pytest.mark.parametrize("word", ["middleware=[Asks()]", "{'Authorization': key}", "api_key=key"])
def test_what_may_ask_who_calls_leaves_it_open(word: str) -> None:
    (server,) = _low(f"uvicorn.run(web, host='0.0.0.0')\n    use({word!r})").tool_servers

    assert server.authenticated is Truth.UNKNOWN


def test_over_standard_input_it_is_reached_by_nobody() -> None:
    assert _low("stdio_server()", made="pass").tool_servers == ()


_DERIVED = """
from mcp.server.fastmcp import FastMCP

class Careful({base}):
    pass

class Desk(Careful):
    pass

mcp = Desk("desk")
mcp.run(transport="streamable-http", host="0.0.0.0")
"""


@pytest.mark.parametrize("base", ["FastMCP", "FastMCP[Context]"])
def test_a_class_that_is_made_of_a_server_is_one(base: str) -> None:
    (server,) = deployment_of({"server.py": _DERIVED.format(base=base)}).tool_servers

    assert (server.name, server.listens_everywhere) == ("desk", True)


def test_a_class_of_another_file_is_one_too() -> None:
    kit = "from fastmcp import FastMCP\nclass Desk(FastMCP):\n    pass\n"
    code = "from .kit import Desk\nmcp = Desk('desk')\nmcp.run()\n# mcp\nimport mcp.types\n"
    files = {"app/__init__.py": "", "app/kit.py": kit, "app/server.py": code}

    assert [server.name for server in deployment_of(files).tool_servers] == ["desk"]


def test_other_classes_are_none() -> None:
    code = _DERIVED.format(base="Other")

    assert deployment_of({"server.py": code}).tool_servers == ()
