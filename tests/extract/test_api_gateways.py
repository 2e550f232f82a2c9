"""Servers of tools that an API, an ingress or the platform itself lets anybody call."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth

FUNCTION = """\
resource "aws_lambda_function" "desk" {
  function_name = "desk-mcp"
  role          = "arn:aws:iam::111122223333:role/desk"
}
"""
REST = """\
resource "aws_api_gateway_rest_api" "desk" { name = "desk" MORE }
resource "aws_api_gateway_method" "desk" {
  rest_api_id   = aws_api_gateway_rest_api.desk.id
  resource_id   = aws_api_gateway_resource.desk.id
  http_method   = "POST"
  authorization = "ASKED"
}
resource "aws_api_gateway_integration" "desk" {
  resource_id = aws_api_gateway_resource.desk.id
  http_method = aws_api_gateway_method.desk.http_method
  uri         = aws_lambda_function.desk.invoke_arn
}
"""
HTTP = """\
resource "aws_apigatewayv2_integration" "desk" { integration_uri = aws_lambda_function.desk.arn }
resource "aws_apigatewayv2_route" "desk" {
  route_key = "ANY /mcp"
  target    = "integrations/${aws_apigatewayv2_integration.desk.id}"
  MORE
}
"""
SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  DeskMcpFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Events:
        Call: {Type: HttpApi, Properties: {Path: /mcp, Method: ANYMORE}}
"""
METHOD = """\
Resources:
  DeskMcpFunction:
    Type: AWS::Lambda::Function
    Properties: {Code: {ZipFile: x}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: desk}}
  Call:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      HttpMethod: POST
      AuthorizationType: ASKED
      Integration:
        Uri: !Sub arn:aws:apigateway:eu:lambda:path/x/functions/${DeskMcpFunction.Arn}/invocations
"""
SERVERLESS = """\
service: desk
provider: {name: aws}
functions:
  desk-mcp:
    handler: desk.answer
    events:
      - httpApi: EVENT
"""
APP = """\
param outside bool = true
resource desk 'Microsoft.App/containerApps@2024-03-01' = {
  name: 'desk-mcp'
  properties: {
    configuration: {ingress: {external: outside, targetPort: 8000LIMITS}}
    template: {containers: [{name: 'desk-mcp', image: 'registry.example/desk-mcp:1.4'}]}
  }
}
"""
APP_OF_TERRAFORM = """\
resource "azurerm_container_app" "desk" {
  name = "desk-mcp"
  ingress {
    external_enabled = OUTSIDE
    target_port      = 8000
  }
  template {
    container {
      name  = "desk-mcp"
      image = "registry.example/desk-mcp:1.4"
    }
  }
}
"""


def exposed(deployment: Deployment) -> int:
    (server,) = (each for each in deployment.tool_servers if "desk" in each.name.lower())
    return server.exposed


def ways(name: str, text: str, **swaps: str) -> tuple[str, str]:
    for old, new in swaps.items():
        text = text.replace(old, new)
    return name, text


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        (*ways("main.tf", FUNCTION + REST, MORE="", ASKED="NONE"), 1),
        (*ways("main.tf", FUNCTION + REST, MORE="", ASKED="AWS_IAM"), 0),
        (*ways("main.tf", FUNCTION + REST, MORE="policy = local.p", ASKED="NONE"), 0),
        (
            *ways(
                "main.tf",
                FUNCTION + REST,
                MORE='\n endpoint_configuration { types = ["PRIVATE"] }\n',
                ASKED="NONE",
            ),
            0,
        ),
        (*ways("main.tf", FUNCTION + HTTP, MORE=""), 1),
        (*ways("main.tf", FUNCTION + HTTP, MORE='authorization_type = "JWT"'), 0),
        (*ways("main.tf", FUNCTION + HTTP, MORE="authorization_type = var.asked"), 0),
        (*ways("template.yaml", SAM, MORE=""), 1),
        (*ways("template.yaml", SAM, Call="Http", HttpApi="Schedule", MORE=""), 0),
        (*ways("template.yaml", SAM, MORE=", Auth: {Authorizer: Desk}"), 0),
        (*ways("template.yaml", SAM + "# DefaultAuthorizer: Desk\n", MORE=""), 0),
        (*ways("template.yaml", METHOD, ASKED="NONE"), 1),
        (*ways("template.yaml", METHOD, ASKED="COGNITO_USER_POOLS"), 0),
        (*ways("serverless.yml", SERVERLESS, EVENT="'*'"), 1),
        (
            *ways("serverless.yml", SERVERLESS, EVENT="{path: /mcp, method: post, authorizer: a}"),
            0,
        ),
        (*ways("main.bicep", APP, LIMITS=""), 1),
        (*ways("main.bicep", APP.replace("= true", "= false"), LIMITS=""), 0),
        (*ways("main.bicep", APP, LIMITS=", ipSecurityRestrictions: [{action: 'Allow'}]"), 0),
        (*ways("app.tf", APP_OF_TERRAFORM, OUTSIDE="true"), 1),
        (*ways("app.tf", APP_OF_TERRAFORM, OUTSIDE="false"), 0),
    ],
)
def test_a_server_that_anybody_may_call_is_exposed(name: str, text: str, count: int) -> None:
    assert exposed(deployment_of({name: text})) == count


def test_of_two_ways_to_a_function_one_that_asks_leaves_it_alone() -> None:
    other = HTTP.replace('"desk"', '"other"').replace("MORE", 'authorization_type = "AWS_IAM"')

    assert not exposed(deployment_of({"main.tf": FUNCTION + HTTP.replace("MORE", "") + other}))


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *(("VALID_TOKENS", 0), ("SHARED_SECRET", 0), ("COGNITO_CLIENT", 0), ("AZURE_ENTRA_ID", 0)),
        *(("CENTRAL_LOG", 1), ("REGION", 1)),
    ],
)
def test_a_setting_may_say_whom_a_server_lets_in(name: str, count: int) -> None:
    given = f'environment {{ variables = {{ {name} = "a" }} }}'
    function = FUNCTION.replace("\n}", f"\n  {given}\n}}")

    assert exposed(deployment_of({"main.tf": function + HTTP.replace("MORE", "")})) == count


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (
            "desk.py",
            "from fastmcp import FastMCP\nm = FastMCP('t', auth=v)\nm.run(transport='http')\n",
        ),
        ("more.tf", ""),
    ],
)
def test_a_server_that_may_ask_itself_is_left_open(file: str, code: str) -> None:
    """By what its code says, or by a setting: here the pool whose users it lets in."""
    pool = "" if code else 'environment { variables = { USER_POOL_ID = "eu-west-1_a" } }'
    function = FUNCTION.replace("\n}", f"\n  {pool}\n}}")
    found = deployment_of({"main.tf": function + HTTP.replace("MORE", ""), file: code})
    (server,) = (each for each in found.tool_servers if each.name == "desk-mcp")

    assert (server.exposed, server.authenticated) == (False, Truth.UNKNOWN)
    assert "whether desk-mcp asks who calls" in {end.what for end in found.unresolved}


def test_an_agent_that_anybody_reaches_may_ask_itself() -> None:
    function = FUNCTION.replace("desk-mcp", "desk-agent")
    found = deployment_of({"main.tf": function + HTTP.replace("MORE", "")})

    assert [agent.authenticated for agent in found.agents] == [Truth.UNKNOWN]
    assert "whether desk-agent asks who calls" in {end.what for end in found.unresolved}
