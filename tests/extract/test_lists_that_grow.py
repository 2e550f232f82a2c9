"""Lists and objects to which something is added under another name, or by another file."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

OPEN = "the list of tools does not fold"
PYTHON = (
    "from langchain.agents import create_agent\nfrom langchain_core.tools import tool\n"
    "@tool\ndef look(at: int): ...\n@tool\ndef send(what: int): ...\ntools = [look]\n"
)
SCRIPT = (
    "import { Agent, tool } from '@openai/agents';\n"
    "const look = tool({ name: 'look', execute: async () => 1 });\n"
)


def left_open(files: dict[str, str]) -> set[str]:
    return {end.what for end in deployment_of(files).unresolved}


@pytest.mark.parametrize(
    ("between", "given"),
    [
        ("same = tools\nsame.append(send)", "tools"),
        ("same = tools\ntools.append(send)", "same"),
        ("same = tools\nsame += [send]", "tools"),
        ("one = tools\nother = one\nother.extend(more())", "tools"),
        ("tools[0] = send", "tools"),
        ("kept.tools = tools\nkept.tools.append(send)", "tools"),
        ("def f(self):\n    self.tools = tools\n    self.tools.insert(0, send)", "tools"),
    ],
)
def test_a_list_grows_under_every_name_in_python(between: str, given: str) -> None:
    code = f"{PYTHON}{between}\ncreate_agent(model=m, tools={given})\n"

    assert left_open({"agent.py": code}) == {OPEN}


@pytest.mark.parametrize(
    "between", ["same = tools", "more = [*tools]\nmore.append(send)", "count = 1\ncount += 1"]
)
def test_a_list_that_nobody_adds_to_is_whole_in_python(between: str) -> None:
    code = f"{PYTHON}{between}\ncreate_agent(model=m, tools=tools)\n"

    assert not left_open({"agent.py": code})


def test_a_number_does_not_grow_with_its_copy() -> None:
    code = (
        "from agents import Agent, Runner\nLIMIT = 5\nleft = LIMIT\nleft -= 1\n"
        "agent = Agent(name='a')\nRunner.run(agent, 'x', max_turns=LIMIT)\n"
    )
    (agent,) = deployment_of({"agent.py": code}).agents

    assert (agent.max_iterations, agent.max_iterations_count) == (Known.SET, 5)


@pytest.mark.parametrize(
    ("between", "given"),
    [
        ("const tools = [look];\nconst same = tools;\nsame.push(other);", "tools"),
        ("const tools = [look];\nconst same = tools;\ntools.unshift(other);", "same"),
        ("const tools = [look];\nthis.tools = tools;\nthis.tools.push(other);", "tools"),
        ("const tools = { look };\nconst same = tools;\nsame.other = other;", "tools"),
        ("const tools = { look };\nconst same = tools;\nObject.assign(same, other);", "tools"),
    ],
)
def test_a_list_grows_under_every_name_in_scripts(between: str, given: str) -> None:
    code = f"{SCRIPT}{between}\nnew Agent({{ name: 'a', tools: {given} }});\n"

    assert left_open({"agent.ts": code}) == {OPEN}


@pytest.mark.parametrize(
    ("adding", "given", "open_"),
    [
        ("", "tools", set()),
        ("tools.push(other);", "tools", {OPEN}),
        ("const same = tools;\nsame.push(other);", "[...tools]", {OPEN}),
        ("const same = [...tools];\nsame.push(other);", "tools", set()),
    ],
)
def test_a_list_grows_from_other_files(adding: str, given: str, open_: set[str]) -> None:
    imports = "import { Agent } from '@openai/agents';\nimport { tools } from './tools';\n"
    files = {
        "tools.ts": f"{SCRIPT}export const tools = [look];\n",
        "more.ts": f"{imports}{adding}\n",
        "agent.ts": f"{imports}new Agent({{ name: 'a', tools: {given} }});\n",
    }

    assert left_open(files) == open_


def test_options_that_grow_may_say_more_than_they_were_made_with() -> None:
    code = (
        "import { generateText } from 'ai';\nconst options = { tools: {} };\n"
        "options.maxSteps = 50;\ngenerateText(options);\n"
    )
    (agent,) = deployment_of({"agent.ts": code}).agents

    assert agent.max_iterations is Known.UNKNOWN
