"""Agents of Microsoft Foundry in Python, and servers of MCP that a model's vendor calls."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth
from tests.extract.invoked import tools_of

FIRST = (
    "from azure.ai.agents import AgentsClient\nfrom azure.ai.agents.models import *\n"
    "from azure.identity import DefaultAzureCredential\n"
    "client = AgentsClient(endpoint=url, credential=DefaultAzureCredential())\n"
)
SECOND = (
    "from azure.ai.projects import AIProjectClient\n"
    "from azure.ai.projects.models import PromptAgentDefinition, MCPTool, FunctionTool\n"
    "project = AIProjectClient(endpoint=url, credential=credential)\n"
)


def deployment(code: str) -> Deployment:
    return deployment_of({"agent.py": code})


@pytest.mark.parametrize(
    "tools",
    [
        (
            "functions = FunctionTool(functions={drop})\nsearch = BingGroundingTool()\n"
            "given = ToolSet()\ngiven.add(functions)\ngiven.add(search)\n"
            "client.create_agent(model='m', name='desk', toolset=given)\n"
        ),
        (
            "functions = FunctionTool([drop])\nsearch = BingGroundingTool()\n"
            "client.create_agent(model='m', name='desk',\n"
            "    tools=functions.definitions + search.definitions)\n"
        ),
    ],
)
def test_the_tools_of_an_agent_are_those_of_its_set_or_list(tools: str) -> None:
    found = deployment(
        f"{FIRST}import os\ndef drop(path: str) -> str:\n    os.remove(path)\n{tools}"
    )
    (agent,) = found.agents

    assert (agent.name, agent.framework) == ("desk", "azure-agents")
    assert tools_of(found).keys() == {"drop", "BingGroundingTool"}


def test_a_version_of_an_agent_has_the_name_of_the_agent() -> None:
    code = (
        "def look(at: str) -> str:\n    return at\n"
        "project.agents.create_version(agent_name='desk', definition=PromptAgentDefinition(\n"
        "    model='m', tools=[FunctionTool(name='look', parameters={})]))\n"
    )
    found = deployment(f"{SECOND}{code}")

    assert [agent.name for agent in found.agents] == ["desk"]
    assert tools_of(found).keys() == {"look"}


@pytest.mark.parametrize(
    ("given", "unasked", "approved", "authenticated"),
    [
        ("server_url='https://mcp.example.test/mcp'", False, (), Truth.NO),
        ("server_url='https://mcp.example.test/', require_approval='never'", True, (), Truth.NO),
        (
            (
                "server_url='https://mcp.example.test/mcp', require_approval='never',"
                " allowed_tools=['look'], project_connection_id='c'"
            ),
            True,
            ("look",),
            Truth.YES,
        ),
        (
            (
                "server_url='https://mcp.example.test/mcp',"
                " require_approval={'never': {'tool_names': ['look']}}, headers={'X-Api-Key': k}"
            ),
            True,
            ("look",),
            Truth.YES,
        ),
        ("server_url=elsewhere", False, (), Truth.UNKNOWN),
        ("server_url='https://mcp.example.test/mcp', headers=given", False, (), Truth.UNKNOWN),
    ],
)
def test_a_server_that_the_service_calls_says_who_is_asked(
    given: str, *, unasked: bool, approved: tuple[str, ...], authenticated: Truth
) -> None:
    code = f"PromptAgentDefinition(model='m', tools=[MCPTool(server_label='notes', {given})])\n"
    (server,) = deployment(f"{SECOND}{code}").tool_servers

    assert (server.name, server.auto_approved, server.approved_tools) == (
        "notes",
        unasked,
        approved,
    )
    assert (server.remote, server.authenticated) == (True, authenticated)


def test_the_question_may_be_waived_apart() -> None:
    code = (
        "notes = McpTool(server_label='notes', server_url='https://mcp.example.test/mcp')\n"
        "notes.set_approval_mode('never')\n"
        "client.create_agent(model='m', name='desk', tools=notes.definitions)\n"
    )
    (server,) = deployment(f"{FIRST}{code}").tool_servers

    assert server.auto_approved


def test_a_server_in_a_request_to_openai_makes_an_agent_of_it() -> None:
    code = (
        "from openai import OpenAI\nclient = OpenAI()\n"
        "client.responses.create(model='m', input='x', tools=[{'type': 'mcp',\n"
        "    'server_label': 'notes', 'server_url': 'https://mcp.example.test/sse',\n"
        "    'require_approval': 'never'}])\n"
    )
    found = deployment(code)

    assert [server.auto_approved for server in found.tool_servers] == [True]
    assert [agent.framework for agent in found.agents] == ["openai"]


@pytest.mark.parametrize(
    ("deleting", "ttl"),
    [("", Known.NONE), ("client.threads.delete(thread.id)\n", Known.UNKNOWN)],
)
def test_a_thread_stays_until_somebody_deletes_it(deleting: str, ttl: Known) -> None:
    code = (
        f"client.create_agent(model='m', name='desk')\nthread = client.threads.create()\n{deleting}"
    )
    (store,) = deployment(f"{FIRST}{code}").memory_stores

    assert (store.name, store.ttl, store.persistent) == ("threads", ttl, Truth.YES)


def test_a_thread_in_which_a_test_asks_is_no_store() -> None:
    """Beside one that others go on with it is not the one that is told."""
    tried = "def test_desk():\n    client.threads.create()\n"
    made = "client.create_agent(model='m', name='desk')\n"

    assert not deployment(f"{FIRST}{made}{tried}").memory_stores
    (store,) = deployment(f"{FIRST}{tried}{made}client.threads.create()\n").memory_stores
    assert store.evidence[0].line == 8


def test_a_tool_that_leads_elsewhere_is_open() -> None:
    code = "client.create_agent(model='m', name='desk', tools=OpenApiTool(name='x').definitions)\n"
    found = deployment(f"{FIRST}{code}")

    assert [end.what for end in found.unresolved] == ["the tool OpenApiTool leads elsewhere"]


def test_a_function_of_that_name_creates_nothing() -> None:
    assert not deployment(f"{FIRST}def create_agent(model): ...\ncreate_agent(model='m')\n").agents
