"""CloudFormation templates: the same facts as Terraform's, from the other spelling."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.cloudformation.values import Template
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.yaml import parse_yaml

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Session: {Type: Number, Default: 43200}
  Key: {Type: String, Default: opens-no-door-crm-41}
  Given: {Type: String}
Resources:
  AgentRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: agent
      MaxSessionDuration: !Ref Session
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: bedrock.amazonaws.com}
            Action: sts:AssumeRole
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess"]
      Policies:
        - PolicyName: data
          PolicyDocument:
            Statement:
              - Sid: Files
                Effect: Allow
                Action: [s3:GetObject, s3:DeleteObject]
                Resource: !Sub "${Bucket.Arn}/*"
  More:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref AgentRole]
      PolicyDocument:
        Statement: [{Sid: Pass, Effect: Allow, Action: iam:PassRole, Resource: "*"}]
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref AgentRole]
      PolicyDocument:
        Statement: [{Sid: Run, Effect: Allow, Action: ec2:RunInstances, Resource: "*"}]
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: acme-files}}
  Other: {Type: AWS::S3::Bucket}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: chat-sessions
      TimeToLiveSpecification: {AttributeName: at, Enabled: true}
  Agent:
    Type: AWS::Bedrock::Agent
    Properties:
      AgentName: support
      AgentResourceRoleArn: !GetAtt AgentRole.Arn
      MemoryConfiguration: {StorageDays: 30}
  Memory:
    Type: AWS::BedrockAgentCore::Memory
    Properties: {Name: memory, EventExpiryDuration: 365}
  Gateway:
    Type: AWS::BedrockAgentCore::Gateway
    Properties: {Name: gateway, AuthorizerType: NONE}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: tools
      Role: !GetAtt AgentRole.Arn
      Code: {ImageUri: "acme/tools:latest"}
      Environment:
        Variables:
          CRM_API_KEY: !Ref Key
          OPENAI_API_KEY: "{{resolve:secretsmanager:openai}}"
  Tasks:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: worker
      TaskRoleArn: !GetAtt AgentRole.Arn
      ContainerDefinitions:
        - Name: worker
          Image: acme/worker:1.2.3
          Secrets: [{Name: STRIPE_API_KEY, ValueFrom: "arn:aws:ssm:eu-west-1:1:parameter/s"}]
  Parameters:
    Type: AWS::ElastiCache::ParameterGroup
    Properties: {CacheParameterGroupFamily: redis7, Properties: {maxmemory-policy: noeviction}}
  Cache:
    Type: AWS::ElastiCache::ReplicationGroup
    Properties: {ReplicationGroupId: chat, CacheParameterGroupName: !Ref Parameters}
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties:
      IsLogging: true
      AdvancedEventSelectors:
        - FieldSelectors: [{Field: eventCategory, Equals: [Data]}]
  Topic: {Type: AWS::SNS::TopicPolicy}
"""


@pytest.fixture(scope="module")
def found() -> Deployment:
    return deployment_of({"template.yaml": TEMPLATE})


def test_a_role_has_its_policies_wherever_they_stand(found: Deployment) -> None:
    (role,) = found.identities
    grants = {grant.name: grant for grant in found.grants}

    assert (role.name, role.max_session_s) == ("agent", 43_200)
    assert set(grants) == {"Files", "Pass", "Run", "AmazonS3FullAccess"}
    assert {grant.identity_id for grant in grants.values()} == {role.id}
    assert grants["Pass"].escalations == ("pass-role-to-ec2",)
    assert str(grants["Files"].evidence[0]) == "template.yaml:22:17"


def test_references_reach_the_one_resource(found: Deployment) -> None:
    files = next(grant for grant in found.grants if grant.name == "Files")
    reached = {edge.dst for edge in found.edges if edge.src == files.id}

    assert files.resources == ("arn:aws:s3:::acme-files/*",)
    assert reached == {resource.id for resource in found.resources if resource.name == "acme-files"}


