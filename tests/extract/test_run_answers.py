"""Answers of models that programs run, where no tool stands between."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_HEAD = """
import subprocess, typer
from openai import OpenAI

client = OpenAI()

def run(line):
    subprocess.run(line, shell=True)

def asked(question):
    reply = client.chat.completions.create(model="m", messages=[question])
    return reply.choices[0].message.content

def written(question):
    code = asked(question)
    return code.strip("`")
"""


def _tools(code: str, head: str = _HEAD) -> list[Tool]:
    return list(deployment_of({"app/desk.py": f"{head}\n{code}\n"}).tools)


@pytest.mark.parametrize(
    "body",
    [
        "exec(asked(q))",
        "exec(written(q))",
        "code = written(q)\n    exec(code, {})",
        "code = asked(q)\n    for line in code.splitlines():\n        run(line)",
        "reply = client.responses.create(input=q)\n    eval(reply.output_text)",
        "reply = llm.invoke(q)\n    subprocess.run(reply.content, shell=True)",
        "reply = self.agent.predict(q)\n    exec(reply[0])",
        "_, code = await code_chain.ainvoke(q)\n    exec(code)",
        "if code := asked(q):\n        exec(code)",
        "store.write(asked(q))\n    subprocess.run(['python', 'a.py'])",
    ],
)
def test_an_answer_that_is_run_is_a_tool(body: str) -> None:
    (tool,) = _tools(f"async def work(q):\n    {body}")

    assert tool.name == "work"
    assert "execute" in tool.effects
    assert tool.approval is Truth.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        "code = asked(q)\n    print(code)",
        "code = asked(q)\n    exec(open('setup.py').read())",
        "code = asked(q)\n    subprocess.run(f'{PATH} --version', shell=True)",
        "code = asked(q)\n    subprocess.run(['git', 'commit', '-m', code])",
        "code = asked(q)\n    subprocess.run(['docker', 'ps'])",
        "exec(q)",
        "code = store.read(q)\n    exec(code)",
        "code = asked(q)\n    sandbox.run_code(code)",
    ],
)
def test_what_is_not_answered_or_not_run_makes_no_tool(body: str) -> None:
    assert _tools(f"def work(q):\n    {body}") == []


def test_what_a_module_does_by_itself_may_run_answers() -> None:
    inner = "def other(code):\n    exec(code)\n"

    assert [tool.name for tool in _tools("code = asked('q')\nif code:\n    exec(code)")] == ["desk"]
    assert _tools(f"{inner}code = asked('q')\n") == []


def test_answers_of_another_file_are_known() -> None:
    code = "from .ask import written\ndef work(q):\n    exec(written(q))\n"
    files = {"app/__init__.py": "", "app/ask.py": _HEAD, "app/desk.py": f"import openai\n{code}"}

    assert [tool.name for tool in deployment_of(files).tools] == ["work"]


def test_a_file_that_names_no_framework_is_read_where_it_runs_what_an_agent_says() -> None:
    code = "def work(agent, q):\n    info, code = agent.predict(q)\n    exec(code[0])\n"

    assert [tool.name for tool in _tools(code, head="")] == ["work"]


def test_a_place_that_a_tool_runs_words_at_is_told_once() -> None:
    code = """
from langchain_core.tools import tool

@tool
def runs(line: str):
    run(line)

def work(q):
    run(asked(q))
"""
    assert [tool.name for tool in _tools(code)] == ["runs"]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("input('Run this? [y/N] ')", Truth.YES),
        ("typer.confirm('Go?')", Truth.YES),
        ("input('What shall be done? ')", Truth.UNKNOWN),
        ("input()", Truth.UNKNOWN),
    ],
)
def test_a_question_about_the_answer_is_no_question_for_the_model(
    question: str, asked: Truth
) -> None:
    body = f"q = {question}\n    code = asked(q)\n    exec(code)"
    (tool,) = _tools(f"def work(q):\n    {body}")

    assert tool.approval is asked


def test_functions_that_answer_each_other_end() -> None:
    code = "def one(q):\n    return two(q)\ndef two(q):\n    return one(q)\n"

    assert _tools(f"{code}def work(q):\n    exec(one(q))") == []


_LOOP = """
def other(q):
    while True:
        reply = client.responses.create(model="m", input=q, tools=TOOLS)
        q = [{"type": "function_call_output", "call_id": reply.id, "output": "none"}]

def desk(q):
    while True:
        reply = client.responses.create(model="m", input=q, tools=TOOLS)
        out = subprocess.run(reply.output_text, shell=True, capture_output=True)
        q = [{"type": "function_call_output", "call_id": reply.id, "output": out.stdout}]
"""


@pytest.mark.parametrize("placed", ["in a function", "in the module"])
def test_it_is_the_tool_of_the_agent_whose_loop_runs_it(placed: str) -> None:
    """Another loop of the same file has it not."""
    code = _LOOP
    if placed == "in the module":
        first, _, last = code.partition("def desk(q):\n")
        code = first + "\n".join(line.removeprefix("    ") for line in last.splitlines())
    found = deployment_of({"desk.py": f"{_HEAD}\nTOOLS = [{{'type': 'web_search'}}]\n{code}\n"})
    runs = {tool.id for tool in found.tools if "execute" in tool.effects}
    names = {agent.id: agent.name for agent in found.agents}
    having = {names[edge.src] for edge in found.edges if edge.dst in runs and edge.src in names}

    assert having == {"desk" if placed == "in a function" else "desk.py"}
    assert "other" in names.values()
