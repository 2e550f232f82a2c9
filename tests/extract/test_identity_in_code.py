"""Tokens that AgentCore gets for Python code, and the entry points of its runtime."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.decision import DecisionStatus
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.report.decisions.credential_decision import credential_decision
from agentaudit.rules.ours import lint_rules

HEAD = (
    "from bedrock_agentcore.runtime import BedrockAgentCoreApp\n"
    "from bedrock_agentcore.identity.auth import requires_access_token, requires_api_key,"
    " requires_iam_access_token\n"
    "from strands import Agent\n"
    "app = BedrockAgentCoreApp()\n"
)


def read(code: str) -> Deployment:
    return deployment_of({"a.py": f"{HEAD}{code}\n"})


@pytest.mark.parametrize(
    ("decorator", "form", "ttl_s"),
    [
        ("requires_access_token(provider_name='crm', scopes=[])", CredentialForm.OAUTH, None),
        ("requires_iam_access_token(audience=['x'])", CredentialForm.WORKLOAD_IDENTITY, 300),
        (
            "requires_iam_access_token(audience=['x'], duration_seconds=900)",
            CredentialForm.WORKLOAD_IDENTITY,
            900,
        ),
        (
            "requires_iam_access_token(audience=['x'], duration_seconds=seconds())",
            CredentialForm.WORKLOAD_IDENTITY,
            None,
        ),
    ],
)
def test_what_agentcore_gets_for_a_function_is_short_lived(
    decorator: str, form: CredentialForm, ttl_s: int | None
) -> None:
    (credential,) = read(f"@{decorator}\nasync def call(*, access_token): ...").credentials

    assert (credential.form, credential.ttl_s) == (form, ttl_s)
    assert (credential.lifetime, credential.variable) == (Lifetime.SHORT, "access_token")


def test_a_key_of_the_vault_is_resolved_outside_of_the_agent() -> None:
    code = "@requires_api_key(provider_name='openai', into='key')\nasync def call(*, key): ..."
    deployment = read(f"agent = Agent(tools=[])\n{code}")
    (credential,) = deployment.credentials
    decision = credential_decision(lint(deployment, lint_rules()))

    assert (credential.name, credential.variable) == ("openai", "key")
    assert (credential.form, credential.holder) == (CredentialForm.SECRET_REF, "gateway")
    assert decision.status is DecisionStatus.DECIDED
    assert [item.good for item in decision.evidence] == [True]


def test_a_decorator_of_the_same_name_is_no_proof() -> None:
    code = "from own import requires_api_key\n@requires_api_key(provider_name='x')\ndef f(): ...\n"

    assert not deployment_of({"a.py": code}).credentials


def test_an_entry_point_is_an_agent_where_its_module_builds_none() -> None:
    (agent,) = read("@app.entrypoint\ndef invoke(payload): return run(payload)").agents
    (built,) = read("agent = Agent(tools=[])\n@app.entrypoint\ndef invoke(p): ...").agents

    assert (agent.framework, agent.max_iterations) == ("agentcore", Known.UNKNOWN)
    assert built.framework == "strands"


def test_an_agent_sees_the_tokens_of_its_module() -> None:
    deployment = read(
        "@app.entrypoint\n"
        "@requires_access_token(provider_name='crm', scopes=[], auth_flow='M2M')\n"
        "async def invoke(payload, *, access_token): ..."
    )
    (agent,), (credential,) = deployment.agents, deployment.credentials
    edges = [edge for edge in deployment.edges if edge.kind is EdgeKind.VISIBLE_TO]

    assert credential.holder_id == agent.id
    assert [(edge.src, edge.dst) for edge in edges] == [(credential.id, agent.id)]
