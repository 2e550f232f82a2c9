"""What extraction does for a file grows no faster than the file: lines that run, and no clock."""

import json
import tracemalloc
from collections.abc import Callable, Mapping

import pytest

from agentaudit.extract.containers.dockerfile_instructions import layers
from agentaudit.extract.deployment import deployment_of
from agentaudit.readers.dockerfile import parse_dockerfile
from tests.growth import further_cost

PARTS: Mapping[str, str] = {
    "agents that ask what strangers write": """
resource "aws_s3_bucket" "b@" {
  bucket = "b@"
  acl    = "public-read-write"
}
resource "aws_bedrockagent_knowledge_base" "k@" { name = "k@" }
resource "aws_bedrockagent_data_source" "d@" {
  knowledge_base_id = aws_bedrockagent_knowledge_base.k@.id
  data_source_configuration {
    s3_configuration { bucket_arn = aws_s3_bucket.b@.arn }
  }
}
resource "aws_bedrockagent_agent" "a@" { agent_name = "a@" }
resource "aws_bedrockagent_agent_knowledge_base_association" "x@" {
  agent_id          = aws_bedrockagent_agent.a@.id
  knowledge_base_id = aws_bedrockagent_knowledge_base.k@.id
}
""",
    "functions and their logs": """
resource "aws_lambda_function" "f@" { function_name = "f@" }
resource "aws_cloudwatch_log_group" "f@" { name = "/aws/lambda/f@" }
""",
    "calls of models and their buckets": """
resource "aws_s3_bucket" "b@" { bucket_prefix = "b" }
resource "aws_s3_bucket_lifecycle_configuration" "l@" {
  bucket = aws_s3_bucket.b@.id
  rule { expiration { days = 30 } }
}
resource "aws_bedrock_model_invocation_logging_configuration" "c@" {
  logging_config { s3_config { bucket_name = aws_s3_bucket.b@.id } }
}
""",
    "tasks and their logs": """
resource "aws_ecs_task_definition" "f@" {
  container_definitions = jsonencode([{ name = "a", image = "a:1", logConfiguration = {
    options = { "awslogs-group" = aws_cloudwatch_log_group.g@.id } } }])
}
resource "aws_cloudwatch_log_group" "g@" { name_prefix = "a" }
""",
    "listeners and tasks": """
resource "aws_security_group" "s@" { name_prefix = "s" }
resource "aws_vpc_security_group_ingress_rule" "i@" {
  security_group_id = aws_security_group.s0.id
  cidr_ipv4         = "10.0.0.0/8"
}
resource "aws_lb" "b@" { security_groups = [aws_security_group.s0.id] }
resource "aws_lb_listener" "l@" {
  load_balancer_arn = aws_lb.b@.arn
  protocol          = "HTTP"
  default_action { target_group_arn = aws_lb_target_group.g@.arn }
}
resource "aws_ecs_task_definition" "t@" {
  container_definitions = jsonencode([{ name = "a", image = "a:1" }])
}
resource "aws_ecs_service" "s@" {
  task_definition = aws_ecs_task_definition.t@.arn
  load_balancer {
    target_group_arn = aws_lb_target_group.g@.arn
    container_name   = "a"
  }
}
""",
    "roles and policies": """
data "aws_iam_policy_document" "d@" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::b@/*"]
  }
}
resource "aws_iam_role" "r@" { assume_role_policy = data.aws_iam_policy_document.d@.json }
resource "aws_iam_policy" "p@" { policy = data.aws_iam_policy_document.d@.json }
resource "aws_iam_role_policy_attachment" "a@" {
  role       = aws_iam_role.r@.name
  policy_arn = aws_iam_policy.p@.arn
}
""",
    "machines and profiles": """
resource "aws_iam_role" "r@" { assume_role_policy = "{}" }
resource "aws_iam_instance_profile" "p@" { role = aws_iam_role.r@.name }
resource "aws_instance" "i@" { iam_instance_profile = aws_iam_instance_profile.p@.name }
""",
    "caches, their users and settings": """
resource "aws_elasticache_replication_group" "c@" {
  parameter_group_name = aws_elasticache_parameter_group.g@.name
  user_group_ids       = [aws_elasticache_user_group.u@.id]
}
resource "aws_elasticache_parameter_group" "g@" { name_prefix = "g@" }
resource "aws_elasticache_user_group" "u@" { user_ids = [aws_elasticache_user.v@.user_id] }
resource "aws_elasticache_user" "v@" { user_name = "v@" }
""",
    "secrets and rotations": """
resource "aws_secretsmanager_secret" "s@" { name = "s@" }
resource "aws_secretsmanager_secret_rotation" "r@" {
  secret_id = aws_secretsmanager_secret.s@.id
}
""",
    "security groups and rules": """
resource "aws_lambda_function" "f@" {
  vpc_config { security_group_ids = [aws_security_group.g@.id] }
}
resource "aws_security_group" "g@" { name_prefix = "g" }
resource "aws_vpc_security_group_egress_rule" "r@" {
  security_group_id = aws_security_group.g@.id
}
""",
    "agents of Bedrock": """
resource "aws_bedrockagent_agent" "g@" { foundation_model = "m" }
resource "aws_bedrockagent_agent_action_group" "t@" {
  agent_id = aws_bedrockagent_agent.g@.agent_id
}
""",
    "gateways and targets": """
resource "aws_bedrockagentcore_gateway" "g@" { name = "g@" }
resource "aws_bedrockagentcore_gateway_target" "t@" {
  gateway_identifier = aws_bedrockagentcore_gateway.g@.gateway_id
}
""",
    "services and accounts of Google": """
resource "google_service_account" "a@" { account_id = "a@" }
resource "google_service_account_key" "k@" {
  service_account_id = google_service_account.a@.name
}
resource "google_project_iam_member" "m@" {
  role   = "roles/viewer"
  member = "serviceAccount:${google_service_account.a@.email}"
}
resource "google_cloud_run_v2_service" "s@" {
  template {
    service_account = google_service_account.a@.email
    containers { image = "a:1" }
  }
}
resource "google_cloud_run_v2_service_iam_member" "s@" {
  name   = google_cloud_run_v2_service.s@.name
  member = "user:a"
}
""",
    "policies of Google in documents": """
resource "google_service_account" "a@" { account_id = "a@" }
data "google_iam_policy" "p@" {
  binding {
    role    = "roles/viewer"
    members = ["serviceAccount:${google_service_account.a@.email}"]
  }
}
resource "google_project_iam_policy" "p@" {
  policy_data = data.google_iam_policy.p@.policy_data
}
""",
    "roles and bindings of clusters": """
resource "kubernetes_role" "r@" {
  metadata { name = "r@" }
  rule {
    resources = ["pods"]
    verbs     = ["get"]
  }
}
resource "kubernetes_role_binding" "b@" {
  metadata { name = "b@" }
  role_ref {
    kind = "Role"
    name = kubernetes_role.r@.metadata[0].name
  }
  subject {
    kind = "ServiceAccount"
    name = "s@"
  }
}
""",
    "roles let into clusters": """
resource "aws_iam_role" "r@" { assume_role_policy = "{}" }
resource "aws_eks_access_entry" "e@" {
  principal_arn     = aws_iam_role.r@.arn
  kubernetes_groups = ["g@"]
}
resource "aws_eks_access_policy_association" "a@" {
  principal_arn = aws_iam_role.r@.arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
}
""",
    "services of one name": """
resource "google_cloud_run_v2_service" "s@" {
  name = "one"
  template { containers { image = "a:1" } }
}
resource "google_cloud_run_v2_service_iam_member" "s@" {
  name   = "one"
  member = "user:a"
}
""",
    "models of Azure and settings": """
resource "azurerm_cognitive_account" "c@" { kind = "OpenAI" }
resource "azurerm_monitor_diagnostic_setting" "s@" {
  target_resource_id = azurerm_cognitive_account.c@.id
}
""",
    "applications of Entra": """
resource "azuread_application" "a@" { display_name = "a@" }
resource "azuread_service_principal" "s@" { client_id = azuread_application.a@.client_id }
resource "azuread_application_password" "p@" { application_id = azuread_application.a@.id }
resource "azuread_app_role_assignment" "r@" {
  principal_object_id = azuread_service_principal.s@.object_id
  app_role_id         = "e2a3a72e-5f79-4c64-b1b1-878b674786c9"
}
""",
}


