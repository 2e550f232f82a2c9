"""Agents that speak: of LiveKit Agents and of Pipecat."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from tests.extract.invoked import tools_of

LIVEKIT = (
    "import os\nfrom livekit.agents import Agent, AgentSession, RunContext, function_tool, mcp\n"
    "class Desk(Agent):\n    def __init__(self):\n"
    "        super().__init__(instructions='x', tools=[look])\n"
    "    @function_tool\n    async def drop(self, context: RunContext, path: str) -> str:\n"
    "        os.remove(path)\n"
    "@function_tool\nasync def look(at: int) -> str:\n    return ''\n"
)
PIPECAT = (
    "import os\nfrom pipecat.pipeline.task import PipelineTask\n"
    "from pipecat.services.openai.llm import OpenAILLMService\n"
    "from pipecat.adapters.schemas.function_schema import FunctionSchema\n"
    "async def drop(params):\n    os.remove(params.arguments['path'])\n"
    "async def answer(call):\n    llm = OpenAILLMService(api_key=key)\n"
    "    schema = FunctionSchema(name='drop_file', properties={'path': {'type': 'string'}})\n"
    "    llm.register_function('drop_file', drop)\n    task = PipelineTask(pipeline)\n"
)


@pytest.mark.parametrize(
    ("session", "steps"),
    [
        ("", 3),
        ("AgentSession(llm=m)\n", 3),
        ("AgentSession(llm=m, max_tool_steps=9)\n", 9),
        ("AgentSession(llm=m)\nAgentSession(llm=m, max_tool_steps=9)\n", 9),
        ("AgentSession(llm=m, max_tool_steps=2)\nAgentSession(llm=m)\n", 3),
    ],
)
def test_an_agent_of_livekit_has_the_steps_of_its_session(session: str, steps: int) -> None:
    found = deployment_of({"agent.py": f"{LIVEKIT}{session}"})
    (agent,) = found.agents

    assert (agent.name, agent.framework) == ("Desk", "livekit")
    assert (agent.max_iterations, agent.max_iterations_count) == (Known.SET, steps)
    assert tools_of(found).keys() == {"look", "drop"}


def test_an_agent_of_livekit_stands_where_its_class_does() -> None:
    (agent,) = deployment_of({"agent.py": LIVEKIT}).agents

    assert (agent.evidence[0].line, agent.evidence[0].column) == (3, 1)


@pytest.mark.parametrize("made", ["Agent(instructions='x', tools=[look])", "x.Agent(tools=[look])"])
def test_an_agent_of_livekit_may_be_a_call(made: str) -> None:
    code = LIVEKIT.replace("class Desk(Agent)", "class Desk(Other)") + f"desk = {made}\n"
    found = deployment_of({"agent.py": code})

    assert [agent.name for agent in found.agents] == ([] if made.startswith("x") else ["desk"])


@pytest.mark.parametrize(
    ("server", "remote", "authenticated"),
    [
        ("mcp.MCPServerHTTP('https://tools.example.test/mcp')", True, Truth.NO),
        (
            "mcp.MCPServerHTTP(url='https://tools.example.test/mcp', headers={'Authorization': t})",
            *(True, Truth.YES),
        ),
        ("mcp.MCPServerStdio(command='npx', args=['-y', 'notes-mcp'])", False, Truth.UNKNOWN),
    ],
)
def test_a_server_of_an_agent_that_speaks_is_read(
    server: str, *, remote: bool, authenticated: Truth
) -> None:
    session = f"AgentSession(tools=[mcp.MCPToolset(id='t', mcp_server={server})])\n"
    (found,) = deployment_of({"agent.py": f"{LIVEKIT}{session}"}).tool_servers

    assert (found.remote, found.authenticated) == (remote, authenticated)


def test_a_pipeline_with_a_model_is_an_agent_with_the_tools_that_are_registered() -> None:
    found = deployment_of({"bot.py": PIPECAT})
    (agent,), (tool,) = found.agents, found.tools

    assert (agent.name, agent.framework) == ("answer", "pipecat")
    assert tools_of(found).keys() == {"drop_file"}
    assert (tool.effects, tool.free_form_parameters) == (("delete",), ("path",))


def test_a_pipeline_without_a_model_is_no_agent() -> None:
    assert not deployment_of({"bot.py": PIPECAT.replace("OpenAILLM", "OpenAITTS")}).agents


def test_a_handler_that_another_file_has_is_open() -> None:
    found = deployment_of({"bot.py": PIPECAT.replace("async def drop(", "async def other(")})

    assert "what runs drop_file is not found" in {end.what for end in found.unresolved}