def test_agents_memory_and_gateways_are_read(found: Deployment) -> None:
    stores = {store.name: store for store in found.memory_stores}
    support = next(agent for agent in found.agents if agent.name == "support")

    assert stores["memory"].ttl_s == 365 * 86_400
    assert stores["chat-sessions"].ttl is Known.SET
    assert stores["chat"].eviction == "noeviction"
    assert [gateway.authorizer for gateway in found.gateways] == [Known.NONE]
    assert any(
        (edge.kind, edge.src, edge.dst)
        == (EdgeKind.AUTHENTICATES_AS, support.id, found.identities[0].id)
        for edge in found.edges
    )
    assert found.audit_logs[0].covers_data_events is Truth.YES


def test_environments_keep_their_names(found: Deployment) -> None:
    credentials = {credential.variable: credential for credential in found.credentials}

    assert credentials["CRM_API_KEY"].form is CredentialForm.LITERAL
    assert credentials["OPENAI_API_KEY"].form is CredentialForm.SECRET_REF
    assert credentials["STRIPE_API_KEY"].form is CredentialForm.SECRET_REF


def test_json_templates_are_the_same() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    template = {
        "Resources": {
            "Policy": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": policy},
            }
        }
    }
    (grant,) = deployment_of({"t.json": json.dumps(template)}).grants

    assert (grant.principal, grant.service_wildcards) == ("Policy", ("s3:*",))


def value(text: str) -> str:
    """What a value of a template comes to: its text, or `?` and what is not known."""
    template = Template(
        parameters={"Stage": parse_yaml("t", "prod").root},
        types={"Role": "aws_iam_role", "Queue": "aws_sqs_queue"},
        names={"Queue": "jobs"},
    )
    node = template.resolved(parse_yaml("t", f"a: {text}").root.entries[0][1])
    return f"?{node.raw}" if node.unknown else node.raw


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("!Ref Stage", "prod"),
        ("!Ref Nobody", "?Nobody"),
        ("!Ref Role", "?aws_iam_role.Role.id"),
        ("!GetAtt Role.Arn", "arn:aws:iam::${account}:role/${aws_iam_role.Role}"),
        ("!GetAtt [Queue, Arn]", "arn:aws:sqs:${region}:${account}:jobs"),
        ('!Sub "a-${Stage}-${AWS::Region}-${!literal}"', "a-prod-${AWS::Region}-${!literal}"),
        ('!Sub ["${x}-${Nobody}", {x: 1}]', "1-${Nobody}"),
        ('!Join ["-", [a, !Ref Stage]]', "a-prod"),
        ("!If [A, b, c]", "?Fn::If"),
        ("!ImportValue x", "?Fn::ImportValue"),
        ("!Join [a]", "?Fn::Join"),
    ],
)
def test_functions_are_resolved_as_far_as_the_template_goes(text: str, resolved: str) -> None:
    assert value(text) == resolved


SHAPES = st.sampled_from(
    [
        "{Type: AWS::IAM::Role, Properties: {Policies: 3, AssumeRolePolicyDocument: [1]}}",
        "{Type: AWS::IAM::ManagedPolicy, Properties: []}",
        "{Type: AWS::Lambda::Function, Properties: {Environment: x, Role: !GetAtt A}}",
        "{Type: AWS::ECS::TaskDefinition, Properties: {ContainerDefinitions: {a: 1}}}",
        "{Type: AWS::ElastiCache::ParameterGroup, Properties: {Properties: [1]}}",
        "{Type: AWS::Bedrock::Agent, Properties: {MemoryConfiguration: !If [a]}}",
        "{Type: !Ref X}",
        "!Sub []",
        "3",
    ]
)


@given(st.lists(SHAPES, max_size=5))
def test_no_template_crashes_it(shapes: list[str]) -> None:
    resources = "".join(f"  R{number}: {shape}\n" for number, shape in enumerate(shapes))
    text = f"Resources:\n  Bucket: {{Type: AWS::S3::Bucket}}\n{resources}"

    assert len(deployment_of({"template.yaml": text}).resources) >= 1


def test_a_password_by_reference_is_kept_in_no_state() -> None:
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "db"}},
            "Store": {
                "Type": "AWS::RDS::DBCluster",
                "Properties": {
                    "MasterUserPassword": {
                        "Fn::Join": [
                            "",
                            [
                                "{{resolve:secretsmanager:",
                                {"Ref": "Secret"},
                                ":SecretString:password}}",
                            ],
                        ]
                    }
                },
            },
        },
    }
    deployment = deployment_of({"template.json": json.dumps(template)})

    assert [store.kind for store in deployment.resources if store.kind == "database"]
    assert not [item for item in deployment.credentials if item.exposure == "state"]


