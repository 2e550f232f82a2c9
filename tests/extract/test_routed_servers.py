"""Servers to which gateways pass calls on: targets of agentgateway, backends in Kubernetes."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import ToolServer
from agentaudit.rules.fakes import fake

BOUND = """\
binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - mcp:
          targets:
          - name: desk
            %s
"""
BACKEND = """\
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: tools}
spec:
  mcp:
    targets:
    - name: desk
      %s
"""


def servers(text: str) -> tuple[ToolServer, ...]:
    return deployment_of({"gateway.yaml": text}).tool_servers


@pytest.mark.parametrize(
    "text",
    [
        BOUND % "stdio: {cmd: npx, args: ['-y', desk-mcp]}",
        "mcp:\n  targets:\n  - {name: desk, stdio: {cmd: npx, args: ['-y', desk-mcp]}}\n",
        "backends:\n- mcp:\n    targets: [{name: desk, stdio: {cmd: npx, args: [desk-mcp]}}]\n",
    ],
)
def test_a_gateway_starts_what_its_targets_name(text: str) -> None:
    assert [(server.name, server.package, server.pinned) for server in servers(text)] == [
        ("desk", "desk-mcp", Truth.NO)
    ]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (BOUND % "mcp: {host: 'https://desk.acme.example/mcp'}", "https://desk.acme.example/mcp"),
        (
            BOUND % "sse: {host: desk.acme.example, port: 8080, path: /sse}",
            "http://desk.acme.example:8080/sse",
        ),
        (
            BOUND % "openapi: {schema: {file: a.json}, host: 'localhost:8080'}",
            "http://localhost:8080/",
        ),
        (BACKEND % "static: {host: desk.acme.example, port: 443}", "https://desk.acme.example/"),
        (
            BACKEND % "static: {host: desk.acme.example, port: 80, path: mcp}",
            "http://desk.acme.example/mcp",
        ),
        (
            BACKEND % "static: {host: desk.example, port: 8443, policies: {tls: {}}}",
            "https://desk.example:8443/",
        ),
        (BACKEND % "static: {backendRef: {name: desk}, port: 8080}", "http://desk:8080/"),
    ],
)
def test_a_gateway_calls_what_its_targets_name(text: str, url: str) -> None:
    assert [(server.url, server.authenticated) for server in servers(text)] == [
        (url, Truth.UNKNOWN)
    ]


@pytest.mark.parametrize(
    "text",
    [
        BACKEND % "selector: {services: {matchLabels: {app: desk}}}",
        BOUND % "mcp: {}",
        "kind: Backend\nspec: {type: Static, static: {hosts: [{host: desk, port: 80}]}}\n",
        "targets:\n- {name: desk, stdio: {cmd: npx}}\n",
    ],
)
def test_what_names_no_server_makes_none(text: str) -> None:
    assert servers(text) == ()


def test_what_a_target_is_started_with_is_told_of_it() -> None:
    token = fake("github_classic")
    text = BOUND % f"stdio: {{cmd: desk-mcp, env: {{DESK_TOKEN: {token}}}}}"
    deployment = deployment_of({"gateway.yaml": text})

    assert [(fact.holder, fact.exposure) for fact in deployment.credentials] == [
        ("tool_server", "env")
    ]
    assert deployment.agents == ()