def folders(count: int) -> Mapping[str, str]:
    """A module for each number, called once."""
    call = 'module "m%d" {\n  source = "./m%d"\n}\n'
    role = 'resource "aws_iam_role" "r" { assume_role_policy = "{}" }\n'
    numbers = range(10, 10 + count)
    called = "".join(call % (number, number) for number in numbers)
    return {"main.tf": called, **{f"m{number}/main.tf": role for number in numbers}}


def policies(count: int) -> Mapping[str, str]:
    """Policy documents, each built upon the next."""
    linked = "source_policy_documents = [data.aws_iam_policy_document.d%d.json]"
    last = 9 + count
    documents = "".join(
        f'data "aws_iam_policy_document" "d{number}" {{\n'
        f"  {linked % (number + 1) if number < last else ''}\n"
        '  statement { actions = ["s3:GetObject"] }\n}\n'
        for number in range(10, last + 1)
    )
    used = 'resource "aws_iam_policy" "p" { policy = data.aws_iam_policy_document.d10.json }\n'
    return {"main.tf": documents + used}


def plan(count: int) -> Mapping[str, str]:
    """A plan without its sources, with a module for each number."""
    planned, calls = [], {}
    for number in range(10, 10 + count):
        key = {"mode": "managed", "type": "aws_iam_role", "name": "r"}
        resource = {**key, "address": f"module.m{number}.aws_iam_role.r", "values": {"name": "r"}}
        planned.append({"address": f"module.m{number}", "resources": [resource]})
        calls[f"m{number}"] = {"module": {"resources": [key]}}
    whole = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"child_modules": planned}},
        "configuration": {"root_module": {"module_calls": calls}},
    }
    return {"plan.json": json.dumps(whole)}


