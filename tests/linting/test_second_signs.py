"""Second signs: what else the files say of a thing decides what a finding about it is worth."""

import pytest

from agentaudit.model.finding import Severity
from tests.linting.severities import found

ADMINISTRATOR = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: all}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}
subjects:
  - {{kind: ServiceAccount, name: {name}, namespace: {namespace}}}
"""
POLICY = """\
{{
  "Version": "2012-10-17",
  "Statement": [{{"Effect": "Allow", "Action": {actions}, "Resource": "{resource}"}}]
}}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: desk-agent, namespace: desk}}
spec:
  {more}
  containers:
    - {{name: desk-agent, image: registry.example/desk-agent:1.4}}
"""
BINDING = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: desk, namespace: desk}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: desk, namespace: desk}]
"""
ACCOUNT = """\
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: desk, namespace: desk}}
automountServiceAccountToken: {mounts}
"""
PROJECTED = """\
volumes:
    - name: token
      projected:
        sources: [{{serviceAccountToken: {{path: t, expirationSeconds: {seconds}}}}}]
"""
SECRETS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: backup, namespace: desk}}
rules: [{{apiGroups: [""], resources: [secrets], verbs: [get]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: backup, namespace: desk}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: backup}}
subjects: [{{kind: ServiceAccount, name: {name}, namespace: desk}}]
"""
SERVICE = """\
services:
  {name}:
    image: registry.example/{name}:1.4
    ports: ["8000:8000"]
    environment: {{{settings}}}
