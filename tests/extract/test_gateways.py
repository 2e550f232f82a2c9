"""Configurations of agentgateway: who may call, what it asks, and what it does if none answers."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

MODELS = "llm: {models: [{name: a, provider: openAI, params: {apiKey: $KEY}}]}\n"
SERVER = "- {name: crm, stdio: {cmd: crm-mcp}}"
BOUND = """\
binds:
- port: 3000
  listeners:
  - routes:
    - policies: {%s}
      backends: [{mcp: {targets: [{name: crm, stdio: {cmd: crm-mcp}}]}}]
"""


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("extAuthz: {host: 'authz:9000', failureMode: allow}", True),
        ("extAuthz: {host: 'authz:9000', failureMode: deny}", False),
        ("extAuthz: {host: 'authz:9000', failureMode: {denyWithStatus: 503}}", False),
        ("extAuthz: {conditional: [{host: 'authz:9000', failureMode: allow}]}", True),
        ("extProc: {host: 'scan:9000', failureMode: failOpen}", True),
        ("extProc: {host: 'scan:9000'}", False),
        ("remoteRateLimit: {host: 'limits:9000', domain: a, failureMode: FailOpen}", True),
        ("mcpGuardrails: {processors: [{kind: remote, failureMode: failOpen}]}", True),
        ("buffer: {request: {maxBytes: 10, failureMode: failOpen}}", False),
    ],
)
def test_it_asks_services_that_may_be_away(policy: str, *, told: bool) -> None:
    (found,) = deployment_of({"agentgateway.yaml": BOUND % policy}).gateways

    assert bool(found.fails_open) is told


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ("", Known.NONE),
        ("jwtAuth: {mode: strict, issuer: a}", Known.SET),
        ("jwtAuth: {issuer: a}", Known.NONE),
        ("jwtAuth: {issuer: a, mode: $MODE}", Known.UNKNOWN),
        ("jwtAuth: {mode: permissive, issuer: a}", Known.NONE),
        ("jwtAuth: {issuer: a}, mcpAuthorization: {rules: ['has(jwt.sub)']}", Known.UNKNOWN),
        ("mcpAuthorization: {rules: ['mcp.tool.name == \"a\"']}", Known.NONE),
        ("apiKey: {mode: strict, keys: [{key: $KEY}]}", Known.SET),
        ("apiKey: {keys: [{key: $KEY}]}", Known.NONE),
        ("basicAuth: {mode: optional, htpasswd: {file: a}}", Known.NONE),
        ("mcpAuthentication: {issuer: a}", Known.SET),
        ("mcpAuthentication: {issuer: a, mode: optional}", Known.NONE),
        ("extAuthz: {host: 'authz:9000'}", Known.SET),
    ],
)
def test_only_a_strict_mode_refuses_who_proves_nothing(policies: str, expected: Known) -> None:
    deployment = deployment_of({"agentgateway.yaml": BOUND % policies})
    told = any("who proves nothing" in end.what for end in deployment.unresolved)

    assert deployment.gateways[0].authorizer is expected
    assert told is (expected is Known.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"mcp:\n  port: 3000\n  targets:\n  {SERVER}\n", [Known.NONE]),
        (f"mcp:\n  policies: {{oidc: {{issuer: a}}}}\n  targets:\n  {SERVER}\n", [Known.SET]),
        (f"# $schema=https://agentgateway.dev/schema/config\n{MODELS}", [Known.NONE]),
        (MODELS, []),
        ("gateways: {default: {port: 3000}}\n", []),
    ],
)
def test_its_shorter_forms_are_read_where_nothing_else_is_written_so(
    text: str, expected: list[Known]
) -> None:
    assert [each.authorizer for each in deployment_of({"config.yaml": text}).gateways] == expected
