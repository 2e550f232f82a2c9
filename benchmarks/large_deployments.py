"""
Large things of two kinds that meet in one deployment: the second table of docs/robustness.md.

    python benchmarks/large_deployments.py [NAME ...]

Agents times tools, credentials, instructions or memories, calls times calls, services times files:
what multiplies is told, or followed, up to a limit, and what is beyond is named. Each deployment is
read, audited and modelled in a process of its own.
"""

import argparse
import gc
import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from itertools import pairwise

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.report.formats.sarif import render_sarif
from agentaudit.rules.ours import lint_rules, threat_rules
from agentaudit.threats.model import threat_model

HEAD = (
    "from langgraph.prebuilt import create_react_agent\nfrom langchain_core.tools import tool\n"
    "import httpx\n"
)
TOOL = "@tool\ndef t{0}(url: str) -> str:\n    '''A tool.'''\n    return httpx.get(url).text\n"
AGENT = "a{0} = create_react_agent('openai:gpt-4o', tools=[])\n"
CALL = "  j{0}: {{uses: ./.github/workflows/w{1}.yml, secrets: inherit}}\n"
RUN = "  r: {runs-on: x, env: {A_TOKEN: '${{ secrets.T }}'}, steps: [{run: claude -p hi}]}\n"
FUNCTION = (
    "  F{0}: {{Type: 'AWS::Serverless::Function', Properties: {{Handler: a.b, Policies: ["
    "{{Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]}}]}}}}\n"
)


def agents_and_tools(agents: int, tools: int) -> Mapping[str, str]:
    """A module of tools, and agents in files of their own that have all of them."""
    names = ", ".join(f"t{number}" for number in range(tools))
    using = f"{HEAD}from tools import {names}\n"
    made = f"agent = create_react_agent('openai:gpt-4o', tools=[{names}])\n"
    files = {f"agent{number}.py": using + made for number in range(agents)}
    return {"tools.py": HEAD + _many(TOOL, tools), **files}


def agents_and_credentials() -> Mapping[str, str]:
    """A service with 3,000 keys, built from a folder of 3,000 agents."""
    keys = {f"K{number}_API_KEY": _value(number) for number in range(3_000)}
    service = f"services:\n  agent:\n    build: ./app\n    environment: {json.dumps(keys)}\n"
    return {"compose.yaml": service, "app/a.py": HEAD + _many(AGENT, 3_000)}


def agents_and_instructions() -> Mapping[str, str]:
    """1,500 agents, and 500 instructions that are for all of them, each with a key."""
    agents = {f"d{number}/a.py": HEAD + AGENT.format(0) for number in range(1_500)}
    text = f"api_key = {_value(1)}\n"
    return {**agents, **{f".claude/agents/i{number}.md": text for number in range(500)}}


def agents_and_memory() -> Mapping[str, str]:
    """2,500 agents that share one memory."""
    kept = "from langgraph.checkpoint.redis import RedisSaver\nm = RedisSaver('redis://x')\n"
    agent = "a{0} = create_react_agent('x', tools=[t0], checkpointer=m)\n"
    return {"a.py": HEAD + kept + TOOL.format(0) + _many(agent, 2_500)}


def agents_of_letta() -> Mapping[str, str]:
    """2,000 agents of one file that share a block, each with 20 tools of four sorts."""
    bodies = ("requests.get(x).text", "subprocess.run(x)", "open(x, 'w').write(x)", "len(x)")
    tools = [
        {"id": f"t{number}", "name": f"f{number}", "source_code": _letta_source(number, body)}
        for number, body in zip(range(20), bodies * 5, strict=True)
    ]
    agent = {"llm_config": {"model": "gpt-5"}, "block_ids": ["b"]}
    having = {"tool_ids": [str(tool["id"]) for tool in tools]}
    agents = [
        {"id": f"a{number}", "name": f"a{number}", **agent, **having} for number in range(2_000)
    ]
    blocks = [{"id": "b", "label": "human", "limit": 100}]
    return {"a.af": json.dumps({"agents": agents, "blocks": blocks, "tools": tools})}


def _letta_source(number: int, body: str) -> str:
    return f"import requests, subprocess\ndef f{number}(x: str):\n    return {body}\n"


def workflows_that_call() -> Mapping[str, str]:
    """400 workflows with 50 calls each, each of another of them."""
    return {
        f".github/workflows/w{at}.yml": "on: {workflow_call: {}, issue_comment: {}}\njobs:\n"
        + "".join(CALL.format(job, (at + job + 1) % 400) for job in range(50))
        + RUN
        for at in range(400)
    }


def services_and_files() -> Mapping[str, str]:
    """500 services that all take 100 files of 300 variables."""
    keys = "".join(f"KEY_{number}_API_KEY={_value(number)}\n" for number in range(300))
    files = {f"e{number}.env": keys for number in range(100)}
    service = f"  agent{{0}}:\n    image: agent\n    env_file: {json.dumps(list(files))}\n"
    return {"compose.yaml": "services:\n" + _many(service, 500), **files}


def administrators() -> Mapping[str, str]:
    """2,500 functions, each with a role that may do everything, and so become any other."""
    head = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
    return {"template.yaml": head + _many(FUNCTION, 2_500)}


DEPLOYMENTS: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "10 agents times 5,000 tools": lambda: agents_and_tools(10, 5_000),
    "50 agents times 2,000 tools": lambda: agents_and_tools(50, 2_000),
    "3,000 agents times 3,000 credentials": agents_and_credentials,
    "1,500 agents times 500 instructions": agents_and_instructions,
    "2,500 agents times one memory": agents_and_memory,
    "2,000 agents of Letta times 20 tools": agents_of_letta,
    "400 workflows times 50 calls": workflows_that_call,
    "500 services times 100 files": services_and_files,
    "2,500 administrators": administrators,
}


def _many(text: str, times: int) -> str:
    return "".join(map(text.format, range(times)))


def _value(number: int) -> str:
    """What may be a secret: nothing that is plainly a placeholder."""
    return f"xk{number:05}q{number * 1299709:011}"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("names", nargs="*", default=list(DEPLOYMENTS), metavar="NAME")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in DEPLOYMENTS]
    if unknown:
        parser.error(f"no such deployment: {', '.join(unknown)}; there are {list(DEPLOYMENTS)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ")
    print(f"load {os.getloadavg()[0]:.1f} at the start\n")
    print("| deployment | MB | facts | edges | read | lint | SARIF | threat model | whole |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for name in options.names:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(row, (name,)), flush=True)
    return 0


def row(name: str) -> str:
    """A deployment, read and asked; all times in seconds of CPU."""
    rules, queries = lint_rules([]), threat_rules()
    gc.disable()
    texts = DEPLOYMENTS[name]()
    times = [time.process_time()]
    deployment = deployment_of(texts)
    times.append(time.process_time())
    result = lint(deployment, rules)
    times.append(time.process_time())
    render_sarif(result)
    times.append(time.process_time())
    model = threat_model(deployment, queries)
    times.append(time.process_time())
    spent = " | ".join(f"{after - before:.1f} s" for before, after in pairwise(times))
    size = sum(map(len, texts.values())) / 1e6
    whole = "no" if deployment.incomplete or model.incomplete else "yes"
    counts = f"{len(list(deployment.facts())):,} | {len(model.edges):,}"
    return f"| {name} | {size:.1f} | {counts} | {spent} | {whole} |"


if __name__ == "__main__":
    sys.exit(main())
