"""What the threat model does for a deployment grows no faster than the ways through it."""

from collections.abc import Callable, Mapping

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.model import threat_model
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