def nested(count: int) -> Mapping[str, str]:
    """A plan whose modules nest, each passing on two values made of the two that it is passed."""
    two = {"references": ["var.a", "var.b"]}
    name = "f" * 120  # longer than any address that is kept once it was looked at
    key = {"mode": "managed", "type": "aws_lambda_function", "name": name}
    address = "module.m." * count + f"aws_lambda_function.{name}"
    planned: dict[str, object] = {"resources": [{**key, "address": address, "values": {}}]}
    configured: dict[str, object] = {"resources": [{**key, "expressions": {"function_name": two}}]}
    for _ in range(count):
        planned = {"child_modules": [planned]}
        call = {"expressions": {"a": two, "b": two}, "module": configured}
        configured = {"module_calls": {"m": call}}
    whole = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": planned},
        "configuration": {"root_module": configured},
    }
    return {"plan.json": json.dumps(whole)}


def pipeline(count: int) -> Mapping[str, str]:
    """A pipeline of GitLab whose jobs all have what its default gives them."""
    jobs = "".join(f"job{number}: {{script: a}}\n" for number in range(10, 10 + count))
    return {".gitlab-ci.yml": "image: a:1\n" + jobs}


def imports(count: int) -> Mapping[str, str]:
    """A module whose functions import one name from different places."""
    functions = (
        f"def f{at}():\n    import a{at} as x\n    x.y()\n" for at in range(10, 10 + count)
    )
    return {"a.py": "import langchain\n" + "".join(functions)}


def graphs(count: int) -> Mapping[str, str]:
    """A server of LangGraph with graphs that nothing builds."""
    named = {f"g{number}": f"./a.py:g{number}" for number in range(10, 10 + count)}
    return {"langgraph.json": json.dumps({"dependencies": ["."], "graphs": named})}


def suppressions(count: int) -> Mapping[str, str]:
    """Comments that all cover the one line behind them."""
    return {"a.yaml": "# agentaudit: ignore[a] b\n" * count + "apiVersion: v1\n"}


def servers(count: int) -> Mapping[str, str]:
    """Servers of one module, each with a tool."""
    part = "{0} = FastMCP('s')\n@{0}.tool()\ndef f_{0}(a: str): return a\n{0}.settings.port = 1\n"
    parts = (part.format(f"s{number}") for number in range(10, 10 + count))
    return {"a.py": "from fastmcp import FastMCP\n" + "".join(parts)}


