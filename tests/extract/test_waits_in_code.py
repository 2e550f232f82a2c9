"""How long code waits for the runs of agents, in the file that builds them and in others."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

BUILT = """
from langgraph.graph import StateGraph


def build(tools):
    graph = StateGraph(dict)
    return graph
"""
IMPORTS = "import asyncio\nimport os\nimport langgraph\nfrom graphs import build\n"
WAITED = "return await asyncio.wait_for(graph.ainvoke(asked), timeout=int(os.getenv('MOST', '9')))"


def runs(*lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"{IMPORTS}\n\nasync def ask(asked):\n{body}"


def timeout(**files: str) -> Known:
    (agent,) = deployment_of({f"{name}.py": text for name, text in files.items()}).agents
    return agent.timeout


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("graph = build([]).compile()", WAITED), Known.SET),
        (("graph = build([])", "async with asyncio.timeout(60):", "  await graph.ainvoke(asked)"),
         Known.SET),
        (("graph = build([])", "return await graph.ainvoke(asked)"), Known.NONE),
        (("await asyncio.wait_for(build([]).ainvoke(asked), None)",), Known.NONE),
        (("await asyncio.wait_for(build([]).ainvoke(asked))",), Known.NONE),
        (("async with asyncio.timeout(None):", "  await build([]).ainvoke(asked)"), Known.NONE),
        (("async with lock(60):", "  await build([]).ainvoke(asked)"), Known.NONE),
        (("graph = build([])", "await graph.ainvoke(asked)", WAITED), Known.NONE),
    ],
)  # fmt: skip
def test_who_runs_an_agent_of_another_file_may_end_it_in_time(
    lines: tuple[str, ...], found: Known
) -> None:
    assert timeout(graphs=BUILT, api=runs(*lines)) is found


def test_all_that_run_an_agent_must_end_it_in_time() -> None:
    waiting = runs("graph = build([])", WAITED)
    patient = runs("return await build([]).ainvoke(asked)")

    assert timeout(graphs=BUILT, api=waiting, page=patient) is Known.NONE
    assert timeout(graphs=BUILT, api=waiting, page=IMPORTS) is Known.SET


def test_who_imports_something_else_of_the_file_runs_another_agent() -> None:
    other = runs("graph = build([])", WAITED).replace("import build", "import other as build")

    assert timeout(graphs=f"{BUILT}\n\ndef other(tools):\n    return tools\n", api=other) is (
        Known.NONE
    )


@pytest.mark.parametrize(("imported", "found"), [("first", Known.SET), ("last", Known.NONE)])
def test_what_decorates_a_function_is_built_with_it(imported: str, found: Known) -> None:
    built = (
        "from langgraph.graph import StateGraph\n\n\n"
        "@given(StateGraph(dict))\ndef first(tools):\n    return tools\n\n\n"
        "def last(tools):\n    return tools\n"
    )
    other = runs("graph = build([])", WAITED).replace("import build", f"import {imported} as build")

    assert timeout(graphs=built, api=other) is found


def test_an_agent_of_the_file_itself_is_ended_in_time() -> None:
    """What starts the loop of the program is no run of an agent."""
    own = (
        "import asyncio\nfrom agents import Agent, Runner\n"
        "agent = Agent(name='desk', tools=[])\n\n"
        "async def ask(asked):\n"
        "    return await asyncio.wait_for(Runner.run(agent, asked), 60)\n\n"
        "asyncio.run(ask('hello'))\n"
    )

    assert timeout(desk=own) is Known.SET
    assert timeout(desk=own.replace(", 60)", ", None)")) is Known.NONE


MEMBER = """
from llama_index.core.agent.workflow import FunctionAgent

clerk = FunctionAgent(name="clerk", tools=[find], llm=llm)
"""


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("AgentWorkflow(agents=members, timeout=most)", Known.UNKNOWN),
        ("AgentWorkflow(agents=members, timeout=None)", Known.NONE),
        ("AgentWorkflow(agents=members)", Known.NONE),
        ("AgentWorkflow(agents=[other], timeout=most)", Known.NONE),
    ],
)
def test_a_workflow_of_agents_from_elsewhere_may_end_them(made: str, found: Known) -> None:
    team = f"from llama_index.core.agent.workflow import AgentWorkflow\n\nflow = {made}\n"
    agents = deployment_of({"clerk.py": MEMBER, "team.py": team}).agents

    assert next(agent.timeout for agent in agents if agent.name == "clerk") is found


@pytest.mark.parametrize(
    ("handler", "found"),
    [
        ("def lambda_handler(event, context):\n    return build([]).invoke(event)\n", Known.SET),
        ("from mangum import Mangum\nhandler = Mangum(app)\n", Known.SET),
        ("def lambda_handler():\n    return build([]).invoke({})\n", Known.NONE),
        ("def handler(event, context):\n    return build([]).invoke(event)\n", Known.NONE),
    ],
)
def test_lambda_ends_what_it_calls(handler: str, found: Known) -> None:
    assert timeout(graphs=BUILT, api=f"{IMPORTS}{handler}") is found
    assert timeout(graphs=f"{BUILT}{handler}") is found


STRANDS = """
from strands import Agent

def make_clerk():
    return Agent(name="clerk", tools=[find])
"""


@pytest.mark.parametrize(
    ("made", "run", "found"),
    [
        ("Swarm([make_clerk()])", "swarm('hello')", Known.SET),
        ("Swarm([make_clerk()])", "await swarm.invoke_async('hello')", Known.SET),
        ("Swarm([make_clerk()], execution_timeout=most)", "return swarm", Known.SET),
        ("Swarm([make_clerk()], execution_timeout=None)", "return swarm", Known.NONE),
        ("Swarm([make_clerk()], **more)", "return swarm", Known.NONE),
        ("Swarm([make_clerk()])", "await make_clerk().invoke_async('hello')", Known.NONE),
        ("Graph([make_clerk()])", "return swarm", Known.NONE),
    ],
)
def test_a_swarm_of_strands_ends_its_members_wherever_they_are_made(
    made: str, run: str, found: Known
) -> None:
    team = (
        "from strands.multiagent import Graph, Swarm\nfrom clerks import make_clerk\n\n"
        f"async def work(most, more):\n    swarm = {made}\n    {run}\n"
    )
    agents = deployment_of({"clerks.py": STRANDS, "team.py": team}).agents

    assert next(agent.timeout for agent in agents if agent.name == "clerk") is found


@pytest.mark.parametrize(
    ("run", "found"), [("swarm('hi')", Known.SET), ("clerk('hi')", Known.NONE)]
)
def test_a_member_that_is_asked_by_itself_is_not_ended_by_its_swarm(run: str, found: Known) -> None:
    own = (
        "from strands import Agent\nfrom strands.multiagent import Swarm\n\n"
        f"clerk = Agent(tools=[find])\nswarm = Swarm([clerk])\n{run}\n"
    )

    assert timeout(desk=own) is found
