"""Servers of MCP that agents in Python start or call, in the words of each framework."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth

OPENAI = "from agents import Agent, HostedMCPTool\nfrom agents.mcp import *\n"
STARTED = [
    (
        "from agents import Agent\nfrom agents.mcp import MCPServerStdio\n"
        "s = MCPServerStdio(params={'command': 'npx', 'args': ['-y', 'desk']})\n"
        "a = Agent(name='a', mcp_servers=[s])\n"
    ),
    (
        "from pydantic_ai import Agent\nfrom pydantic_ai.mcp import MCPServerStdio\n"
        "a = Agent('openai:gpt-5', toolsets=[MCPServerStdio('npx', ['-y', 'desk'])])\n"
    ),
    (
        "from crewai import Agent\nfrom crewai.mcp import MCPServerStdio\n"
        "a = Agent(role='r', mcps=[MCPServerStdio(command='npx', args=['-y', 'desk'])])\n"
    ),
    (
        "from crewai import Agent\nfrom crewai_tools import MCPServerAdapter\n"
        "from mcp import StdioServerParameters\n"
        "with MCPServerAdapter(StdioServerParameters(command='npx', args=['-y', 'desk'])) as t:\n"
        "    a = Agent(role='r', tools=t)\n"
    ),
    (
        "from google.adk.agents import LlmAgent\nfrom mcp import StdioServerParameters\n"
        "from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams\n"
        "a = LlmAgent(name='a', tools=[McpToolset(connection_params=StdioConnectionParams("
        "server_params=StdioServerParameters(command='npx', args=['-y', 'desk'])))])\n"
    ),
    (
        "from autogen_agentchat.agents import AssistantAgent\n"
        "from autogen_ext.tools.mcp import McpWorkbench, StdioServerParams\n"
        "async def main(m):\n"
        "    async with McpWorkbench(StdioServerParams(command='npx', args=['-y', 'desk'])) as w:\n"
        "        a = AssistantAgent('a', m, workbench=w)\n"
    ),
    (
        "from agno.agent import Agent\nfrom agno.tools.mcp import MCPTools\n"
        "a = Agent(tools=[MCPTools(command='npx -y desk')])\n"
    ),
    (
        "from llama_index.core.agent.workflow import FunctionAgent\n"
        "from llama_index.tools.mcp import BasicMCPClient, McpToolSpec\n"
        "client = BasicMCPClient('npx', args=['-y', 'desk'])\n"
        "a = FunctionAgent(tools=McpToolSpec(client=client).to_tool_list(), llm=m)\n"
    ),
    (
        "from agent_framework import Agent, MCPStdioTool\n"
        "a = Agent(client=c, tools=[MCPStdioTool('desk', 'npx', args=['-y', 'desk'])])\n"
    ),
    (
        "from strands import Agent\nfrom strands.tools.mcp import MCPClient\n"
        "from mcp import stdio_client, StdioServerParameters\n"
        "client = MCPClient(lambda: stdio_client("
        "StdioServerParameters(command='npx', args=['-y', 'desk'])))\n"
        "with client:\n    a = Agent(tools=client.list_tools_sync())\n"
    ),
    (
        "from langchain.agents import create_agent\n"
        "from langchain_mcp_adapters.client import MultiServerMCPClient\n"
        "async def main():\n"
        "    client = MultiServerMCPClient({'desk': {'transport': 'stdio', 'command': 'npx',"
        " 'args': ['-y', 'desk']}})\n"
        "    a = create_agent('openai:gpt-5', tools=await client.get_tools())\n"
    ),
]


def read(text: str) -> Deployment:
    return deployment_of({"agent.py": text})


@pytest.mark.parametrize("text", STARTED)
def test_a_server_is_started_by_each_framework_in_its_words(text: str) -> None:
    deployment = read(text)
    (server,) = deployment.tool_servers
    given = [edge for edge in deployment.edges if edge.kind is EdgeKind.EXPOSES]

    assert (server.package, server.pinned, server.transport) == ("desk", Truth.NO, "stdio")
    assert (deployment.agents[0].id, server.id) in {(edge.src, edge.dst) for edge in given}
    assert text.split("\n")[server.evidence[0].line - 1].count("(")


CALLED = (
    "from agents import Agent, HostedMCPTool\n"
    "a = Agent(name='a', tools=[HostedMCPTool(tool_config={'type': 'mcp', 'server_label': 'desk',"
    " 'server_url': 'http://desk.example.com/mcp', %s})])\n"
)


@pytest.mark.parametrize(
    ("given", "asked", "unasked"),
    [
        ("'require_approval': 'never'", Truth.NO, True),
        ("'require_approval': 'always'", Truth.NO, False),
        ("'authorization': TOKEN", Truth.UNKNOWN, False),
        ("'authorization': 'Bearer 8f3a9c2b7d1e4f60a5b6'", Truth.YES, False),
        ("'headers': {'Authorization': 'Bearer ' + token()}", Truth.YES, False),
        ("'headers': {**held()}", Truth.UNKNOWN, False),
        ("'headers': {**{'Authorization': token()}}", Truth.YES, False),
    ],
)
def test_a_server_that_the_provider_calls(given: str, asked: Truth, *, unasked: bool) -> None:
    (server,) = read(CALLED % given).tool_servers

    assert (server.name, server.url) == ("desk", "http://desk.example.com/mcp")
    assert (server.tls, server.authenticated) == (Truth.NO, asked)
    assert server.auto_approved is unasked


def test_what_a_server_is_handed_is_the_servers() -> None:
    text = STARTED[1].replace(
        "['-y', 'desk'])", "['-y', 'desk'], env={'DESK_API_KEY': '8f3a9c2b7d1e4f60a5b6'})"
    )
    deployment = read(text)
    (credential,) = deployment.credentials

    assert (credential.holder, credential.holder_id) == (
        "tool_server",
        deployment.tool_servers[0].id,
    )


@pytest.mark.parametrize(
    "client",
    [
        "MCPServerStreamableHTTP(settings.url)",
        "MCPServerStdio(command, [])",
        "MCPServerStdio(*given)",
    ],
)
def test_a_server_that_does_not_fold_is_open(client: str) -> None:
    deployment = read(
        "from pydantic_ai import Agent\n"
        "from pydantic_ai.mcp import MCPServerStdio, MCPServerStreamableHTTP\n"
        f"a = Agent('openai:gpt-5', toolsets=[{client}])\n"
    )

    assert not deployment.tool_servers
    assert [end for end in deployment.unresolved if "does not fold" in end.what]


def test_each_agent_gets_the_servers_that_it_is_given() -> None:
    text = (
        "from pydantic_ai import Agent\nfrom pydantic_ai.mcp import MCPServerStdio\n"
        "one = Agent('m', name='one', toolsets=[MCPServerStdio('npx', ['left'])])\n"
        "two = Agent('m', name='two', toolsets=[MCPServerStdio('npx', ['right'])])\n"
    )
    deployment = read(text)
    names = {fact.id: fact.name for fact in deployment.agents}
    packages = {fact.id: fact.package for fact in deployment.tool_servers}
    found = {
        (names[edge.src], packages[edge.dst])
        for edge in deployment.edges
        if edge.kind is EdgeKind.EXPOSES and edge.src in names and edge.dst in packages
    }

    assert found == {("one", "left"), ("two", "right")}


@pytest.mark.parametrize("toolset", ["header_provider=given", "auth_credential=made()"])
def test_a_toolset_may_prove_by_itself_who_calls(toolset: str) -> None:
    text = (
        "from google.adk.agents import LlmAgent\n"
        "from google.adk.tools.mcp_tool import McpToolset, StreamableHTTPConnectionParams\n"
        "a = LlmAgent(name='a', tools=[McpToolset(connection_params="
        "StreamableHTTPConnectionParams(url='https://desk.example.com/mcp')%s)])\n"
    )

    assert read(text % "").tool_servers[0].authenticated is Truth.NO
    assert read(text % f", {toolset}").tool_servers[0].authenticated is Truth.UNKNOWN


def test_an_address_of_a_crew_is_shown_without_its_secret() -> None:
    address = "https://desk.example.com/mcp?api_key=8f3a9c2b7d1e4f60a5b6c7d8"
    code = f"from crewai import Agent\na = Agent(role='r', mcps=['{address}#find'])\n"
    written = f'{{"role": "r", "goal": "g", "backstory": "b", "mcps": ["{address}"]}}'
    for deployment in (read(code), deployment_of({"agents/r.jsonc": written})):
        assert "8f3a9c2b7d1e" not in repr(deployment)
        assert [server.name for server in deployment.tool_servers] == [
            "https://desk.example.com/mcp"
        ]


_AGNO = "from agno.agent import Agent\nfrom agno.tools.mcp import MCPTools, MultiMCPTools\n"


def test_several_servers_of_agno_are_read_by_their_commands_and_addresses() -> None:
    code = (
        f"{_AGNO}tools = MultiMCPTools(['npx -y one-mcp@1.0.0'], urls=['https://two.example.com'])\n"
        "agent = Agent(tools=[tools])\n"
    )
    found = deployment_of({"desk.py": code})

    assert sorted((server.package, server.url) for server in found.tool_servers) == [
        ("", "https://two.example.com"),
        ("one-mcp", ""),
    ]
    assert "the tool MultiMCPTools is not known" not in {end.what for end in found.unresolved}


@pytest.mark.parametrize("given", ["chosen()", "[chosen()]"])
def test_servers_of_agno_that_do_not_fold_are_named(given: str) -> None:
    code = f"{_AGNO}tools = MultiMCPTools({given})\nagent = Agent(tools=[tools])\n"
    found = deployment_of({"desk.py": code})

    assert any(end.what.startswith("the server tools") for end in found.unresolved)


def test_what_with_keeps_open_is_a_server_and_no_tool() -> None:
    code = (
        f"{_AGNO}from mcp import StdioServerParameters\n"
        "async def main():\n    given = StdioServerParameters(command='npx', args=['-y', 'x@1'])\n"
        "    async with MCPTools(server_params=given) as tools:\n"
        "        agent = Agent(tools=[tools])\n"
    )
    found = deployment_of({"desk.py": code})

    assert [server.package for server in found.tool_servers] == ["x"]
    assert {end.what for end in found.unresolved} <= {"the tools of the server given are not known"}