"""


@pytest.mark.parametrize(
    ("name", "namespace", "severity"),
    [
        ("argocd-application-controller", "argocd", Severity.LOW),
        ("network-install", "kube-system", Severity.LOW),
        ("kustomize-controller", "flux-system", Severity.LOW),
        ("system-upgrade-controller", "system-upgrade", Severity.LOW),
        ("openshift-gitops-argocd-application-controller", "openshift-gitops", Severity.LOW),
        ("desk-runner", "actions-runner-system", Severity.LOW),
        ("gitlab-runner", "desk", Severity.LOW),
        ("jenkins", "desk", Severity.LOW),
        ("agent-runner", "desk", Severity.HIGH),
        ("night-report", "desk", Severity.HIGH),
        ("night-report-operator", "desk", Severity.HIGH),
    ],
)
def test_what_keeps_a_cluster_going_may_do_everything_in_it(
    name: str, namespace: str, severity: Severity
) -> None:
    text = ADMINISTRATOR.format(name=name, namespace=namespace)

    assert found({"rbac.yaml": text})["administrator-grant"] is severity


@pytest.mark.parametrize(
    ("steps", "severity"),
    [
        ("{uses: anthropics/claude-code-action@v1}", Severity.HIGH),
        ("{run: make}", Severity.LOW),
    ],
)
def test_where_builds_run_an_agent_it_may_do_what_they_may(steps: str, severity: Severity) -> None:
    rights = ADMINISTRATOR.format(name="desk-runner", namespace="actions-runner-system")
    build = f"on: push\njobs: {{build: {{runs-on: own, steps: [{steps}]}}}}\n"
    files = {"rbac.yaml": rights, ".github/workflows/build.yaml": build}

    assert found(files)["administrator-grant"] is severity


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        *(("orders-db", Severity.LOW), ("postgres", Severity.LOW), ("otel-agent", Severity.LOW)),
        ("authentik", Severity.LOW),
        *(("orders", Severity.MEDIUM), ("db-agent", Severity.MEDIUM)),
    ],
)
def test_a_database_that_reads_a_secret_asks_no_model(name: str, severity: Severity) -> None:
    assert found({"rbac.yaml": SECRETS.format(name=name)})["privilege-escalation"] is severity


@pytest.mark.parametrize(
    ("namespace", "severity"),
    [("actions-runner-system", Severity.LOW), ("desk", Severity.MEDIUM)],
)
def test_builds_that_read_secrets_ask_no_model(namespace: str, severity: Severity) -> None:
    text = SECRETS.format(name="desk-runner").replace("namespace: desk", f"namespace: {namespace}")

    assert found({"rbac.yaml": text})["privilege-escalation"] is severity


@pytest.mark.parametrize(
    ("subject", "severity"),
    [
        ("{kind: User, name: mia@acme.example}", Severity.LOW),
        ("{kind: Group, name: admin}", Severity.LOW),
        ("{kind: Group, name: night-agents}", Severity.HIGH),
        ("{kind: User, name: 'https://keys.example/realms/desk#mcp'}", Severity.HIGH),
        ("{kind: Group, name: 'system:serviceaccounts:desk'}", Severity.HIGH),
    ],
)
def test_the_people_who_run_a_cluster_may_do_everything_in_it(
    subject: str, severity: Severity
) -> None:
    role = ADMINISTRATOR.partition("subjects:")[0].replace("{{", "{").replace("}}", "}")

    assert found({"rbac.yaml": f"{role}subjects: [{subject}]\n"})["administrator-grant"] is severity


@pytest.mark.parametrize(
    ("name", "severity"), [("desk-agent", Severity.MEDIUM), ("shop", Severity.LOW)]
)
def test_spans_of_what_runs_no_agent_are_a_note(name: str, severity: Severity) -> None:
    text = SERVICE.format(name=name, settings="OTEL_TRACES_EXPORTER: none")

    assert found({"compose.yaml": text})["audit-log-off"] is severity


@pytest.mark.parametrize(
    ("account", "severity"), [("default", Severity.LOW), ("desk", Severity.MEDIUM)]
)
def test_that_agents_have_the_default_account_is_told_of_each(
    account: str, severity: Severity
) -> None:
    pods = (
        POD.replace("desk-agent", name).format(more=f"serviceAccountName: {account}")
        for name in ("night-agent", "day-agent")
    )

    assert found({"pods.yaml": "---\n".join(pods)})["shared-identity"] is severity


@pytest.mark.parametrize(
    ("resource", "severity"),
    [
        ("arn:aws:iam::111122223333:role/desk-*", Severity.LOW),
        ("arn:aws:iam::111122223333:role/*", Severity.MEDIUM),
        ("*", Severity.MEDIUM),
    ],
)
def test_what_deploys_a_project_changes_its_roles(resource: str, severity: Severity) -> None:
    text = POLICY.format(actions='["iam:PutRolePolicy", "iam:CreateRole"]', resource=resource)

    assert found({"deploy.json": text})["privilege-escalation"] is severity


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ('["logs:CreateLogDelivery", "logs:DeleteLogDelivery"]', False),
        ('["logs:DeleteLogDelivery", "logs:DeleteLogGroup"]', True),
    ],
)
def test_a_state_machine_needs_the_delivery_of_its_own_log(actions: str, *, told: bool) -> None:
    text = POLICY.format(actions=actions, resource="*")

    assert ("own-guardrails-changeable" in found({"machine.json": text})) is told


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ("automountServiceAccountToken: false", Severity.LOW),
        ("restartPolicy: Always", Severity.MEDIUM),
    ],
)
def test_a_default_account_without_its_token_gives_little(more: str, severity: Severity) -> None:
    assert found({"pod.yaml": POD.format(more=more)})["default-service-account"] is severity


@pytest.mark.parametrize(
    ("pod", "account", "told"),
    [
        ("serviceAccountName: desk", "false", False),
        ("serviceAccountName: desk", "true", True),
        ("serviceAccountName: night", "false", True),
        ("{serviceAccountName: desk, automountServiceAccountToken: true}", "false", True),
    ],
)
def test_what_a_pod_does_not_say_of_its_token_its_account_does(
    pod: str, account: str, *, told: bool
) -> None:
    more = pod.strip("{}").replace(", ", "\n  ")
    text = POD.format(more=more) + ACCOUNT.format(mounts=account)

    assert ("automounted-token" in found({"pod.yaml": text})) is told


@pytest.mark.parametrize("seconds", ["3600", "604800"])
def test_a_projected_token_ends(seconds: str) -> None:
    """However long it lives; what never ends are the tokens that Secrets hold."""
    text = POD.format(more=PROJECTED.format(seconds=seconds))
    told = found({"pod.yaml": text})

    assert "permanent-service-account-token" not in told
    assert "long-lived-credential-in-agent" not in told
    assert ("long-projected-token" in told) is (seconds == "604800")


@pytest.mark.parametrize(("bound", "severity"), [(BINDING, Severity.LOW), ("", Severity.MEDIUM)])
def test_an_agent_whose_account_has_rights_seems_to_need_its_token(
    bound: str, severity: Severity
) -> None:
    text = POD.format(more="serviceAccountName: desk") + bound

    assert found({"pod.yaml": text})["automounted-token"] is severity


@pytest.mark.parametrize(
    ("bound", "pod", "severity"),
    [
        ("elsewhere", "desk", Severity.MEDIUM),
        ("desk", "desk", Severity.LOW),
        ("elsewhere", "default", Severity.LOW),
    ],
)
def test_an_account_of_another_namespace_is_another(
    bound: str, pod: str, severity: Severity
) -> None:
    """Where a pod says no namespace, whoever applies it does, and it may be that one."""
    binding = BINDING.replace("namespace: desk", f"namespace: {bound}")
    text = POD.format(more="serviceAccountName: desk") + binding
    text = text.replace("desk-agent, namespace: desk", f"desk-agent, namespace: {pod}")

    assert found({"pod.yaml": text})["automounted-token"] is severity


@pytest.mark.parametrize(
    ("name", "severity"), [("crm-mcp", Severity.HIGH), ("stub-crm-mcp", Severity.LOW)]
)
def test_a_server_that_stands_in_for_one_does_nothing(name: str, severity: Severity) -> None:
    text = SERVICE.format(name=name, settings="")

    assert found({"compose.yaml": text})["exposed-tool-server"] is severity


@pytest.mark.parametrize(
    ("stage", "severity"), [("development", Severity.LOW), ("production", Severity.MEDIUM)]
)
def test_nobody_asks_for_the_records_of_development(stage: str, severity: Severity) -> None:
    settings = f"LANGSMITH_TRACING: 'false', ENVIRONMENT: {stage}"
    text = SERVICE.format(name="desk-agent", settings=settings)

    assert found({"compose.yaml": text})["audit-log-off"] is severity


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("key-rotator", Severity.LOW),
        ("admin-portal", Severity.LOW),
        ("support-agent", Severity.CRITICAL),
        ("desk", Severity.CRITICAL),
    ],
)
def test_who_hands_out_the_keys_of_a_gateway_has_its_master_key(
    name: str, severity: Severity
) -> None:
    settings = "LITELLM_URL: 'http://litellm:4000', LITELLM_MASTER_KEY: '${LITELLM_MASTER_KEY}'"
    settings += ", ANTHROPIC_FEDERATION_ALLOWED: 'true'"
    findings = found({"compose.yaml": SERVICE.format(name=name, settings=settings)})

    assert findings["model-admin-key-in-reach"] is severity


@pytest.mark.parametrize(
    ("name", "severity"),
    [("alb_controller_policy", Severity.LOW), ("desk_policy", Severity.MEDIUM)],
)
def test_what_a_cluster_needs_in_its_cloud_is_a_note(name: str, severity: Severity) -> None:
    policy = POLICY.format(actions='["elasticloadbalancing:DeleteRule"]', resource="*")

    assert found({f"{name}.json": policy})["unscoped-writes"] is severity


@pytest.mark.parametrize(
    ("service", "severity"), [("config", Severity.LOW), ("lambda", Severity.MEDIUM)]
)
def test_a_service_of_aws_that_runs_nobodys_code_has_its_own_rights(
    service: str, severity: Severity
) -> None:
    principal = f'{{ Service = "{service}.amazonaws.com" }}'
    text = f"""