MANIFESTS: Mapping[str, str] = {
    "gateways and policies": """
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: g@, namespace: tools}
spec: {gatewayClassName: agentgateway}
---
kind: AgentgatewayPolicy
apiVersion: agentgateway.dev/v1alpha1
metadata: {name: p@, namespace: tools}
spec: {targetRefs: [{kind: Gateway, name: other@}], traffic: {extAuth: {backendRef: {name: a}}}}
---
kind: AgentgatewayBackend
apiVersion: agentgateway.dev/v1alpha1
metadata: {name: b@, namespace: tools}
spec: {ai: {}}
""",
    "bindings and roles": """
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: r@}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
kind: RoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: b@}
roleRef: {kind: Role, name: r@}
subjects: [{kind: ServiceAccount, name: s@}]
""",
    "roles that gather others": """
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: r@, labels: {part: a@}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: g@, labels: {part: b@}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {part: a@}}]}
---
kind: ClusterRoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: b@}
roleRef: {kind: ClusterRole, name: g@}
subjects: [{kind: ServiceAccount, name: s@}]
""",
    "maps of roles into clusters": """
kind: ConfigMap
apiVersion: v1
metadata: {name: aws-auth}
data:
  mapRoles: |
    - {rolearn: "arn:aws:iam::1:role/r@", groups: ["system:masters"]}
""",
    "groups of everybody and pods": """
kind: RoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: b@}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: Group, name: "system:serviceaccounts:n@"}]
---
kind: Pod
apiVersion: v1
metadata: {name: p@}
spec: {containers: [{name: c}]}
""",
    "pods and policies of the cluster": """
kind: Pod
apiVersion: v1
metadata: {name: p@, namespace: n@, labels: {app: a@}}
spec: {containers: [{name: c}]}
---
kind: CiliumClusterwideNetworkPolicy
apiVersion: cilium.io/v2
metadata: {name: p@}
spec: {endpointSelector: {matchLabels: {app: a@}}, egress: [{}]}
""",
    "pods, services and what opens them": """
kind: Pod
apiVersion: v1
metadata: {name: p@, labels: {app: a@}}
spec: {containers: [{name: c-mcp}]}
---
kind: Service
apiVersion: v1
metadata: {name: s@}
spec: {selector: {app: a@}, ports: [{port: 80}]}
---
kind: Ingress
apiVersion: networking.k8s.io/v1
metadata: {name: i@}
spec: {defaultBackend: {service: {name: s@}}}
""",
    "pods and policies": """
kind: Pod
apiVersion: v1
metadata: {name: p@, labels: {app: a@}}
spec: {containers: [{name: c}]}
---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {name: p@}
spec: {podSelector: {matchLabels: {app: b@}}, egress: []}
""",
    "servers and services": """
kind: Deployment
apiVersion: apps/v1
metadata: {name: d@}
spec:
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: c, image: "mcp/time:1"}]}
---
kind: Service
apiVersion: v1
metadata: {name: s@}
spec: {type: NodePort, selector: {app: b@}}
""",
    "workloads and what scales them": """
kind: Deployment
apiVersion: apps/v1
metadata: {name: d@}
spec: {template: {spec: {containers: [{name: c}]}}}
---
kind: HorizontalPodAutoscaler
apiVersion: autoscaling/v2
metadata: {name: h@}
spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: e@}}
""",
    "sandboxes": """
kind: Sandbox
apiVersion: agents.x-k8s.io/v1alpha1
metadata: {name: s@}
spec: {podTemplate: {spec: {containers: [{name: c}]}}}
""",
    "agents of kagent and their keys": """
kind: ModelConfig
apiVersion: kagent.dev/v1alpha2
metadata: {name: m@}
spec: {provider: OpenAI, apiKeySecret: s@, apiKeySecretKey: OPENAI_API_KEY}
---
kind: Agent
apiVersion: kagent.dev/v1alpha2
metadata: {name: a@}
spec: {type: Declarative, declarative: {modelConfig: m@}}
""",
    "proxies and their configurations": """
kind: Deployment
apiVersion: apps/v1
metadata: {name: d@}
spec: {template: {spec: {containers: [{name: c, image: "ghcr.io/berriai/litellm:1"}]}}}
---
kind: ConfigMap
apiVersion: v1
metadata: {name: c@}
data: {config.yaml: "litellm_settings: {num_retries: 1}"}
""",
    "servers of models": """
kind: Deployment
apiVersion: apps/v1
metadata: {name: d@}
spec: {template: {spec: {containers: [{name: c, image: "vllm/vllm-openai:v1"}]}}}
""",
}


