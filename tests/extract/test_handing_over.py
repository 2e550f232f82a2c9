"""To whom agents hand work that other files build: as tools, handoffs and sub-agents."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind

BILLING = 'from agents import Agent\nbilling = Agent(name="Billing")\n'
MAIN = "from agents import Agent, handoff\n{imports}\ntriage = Agent(name='Triage', {given})\n"
FROM = "from team.billing import billing"


def handed(found: Deployment) -> set[tuple[str, str]]:
    names = {agent.id: agent.name for agent in found.agents}
    edges = (edge for edge in found.edges if edge.kind is EdgeKind.DELEGATES_TO)
    return {(names[edge.src], names[edge.dst]) for edge in edges}


@pytest.mark.parametrize(
    ("imports", "given"),
    [
        (FROM, "handoffs=[billing]"),
        (FROM, "handoffs=[handoff(billing)]"),
        (FROM, "handoffs=[handoff(agent=billing)]"),
        (FROM, "tools=[billing.as_tool(tool_name='b', tool_description='d')]"),
        ("import team.billing as team", "handoffs=[team.billing]"),
        ("from team import billing as team", "handoffs=[team.billing]"),
        ("from team import chosen", "handoffs=[chosen]"),
        ("from team.lists import TEAM", "handoffs=TEAM"),
        ("from team.makers import make", "handoffs=[make('x')]"),
        ("from team.makers import made", "handoffs=[made]"),
        ("from team.makers import made\nother = made", "handoffs=[other]"),
    ],
)
def test_an_agent_of_another_file_is_handed_work(imports: str, given: str) -> None:
    found = deployment_of(
        {
            "app/team/billing.py": BILLING,
            "app/team/__init__.py": "from .billing import billing as chosen\n",
            "app/team/lists.py": f"from agents import Agent\n{FROM}\nTEAM = [billing]\n",
            "app/team/makers.py": "from agents import Agent\ndef make(kind):\n"
            "    return Agent(name='Billing')\nmade = make('y')\n",
            "app/main.py": MAIN.format(imports=imports, given=given),
        }
    )

    assert handed(found) == {("Triage", "Billing")}
    assert not found.unresolved
    assert not found.tools


@pytest.mark.parametrize(
    "later",
    [
        "triage.handoffs = [billing]",
        "triage.handoffs.append(billing)",
        "triage.handoffs.extend([billing])",
    ],
)
def test_an_agent_may_be_given_others_once_it_is_built(later: str) -> None:
    main = MAIN.format(imports=FROM, given="") + later + "\n"
    found = deployment_of({"team/billing.py": BILLING, "main.py": main})

    assert handed(found) == {("Triage", "Billing")}


ADK = """
from google.adk.agents import LlmAgent, SequentialAgent
from google.adk.tools.agent_tool import AgentTool
from .greeter import greeter
steps = SequentialAgent(name="steps", sub_agents=[greeter])
root_agent = LlmAgent(name="root", model="m", {given})
"""
GREETER = 'from google.adk.agents import Agent\ngreeter = Agent(name="greeter", model="m")\n'


@pytest.mark.parametrize(
    "given",
    [
        "sub_agents=[greeter]",
        "tools=[AgentTool(agent=greeter)]",
        "sub_agents=[steps]",
    ],
)
def test_sub_agents_of_adk_may_be_of_another_file_or_below_what_only_passes_on(given: str) -> None:
    found = deployment_of({"a/agent.py": ADK.format(given=given), "a/greeter.py": GREETER})

    assert handed(found) == {("root", "greeter")}
    assert not found.unresolved


@pytest.mark.parametrize(
    ("imports", "given", "what"),
    [
        (
            "from elsewhere import other",
            "handoffs=[other]",
            "an agent among the handoffs of Triage is not known",
        ),
        ("from elsewhere import other", "tools=[other.as_tool()]", "the tool as_tool is not known"),
        (
            "from team.billing import PROMPT",
            "handoffs=[PROMPT]",
            "an agent among the handoffs of Triage is not known",
        ),
    ],
)
def test_who_is_not_found_is_open(imports: str, given: str, what: str) -> None:
    found = deployment_of(
        {
            "team/billing.py": BILLING + 'PROMPT = "Be kind."\n',
            "main.py": MAIN.format(imports=imports, given=given),
        }
    )

    assert not handed(found)
    assert what in {end.what for end in found.unresolved}


def test_circles_of_names_and_steps_end() -> None:
    circle = """
from google.adk.agents import LlmAgent, SequentialAgent
from other import last
first = SequentialAgent(name="first", sub_agents=[last, last])
root_agent = LlmAgent(name="root", model="m", sub_agents=[first])
"""
    other = circle.replace("other", "main").replace("last", "first", 1).replace("root", "end")
    found = deployment_of({"main.py": circle, "other.py": other.replace("first =", "last =")})

    assert not handed(found)


def test_a_function_of_another_file_stays_a_tool() -> None:
    tools = "from agents import function_tool\n@function_tool\ndef look(path: str): ...\n"
    main = MAIN.format(imports="from team.tools import look", given="tools=[look]")
    found = deployment_of({"team/tools.py": tools, "main.py": main})

    assert [tool.name for tool in found.tools] == ["look"]
    assert not handed(found)


@pytest.mark.parametrize(
    ("imports", "given"),
    [
        ("import { billing } from './billing'", "handoffs: [billing]"),
        ("import { billing } from './billing.js'", "handoffs: [handoff(billing)]"),
        ("import billing from './chosen'", "handoffs: [billing]"),
        ("import { billing } from './team'", "tools: [billing.asTool({ toolName: 'b' })]"),
    ],
)
def test_scripts_hand_work_to_agents_of_other_files_too(imports: str, given: str) -> None:
    agent = "import { Agent, handoff } from '@openai/agents';\n"
    found = deployment_of(
        {
            "src/billing.ts": f"{agent}export const billing = new Agent({{ name: 'Billing' }});\n",
            "src/chosen.ts": "import { billing } from './billing';\nexport default billing;\n",
            "src/team/index.ts": "export * from '../billing';\n",
            "src/main.ts": f"{agent}{imports};\nnew Agent({{ name: 'Triage', {given} }});\n",
        }
    )

    assert handed(found) == {("Triage", "Billing")}
    assert not found.unresolved