SAM = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  OpenAIApiKey: {Type: String, NoEcho: true}
  ModelName: {Type: String, Default: small}
Resources:
  Agent:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: agent
      Environment:
        Variables: {OPENAI_API_KEY: !Ref OpenAIApiKey, LLM_MODEL: !Ref ModelName}
"""
KEY = "7c1e9a40b5d2f8637c1e9a40b5d2f8E5"


DEPLOY = "version = 0.1\n[default.deploy.parameters]\nparameter_overrides ="
LIVE = f'\n[live.deploy.parameters]\nparameter_overrides = "OpenAIApiKey={KEY[::-1]}"'
RESOLVED = "{{resolve:secretsmanager:openai}}"
YAML = "default: {deploy: {parameters: {parameter_overrides: [OpenAIApiKey=%s]}}}"


@pytest.mark.parametrize(
    ("file", "text", "form"),
    [
        (
            "samconfig.toml",
            f'{DEPLOY} "ModelName=\\"large one\\" OpenAIApiKey={KEY}"',
            CredentialForm.LITERAL,
        ),
        (
            "samconfig.toml",
            f'{DEPLOY} ["ParameterKey=OpenAIApiKey,ParameterValue={KEY}"]',
            CredentialForm.LITERAL,
        ),
        ("samconfig.yaml", YAML.replace("%s", KEY), CredentialForm.LITERAL),
        ("samconfig.toml", f'{DEPLOY} "OpenAIApiKey={RESOLVED}"', CredentialForm.SECRET_REF),
        (
            "samconfig.toml",
            f'{DEPLOY} "OpenAIApiKey={KEY}"\ntemplate_file = "other.yaml"',
            CredentialForm.SECRET_REF,
        ),
        ("samconfig.toml", f'{DEPLOY} "OpenAIApiKey={KEY}"{LIVE}', CredentialForm.SECRET_REF),
    ],
)
def test_what_a_configuration_of_sam_gives_to_parameters(
    file: str, text: str, form: CredentialForm
) -> None:
    found = deployment_of({"app/template.yaml": SAM, f"app/{file}": text})
    (key,) = [each for each in found.credentials if each.variable == "OPENAI_API_KEY"]

    assert key.form is form
    assert key.evidence[0].file == "app/template.yaml"
    if form is CredentialForm.LITERAL:
        assert key.evidence[1].file == f"app/{file}"
    assert KEY not in repr(found)


def test_a_secret_that_overrides_a_parameter_stands_where_it_is_written() -> None:
    text = f'[default.deploy.parameters]\nparameter_overrides = "A=b OpenAIApiKey={KEY}"\n'
    found = deployment_of({"template.yaml": SAM, "samconfig.toml": text})
    (secret,) = [each for each in found.credentials if each.variable == "OpenAIApiKey"]

    place = secret.evidence[0]
    assert (place.file, place.line, place.column) == ("samconfig.toml", 2, 41)
    assert text.split("\n")[1][place.column - 1 :].startswith(KEY)


@pytest.mark.parametrize(
    "written", ['"A=\'b"', "1", "[[1]]", "{a = 1}", '""', '["=", "x", "a=b=c"]']
)
def test_overrides_of_any_shape_are_read(written: str) -> None:
    text = f"[default.deploy.parameters]\nparameter_overrides = {written}\n"

    assert not deployment_of({"template.yaml": SAM, "samconfig.toml": text}).incomplete


FUNCTIONS = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 30
    Environment: {Variables: {LOG_LEVEL: info, GITHUB_TOKEN: !Ref Token}}
Parameters:
  Token: {Type: String, NoEcho: true}
Resources:
  Agent:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: agent
      Environment: {Variables: {LOG_LEVEL: debug}}
      Policies:
        - AmazonS3FullAccess
        - DynamoDBCrudPolicy: {TableName: orders}
        - Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "*"}]
  Other:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: other, Role: !GetAtt Given.Arn, Policies: [AdministratorAccess]}
  Given:
    Type: AWS::IAM::Role
    Properties: {RoleName: given, AssumeRolePolicyDocument: {Statement: []}}
"""


