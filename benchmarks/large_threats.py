"""
`agentaudit threat-model` on a large deployment: the table of docs/timings.md.

    python benchmarks/large_threats.py [--agents 10]

Writes ten agents in Python with 500 tools and 80 keys each, 600 tool servers with two keys each,
1,000 pods with a role each, and 1,000 roles of AWS with a bucket each, or as many as fit fewer
agents; then counts what was read and tells the CPU seconds of reading it and of the threat model.
"""

import argparse
import gc
import json
import os
import platform
import tempfile
from pathlib import Path

from hangs import timed

from agentaudit.extract.deployment import read_deployment
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.model import threat_model

TOOLS, KEYS, SERVERS, PODS = 500, 80, 60, 100
"""Of each agent."""
BODIES = (
    "return httpx.get(url).text",
    "open(url, 'w').write(url)",
    "return subprocess.run(url, shell=True)",
    "return len(url)",
    "return requests.post(url, json={})",
)
PACKAGES = ("github", "filesystem", "slack", "fetch", "postgres")
POD = """---
kind: Pod
apiVersion: v1
metadata: {name: p@, namespace: n}
spec: {serviceAccountName: a@, containers: [{name: c, image: "mcp/time:1"}]}
---
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: r@, namespace: n}
rules: [{apiGroups: [""], resources: [secrets, pods], verbs: [get, create, delete]}]
---
kind: RoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: b@, namespace: n}
roleRef: {kind: Role, name: r@}
subjects: [{kind: ServiceAccount, name: a@, namespace: n}]
"""
ROLE = """
resource "aws_iam_role" "r@" { assume_role_policy = "{}" }
resource "aws_iam_role_policy" "p@" {
  role   = aws_iam_role.r@.id
  policy = jsonencode({ Statement = [{
    Effect = "Allow", Action = ["s3:PutObject", "iam:PassRole"], Resource = "arn:aws:s3:::b@/*"
  }] })
}
resource "aws_s3_bucket" "b@" { bucket = "b@" }
"""


def main() -> None:
    """Write, read, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=2)[1])
    parser.add_argument("--agents", type=int, default=10)
    options = parser.parse_args()
    rules = load_threat_rules()
    gc.disable()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ")
    print(f"load {os.getloadavg()[0]:.1f} at the start\n")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), options.agents)
        reading_s, deployment = timed(lambda: read_deployment([Path(folder)]))
    asking_s, model = timed(lambda: threat_model(deployment, rules))
    print("| tools | credentials | grants | nodes | edges | reading, CPU s | threat model, CPU s |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    facts = (deployment.tools, deployment.credentials, deployment.grants, model.nodes, model.edges)
    counts = " | ".join(f"{len(every):,}" for every in facts)
    print(f"| {counts} | {reading_s:.1f} | {asking_s:.1f} |")


def _write(root: Path, agents: int) -> None:
    servers = {}
    for agent in range(agents):
        (root / f"app{agent}").mkdir()
        (root / f"app{agent}" / "agent.py").write_text(_code(agent))
        numbers = range(agent * PODS, (agent + 1) * PODS)
        (root / f"pods{agent}.yaml").write_text("".join(_numbered(POD, at) for at in numbers))
        (root / f"roles{agent}.tf").write_text("".join(_numbered(ROLE, at) for at in numbers))
        keys = (f"APP_{agent}_{key}_API_KEY={_value(agent, key)}\n" for key in range(KEYS))
        (root / f"app{agent}" / ".env").write_text("".join(keys))
        for server in range(agent * SERVERS, (agent + 1) * SERVERS):
            servers[f"s{server}"] = _server(server)
    (root / ".mcp.json").write_text(json.dumps({"mcpServers": servers}, indent=1))


def _code(agent: int) -> str:
    names = [f"tool_{agent}_{number}" for number in range(TOOLS)]
    tools = (
        f"@tool\ndef {name}(url: str) -> str:\n    '''A tool.'''\n    {BODIES[at % len(BODIES)]}\n"
        for at, name in enumerate(names)
    )
    return (
        "from langgraph.prebuilt import create_react_agent\nfrom langchain_core.tools import tool\n"
        f"import httpx, requests, subprocess\n{''.join(tools)}"
        f"agent = create_react_agent('openai:gpt-4o', tools=[{', '.join(names)}])\n"
    )


def _server(number: int) -> object:
    package = f"@modelcontextprotocol/server-{PACKAGES[number % len(PACKAGES)]}"
    known = package if number % 2 else f"mcp-thing-{number}"
    keys = {"GITHUB_TOKEN": _value(number, 1), "STRIPE_API_KEY": _value(number, 2)}
    return {"command": "npx", "args": ["-y", known], "env": keys}


def _value(one: int, other: int) -> str:
    """What may be a secret: nothing that is plainly a placeholder."""
    return f"xk{one:05}q{(one * 100 + other) * 1299709:011}"


def _numbered(text: str, number: int) -> str:
    return text.replace("@", str(number))


if __name__ == "__main__":
    main()
