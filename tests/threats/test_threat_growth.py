"""What the threat model does for a deployment grows no faster than the ways through it."""

from collections.abc import Callable, Mapping

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.permissions import Grant
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats import rights
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.model import threat_model
from agentaudit.threats.views import View
from tests.extract.test_growth import written
from tests.growth import further_cost

RULES = load_threat_rules()
SERVERS = '    "s@": {"command": "npx", "args": ["s@"], "env": {"GITHUB_TOKEN": "ghp_x@"}},\n'
"""Of one agent."""
PARTS: Mapping[str, tuple[str, str, str, str]] = {
    "servers and keys of an agent": (
        ".mcp.json",
        '{"mcpServers": {\n',
        SERVERS,
        '    "last": {"command": "npx"}}}',
    ),
    "servers that are known, and their keys": (
        ".mcp.json",
        '{"mcpServers": {\n',
        """    "s@": {"command": "npx", "args": ["@modelcontextprotocol/server-github"],
      "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": "ghp_x@"}},
""",
        '    "last": {"command": "npx", "args": ["@modelcontextprotocol/server-fetch"]}}}',
    ),
    "services and their networks": (
        "compose.yaml",
        "services:\n",
        "  s@: {image: 'mcp/time:1', environment: {GITHUB_TOKEN: ghp_x@}, networks: [n@]}\n",
        "",
    ),
    "tools of a server": (
        "a.py",
        "from fastmcp import FastMCP\nserver = FastMCP('s')\n",
        "@server.tool()\ndef f@(url: str): return httpx.get(url)\n",
        "",
    ),
    "agents of one file": (
        "a.py",
        "from langgraph.prebuilt import create_react_agent\n",
        "a@ = create_react_agent('openai:gpt-4o', tools=[])\n",
        "",
    ),
    "accounts and what they may do": (
        "a.yaml",
        "kind: Namespace\napiVersion: v1\nmetadata: {name: n}\n",
        """---
kind: Pod
apiVersion: v1
metadata: {name: p@}
spec: {serviceAccountName: s@, containers: [{name: c}]}
---
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: r@}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [n@], verbs: [get]}]
---
kind: RoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: b@}
roleRef: {kind: Role, name: r@}
subjects: [{kind: ServiceAccount, name: s@}]
""",
        "",
    ),
}


def further_parts(
    part: tuple[str, str, str, str], asked: Callable[[Deployment], object]
) -> tuple[int, int]:
    file, head, repeated, tail = part
    parts = written(repeated)
    return further_cost(
        lambda count: asked(deployment_of({file: head + parts(count) + tail})),
        8,
        within="threats",
    )


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_each_further_part_is_drawn_as_the_one_before(part: tuple[str, str, str, str]) -> None:
    second, third = further_parts(part, threat_graph)

    assert third == second


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_each_further_part_is_asked_as_the_one_before(part: tuple[str, str, str, str]) -> None:
    """Queries, numbers and what-ifs."""
    second, third = further_parts(part, lambda deployment: threat_model(deployment, RULES))

    assert third <= second * 1.02


def test_grants_that_are_alike_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of an administrator has thousands of actions, and many roles may be administrators."""
    function = (
        "  F{0}: {{Type: 'AWS::Serverless::Function', Properties: {{Handler: a.b, Policies: ["
        "{{Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]}}]}}}}\n"
    )
    functions = "".join(map(function.format, range(3)))
    text = f"Transform: AWS::Serverless-2016-10-31\nResources:\n{functions}"
    deployment = deployment_of({"template.yaml": text})
    read: list[Grant] = []

    def left(grant: Grant, *_: object) -> rights.Rights:
        read.append(grant)
        return rights.Rights()

    monkeypatch.setattr(rights, "_left", left)
    seen = View(graph=threat_graph(deployment), classes=RULES.actions)
    rights.rights_of(seen, [identity.id for identity in deployment.identities])

    assert len(deployment.grants) == 3
    assert len(read) == 1