def keys(count: int) -> Mapping[str, str]:
    """A container that takes many variables from one Secret, each by its key."""
    names = range(10, 10 + count)
    source = "{{name: V{0}, valueFrom: {{secretKeyRef: {{name: s, key: K{0}}}}}}}"
    taken = ", ".join(source.format(number) for number in names)
    held = ", ".join(f"K{number}: v" for number in names)
    pod = f"{{containers: [{{name: c, env: [{taken}]}}]}}"
    return {
        "a.yaml": f"kind: Pod\napiVersion: v1\nmetadata: {{name: p}}\nspec: {pod}\n",
        "b.yaml": f"kind: Secret\napiVersion: v1\nmetadata: {{name: s}}\nstringData: {{{held}}}\n",
    }


def volumes(count: int) -> Mapping[str, str]:
    """A pod with as many containers as volumes, none of which any container mounts."""
    numbers = range(10, 10 + count)
    kinds = ("hostPath: {path: /a}", "configMap: {name: m}")
    held = ", ".join(f"{{name: v{number}, {kinds[number % 2]}}}" for number in numbers)
    containers = ", ".join(f"{{name: c{number}}}" for number in numbers)
    spec = f"{{volumes: [{held}], containers: [{containers}]}}"
    return {"a.yaml": f"kind: Pod\napiVersion: v1\nmetadata: {{name: p}}\nspec: {spec}\n"}


def labelled(count: int) -> Mapping[str, str]:
    """A pod with as many containers as labels, and a policy for those that have one of them."""
    numbers = range(10, 10 + count)
    labels = ", ".join(f"l{number}: a" for number in numbers)
    containers = ", ".join(f"{{name: c{number}}}" for number in numbers)
    return {
        "a.yaml": "kind: Pod\napiVersion: v1\n"
        f"metadata: {{name: p, labels: {{{labels}}}}}\nspec: {{containers: [{containers}]}}\n"
    }


def drawn(count: int) -> Mapping[str, str]:
    """A workflow of n8n with agents, each with a trigger, a tool and a memory."""
    kinds = {
        "Agent": "@n8n/n8n-nodes-langchain.agent",
        "Tool": "n8n-nodes-base.httpRequestTool",
        "Memory": "@n8n/n8n-nodes-langchain.memoryBufferWindow",
        "Hook": "n8n-nodes-base.webhook",
    }
    inputs = {"Tool": "ai_tool", "Memory": "ai_memory", "Hook": "main"}
    numbers = range(10, 10 + count)
    nodes = [
        {"name": f"{name}{number}", "type": kind, "parameters": {}}
        for number in numbers
        for name, kind in kinds.items()
    ]
    connections = {
        f"{name}{number}": {kind: [[{"node": f"Agent{number}", "type": kind, "index": 0}]]}
        for number in numbers
        for name, kind in inputs.items()
    }
    return {"w.json": json.dumps({"name": "w", "nodes": nodes, "connections": connections})}


def settings(count: int) -> Mapping[str, str]:
    """Servers of Claude Code, each with rules and on both lists."""
    names = [f"s{number}" for number in range(10, 10 + count)]
    servers = {name: {"command": "npx", "args": ["-y", f"{name}@1.0.0"]} for name in names}
    chosen = {
        "permissions": {"allow": [f"mcp__{name}__read" for name in names]},
        "allowedMcpServers": [{"serverCommand": ["npx", "-y", name]} for name in names],
        "deniedMcpServers": [{"serverName": f"{name}-old"} for name in names],
    }
    return {
        ".mcp.json": json.dumps({"mcpServers": servers}),
        ".claude/settings.json": json.dumps(chosen),
    }


def charts(count: int) -> Mapping[str, str]:
    """Charts of Helm with values and templates, each in a folder of its own."""
    files = {
        "Chart.yaml": "apiVersion: v2\nname: c\n",
        "values.yaml": "image: agent:1\nenv: {A: b}\n",
        "templates/a.yaml": "a: '{{ b }}'\n",
    }
    numbers = range(10, 10 + count)
    return {f"c{at}/{name}": text for at in numbers for name, text in files.items()}