resource "aws_iam_role" "desk" {{
  name               = "desk"
  assume_role_policy = jsonencode({{
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {principal} }}]
  }})
}}
resource "aws_iam_role_policy" "desk" {{
  role   = aws_iam_role.desk.id
  policy = jsonencode({{
    Statement = [{{ Effect = "Allow", Action = "config:PutConfigRule", Resource = "*" }}]
  }})
}}
"""
    assert found({"main.tf": text})["unscoped-writes"] is severity


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ('["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]', False),
        ('["ec2:CreateNetworkInterface", "ec2:TerminateInstances"]', True),
    ],
)
def test_what_lambda_needs_in_a_network_is_no_unscoped_write(actions: str, *, told: bool) -> None:
    findings = found({"policy.json": POLICY.format(actions=actions, resource="*")})

    assert ("unscoped-writes" in findings) is told


@pytest.mark.parametrize(
    ("services", "severity"),
    [
        ('"apigateway.amazonaws.com"', Severity.LOW),
        ('"bedrock-agentcore.amazonaws.com"', Severity.MEDIUM),
        ('["apigateway.amazonaws.com", "bedrock.amazonaws.com"]', Severity.MEDIUM),
    ],
)
def test_api_gateway_is_handed_roles_of_its_own_account_alone(
    services: str, severity: Severity
) -> None:
    text = f"""\
resource "aws_iam_role" "desk" {{
  name = "desk"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = {services} }} }}
    ]
  }})
}}
"""

    assert found({"main.tf": text})["confused-deputy-trust"] is severity


@pytest.mark.parametrize(
    ("name", "severity"),
    [("terraform_state", Severity.LOW), ("tfstate", Severity.LOW), ("desk", Severity.MEDIUM)],
)
def test_no_agent_uses_where_terraform_keeps_its_state(name: str, severity: Severity) -> None:
    text = f"""\
