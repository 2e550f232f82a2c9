"""What the threat model does for a deployment grows no faster than the ways through it."""

from collections.abc import Mapping

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.threats.graph import threat_graph
from tests.extract.test_growth import written
from tests.growth import further_cost

SERVERS = '    "s@": {"command": "npx", "args": ["s@"], "env": {"GITHUB_TOKEN": "ghp_x@"}},\n'
"""Of one agent."""
PARTS: Mapping[str, tuple[str, str, str, str]] = {
    "servers and keys of an agent": (
        ".mcp.json",
        '{"mcpServers": {\n',
        SERVERS,
        '    "last": {"command": "npx"}}}',
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


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_each_further_part_costs_what_the_one_before_did(part: tuple[str, str, str, str]) -> None:
    file, head, repeated, tail = part
    parts = written(repeated)

    second, third = further_cost(
        lambda count: threat_graph(deployment_of({file: head + parts(count) + tail})),
        8,
        within="threats",
    )

    assert third == second
