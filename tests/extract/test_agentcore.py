"""AgentCore: the project files of its two command lines, and resources that are no runtime."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm

TOOLKIT = """\
default_agent: support
agents:
  support:
    name: support
    entrypoint: support.py
    deployment_type: container
    source_path: /home/someone/support
    aws:
      execution_role: arn:aws:iam::111122223333:role/service/support-agent
      execution_role_auto_create: false
      account: '111122223333'
      region: eu-west-1
      network_configuration:
        network_mode: VPC
        network_mode_config: {security_groups: [sg-0a1b2c3d], subnets: [subnet-0a1b2c3d]}
      protocol_configuration: {server_protocol: HTTP}
      observability: {enabled: false}
      lifecycle_configuration: {idle_runtime_session_timeout: 900, max_lifetime: 1800}
    memory:
      mode: STM_AND_LTM
      memory_id: null
      memory_name: support_memory
      event_expiry_days: 120
      was_created_by_toolkit: false
    aws_jwt: {enabled: true, audiences: [https://api.acme.example], duration_seconds: 3600}
    identity:
      credential_providers:
        - {name: crm, arn: 'arn:aws:x', type: salesforce}
    authorizer_configuration: null
  tools:
    name: tools
    entrypoint: tools.py
    aws:
      execution_role: null
      execution_role_auto_create: true
      network_configuration: {network_mode: PUBLIC, network_mode_config: null}
      protocol_configuration: {server_protocol: MCP}
      lifecycle_configuration: {idle_runtime_session_timeout: null, max_lifetime: null}
    memory: {mode: STM_ONLY, memory_id: older-1a2b3c, event_expiry_days: 30}
"""
LISTS = {
    "name": "Receipts",
    "version": 1,
    "runtimes": [
        {
            "name": "receipts",
            "build": "Container",
            "entrypoint": "main.py",
            "codeLocation": "app/receipts",
            "instrumentation": {"enableOtel": False},
            "lifecycleConfiguration": {"maxLifetime": 3600},
            "envVars": [{"name": "LEDGER_PASSWORD", "value": "opens-no-door-ledger-57"}],
        }
    ],
    "memories": [{"name": "cases", "eventExpiryDuration": 365, "strategies": []}],
    "credentials": [
        {"authorizerType": "ApiKeyCredentialProvider", "name": "maps"},
        {"authorizerType": "OAuthCredentialProvider", "name": "crm"},
    ],
    "harnesses": [{"name": "desk", "path": "app/desk"}],
    "agentCoreGateways": [
        {
            "name": "Open",
            "policyEngineConfiguration": {"policyEngineName": "P", "mode": "LOG_ONLY"},
            "targets": [
                {
                    "name": "expenses",
                    "targetType": "lambdaFunctionArn",
                    "lambdaFunctionArn": {"lambdaArn": "arn", "toolSchemaFile": "tools.json"},
                },
                {
                    "name": "wiki",
                    "targetType": "mcpServer",
                    "endpoint": "http://wiki.acme.example/mcp",
                    "outboundAuth": {"type": "OAUTH", "credentialName": "crm"},
                },
            ],
        },
        {
            "name": "Guarded",
            "authorizerType": "CUSTOM_JWT",
            "policyEngineConfiguration": {"policyEngineName": "P", "mode": "ENFORCE"},
            "targets": [],
        },
    ],
}
PROJECT = {
    "agentcore/agentcore.json": json.dumps(LISTS),
    "tools.json": '[{"name": "latest_expenses", "inputSchema": {"type": "object"}}, {"name": "x"}]',
    "app/desk/harness.json": json.dumps(
        {
            "name": "desk",
            "model": {"provider": "bedrock", "modelId": "anthropic.claude"},
            "allowedTools": ["*"],
            "timeoutSeconds": 300,
            "truncation": {
                "strategy": "sliding_window",
                "config": {"slidingWindow": {"messagesCount": 40}},
            },
            "memory": {"mode": "managed", "eventExpiryDuration": 60},
        }
    ),
    "app/receipts/main.py": "from strands import Agent\nagent = Agent(system_prompt='Book.')\n",
}


def toolkit() -> Deployment:
    return deployment_of({".bedrock_agentcore.yaml": TOOLKIT})


def ends(found: Deployment, kind: EdgeKind, source: str) -> set[str]:
    names = {fact.id: fact.name for fact in found.facts()}
    return {
        names[edge.dst] for edge in found.edges if edge.kind is kind and names[edge.src] == source
    }


def test_an_agent_of_the_toolkit_has_its_limits_and_asks_who_calls() -> None:
    (agent,) = toolkit().agents

    assert (agent.name, agent.framework, agent.authenticated) == ("support", "agentcore", Truth.YES)
    assert (agent.idle_session_s, agent.session_s) == (900, 1800)


def test_days_of_a_memory_that_existed_before_are_not_told() -> None:
    stores = {store.name: store for store in toolkit().memory_stores}

    assert stores["support_memory"].ttl_s == 120 * 86_400
    assert (stores["older-1a2b3c"].ttl, stores["older-1a2b3c"].ttl_s) == (Known.UNKNOWN, None)


def test_each_agent_of_the_toolkit_has_its_own_memory() -> None:
    assert ends(toolkit(), EdgeKind.PERSISTS_TO, "support") == {
        *("support_memory", "long-term records of support_memory"),
    }


def test_a_runtime_that_speaks_mcp_serves_tools() -> None:
    found = toolkit()
    (server,) = found.tool_servers

    assert (server.name, server.authenticated) == ("tools", Truth.YES)
    assert ends(found, EdgeKind.RUNS_ON, "tools") == {"tools"}


def test_the_role_that_the_toolkit_makes_is_told_from_one_that_is_named() -> None:
    found = toolkit()

    assert {(role.kind, role.name) for role in found.identities} == {
        ("toolkit_role", "AmazonBedrockAgentCoreSDKRuntime-tools"),
        ("", "support-agent"),
    }
    assert any("support-agent" in item.what for item in found.unresolved)


def test_a_named_role_is_the_one_that_another_file_declares() -> None:
    role = 'resource "aws_iam_role" "a" {\n  name = "support-agent"\n}\n'
    found = deployment_of({".bedrock_agentcore.yaml": TOOLKIT, "infra/main.tf": role})

    assert ends(found, EdgeKind.AUTHENTICATES_AS, "support") == {"support-agent"}


def test_tokens_providers_and_observability_of_the_toolkit_are_facts() -> None:
    found = toolkit()
    credentials = {credential.name: credential for credential in found.credentials}

    assert credentials["aws_jwt of support"].ttl_s == 3600
    assert credentials["crm"].form is CredentialForm.OAUTH
    assert [(log.kind, log.enabled) for log in found.audit_logs] == [("otel", Truth.NO)]


def test_a_runtime_of_the_cli_runs_the_code_that_it_names() -> None:
    found = deployment_of(PROJECT)
    coded = next(agent for agent in found.agents if agent.framework == "strands")

    assert any(
        edge.kind is EdgeKind.RUNS_ON and edge.src == coded.id and "receipts" in edge.dst
        for edge in found.edges
    )


def test_gateways_of_the_cli_let_everybody_in_unless_they_say_otherwise() -> None:
    gateways = {gateway.name: gateway for gateway in deployment_of(PROJECT).gateways}

    assert (gateways["Open"].authorizer, gateways["Open"].policy_enforced) == (
        Known.NONE,
        Truth.NO,
    )
    assert (gateways["Guarded"].authorizer, gateways["Guarded"].policy_enforced) == (
        Known.SET,
        Truth.YES,
    )
    assert gateways["Open"].brokers_credentials is Truth.YES


def test_targets_of_a_gateway_are_servers_with_the_tools_that_they_name() -> None:
    found = deployment_of(PROJECT)
    tools = {tool.name: tool.typed for tool in found.tools}

    assert tools["expenses.latest_expenses"] is Truth.YES
    assert tools["expenses.x"] is Truth.NO
    assert next(item.tls for item in found.tool_servers if item.name == "wiki") is Truth.NO
    assert "expenses" in ends(found, EdgeKind.EXPOSES, "receipts")


def test_a_harness_of_the_cli_is_read_from_its_folder() -> None:
    found = deployment_of(PROJECT)
    desk = next(agent for agent in found.agents if agent.name == "desk")
    stores = {store.name: store for store in found.memory_stores}

    assert (desk.wildcard_tools, desk.timeout_s) == (True, 300)
    assert stores["window of desk"].max_turns_count == 40
    assert stores["managed memory of desk"].ttl_s == 60 * 86_400
    assert stores["long-term records of desk"].ttl is Known.NONE
    assert stores["cases"].ttl_s == 365 * 86_400


def test_no_secret_of_a_project_comes_out_again() -> None:
    found = deployment_of(PROJECT)

    assert "opens-no-door" not in repr(found)
    assert "LEDGER_PASSWORD" in {credential.variable for credential in found.credentials}


def test_the_order_of_files_changes_nothing() -> None:
    assert deployment_of(dict(reversed(PROJECT.items()))) == deployment_of(PROJECT)


@pytest.mark.parametrize(
    "text",
    [
        "agents: 3\n",
        "agents: {a: 7}\n",
        "agents: {a: {aws: [], memory: x, aws_jwt: {enabled: 1}}}\n",
    ],
)
def test_an_odd_project_of_the_toolkit_is_no_error(text: str) -> None:
    assert deployment_of({".bedrock_agentcore.yaml": text}).coverage[0].status == "read"


ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 7, "", "..", "/x", [], [[]], [None], {}, {"name": []}, [{"name": "x"}]]
)
KEYS = st.sampled_from(
    [
        *("name", "path", "targets", "networkConfig", "envVars", "codeLocation", "endpoint"),
        *("lifecycleConfiguration", "protocol", "toolDefinitions", "executionRoleArn"),
    ]
)
LISTED = st.sampled_from([*LISTS, "agents"])


@given(LISTED, st.lists(st.dictionaries(KEYS, ODD, max_size=6), max_size=3) | ODD)
def test_no_project_of_the_cli_raises(kind: str, listed: object) -> None:
    """Whatever stands where a resource is expected, the file is read."""
    found = deployment_of({"agentcore/agentcore.json": json.dumps({**LISTS, kind: listed})})

    assert [item.status for item in found.coverage] == ["read"]


TERRAFORM = """
resource "aws_bedrockagentcore_agent_runtime" "a" {
  agent_runtime_name = "analyst"
  role_arn           = aws_iam_role.r.arn
  network_configuration { network_mode = "PUBLIC" }
}
resource "aws_iam_role" "r" { name = "interpreter" }
resource "aws_bedrockagentcore_code_interpreter" "c" {
  name               = "interpreter"
  execution_role_arn = aws_iam_role.r.arn
  network_configuration { network_mode = "SANDBOX" }
}
resource "aws_bedrockagentcore_browser" "b" {
  name = "browser"
  network_configuration { network_mode = "PUBLIC" }
}
resource "aws_bedrockagentcore_workload_identity" "w" { name = "workload" }
resource "aws_bedrockagentcore_oauth2_credential_provider" "o" {
  name                       = "crm"
  credential_provider_vendor = "CustomOauth2"
  oauth2_provider_config {
    custom_oauth2_provider_config {
      client_id     = "crm"
      client_secret = "opens-no-door-crm-63"
    }
  }
}
"""
TEMPLATE = """\
Resources:
  Agent:
    Type: AWS::BedrockAgentCore::Runtime
    Properties:
      AgentRuntimeName: analyst
      NetworkConfiguration: {NetworkMode: PUBLIC}
  Code:
    Type: AWS::BedrockAgentCore::CodeInterpreterCustom
    Properties: {Name: interpreter, NetworkConfiguration: {NetworkMode: SANDBOX}}
  Browser:
    Type: AWS::BedrockAgentCore::BrowserCustom
    Properties: {Name: browser, NetworkConfiguration: {NetworkMode: PUBLIC}}
  Work:
    Type: AWS::BedrockAgentCore::WorkloadIdentity
    Properties: {Name: workload}
  Crm:
    Type: AWS::BedrockAgentCore::OAuth2CredentialProvider
    Properties:
      Name: crm
      CredentialProviderVendor: CustomOauth2
      Oauth2ProviderConfigInput:
        CustomOauth2ProviderConfig: {ClientId: crm, ClientSecret: opens-no-door-crm-63}
  Gate:
    Type: AWS::BedrockAgentCore::Gateway
    Properties: {Name: gate, AuthorizerType: AWS_IAM}
  Tools:
    Type: AWS::BedrockAgentCore::GatewayTarget
    Properties:
      Name: orders
      GatewayIdentifier: !GetAtt Gate.GatewayIdentifier
      CredentialProviderConfigurations: [{CredentialProviderType: GATEWAY_IAM_ROLE}]
      TargetConfiguration:
        Mcp:
          Lambda:
            LambdaArn: arn
            ToolSchema:
              InlinePayload:
                - Name: refund
                  InputSchema: {Type: object}
"""


@pytest.mark.parametrize("files", [{"main.tf": TERRAFORM}, {"stack.yaml": TEMPLATE}])
def test_what_agentcore_gives_agents_to_work_with_is_read(files: dict[str, str]) -> None:
    found = deployment_of(files)
    tools = {tool.name: tool for tool in found.tools}
    runtimes = {runtime.name: runtime for runtime in found.runtimes}

    assert (tools["interpreter"].effects, tools["interpreter"].sandboxed) == (
        ("execute",),
        Truth.YES,
    )
    assert (tools["browser"].reads_untrusted, tools["browser"].egress) == (Truth.YES, Truth.YES)
    assert (runtimes["interpreter"].egress, runtimes["browser"].egress) == ("allowlist", "any")
    assert {"interpreter", "browser"} <= ends(found, EdgeKind.INVOKES, "analyst")
    assert "workload" in {identity.name for identity in found.identities}
    assert {item.form for item in found.credentials} == {CredentialForm.LITERAL}
    assert "opens-no-door" not in repr(found)


def test_a_target_in_cloudformation_says_how_it_proves_itself_and_names_its_tools() -> None:
    found = deployment_of({"stack.yaml": TEMPLATE})

    assert found.gateways[0].brokers_credentials is Truth.YES
    assert "orders.refund" in {tool.name for tool in found.tools}


def test_the_role_of_an_interpreter_is_what_its_code_acts_as() -> None:
    found = deployment_of({"main.tf": TERRAFORM})

    assert "interpreter" in ends(found, EdgeKind.AUTHENTICATES_AS, "interpreter")
    assert ends(found, EdgeKind.EXECUTES_ON, "interpreter") == {"interpreter"}


HEADERS = {
    "agentcore.json": json.dumps(
        {"runtimes": [{"name": "desk", "requestHeaderAllowlist": ["X-Trace", "Authorization"]}]}
    ),
    ".bedrock_agentcore.yaml": (
        "agents: {desk: {name: desk, request_header_configuration: "
        "{requestHeaderAllowlist: [authorization]}}}\n"
    ),
    "template.yaml": (
        "Resources: {desk: {Type: 'AWS::BedrockAgentCore::Runtime', Properties: "
        "{RequestHeaderConfiguration: {RequestHeaderAllowlist: [Authorization]}}}}\n"
    ),
}


@pytest.mark.parametrize("file", HEADERS)
def test_a_runtime_may_be_handed_its_callers_token(file: str) -> None:
    (agent,) = deployment_of({file: HEADERS[file]}).agents
    (other,) = deployment_of({file: re.sub("(?i)authorization", "X-User", HEADERS[file])}).agents

    assert agent.token_passthrough
    assert agent.evidence[-1].column >= HEADERS[file].lower().index("authorization")
    assert not other.token_passthrough


def test_what_passes_a_token_on_is_shown_with_its_gateway() -> None:
    text = """\
Resources:
  Tools: {Type: AWS::BedrockAgentCore::Gateway, Properties: {AuthorizerType: AWS_IAM}}
  Target:
    Type: AWS::BedrockAgentCore::GatewayTarget
    Properties:
      GatewayIdentifier: !Ref Tools
      CredentialProviderConfigurations: [{CredentialProviderType: JWT_PASSTHROUGH}]
"""
    (gateway,) = deployment_of({"template.yaml": text}).gateways

    assert gateway.token_passthrough
    assert [place.line for place in gateway.evidence] == [2, 7]