def interpolated(count: int) -> Mapping[str, str]:
    """Services of Compose that take one variable each from a file that holds them all."""
    numbers = range(10, 10 + count)
    service = "  s{0}: {{image: 'a:1', environment: {{A: '${{K{0}}}'}}}}\n"
    services = "".join(service.format(number) for number in numbers)
    held = "".join(f"K{number}=v\n" for number in numbers)
    return {"compose.yaml": f"services:\n{services}", ".env": held}


def remembered(count: int) -> Mapping[str, str]:
    """An agent of AgentCore beside many memories."""
    memory = 'resource "aws_bedrockagentcore_memory" "m{0}" {{ event_expiry_duration = 30 }}\n'
    memories = "".join(memory.format(number) for number in range(10, 10 + count))
    return {"main.tf": f'resource "aws_bedrockagentcore_agent_runtime" "r" {{}}\n{memories}'}


def members(count: int) -> Mapping[str, str]:
    """A file of Letta with agents that have a tool and a block each."""
    numbers = range(10, 10 + count)
    agents = [
        {"name": f"a{at}", "llm_config": {}, "tool_ids": [f"t{at}"], "block_ids": [f"b{at}"]}
        for at in numbers
    ]
    tools = [{"id": f"t{at}", "name": f"t{at}"} for at in numbers]
    blocks = [{"id": f"b{at}", "label": "persona", "limit": 5} for at in numbers]
    return {"a.af": json.dumps({"agents": agents, "tools": tools, "blocks": blocks})}


def tokens(count: int) -> Mapping[str, str]:
    """A pipeline of GitLab with tokens that are issued for all jobs, and a script of all."""
    jobs = "".join(f"job{number}: {{script: a}}\n" for number in range(10, 10 + count))
    return {".gitlab-ci.yml": "id_tokens: {A: {aud: a}}\nbefore_script: [b]\n" + jobs}


def conditions(count: int) -> Mapping[str, str]:
    """A workflow for members, by a condition within so many parentheses."""
    asked = "github.event.comment.author_association == 'OWNER'"
    job = f"{{runs-on: a, if: {'(' * count}{asked}{')' * count}, steps: [{{run: claude -p a}}]}}"
    return {".github/workflows/a.yml": f"on: issues\njobs: {{j: {job}}}\n"}


def components(count: int) -> Mapping[str, str]:
    """A team of AutoGen of agents, each handing over to one, that ends on many conditions."""
    agent = "autogen_agentchat.agents.AssistantAgent"
    numbers = range(10, 10 + count)
    ends = "autogen_agentchat.conditions.MaxMessageTermination"
    listed = [{"provider": ends, "config": {"max_messages": number}} for number in numbers]
    either = {"provider": "autogen_agentchat.base.OrTerminationCondition"}
    participants = [
        {"provider": agent, "config": {"name": f"a{number}", "handoffs": [f"a{number + 1}"]}}
        for number in numbers
    ]
    config = {
        "participants": participants,
        "termination_condition": {**either, "config": {"conditions": listed}},
    }
    return {"a.json": json.dumps({"provider": "autogen_agentchat.teams.Swarm", "config": config})}


def remembering(count: int) -> Mapping[str, str]:
    """Services of Compose that keep conversations in a Redis of their own."""
    pair = (
        "  r{0}: {{image: 'redis:7', command: 'redis-server --maxmemory 1gb'}}\n"
        "  a{0}: {{image: 'agent:1', environment: {{SESSION_REDIS_URL: 'redis://r{0}:6379'}}}}\n"
    )
    pairs = "".join(pair.format(number) for number in range(10, 10 + count))
    return {"compose.yaml": f"services:\n{pairs}"}


def wide(count: int) -> Mapping[str, str]:
    """Services of Compose beside as many keys at the root, of which each service asks for some."""
    numbers = range(10, 10 + count)
    keys = "".join(f"x-{number}: 1\n" for number in numbers)
    services = "".join(f"  s{number}: {{image: 'a:1'}}\n" for number in numbers)
    return {"compose.yaml": f"{keys}services:\n{services}"}


