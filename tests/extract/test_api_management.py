"""API Management before models and tools: who is asked, what is limited, what is added."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.controls import Gateway

POLICY = """\
<policies>
  <inbound>
    <base />
    <!-- <validate-jwt header-name="Authorization" /> -->
    %s
    <set-backend-service backend-id="openai" />
  </inbound>
  <outbound><rate-limit calls="1" renewal-period="1" /></outbound>
</policies>
"""
JWT = '<validate-jwt header-name="Authorization" failed-validation-httpcode="401" />'
TERRAFORM = """
resource "azurerm_api_management_api_policy" "p" {
  api_name            = "%s"
  api_management_name = "apim"
  resource_group_name = "agents"
  xml_content         = %s
}
"""
BICEP = """\
resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' existing = {
  name: 'apim/openai'
}
resource policy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: api
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: %s
  }
}
"""


def heredoc(policy: str) -> str:
    return f"<<XML\n{policy}XML\n"


def gateway_of(deployment: Deployment) -> Gateway:
    (gateway,) = deployment.gateways
    return gateway


def read(element: str, name: str = "chat") -> Deployment:
    return deployment_of({"main.tf": TERRAFORM % (name, heredoc(POLICY % element))})


@pytest.mark.parametrize(
    ("element", "authorizer", "brokers", "budget"),
    [
        (JWT, Known.SET, Truth.UNKNOWN, Known.UNKNOWN),
        ("<validate-azure-ad-token />", Known.SET, Truth.UNKNOWN, Known.UNKNOWN),
        ("<llm-token-limit tokens-per-minute='9' />", Known.UNKNOWN, Truth.UNKNOWN, Known.SET),
        ("<rate-limit-by-key calls='9' />", Known.UNKNOWN, Truth.UNKNOWN, Known.SET),
        (
            '<authentication-managed-identity resource="https://cognitiveservices.azure.com" />',
            Known.UNKNOWN,
            Truth.YES,
            Known.UNKNOWN,
        ),
        (
            '<set-header name="api-key" exists-action="override"><value>{{k}}</value></set-header>',
            Known.UNKNOWN,
            Truth.YES,
            Known.UNKNOWN,
        ),
        (
            '<set-header name="api-key" exists-action="delete" />',
            Known.UNKNOWN,
            Truth.UNKNOWN,
            Known.UNKNOWN,
        ),
        ('<check-header name="Authorization" />', Known.UNKNOWN, Truth.UNKNOWN, Known.UNKNOWN),
        (
            '<check-header name="x-key">\n<value>{{k}}</value></check-header>',
            Known.SET,
            Truth.UNKNOWN,
            Known.UNKNOWN,
        ),
        ('<set-header name="x-trace" />', Known.UNKNOWN, Truth.UNKNOWN, Known.UNKNOWN),
    ],
)
def test_a_policy_says_what_a_gateway_asks_adds_and_limits(
    element: str, authorizer: Known, brokers: Truth, budget: Known
) -> None:
    deployment = read(element)
    gateway = gateway_of(deployment)

    assert (gateway.authorizer, gateway.brokers_credentials, gateway.budget) == (
        authorizer,
        brokers,
        budget,
    )
    assert [end.what for end in deployment.unresolved] == (
        [] if authorizer is Known.SET else ["whether chat asks who calls"]
    )


@pytest.mark.parametrize(
    ("name", "element", "fronts"),
    [
        ("chat", "<llm-semantic-cache-lookup />", Truth.NO),
        ("mcp-tools", JWT, Truth.YES),
        ("support_mcp", JWT, Truth.YES),
        ("supportMcpApi", JWT, Truth.YES),
        ("chat", '<set-backend-service base-url="https://a.example/mcp" />', Truth.YES),
    ],
)
def test_what_stands_behind_it_is_told_apart(name: str, element: str, fronts: Truth) -> None:
    assert gateway_of(read(element, name)).fronts_tools is fronts


@pytest.mark.parametrize("element", [JWT, '<set-variable name="mcpScope" value="a" />'])
def test_a_policy_for_anything_else_is_no_gateway_of_agents(element: str) -> None:
    text = (POLICY % element).replace("openai", "orders")

    assert deployment_of({"main.tf": TERRAFORM % ("orders", heredoc(text))}).gateways == ()


FROM_FILE = {
    "main.tf": TERRAFORM % ("chat", 'file("${path.module}/chat-policy.xml")'),
    "main.bicep": BICEP % "loadTextContent('./chat-policy.xml')",
}


@pytest.mark.parametrize("file", FROM_FILE)
def test_a_policy_may_be_a_file_of_its_own(file: str) -> None:
    deployment = deployment_of({file: FROM_FILE[file], "chat-policy.xml": POLICY % JWT})
    gateway = gateway_of(deployment)

    assert gateway.authorizer is Known.SET
    assert str(gateway.evidence[0]) == "chat-policy.xml:5:5"
    assert gateway.evidence[-1].file == file


def test_a_policy_stands_in_a_template_as_it_is() -> None:
    gateway = gateway_of(deployment_of({"main.bicep": BICEP % f"'''\n{POLICY % JWT}'''"}))

    assert (gateway.authorizer, gateway.fronts_tools) == (Known.SET, Truth.NO)


@pytest.mark.parametrize("file", FROM_FILE)
def test_a_policy_that_is_not_among_the_files_is_open(file: str) -> None:
    deployment = deployment_of({file: FROM_FILE[file].replace("chat", "openai")})

    assert deployment.gateways == ()
    assert [end.effect for end in deployment.unresolved] == ["whether it asks who calls"]


@pytest.mark.parametrize("text", ["<project><inbound>a</inbound></project>", "<policies />"])
def test_other_xml_is_not_read(text: str) -> None:
    (coverage,) = deployment_of({"my-policy.xml": text}).coverage

    assert coverage.status == "skipped"


def test_one_large_policy_of_very_many_is_read_as_often_as_files_may_be_long() -> None:
    use = TERRAFORM.replace('"p"', '"p%d"') % (0, "openai", 'file("${path.module}/a-policy.xml")')
    uses = "".join(use.replace('"p0"', f'"p{number}"') for number in range(30))
    text = POLICY % (f"{JWT}\n" * 5_000)
    deployment = deployment_of({"main.tf": uses, "a-policy.xml": text})

    assert 0 < len(deployment.gateways) < 30
    assert {end.effect for end in deployment.unresolved} == {"whether it asks who calls"}


API = """
resource "azurerm_api_management_api" "chat" {
  name = "chat"
  %s
}
"""


@pytest.mark.parametrize(
    ("said", "authorizer"),
    [
        ("", Known.SET),
        ("subscription_required = true", Known.SET),
        ("subscription_required = false", Known.UNKNOWN),
        ("subscription_required = var.asked", Known.UNKNOWN),
    ],
)
def test_an_api_of_terraform_asks_for_a_subscription_unless_it_says_otherwise(
    said: str, authorizer: Known
) -> None:
    texts = TERRAFORM % ("chat", heredoc(POLICY % "")) + API % said

    assert gateway_of(deployment_of({"main.tf": texts})).authorizer is authorizer


@pytest.mark.parametrize(
    ("said", "authorizer"), [("true", Known.SET), ("false", Known.UNKNOWN), ("", Known.UNKNOWN)]
)
def test_an_api_of_a_template_says_whether_it_asks_for_a_subscription(
    said: str, authorizer: Known
) -> None:
    text = BICEP % f"'''{POLICY % ''}'''"
    asked = f"subscriptionRequired: {said}" if said else "path: 'chat'"
    own = text.replace("existing = {", "= {").replace(
        "  name: 'apim/openai'\n", f"  name: 'apim/openai'\n  properties: {{\n    {asked}\n  }}\n"
    )

    assert gateway_of(deployment_of({"main.bicep": own})).authorizer is authorizer


def test_a_policy_of_an_operation_is_read_too() -> None:
    text = TERRAFORM % ("chat", heredoc(POLICY % JWT))
    own = text.replace("_api_policy", "_api_operation_policy")

    assert gateway_of(deployment_of({"main.tf": own})).authorizer is Known.SET
