"""What extraction does for one file does not grow with how many others there are."""

from collections.abc import Callable, Mapping

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.switched_off import Switches
from agentaudit.model.evidence import Evidence
from agentaudit.readers.yaml import parse_yaml
from tests.growth import further_cost

AGENT = (
    "from langgraph.prebuilt import create_react_agent\n"
    "agent = create_react_agent('openai:gpt-4o', tools=[])\n"
)
CALLED = "on: workflow_call\njobs:\n  a: {runs-on: x, steps: [{run: claude -p hi}]}\n"
CALLING = "on: push\njobs:\n  a: {uses: ./.github/workflows/called.yml}\n"


def instructed(count: int) -> Mapping[str, str]:
    """Agents and instructions, each in a folder of its own."""
    agents = {f"app{number}/a.py": AGENT for number in range(10, 10 + count)}
    return agents | {f"app{number}/CLAUDE.md": "Hi" for number in range(10, 10 + count)}


def calling(count: int) -> Mapping[str, str]:
    """Workflows that all call one."""
    files = {f".github/workflows/w{number}.yml": CALLING for number in range(10, 10 + count)}
    return {".github/workflows/called.yml": CALLED, **files}


def served(count: int) -> Mapping[str, str]:
    """Functions of one project, each with a log of its own."""
    functions = "".join(f"  f{number}: {{handler: a.b}}\n" for number in range(10, 10 + count))
    return {"serverless.yml": f"service: a\nprovider: {{name: aws}}\nfunctions:\n{functions}"}


def staged(count: int) -> Mapping[str, str]:
    """Services of one Dockerfile, each built from another stage of it."""
    numbers = range(10, 10 + count)
    stages = "".join(f"FROM s{number - 1} AS s{number}\nUSER u{number}\n" for number in numbers)
    services = "".join(f"  a{at}: {{build: {{context: ., target: s{at}}}}}\n" for at in numbers)
    return {"Dockerfile": f"FROM a AS s9\n{stages}", "compose.yaml": f"services:\n{services}"}


def built(count: int) -> Mapping[str, str]:
    """Services of one Dockerfile, which says as often what it starts."""
    services = "".join(f"  a{number}: {{build: .}}\n" for number in range(10, 10 + count))
    started = 'CMD ["a"]\n' * count
    return {"Dockerfile": f"FROM a\n{started}", "compose.yaml": f"services:\n{services}"}


def shortened(count: int) -> Mapping[str, str]:
    """A script that imports as many modules as there are short paths, of which none is meant."""
    numbers = range(10, 10 + count)
    paths = ", ".join(f'"p{number}*": ["./a*"], "q*{number}": ["./b*"]' for number in numbers)
    imported = "".join(f"import a{number} from 'm{number}';\n" for number in numbers)
    return {
        "tsconfig.json": f'{{"compilerOptions": {{"paths": {{{paths}}}}}}}',
        "a.ts": f"import {{ Agent }} from '@openai/agents';\n{imported}new Agent({{}});\n",
    }


def ended(count: int) -> Mapping[str, str]:
    """Projects of Vercel, each with an agent."""
    agents = {f"app{number}/api/a.py": AGENT for number in range(10, 10 + count)}
    return agents | {f"app{number}/vercel.json": "{}" for number in range(10, 10 + count)}


def proxied(count: int) -> Mapping[str, str]:
    """Proxies of LiteLLM, each with a file of its environment beside it."""
    numbers = range(10, 10 + count)
    proxies = {f"app{number}/a.yaml": "litellm_settings: {}\n" for number in numbers}
    return proxies | {f"app{number}/.env": "A=b\n" for number in numbers}


GRAPH = (
    "from langgraph.checkpoint.postgres import PostgresSaver\n"
    "graph = builder.compile(checkpointer=PostgresSaver(connection))\n"
)
SERVER = (
    "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"
    "from agent import graph\napp = FastAPI()\n"
    'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n'
    "@app.post('/ask')\ndef ask(text, session):\n"
    '    return graph.invoke(text, {"configurable": {"thread_id": session}})\n'
)


def imported(count: int) -> Mapping[str, str]:
    """Graphs, and servers in other files that import them."""
    graphs = {f"app{number}/agent.py": GRAPH for number in range(10, 10 + count)}
    return graphs | {f"app{number}/main.py": SERVER for number in range(10, 10 + count)}


def shared(count: int) -> Mapping[str, str]:
    """Servers that all import one graph."""
    return {"agent.py": GRAPH * count} | {f"m{n}.py": SERVER for n in range(10, 10 + count)}


@pytest.mark.parametrize(
    "made",
    [instructed, calling, served, staged, built, shortened, ended, proxied, imported, shared],
)
def test_each_further_one_costs_what_the_one_before_did(
    made: Callable[[int], Mapping[str, str]],
) -> None:
    second, third = further_cost(lambda count: deployment_of(made(count)), 6, within="extract")

    assert third == second


def test_a_file_of_very_many_tools_that_very_many_import_is_followed_from_some() -> None:
    kit = "".join(f"@tool\ndef t{number}(q: str): ...\n" for number in range(2_000))
    agent = "from langchain.agents import create_agent\nfrom kit import t7\n"
    files = {f"a{number}.py": f"{agent}create_agent(tools=[t7])\n" for number in range(10, 50)}
    found = deployment_of({"kit.py": f"from langchain_core.tools import tool\n{kit}", **files})
    unknown = {
        end.evidence.file for end in found.unresolved if end.what == "the tool t7 is not known"
    }

    assert "a10.py" not in unknown
    assert "a49.py" in unknown


def test_neither_do_other_values_make_what_one_file_of_them_switches_off_dearer() -> None:
    text = "a@:\n  enabled: false\n  password: x\n"

    def asked(count: int) -> bool:
        numbers = range(10, 10 + count)
        values = [parse_yaml(f"c{at}/values.yaml", text.replace("@", str(at))) for at in numbers]
        switches = Switches([*values, parse_yaml("values.yaml", "b: {enabled: true}\n")])
        places = [
            Evidence(file=each.file, line=3, column=13, end_line=3, end_column=14)
            for each in values
        ]
        return all(map(switches.leave_out, places))

    second, third = further_cost(asked, 6, within="extract")

    assert asked(2)
    assert third == second


def test_neither_do_servers_that_share_their_lines_make_what_is_left_out_of_prose_dearer() -> None:
    def asked(count: int) -> object:
        lines = ["---", "mcp-servers:", "  a: &a", "    command: |", *["      b"] * count]
        lines += [*(f"  k{number}: *a" for number in range(count)), "---", "Mend it."]
        return deployment_of({".github/agents/fixer.md": "\n".join(lines)})

    second, third = further_cost(asked, 100, within="extract")

    assert third == second