def test_a_function_of_sam_acts_as_the_role_that_is_made_for_it() -> None:
    deployment = deployment_of({"template.yaml": FUNCTIONS})
    names = {identity.id: identity.name for identity in deployment.identities}
    runtimes = {runtime.id: runtime.name for runtime in deployment.runtimes}
    acting = {
        (runtimes[edge.src], names[edge.dst])
        for edge in deployment.edges
        if edge.kind is EdgeKind.AUTHENTICATES_AS and edge.src in runtimes
    }

    assert acting == {("agent", "AgentRole"), ("other", "given")}
    assert {(names[grant.identity_id], *grant.actions) for grant in deployment.grants} == {
        ("AgentRole", "s3:*", "s3-object-lambda:*"),
        ("AgentRole", "sqs:sendmessage"),
    }
    assert [end.what for end in deployment.unresolved if "template" in end.what] == [
        "the policy template DynamoDBCrudPolicy of SAM"
    ]


def test_globals_reach_every_function_and_yield_to_its_own() -> None:
    deployment = deployment_of({"template.yaml": FUNCTIONS})
    held = [item for item in deployment.credentials if item.variable == "GITHUB_TOKEN"]

    assert len({item.holder_id for item in held}) == 2
    assert {item.evidence[0].line for item in held} == {6}


def test_roles_of_one_name_in_two_templates_are_two() -> None:
    text = """
Resources:
  AgentRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: bedrock-agentcore.amazonaws.com}
            Action: sts:AssumeRole
  Runtime:
    Type: AWS::BedrockAgentCore::Runtime
    Properties: {AgentRuntimeName: NAME, RoleArn: !GetAtt AgentRole.Arn}
"""
    files = {f"cdk/{name}.yaml": text.replace("NAME", name) for name in ("billing", "support")}
    deployment = deployment_of(files)
    proofs = [edge for edge in deployment.edges if edge.kind is EdgeKind.AUTHENTICATES_AS]

    assert len({item.id for item in deployment.identities if item.name == "AgentRole"}) == 2
    assert len({edge.dst for edge in proofs}) == 2


