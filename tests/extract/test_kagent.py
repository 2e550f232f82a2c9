"""Objects of kagent: what a cluster alone reaches, and whose keys its agents hold."""

import pytest

from agentaudit.extract.deployment import deployment_of

SERVER = """\
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: {{name: crm, namespace: kagent}}
spec: {{url: "{url}"}}
"""
AGENT = """\
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: {{name: near, namespace: desk}}
spec:
  {{provider: OpenAI, apiKeySecret: keys, apiKeySecretKey: OPENAI_API_KEY, openAI: {{{address}}}}}
---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {{name: desk, namespace: desk}}
spec: {{declarative: {{modelConfig: near}}}}
"""


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://crm.dev/mcp", False),
        ("https://crm.dev/mcp", False),
        ("http://crm.dev.svc:8080/mcp", True),
    ],
)
def test_a_namespace_like_an_ending_of_the_internet_keeps_nothing_inside(
    url: str, *, inside: bool
) -> None:
    server = SERVER.replace("namespace: kagent", "namespace: dev")
    (found,) = deployment_of({"server.yaml": server.format(url=url)}).tool_servers

    assert found.stays_inside is inside


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://crm.kagent:8080/mcp", True),
        ("http://crm.kagent/mcp", True),
        ("http://crm.tools.kagent:8080/mcp", False),
        ("http://crm.vendor:8080/mcp", False),
    ],
)
def test_a_service_of_its_own_namespace_stays_inside(url: str, *, inside: bool) -> None:
    (server,) = deployment_of({"server.yaml": SERVER.format(url=url)}).tool_servers

    assert server.stays_inside is inside


@pytest.mark.parametrize(
    ("address", "lifetime"),
    [
        ("baseUrl: 'http://kubeai.kubeai.svc.cluster.local/openai/v1'", "unknown"),
        ("baseUrl: 'http://agent-gw.gateways.svc.cluster.local:8081/v1'", "unknown"),
        ("baseUrl: 'https://models.vendor.io/v1'", "static"),
        ("temperature: '0.1'", "static"),
    ],
)
def test_a_key_for_a_gateway_near_by_is_no_vendors(address: str, lifetime: str) -> None:
    (key,) = deployment_of({"agent.yaml": AGENT.format(address=address)}).credentials

    assert (key.holder, key.lifetime) == ("agent", lifetime)
