"""Agents that are loops of a program's own around a client of a model."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from tests.extract.invoked import tools_of

SCHEMA = "{'type': 'object', 'properties': {'command': {'type': 'string'}}}"
OPENAI = (
    "import json\nfrom openai import OpenAI\nclient = OpenAI()\n"
    f"TOOLS = [{{'type': 'function', 'function': {{'name': 'shell', 'parameters': {SCHEMA}}}}}]\n"
)
ASKS = "reply = client.chat.completions.create(model='m', messages=said, tools=TOOLS)"
HANDS_BACK = "said.append({'role': 'tool', 'tool_call_id': '1', 'content': run(reply)})"
DONE = "if not reply.choices[0].message.tool_calls: return reply"


def deployment(code: str) -> Deployment:
    return deployment_of({"agent.py": code})


def agent_of(*lines: str) -> Agent:
    body = "".join(f"    {line}\n" for line in lines)
    (agent,) = deployment(f"{OPENAI}def answer(said, limit=12):\n{body}").agents
    return agent


@pytest.mark.parametrize(
    ("lines", "bound"),
    [
        (("while True:", f"    {ASKS}", f"    {DONE}", f"    {HANDS_BACK}"), (Known.NONE, None)),
        (
            ("for _ in range(8):", f"    {ASKS}", f"    {DONE}", f"    {HANDS_BACK}"),
            (Known.SET, 8),
        ),
        (("for _ in range(limit):", f"    {ASKS}", f"    {HANDS_BACK}"), (Known.SET, 12)),
        (("for _ in range(most()):", f"    {ASKS}", f"    {HANDS_BACK}"), (Known.UNKNOWN, None)),
        (
            (
                "turn = 0",
                "while turn < limit:",
                "    turn += 1",
                f"    {ASKS}",
                f"    {HANDS_BACK}",
            ),
            (Known.SET, 12),
        ),
        (
            (
                *("turn = 0", "while True:", "    turn = turn + 1"),
                *("    if turn > 30: raise ValueError", f"    {ASKS}", f"    {HANDS_BACK}"),
            ),
            (Known.SET, 30),
        ),
        ((ASKS, "while reply.more:", f"    {HANDS_BACK}", f"    {ASKS}"), (Known.NONE, None)),
        (
            (
                *("while True:", f"    {ASKS}", f"    {HANDS_BACK}", "    turn += 1"),
                *("    if turn > 30:", "        log(turn)", "        try:"),
                *("            return kept(reply)", "        except OSError:"),
                "            return None",
            ),
            (Known.SET, 30),
        ),
        ((ASKS, HANDS_BACK, "return answer(said)"), (Known.NONE, None)),
        ((ASKS, HANDS_BACK), (Known.UNKNOWN, None)),
        (
            (
                *("while True:", "    try:", f"        {ASKS}", "        break"),
                *("    except OSError: pass", HANDS_BACK),
            ),
            (Known.UNKNOWN, None),
        ),
        (
            ("for attempt in range(3):", f"    {ASKS}", f"    {HANDS_BACK}"),
            (Known.UNKNOWN, None),
        ),
        (
            (
                *("while True:", "    said.append(input())", f"    {ASKS}"),
                f"    {HANDS_BACK}",
            ),
            (Known.SET, 1),
        ),
    ],
)
def test_what_repeats_a_question_to_a_model_bounds_the_agent(
    lines: tuple[str, ...], bound: tuple[Known, int | None]
) -> None:
    agent = agent_of(*lines)

    assert (agent.max_iterations, agent.max_iterations_count) == bound


@pytest.mark.parametrize(
    ("lines", "paced"),
    [
        (("return await asyncio.to_thread(input, '> ')",), True),
        (("said = input()", "return said.strip()"), True),
        (("if quiet:", "    return ''", "return input()"), False),
        (("return await asyncio.to_thread(fetch, '> ')",), False),
        (("return queue.get()",), False),
    ],
)
def test_a_loop_that_a_person_paces_may_ask_by_a_function(
    lines: tuple[str, ...],
    paced: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    asking = "".join(f"    {line}\n" for line in lines)
    code = (
        f"{OPENAI}async def next_line():\n{asking}"
        "async def talk(said):\n    while True:\n        line = await next_line()\n"
        "        said.append(line)\n"
        f"        {ASKS}\n        {HANDS_BACK}\n"
    )
    (agent,) = deployment(code).agents

    assert agent.paced_by_person is paced
    assert agent.max_iterations is (Known.SET if paced else Known.NONE)


def test_a_loop_is_found_through_the_methods_between() -> None:
    code = (
        f"{OPENAI}class Desk:\n    def __init__(self, most=6):\n        self.most = most\n"
        "    def ask(self, said):\n"
        "        return client.chat.completions.create(messages=said, tools=TOOLS)\n"
        "    def work(self, said):\n        for _ in range(self.most):\n"
        f"            reply = self.ask(said)\n            {HANDS_BACK}\n"
    )
    (agent,) = deployment(code).agents

    assert (agent.name, agent.max_iterations_count) == ("Desk", 6)


def test_tools_that_only_give_an_answer_its_form_make_no_agent() -> None:
    code = f"{OPENAI}def answer(said):\n    {ASKS}\n    return reply.parsed\n"

    assert not deployment(code).agents


@pytest.mark.parametrize("left", ["return", "wait()"])
def test_a_clock_that_ends_the_loop_is_its_time_limit(left: str) -> None:
    clock = f"    if time.monotonic() - began > 60: {left}"
    agent = agent_of("while True:", f"    {ASKS}", f"    {HANDS_BACK}", clock)

    assert agent.timeout is (Known.SET if left == "return" else Known.NONE)


def test_the_length_of_answers_is_bounded_also_within_a_configuration() -> None:
    agent = agent_of(
        "how = {'max_completion_tokens': 500}",
        "while True:",
        "    reply = client.chat.completions.create(messages=said, tools=TOOLS, **how)",
        f"    {HANDS_BACK}",
    )

    assert agent.budget is Known.SET


ASKED = {
    "openai": "client.responses.create(input=said, tools=TOOLS)",
    "anthropic": "client.messages.create(messages=said, tools=TOOLS, max_tokens=9)",
    "converse": "client.converse(messages=said, toolConfig={'tools': TOOLS})",
    "google-genai": "client.models.generate_content(contents=said, config={'tools': TOOLS})",
    "mistral": "client.chat.complete(messages=said, tools=TOOLS)",
    "litellm": "litellm.completion(messages=said, tools=TOOLS)",
    "ollama": "ollama.chat(messages=said, tools=TOOLS)",
    "own": "self.models.ask(messages=said, tools=TOOLS)",
}


@pytest.mark.parametrize("client", ASKED)
def test_every_client_is_known_by_how_it_is_asked(client: str) -> None:
    code = (
        f"import json, litellm, ollama\nTOOLS = [{{'name': 'shell', 'input_schema': {SCHEMA}}}]\n"
        f"def work(self, client, said):\n    while True:\n        reply = {ASKED[client]}\n"
        "        said.append({'type': 'tool_result', 'content': run(reply)})\n"
    )
    found = deployment(code)

    assert [agent.framework for agent in found.agents] == [client]
    assert list(tools_of(found)) == ["shell"]


def test_a_request_that_is_put_together_before_it_is_sent_is_read() -> None:
    code = (
        "def work(client, said):\n    request = {'messages': said}\n"
        "    request['toolConfig'] = {'tools': [{'toolSpec': {'name': 'look'}}]}\n"
        "    while True:\n        reply = client.converse(**request)\n"
        "        said.append({'toolResult': look(reply)})\n"
    )
    found = deployment(f"import boto3\n{code}")

    assert list(tools_of(found)) == ["look"]


def test_tools_in_the_body_of_a_raw_request_are_read() -> None:
    code = (
        "import json, boto3\ndef work(client, said):\n    while True:\n"
        "        body = {'messages': said, 'tools': [{'name': 'look', 'input_schema': {}}]}\n"
        "        reply = client.invoke_model(body=json.dumps(body))\n"
        "        said.append({'type': 'tool_result', 'content': look(reply)})\n"
    )

    assert list(tools_of(deployment(code))) == ["look"]


BY_CLIENT = "AutomaticFunctionCallingConfig"
RUNS = "import subprocess\n    return subprocess.run(command, shell=True)"


@pytest.mark.parametrize(
    "runs",
    [
        f"def shell(command):\n    {RUNS}\n",
        (
            "import subprocess\ndef call(name, given):\n    if name == 'shell':\n"
            "        return subprocess.run(given['command'], shell=True)\n"
        ),
        (
            "import subprocess\ndef call(name, given):\n    match name:\n        case 'shell':\n"
            "            return subprocess.run(given['command'], shell=True)\n"
        ),
        (
            f"def in_shell(command):\n    {RUNS}\n"
            "def call(name, given):\n    if name == 'shell':\n        return in_shell(**given)\n"
        ),
        f"def in_shell(command):\n    {RUNS}\nRUNNING = {{'shell': in_shell}}\n",
    ],
)
def test_what_runs_a_tool_tells_what_it_does(runs: str) -> None:
    loop = f"def work(said):\n    while True:\n        {ASKS}\n        {HANDS_BACK}\n"
    (tool,) = tools_of(deployment(f"{OPENAI}{runs}{loop}")).values()

    assert "execute" in tool.effects
    assert tool.typed is Truth.YES
    assert tool.free_form_parameters == ("command",)


def test_definitions_and_functions_of_other_files_are_followed() -> None:
    files = {
        "desk/agent.py": (
            "from openai import OpenAI\nfrom desk.tools import TOOLS\nclient = OpenAI()\n"
            f"def work(said):\n    while True:\n        {ASKS}\n        {HANDS_BACK}\n"
        ),
        "desk/tools.py": (
            "import os\nTOOLS = [{'type': 'function', 'name': 'drop', 'parameters': {}}]\n"
            "def drop(path: str):\n    os.remove(path)\n"
        ),
    }
    found = deployment_of(files)
    (tool,) = tools_of(found).values()

    assert (tool.name, tool.effects) == ("drop", ("delete",))
    assert (tool.evidence[0].file, tool.evidence[0].line) == ("desk/tools.py", 2)


def test_tools_that_come_with_a_model_are_known_by_their_type() -> None:
    code = (
        "def work(client, said):\n    while True:\n"
        "        reply = client.messages.create(messages=said, tools=[\n"
        "            {'type': 'bash_20250124', 'name': 'bash'},\n"
        "            {'type': 'web_search_20250305', 'name': 'web_search'}])\n"
        "        said.append({'type': 'tool_result'})\n"
    )
    tools = tools_of(deployment(f"import anthropic\n{code}"))

    assert "execute" in tools["bash"].effects
    assert tools["web_search"].reads_untrusted is Truth.YES


def test_a_list_of_tools_that_somebody_gives_is_open() -> None:
    code = f"{OPENAI}def work(said, more):\n    while True:\n        {ASKS}\n        {HANDS_BACK}\n"
    found = deployment(code.replace("tools=TOOLS", "tools=more"))

    assert [end.what for end in found.unresolved] == ["the list of tools does not fold"]


@pytest.mark.parametrize(
    ("config", "bound"),
    [
        ("tools=[look]", (Known.SET, 10)),
        (
            f"tools=[look], automatic_function_calling=types.{BY_CLIENT}(maximum_remote_calls=40)",
            (Known.SET, 40),
        ),
    ],
)
def test_the_client_of_google_calls_functions_itself(
    config: str, bound: tuple[Known, int | None]
) -> None:
    code = (
        "from google import genai\nfrom google.genai import types\nclient = genai.Client()\n"
        "def look(at: str) -> str:\n    return open(at).read()\n"
        "def work(said):\n    return client.models.generate_content(contents=said,\n"
        f"        config=types.GenerateContentConfig({config}))\n"
    )
    found = deployment(code)
    (agent,) = found.agents

    assert (agent.max_iterations, agent.max_iterations_count) == bound
    assert list(tools_of(found)) == ["look"]


def test_the_runner_of_anthropic_loops_for_as_long_as_nobody_says() -> None:
    code = (
        "import anthropic\nclient = anthropic.Anthropic()\ndef work(said):\n"
        "    return client.beta.messages.tool_runner(messages=said, tools=[look], max_tokens=9{})\n"
        "def look(at: str) -> str:\n    return at\n"
    )
    (without,) = deployment(code.format("")).agents
    (within,) = deployment(code.format(", max_iterations=4")).agents

    assert without.max_iterations is Known.NONE
    assert (within.max_iterations, within.max_iterations_count) == (Known.SET, 4)


def test_a_function_that_bears_the_name_of_a_method_is_not_that_method() -> None:
    code = (
        "from litellm import completion\n\nclass Desk:\n"
        "    def completion(self, said):\n"
        "        return completion(model='m', messages=said, tools=TOOLS)\n"
        "    def hand_back(self, said, result):\n"
        "        said.append({'role': 'tool', 'tool_call_id': '1', 'content': result})\n"
    )
    found = deployment_of({"a.py": f"TOOLS = [{{'type': 'function'}}]\n{code}"}).agents

    assert {agent.max_iterations for agent in found} <= {Known.UNKNOWN}


@pytest.mark.parametrize(("method", "count"), [("generate", 1), ("count_tokens", 0)])
def test_what_measures_a_question_asks_no_model(method: str, count: int) -> None:
    code = (
        "class Desk:\n    def work(self, policy, said):\n        while True:\n"
        f"            reply = policy.{method}(messages=said, tools=[])\n"
        f"            {HANDS_BACK}\n"
    ).replace("tools=[]", "tools=self.tools")

    assert len(deployment_of({"a.py": code}).agents) == count


@pytest.mark.parametrize(
    ("more", "bound"),
    [
        ("", (Known.NONE, None)),
        (", max_turns=12", (Known.SET, 12)),
        (", max_iterations=self.most()", (Known.UNKNOWN, None)),
    ],
)
def test_a_client_of_ones_own_may_be_told_how_often_to_ask(
    more: str, bound: tuple[Known, int | None]
) -> None:
    code = (
        "class Desk:\n    def work(self, said):\n        while True:\n"
        f"            reply = self.client.ask(messages=said, tools=self.tools{more})\n"
        f"            {HANDS_BACK}\n"
    )
    (agent,) = deployment_of({"a.py": code}).agents

    assert (agent.max_iterations, agent.max_iterations_count) == bound


def test_a_program_of_more_agents_than_are_read_counts_as_read_in_part() -> None:
    each = f"    while True:\n        {ASKS}\n        {HANDS_BACK}\n"
    found = deployment(OPENAI + "".join(f"def answer{i}(said):\n{each}" for i in range(1_600)))
    assert len(found.agents) < 1_600
    assert [file.status for file in found.coverage] == [FileStatus.PARTIAL]
    assert [end.what for end in found.unresolved] == ["what the program says by its own names"]


@pytest.mark.parametrize(
    ("environment", "effects"),
    [("browser", {"read", "write"}), ("ubuntu", {"read", "write", "delete", "execute"})],
)
def test_a_computer_in_a_browser_runs_no_programs(environment: str, effects: set[str]) -> None:
    computer = f"{{'type': 'computer_use_preview', 'environment': '{environment}'}}"
    asks = f"reply = client.responses.create(model='m', input=said, tools=[{computer}])"
    code = f"{OPENAI}def answer(said):\n    while True:\n        {asks}\n        {HANDS_BACK}\n"
    (tool,) = tools_of(deployment(code)).values()

    assert set(tool.effects) == effects


_WORKS = (
    "from .model import Model\ndef work(said):\n    model = Model()\n    while True:\n"
    f"        reply = model.ask(said)\n        {HANDS_BACK}\n"
)
_MODEL = (
    f"{OPENAI}class Model:\n    def ask(self, said):\n"
    "        return client.chat.completions.create(messages=said, tools=TOOLS)\n"
)


def test_an_agent_whose_results_another_file_hands_back_is_one() -> None:
    found = deployment_of({"app/__init__.py": "", "app/model.py": _MODEL, "app/work.py": _WORKS})
    (agent,) = found.agents

    assert (agent.name, agent.max_iterations) == ("Model", Known.UNKNOWN)
    assert list(tools_of(found)) == ["shell"]
    assert "what repeats Model is not seen" in {end.what for end in found.unresolved}


def test_a_model_that_is_handed_tools_in_a_file_apart_is_no_agent() -> None:
    works = _WORKS.replace("from .model import Model", "from .other import Model")
    files = {"app/__init__.py": "", "app/model.py": _MODEL, "app/work.py": works}

    assert deployment_of({**files, "app/other.py": ""}).agents == ()


def test_functions_are_what_tools_were_called_at_first() -> None:
    code = (
        "import openai\nclient = openai.OpenAI()\n"
        f"FUNCTIONS = [{{'name': 'shell', 'parameters': {SCHEMA}}}]\n"
        "def answer(said):\n    while True:\n"
        "        reply = client.chat.completions.create(messages=said, functions=FUNCTIONS,\n"
        "                                               function_call='auto')\n"
        "        said.append({'role': 'function', 'name': 'shell', 'content': run(reply)})\n"
    )
    (agent,) = deployment(code).agents

    assert (agent.name, agent.max_iterations) == ("answer", Known.NONE)