resource "azurerm_storage_account" "{name}" {{
  name = var.name
}}
resource "aws_bedrockagent_agent" "desk" {{
  agent_name = "desk"
}}
"""

    assert found({"main.tf": text})["opened-by-static-key"] is severity


@pytest.mark.parametrize(
    ("folder", "severity"),
    [("examples/bad_infra", Severity.LOW), ("examples/desk", Severity.HIGH)],
)
def test_examples_that_call_themselves_bad_are_tried_and_not_deployed(
    folder: str, severity: Severity
) -> None:
    text = 'resource "aws_dynamodb_table" "desk" {\n  name = "desk-chat-history"\n}\n'

    assert found({f"{folder}/main.tf": text})["history-without-expiry"] is severity


LOG = "arn:aws:logs:*:111122223333:log-group:"


@pytest.mark.parametrize(
    ("actions", "resource", "severity"),
    [
        ('["logs:DeleteLogGroup"]', f"{LOG}/aws/lambda/desk*", Severity.LOW),
        ('["logs:DeleteLogGroup"]', f"{LOG}*", Severity.MEDIUM),
        ('["logs:DeleteLogGroup"]', f"{LOG}/*", Severity.MEDIUM),
        ('["logs:DeleteLogGroup"]', f"{LOG}/aws/lambda/*", Severity.MEDIUM),
        ('["logs:DeleteLogGroup"]', f"{LOG}/desk/*", Severity.LOW),
        ('["logs:DeleteLogGroup"]', "*", Severity.MEDIUM),
        (
            '["logs:DeleteLogGroup", "cloudtrail:StopLogging"]',
            f"{LOG}/aws/lambda/desk*",
            Severity.MEDIUM,
        ),
    ],
)
def test_the_own_log_of_a_project_is_less_than_any(
    actions: str, resource: str, severity: Severity
) -> None:
    policy = POLICY.format(actions=actions, resource=resource)

    assert found({"p.json": policy})["own-guardrails-changeable"] == severity


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("API_KEY: '${API_KEY}'", False),
        ("WEATHER_API_KEY: '${KEY}'", True),
        ("API_KEY: ''", True),
        ("API_KEY: '${API_KEY}', API_URL: 'https://orders.test'", True),
        ("API_KEY: '${API_KEY}', ORDERS_URL: 'https://orders.test'", False),
    ],
)
def test_a_key_without_an_owner_may_be_what_callers_show(setting: str, *, told: bool) -> None:
    service = SERVICE.format(name="desk-mcp", settings=setting)

    assert ("exposed-tool-server" in found({"compose.yaml": service})) is told


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ("environment: {NODE_ENV: development}", Severity.LOW),
        ("environment: {ENVIRONMENT: local}", Severity.LOW),
        ("build: {context: ., target: dev}", Severity.LOW),
        ("environment: {APP_ENV: '${APP_ENV:-development}'}", Severity.MEDIUM),
        ("environment: {NODE_ENV: production}", Severity.MEDIUM),
        ("environment: {APP_ENV: '${APP_ENV}'}", Severity.MEDIUM),
        ("build: {context: ., target: runtime}", Severity.MEDIUM),
    ],
)
def test_a_container_of_a_developer_needs_limits_less(more: str, severity: Severity) -> None:
    service = f"services:\n  desk-agent:\n    image: registry.example/desk-agent:1\n    {more}\n"

    assert found({"compose.yaml": service})["agent-without-resource-limits"] == severity


@pytest.mark.parametrize(("value", "told"), [("", False), ("false", True), ("true", False)])
def test_a_log_that_a_file_leaves_to_be_filled_in_is_not_off(value: str, *, told: bool) -> None:
    files = {".env": f"LANGCHAIN_API_KEY=\nLANGCHAIN_TRACING_V2={value}\n"}

    assert ("audit-log-off" in found(files)) is told


@pytest.mark.parametrize(
    ("value", "severity"),
    [("false", Severity.MEDIUM), ("${TRACED:-false}", Severity.LOW), ("${TRACED:-true}", None)],
)
def test_a_log_that_a_variable_switches_on_is_off_by_default_alone(
    value: str, severity: Severity | None
) -> None:
    text = SERVICE.format(name="desk-agent", settings=f"LANGSMITH_TRACING: '{value}'")

    assert found({"compose.yaml": text}).get("audit-log-off") is severity