@pytest.mark.parametrize(("name", "granted"), [("agents-boundary", False), ("agents", True)])
def test_a_policy_that_is_called_a_boundary_and_nobody_has_gives_nothing(
    name: str,
    granted: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    text = f"""
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: {name}
      PolicyDocument:
        Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]
"""
    deployment = deployment_of({"template.yaml": text})

    assert any(grant.admin for grant in deployment.grants) is granted


GROWING = """\
a: {Fn::Sub: ["%s", {Long: "%s"}]}
b: {Fn::Join: ["%s", [%s]]}
"""


def test_a_text_that_grows_without_end_is_not_even_made() -> None:
    long = "x" * 1_000
    text = GROWING % ("${Long}" * 1_000, long, long, ", ".join("a" * 1_200))
    template = Template(parameters={}, types={}, names={})
    root = template.resolved(parse_yaml("t.yaml", text).root)

    assert root.text_at("a") == "${Long}" * 1_000
    assert [node.unknown for _, node in root.items()] == [False, True]


MACHINE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.json
      %s
      Policies:
        - Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
"""


@pytest.mark.parametrize(
    ("role", "count"), [("Type: STANDARD", 1), ("Role: arn:aws:iam::111122223333:role/flow", 0)]
)
def test_a_state_machine_of_sam_has_a_role_of_its_own_unless_it_names_one(
    role: str, count: int
) -> None:
    found = deployment_of({"template.yaml": MACHINE % role})

    assert [grant.service_wildcards for grant in found.grants] == [("s3:*",)] * count
    assert {name for each in found.identities for name in each.trust_principals} == (
        {"states.amazonaws.com"} if count else set()
    )


PARAMETER = "Resources: {P: {Type: AWS::SSM::Parameter, Properties: %s}}"


@pytest.mark.parametrize(
    ("name", "count"), [("/agent/db_password", 1), ("/agent/greeting", 0), ("MYSECRET", 0)]
)
def test_a_plain_parameter_holds_what_its_name_says(name: str, count: int) -> None:
    body = f"{{Name: {name}, Type: String, Value: opens-no-door-db-83}}"
    found = deployment_of({"template.yaml": PARAMETER % body})

    assert [each.form for each in found.credentials] == [CredentialForm.LITERAL] * count


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("Timeout: 300", 300), ("Timeout: !Ref Limit", 900), ("Runtime: python3.13", 3)],
)
def test_lambda_ends_an_agent_that_says_no_time_limit(written: str, seconds: int) -> None:
    """Also where what it is told is open: after a quarter hour at the latest."""
    template = (
        "Resources:\n  Agent:\n    Type: AWS::Lambda::Function\n"
        f"    Properties: {{FunctionName: agent, {written}}}\n"
    )
    code = "from strands import Agent\nagent = Agent(tools=[])\n"
    (agent,) = deployment_of({"template.yaml": template, "agent.py": code}).agents

    assert (agent.timeout, agent.timeout_s) == (Known.SET, seconds)


@pytest.mark.parametrize(
    ("asked", "authenticated"), [("NONE", Truth.NO), ("AWS_IAM", Truth.UNKNOWN)]
)
def test_a_url_of_a_function_says_whether_anybody_may_call(
    asked: str, authenticated: Truth
) -> None:
    own = (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Agent:\n"
        "    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: agent\n"
        f"      FunctionUrlConfig: {{AuthType: {asked}}}\n"
    )
    beside = (
        "Resources:\n  Agent:\n    Type: AWS::Lambda::Function\n"
        "    Properties: {FunctionName: agent}\n  Door:\n    Type: AWS::Lambda::Url\n"
        f"    Properties: {{TargetFunctionArn: !GetAtt Agent.Arn, AuthType: {asked}}}\n"
    )
    written = (
        'resource "aws_lambda_function" "agent" {\n  function_name = "agent"\n}\n'
        'resource "aws_lambda_function_url" "door" {\n'
        f'  function_name = aws_lambda_function.agent.arn\n  authorization_type = "{asked}"\n}}\n'
    )
    url = "true" if asked == "NONE" else "{authorizer: aws_iam}"
    framed = f"provider: {{name: aws}}\nfunctions: {{agent: {{handler: a.b, url: {url}}}}}\n"
    for file, text in (
        ("template.yaml", own),
        ("template.yaml", beside),
        ("main.tf", written),
        ("serverless.yml", framed),
    ):
        (agent,) = deployment_of({file: text}).agents

        assert agent.authenticated is authenticated


PACKED = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 60}}
Resources:
  Desk:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../src/desk/, Handler: HANDLER}
MORE
"""
SECOND = """\
  Hook:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../src/desk, Handler: hook.answer}
"""


@pytest.mark.parametrize(
    ("handler", "more", "seconds"),
    [
        ("run.sh", "", 60),
        ("app.handler", "", 60),
        ("app.handler", SECOND, 60),
        ("other.handler", SECOND, None),
    ],
)
def test_a_function_runs_the_agents_that_its_template_packs(
    handler: str, more: str, seconds: int | None
) -> None:
    """Of two that share a folder it is the one whose file builds them."""
    code = "from strands import Agent\nagent = Agent(name='desk', tools=[])\n"
    template = PACKED.replace("HANDLER", handler).replace("MORE", more)
    found = deployment_of({"sam/template.yaml": template, "src/desk/app.py": code})
    running = [each.name for each in found.runtimes if each.runs_agent]

    assert [agent.timeout_s for agent in found.agents] == [seconds]
    assert running == (["Desk"] if seconds else [])


KEYED = """
Parameters:
  Key: {Type: String, PARAMETER}
Conditions:
  Keyed: !Not [!Equals [!Ref Key, ""]]
Resources:
  Desk:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          OPENAI_API_KEY: !If [Keyed, !Ref Key, !Ref "AWS::NoValue"]
"""


@pytest.mark.parametrize(
    ("parameter", "held"),
    [
        ("NoEcho: true, Default: ''", ["OPENAI_API_KEY"]),
        ("NoEcho: true", ["OPENAI_API_KEY"]),
        ("Default: ''", []),
    ],
)
def test_a_masked_parameter_that_is_empty_waits_for_a_secret(
    parameter: str, held: list[str]
) -> None:
    deployment = deployment_of({"t.yaml": KEYED.replace("PARAMETER", parameter)})

    assert [each.name for each in deployment.credentials if each.holder == "agent"] == held