def extraction_cost(made: Callable[[int], Mapping[str, str]], step: int) -> tuple[int, int]:
    """What the second and the third `step` parts of files cost."""
    return further_cost(lambda count: deployment_of(made(count)), step, within="extract")


def written(part: str, *, mark: str = "@", between: str = "") -> Callable[[int], str]:
    """A part so many times, each with a number of its own in place of the mark."""
    return lambda count: between.join(part.replace(mark, str(at)) for at in range(10, 10 + count))


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_each_further_part_costs_what_the_one_before_did(part: str) -> None:
    parts = written(part)
    second, third = extraction_cost(lambda count: {"main.tf": parts(count)}, 8)

    assert third == second


@pytest.mark.parametrize("part", MANIFESTS.values(), ids=MANIFESTS)
def test_so_does_each_further_object_of_a_cluster(part: str) -> None:
    parts = written(part, between="---")
    second, third = extraction_cost(lambda count: {"a.yaml": parts(count)}, 8)

    assert third == second


@pytest.mark.parametrize(
    "made",
    [
        folders,
        policies,
        plan,
        nested,
        pipeline,
        tokens,
        conditions,
        components,
        imports,
        graphs,
        suppressions,
        servers,
        keys,
        volumes,
        labelled,
        drawn,
        settings,
        charts,
        interpolated,
        remembered,
        members,
        remembering,
    ],
)
def test_so_does_each_further_module_document_or_function(
    made: Callable[[int], Mapping[str, str]],
) -> None:
    second, third = extraction_cost(made, 4)

    assert third == second


def test_stages_that_are_each_of_the_one_before_are_kept_once() -> None:
    stages = "".join(f"FROM s{number} AS s{number + 1}\nUSER x\n" for number in range(4_000))
    document = parse_dockerfile("Dockerfile", f"FROM python:3.13 AS s0\n{stages}")
    tracemalloc.start()
    found = len(layers(document, "USER"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == 4_000
    assert most < 4_000_000


def test_neither_does_a_wide_document_make_each_of_its_parts_dearer() -> None:
    second, third = further_cost(lambda count: deployment_of(wide(count)), 40, within="readers")

    assert third == second


def test_a_role_of_many_rules_for_many_subjects_is_told_as_often_as_a_file_may_be_long() -> None:
    rules = "".join(f"- {{resources: [r{at}], verbs: [get]}}\n" for at in range(200))
    subjects = "".join(f"- {{kind: ServiceAccount, name: s{at}}}\n" for at in range(200))
    text = (
        f"kind: Role\napiVersion: v1\nmetadata: {{name: r}}\nrules:\n{rules}---\n"
        "kind: RoleBinding\napiVersion: v1\nmetadata: {name: b}\n"
        f"roleRef: {{kind: Role, name: r}}\nsubjects:\n{subjects}"
    )
    found = deployment_of({"a.yaml": text})

    assert 200 <= len(found.grants) < 200 * 200
    assert [end.effect for end in found.unresolved] == ["they may do anything"]


SHARED = {
    "serverless.yml": (
        "service: a\nprovider:\n  name: aws\n  environment:\n",
        "    KEY_{0}: AKIA{0:016}\n",
        "functions:\n",
        "  f{0}: {{handler: a.b}}\n",
    ),
    "template.yaml": (
        "Globals:\n  Function:\n    Environment:\n      Variables:\n",
        "        KEY_{0}: AKIA{0:016}\n",
        "Resources:\n",
        "  F{0}: {{Type: AWS::Serverless::Function, Properties: {{Handler: a.b}}}}\n",
    ),
}


@pytest.mark.parametrize("file", SHARED)
def test_variables_of_many_functions_are_told_as_often_as_a_file_may_be_long(file: str) -> None:
    head, variable, middle, function = SHARED[file]
    variables = "".join(variable.format(at) for at in range(510))
    functions = "".join(function.format(at) for at in range(110))
    found = deployment_of({file: head + variables + middle + functions})

    left = [end for end in found.unresolved if end.what.startswith("variables that are given")]
    assert [end.effect for end in left] == ["which variables some of them get is open"]
    assert len(found.runtimes) == 110
