"""The same thing said in Python in other ways: names, imports, types, lists and calls."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

HEAD = (
    "import requests, httpx\nfrom typing import Annotated, Any, Literal, Optional, Union\n"
    "from pydantic import Field\nfrom langchain.agents import create_agent\n"
    "from langchain_core.tools import tool\nfrom langchain_community.tools import ShellTool\n"
    "from langchain.agents.middleware import *\nshell = ShellTool()\n"
)


def read(code: str) -> Deployment:
    return deployment_of({"a.py": HEAD + code})


def agent_of(code: str) -> Agent:
    (agent,) = read(code).agents
    return agent


def tools_of(code: str) -> set[str]:
    """The names of the tools that the one agent has."""
    deployment = read(code)
    (agent,) = deployment.agents
    names = {tool.id: tool.name for tool in deployment.tools}
    edges = (edge for edge in deployment.edges if edge.src == agent.id)
    return {names[edge.dst] for edge in edges if edge.kind is EdgeKind.INVOKES}


def open_ends(code: str) -> set[str]:
    return {end.what for end in read(code).unresolved}


def tool_of(code: str) -> Tool:
    (tool,) = read(code).tools
    return tool


@pytest.mark.parametrize(
    "code",
    [
        "def f(limit=None):\n    return create_agent(tools=[t], max_turns=limit)\n",
        "for limit in limits:\n    create_agent(tools=[t], max_turns=limit)\n",
        "match x:\n    case [limit, *_]:\n        create_agent(tools=[t], max_turns=limit)\n",
        "limit += n\ncreate_agent(tools=[t], max_turns=limit)\n",
        "limit, other = x\ncreate_agent(tools=[t], max_turns=limit)\n",
        "from x import limit\ncreate_agent(tools=[t], max_turns=limit)\n",
        "with x as limit:\n    create_agent(tools=[t], max_turns=limit)\n",
    ],
)
def test_a_name_that_something_else_gives_a_value_too_does_not_fold(code: str) -> None:
    assert agent_of(f"limit = 5\n{code}").max_iterations is Known.UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        "limit = 5\ndef f():\n    create_agent(tools=[t], max_turns=limit)\ndef g(limit): ...\n",
        "def f(limit):\n    limit = 5\n    create_agent(tools=[t], max_turns=limit)\n",
        "if limit := 5:\n    create_agent(tools=[t], max_turns=limit)\n",
    ],
)
def test_a_name_that_is_another_elsewhere_alone_folds(code: str) -> None:
    assert agent_of(code).max_iterations_count == 5


@pytest.mark.parametrize(
    "code",
    [
        "from agents import Agent\ndesk = Agent[Context](name='desk', tools=[shell])\n",
        "import agents\ndesk = agents.Agent[Context](name='desk', tools=[shell])\n",
        "from pydantic_ai import Agent\ndesk = Agent[Deps, str](name='desk', tools=[shell])\n",
    ],
)
def test_an_agent_with_types_is_one(code: str) -> None:
    (agent,) = read(code).agents

    assert agent.name == "desk"


def test_what_is_taken_out_of_a_table_is_no_class() -> None:
    code = "from agents import Agent\nMADE = {'desk': Agent}\nMADE['desk'](name='desk')\n"

    assert read(code).agents == ()


@pytest.mark.parametrize(
    "code",
    [
        "if (helper := create_agent()): ...\n",
        "async def f():\n    helper = await create_agent()\n",
        "helper = other = create_agent()\n",
        "helper: object = create_agent()\n",
    ],
)
def test_an_agent_is_called_as_its_variable_is(code: str) -> None:
    assert agent_of(code).name == "helper"


@pytest.mark.parametrize(
    "imports",
    [
        "try:\n    from agents import Agent\nexcept ImportError:\n    from x import Agent\n",
        "from agents import Agent\ndef f():\n    from x import Agent\n    return Agent()\n",
    ],
)
def test_what_is_tried_first_and_what_all_import_is_meant(imports: str) -> None:
    (agent,) = deployment_of({"a.py": f"{imports}a = Agent(name='a')\n"}).agents

    assert agent.framework == "openai-agents"


@pytest.mark.parametrize(
    "defined",
    [
        "ShellTool: type = x\n",
        "if x:\n    class ShellTool: ...\n",
        "try:\n    ShellTool, other = x\nfinally: ...\n",
    ],
)
def test_what_a_file_defines_itself_is_no_library(defined: str) -> None:
    code = "import langchain\nfrom .own import *\nagent = create_agent(tools=[ShellTool()])\n"
    files = {"a.py": HEAD.replace("from langchain_community.tools import ShellTool\n", "") + code}
    deployment = deployment_of({**files, "own.py": f"import langchain\n{defined}"})

    assert {tool.effects_known for tool in deployment.tools} == {False}


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ("more = [shell]\nall_of = more + [fetch]\n", {"ShellTool", "fetch"}),
        ("all_of = [shell]\nall_of.append(fetch)\n", {"ShellTool"}),
        ("all_of = [shell]\nall_of += fetch\n", {"ShellTool"}),
    ],
)
def test_lists_are_followed_through_names_and_sums(lists: str, found: set[str]) -> None:
    code = f"def fetch(url: str): ...\n{lists}agent = create_agent(tools=all_of)\n"

    assert tools_of(code) == found
    assert bool(open_ends(code)) is ("fetch" not in found)


@pytest.mark.parametrize(
    ("middleware", "known"),
    [
        ("[limit]", Known.SET),
        ("made()", Known.UNKNOWN),
        ("[*others]", Known.UNKNOWN),
        ("[]", Known.NONE),
        ("None", Known.NONE),
    ],
)
def test_middleware_that_cannot_be_seen_may_limit(middleware: str, known: Known) -> None:
    limit = "limit = ModelCallLimitMiddleware(run_limit=3)\n"
    agent = agent_of(f"{limit}a = create_agent(tools=[t], middleware={middleware})\n")

    assert (agent.max_iterations, agent.budget) == (known, known)


@pytest.mark.parametrize(
    ("scope", "approval"),
    [
        ("{'ShellTool': True}", Truth.YES),
        ("NAMED", Truth.YES),
        ("{'ShellTool': False}", Truth.NO),
        ("{}", Truth.NO),
        ("{**others}", Truth.UNKNOWN),
        ("others", Truth.UNKNOWN),
    ],
)
def test_a_person_is_asked_about_what_the_question_names(scope: str, approval: Truth) -> None:
    code = (
        "NAMED = {'ShellTool': {'allowed_decisions': ['approve']}}\n"
        f"ask = HumanInTheLoopMiddleware(interrupt_on={scope})\n"
        "agent = create_agent(tools=[shell], middleware=[ask])\n"
    )

    assert tool_of(code).approval is approval
    assert bool(open_ends(code)) is (approval is Truth.UNKNOWN)


def test_tools_of_one_name_in_several_classes_are_several() -> None:
    classes = "".join(
        f"class {name}:\n    @tool\n    def run(self, q: str) -> str:\n        return {body}\n"
        for name, body in (("Safe", "q"), ("Wild", "eval(q)"))
    )
    code = f"{classes}agent = create_agent(tools=[Wild()])\n"

    assert sorted(tool.effects_known for tool in read(code).tools) == [False, True]
    assert tools_of(code) == {"run"}


@pytest.mark.parametrize(
    ("annotation", "typed", "free"),
    [
        ("Annotated[str, 'what to ask']", Truth.YES, True),
        ("Annotated[str, Field(description='what')]", Truth.YES, True),
        ("Annotated[str, Field(pattern='^a$')]", Truth.YES, False),
        ("Annotated[str, checked]", Truth.YES, False),
        ("'str'", Truth.YES, True),
        ("None | str", Truth.YES, True),
        ("Union[str, None]", Truth.YES, True),
        ("Literal['str']", Truth.YES, False),
        ("dict | None", Truth.YES, False),
        ("Optional[dict[str, Any]]", Truth.YES, False),
        ("'Any'", Truth.NO, True),
        ("'not a type'", Truth.YES, False),
        ("dict[str, int]", Truth.YES, False),
    ],
)
def test_types_are_read_in_all_their_forms(annotation: str, typed: Truth, free: bool) -> None:  # noqa: FBT001
    tool = tool_of(f"@tool\ndef f(query: {annotation}): ...\n")

    assert (tool.typed, bool(tool.free_form_parameters)) == (typed, free)


@pytest.mark.parametrize(
    ("body", "effects", "egress"),
    [
        ("httpx.AsyncClient().get('https://own.test')", {"read"}, Truth.NO),
        ("requests.get(url='https://own.test', timeout=httpx.Timeout(9))", {"read"}, Truth.NO),
        ("requests.request('GET', x)", {"read"}, Truth.YES),
        ("requests.request('POST', 'https://own.test')", {"read", "send"}, Truth.YES),
        ("open(x, mode='w').write(x)", {"write"}, Truth.NO),
        ("open(x, mode).read()", {"read", "write"}, Truth.NO),
        ("open(file=x).read()", {"read"}, Truth.NO),
        ("db.execute('TRUNCATE t')", {"delete"}, Truth.NO),
        ("db.execute('create table t')", {"write"}, Truth.NO),
        ("db.execute(sql='SELECT 1')", {"read"}, Truth.NO),
    ],
)
def test_calls_are_read_in_all_their_forms(body: str, effects: set[str], egress: Truth) -> None:
    tool = tool_of(f"@tool\ndef f(x: int):\n    return {body}\n")

    assert (set(tool.effects), tool.egress) == (effects, egress)


def test_what_a_pattern_takes_from_the_models_words_is_of_the_model() -> None:
    body = (
        "    match q.split():\n        case [first, *rest]:\n            subprocess.run([first])\n"
    )
    tool = tool_of(f"import subprocess\n@tool\ndef f(q: str):\n{body}")

    assert "execute" in tool.effects
