"""agentgateway in a cluster: whether its Gateways ask who calls, and what they keep."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth

GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: tools}
spec:
  gatewayClassName: agentgateway
  listeners: [{name: http, port: 80, protocol: HTTP}, {name: https, port: 443, protocol: HTTPS}]
"""
POLICY = """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {{name: asks, namespace: tools}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: {name}{more}}}]
  traffic: {{{asked}}}
"""
BACKEND = """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {{name: models, namespace: tools}}
spec: {{{kind}, policies: {{{auth}}}}}
"""
JWT = "jwtAuthentication: {mode: Strict, providers: [{issuer: 'https://id.example'}]}"


def deployed(policy: str, *, folder: str = "gate", backend: str = "") -> Deployment:
    files = {"gate/gateway.yaml": GATEWAY, f"{folder}/policy.yaml": policy, "b.yaml": backend}
    return deployment_of({file: text for file, text in files.items() if text})


@pytest.mark.parametrize(
    ("name", "more", "asked", "authorizer"),
    [
        ("front", "", JWT, Known.SET),
        ("front", "", "apiKeyAuthentication: {secretRef: {name: keys}}", Known.SET),
        ("front", "", "extAuth: {backendRef: {name: sso}}", Known.SET),
        ("front", "", JWT.replace("Strict", "Permissive"), Known.UNKNOWN),
        ("front", "", "rateLimit: {local: [{requests: 3}]}", Known.UNKNOWN),
        ("front", ", sectionName: https", JWT, Known.UNKNOWN),
        ("gate", "", JWT, Known.NONE),
    ],
)
def test_a_gateway_asks_by_the_policies_that_name_it(
    name: str, more: str, asked: str, authorizer: Known
) -> None:
    (gateway,) = deployed(POLICY.format(name=name, more=more, asked=asked)).gateways

    assert gateway.authorizer is authorizer


@pytest.mark.parametrize(
    ("namespace", "authorizer"),
    [("namespace: tools", Known.SET), ("namespace: other", Known.UNKNOWN), ("", Known.SET)],
)
def test_a_policy_is_for_gateways_of_its_namespace(namespace: str, authorizer: Known) -> None:
    """Where it does not say in which it is, something else may."""
    policy = POLICY.format(name="front", more="", asked=JWT)
    (gateway,) = deployed(policy.replace("namespace: tools", namespace)).gateways

    assert gateway.authorizer is authorizer


def test_a_policy_for_a_gateway_elsewhere_says_nothing_of_this_one() -> None:
    found = deployed(POLICY.format(name="gate", more="", asked=JWT), folder="other")

    assert [gateway.authorizer for gateway in found.gateways] == [Known.UNKNOWN]
    assert "whether front lets in who proves nothing" in [end.what for end in found.unresolved]


@pytest.mark.parametrize(
    ("kind", "auth", "brokers", "tools"),
    [
        ("ai: {provider: {openai: {}}}", "auth: {secretRef: {name: k}}", Truth.YES, Truth.NO),
        ("mcp: {targets: []}", "", Truth.UNKNOWN, Truth.YES),
    ],
)
def test_its_backends_say_what_it_keeps_and_what_it_is_for(
    kind: str, auth: str, brokers: Truth, tools: Truth
) -> None:
    backend = BACKEND.format(kind=kind, auth=auth)
    (gateway,) = deployed("", backend=backend).gateways

    assert (gateway.brokers_credentials, gateway.fronts_tools) == (brokers, tools)


def test_gateways_of_another_class_are_no_concern_of_agents() -> None:
    text = GATEWAY.replace("gatewayClassName: agentgateway", "gatewayClassName: cilium")

    assert not deployment_of({"gateway.yaml": f"# agentgateway\n{text}"}).gateways
