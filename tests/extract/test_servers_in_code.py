"""Servers of MCP that Python code builds."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import ToolServer

FASTMCP = "import os\nfrom fastmcp import FastMCP\n"
SDK = "from mcp.server.fastmcp import FastMCP\n"


def server_of(code: str) -> ToolServer:
    return deployment_of({"server.py": code}).tool_servers[0]


@pytest.mark.parametrize(
    ("code", "transport", "everywhere"),
    [
        ("mcp = FastMCP('x')\nmcp.run()\n", "stdio", False),
        ("mcp = FastMCP('x')\nmcp.run('stdio', host='0.0.0.0')\n", "stdio", False),
        ("mcp = FastMCP('x')\nmcp.run(transport='http')\n", "http", False),
        ("mcp = FastMCP('x')\nmcp.run(transport='http', host='127.0.0.1')\n", "http", False),
        ("mcp = FastMCP('x')\nmcp.run(transport='http', host='0.0.0.0')\n", "http", True),
        ("H = '::'\nmcp = FastMCP('x')\nmcp.run('streamable-http', host=H)\n", "http", True),
        ("mcp = FastMCP('x', host='0.0.0.0')\nmcp.run(transport='sse')\n", "sse", True),
        ("mcp = FastMCP('x')\nmcp.settings.host = '0.0.0.0'\nmcp.run('sse')\n", "sse", True),
        ("mcp = FastMCP('x')\nmcp.run_http_async(host='0.0.0.0')\n", "http", True),
        ("mcp = FastMCP('x')\nother.run('http', host='0.0.0.0')\n", "", False),
    ],
)
def test_its_start_tells_who_reaches_a_server(code: str, transport: str, everywhere: bool) -> None:  # noqa: FBT001
    server = server_of(FASTMCP + code)

    assert (server.transport, server.listens_everywhere) == (transport, everywhere)


@pytest.mark.parametrize(
    "start",
    [
        "mcp.run(transport='http', host=os.environ['HOST'])",
        "mcp.run(transport=os.environ['KIND'])",
        "mcp.run(**settings)",
    ],
)
def test_a_start_that_does_not_fold_is_open(start: str) -> None:
    deployment = deployment_of({"server.py": f"{FASTMCP}mcp = FastMCP('x')\n{start}\n"})

    assert [item.evidence.line for item in deployment.unresolved] == [4]
    assert not deployment.tool_servers[0].listens_everywhere


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        (f"{FASTMCP}mcp = FastMCP('x')\n", Truth.NO),
        (f"{FASTMCP}mcp = FastMCP('x', auth=None)\n", Truth.NO),
        (f"{FASTMCP}mcp = FastMCP('x', auth=verifier())\n", Truth.YES),
        (f"{SDK}mcp = FastMCP('x', token_verifier=v, auth=settings)\n", Truth.YES),
        (f"{FASTMCP}mcp = FastMCP('x', middleware=[own()])\n", Truth.UNKNOWN),
        (f"{FASTMCP}mcp = FastMCP('x')\nmcp.run('http', middleware=[own()])\n", Truth.UNKNOWN),
        (f"{FASTMCP}mcp = FastMCP('x')\nmcp.add_middleware(own())\n", Truth.UNKNOWN),
        (f"{FASTMCP}mcp = FastMCP('x')\nmcp.auth = own()\n", Truth.UNKNOWN),
        (f"{FASTMCP}mcp = FastMCP(**settings)\n", Truth.UNKNOWN),
    ],
)
def test_a_server_asks_who_calls_or_not_or_nobody_knows(code: str, asks: Truth) -> None:
    assert server_of(code).authenticated is asks


def test_a_server_exposes_what_it_decorates_and_no_other_tool() -> None:
    code = (
        f"{SDK}from agents import function_tool\nmcp = FastMCP('billing')\n"
        "@mcp.tool()\ndef refund(invoice: int) -> str: ...\n"
        "@function_tool\ndef look(x: int) -> str: ...\n"
    )
    deployment = deployment_of({"server.py": code})
    server = deployment.tool_servers[0]
    exposed = [edge.dst for edge in deployment.edges if edge.kind is EdgeKind.EXPOSES]

    assert (server.name, server.evidence[0].line) == ("billing", 3)
    assert exposed == [tool.id for tool in deployment.tools if tool.name == "refund"]


def test_a_class_of_ones_own_is_no_server() -> None:
    deployment = deployment_of({"a.py": "class FastMCP: ...\nmcp = FastMCP('x')\nmcp.run()\n"})

    assert deployment.tool_servers == ()


SERVER = f"{FASTMCP}mcp = FastMCP('x')\n"


@pytest.mark.parametrize(
    ("serving", "transport", "everywhere", "asks"),
    [
        ("uvicorn.run(mcp.http_app(), host='0.0.0.0')", "http", True, Truth.NO),
        ("app = mcp.http_app()\nuvicorn.run(app, host='0.0.0.0')", "http", True, Truth.NO),
        ("uvicorn.run(mcp.sse_app(), host='::')", "sse", True, Truth.NO),
        ("uvicorn.run(mcp.streamable_http_app())", "http", False, Truth.NO),
        ("app = mcp.http_app()", "http", False, Truth.NO),
        ("uvicorn.run(mcp.http_app(middleware=m), host='0.0.0.0')", "http", True, Truth.UNKNOWN),
        (
            (
                "app = Starlette(routes=[Mount('/', app=mcp.http_app())])\n"
                "uvicorn.run(app, host='0.0.0.0')"
            ),
            "http",
            True,
            Truth.NO,
        ),
        (
            (
                "app = Starlette(routes=[Mount('/', app=mcp.http_app())], middleware=[guard])\n"
                "uvicorn.run(app, host='0.0.0.0')"
            ),
            "http",
            True,
            Truth.UNKNOWN,
        ),
    ],
)
def test_uvicorn_serves_the_application_of_a_server(
    serving: str,
    transport: str,
    everywhere: bool,  # noqa: FBT001, a column of the table
    asks: Truth,
) -> None:
    server = server_of(f"import uvicorn\n{SERVER}{serving}\n")

    assert (server.transport, server.listens_everywhere) == (transport, everywhere)
    assert server.authenticated is asks


@pytest.mark.parametrize(
    "start",
    [
        "from app.server import mcp\nmcp.run(transport='http', host='0.0.0.0')\n",
        "from app import server\nserver.mcp.run(transport='http', host='0.0.0.0')\n",
        "import uvicorn\nfrom app.server import mcp\nuvicorn.run(mcp.http_app(), host='0.0.0.0')\n",
    ],
)
def test_a_server_may_be_started_in_another_file(start: str) -> None:
    files = {"app/__init__.py": "", "app/server.py": SERVER, "main.py": start}
    (server,) = deployment_of(files).tool_servers

    assert (server.transport, server.listens_everywhere) == ("http", True)
    assert [place.file for place in server.evidence] == ["app/server.py", "main.py"]


def test_an_open_start_in_another_file_is_open_there() -> None:
    files = {"server.py": SERVER, "main.py": "from server import mcp\nmcp.run(transport=kind)\n"}
    deployment = deployment_of(files)

    assert [item.evidence.file for item in deployment.unresolved] == ["main.py"]


@pytest.mark.parametrize(
    ("beside", "asks"),
    [
        ("from bedrock_agentcore.identity.auth import requires_access_token", Truth.UNKNOWN),
        ("import boto3", Truth.NO),
    ],
)
def test_whether_agentcore_asks_who_calls_before_a_server_is_open(beside: str, asks: Truth) -> None:
    start = f"{SERVER}mcp.run(transport='http', host='0.0.0.0')\n"
    deployment = deployment_of({"app/server.py": start, "app/access.py": f"{beside}\n"})

    assert deployment.tool_servers[0].authenticated is asks
    assert any("AgentCore" in item.what for item in deployment.unresolved) is (
        asks is Truth.UNKNOWN
    )


@pytest.mark.parametrize(
    ("name", "asks"), [("desk-tools", Truth.UNKNOWN), ("other-tools", Truth.NO)]
)
def test_terraform_names_the_folder_that_agentcore_runs(name: str, asks: Truth) -> None:
    start = f"{SERVER}mcp.run(transport='http', host='0.0.0.0')\n"
    runtime = (
        'resource "aws_bedrockagentcore_agent_runtime" "it" {\n  agent_runtime_artifact {\n'
        f'    container_configuration {{ container_uri = var.images["{name}"] }}\n  }}\n}}\n'
    )
    deployment = deployment_of({"images/desk-tools/src/server.py": start, "main.tf": runtime})
    (server,) = [item for item in deployment.tool_servers if item.listens_everywhere]

    assert server.authenticated is asks


@pytest.mark.parametrize(
    ("around", "asks"),
    [("app.add_middleware(Guard)", Truth.UNKNOWN), ("other.add_middleware(Guard)", Truth.NO)],
)
def test_middleware_around_an_application_may_ask_who_calls(around: str, asks: Truth) -> None:
    served = f"app = mcp.streamable_http_app()\n{around}\nuvicorn.run(app, host='0.0.0.0')\n"

    assert server_of(f"import uvicorn\n{SERVER}{served}").authenticated is asks
