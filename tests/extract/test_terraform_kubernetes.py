"""Roles, bindings and workloads of Kubernetes that Terraform declares."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm

ROLE = """
resource "kubernetes_%s" "reader" {
  metadata {
    name = "reader"
    namespace = "agents"
  }
  rule {
    api_groups = [""]
    resources  = ["secrets"]
    verbs      = ["get", "list"]
  }
  rule {
    api_groups = ["apps"]
    resources  = ["deployments"]
    verbs      = %s
  }
}
"""
BINDING = """
resource "kubernetes_%s" "b" {
  metadata {
    name      = "b"
    namespace = "agents"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "%s"
    name      = %s
  }
  subject {
    kind      = "ServiceAccount"
    name      = "agent"
    namespace = kubernetes_namespace.n.metadata[0].name
  }
  subject {
    kind = "Group"
    name = "operators"
  }
}
"""
NAMESPACE = """
resource "kubernetes_namespace" "n" {
  metadata {
    name = "agents"
  }
}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: support-agent, namespace: agents}
spec: {serviceAccountName: agent, containers: [{name: agent, image: "acme/support-agent:1"}]}
"""


def read(*texts: str, **files: str) -> Deployment:
    return deployment_of({"main.tf": NAMESPACE + "".join(texts), **files})


@pytest.mark.parametrize("version", ["", "_v1"])
@pytest.mark.parametrize("name", ['"reader"', "kubernetes_role%s.reader.metadata[0].name"])
def test_a_binding_gives_the_rules_of_a_role(version: str, name: str) -> None:
    deployment = read(
        ROLE % (f"role{version}", '["get"]'),
        BINDING % (f"role_binding{version}", "Role", name.replace("%s", version)),
        **{"pod.yaml": POD},
    )
    found = {(grant.principal, grant.actions): grant for grant in deployment.grants}

    assert set(found) == {
        (who, actions)
        for who in ("agent", "operators")
        for actions in (("get:secrets", "list:secrets"), ("get:deployments",))
    }
    secrets = found["agent", ("get:secrets", "list:secrets")]
    assert (secrets.agent_reachable, secrets.escalations) == (True, ("read secrets",))
    assert secrets.resources == ("namespace/agents",)
    assert [str(place) for place in secrets.evidence] == ["main.tf:16:18", "main.tf:27:17"]
    assert deployment.unresolved == ()


def test_a_built_in_role_for_the_whole_cluster_is_known() -> None:
    deployment = read(BINDING % ("cluster_role_binding", "ClusterRole", '"cluster-admin"'))

    assert {grant.admin for grant in deployment.grants} == {True}
    assert {grant.resources for grant in deployment.grants} == {("*",)}


def test_a_role_may_stand_in_a_manifest() -> None:
    manifest = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: watch}\n"
        'rules: [{apiGroups: [""], resources: [pods], verbs: [watch]}]\n'
    )
    deployment = read(
        BINDING % ("cluster_role_binding", "ClusterRole", '"watch"'), **{"role.yaml": manifest}
    )

    assert {grant.actions for grant in deployment.grants} == {("watch:pods",)}


def test_roles_are_gathered_there_as_well() -> None:
    gathering = """
resource "kubernetes_cluster_role" "all" {
  metadata { name = "all" }
  aggregation_rule {
    cluster_role_selectors {
      match_labels = { part_of = "desk" }
    }
  }
}
"""
    part = (ROLE % ("cluster_role", '["get"]')).replace(
        'namespace = "agents"', 'labels = { part_of = "desk" }'
    )
    deployment = read(gathering, part, BINDING % ("cluster_role_binding", "ClusterRole", '"all"'))

    assert len(deployment.grants) == 4


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (
            (BINDING % ("role_binding", "Role", "var.role"),),
            "the Role var.role is not among the files",
        ),
        ((ROLE % ("role", "var.verbs"),), "a rule of kubernetes_role.reader"),
    ],
)
def test_what_does_not_resolve_is_open(texts: tuple[str, ...], what: str) -> None:
    assert [end.what for end in read(*texts).unresolved] == [what]


def test_a_role_of_aws_in_a_group_has_what_terraform_binds_to_it() -> None:
    entry = """
resource "aws_eks_access_entry" "e" {
  principal_arn     = "arn:aws:iam::111122223333:role/deployer"
  kubernetes_groups = ["operators"]
}
"""
    deployment = read(entry, BINDING % ("cluster_role_binding", "ClusterRole", '"cluster-admin"'))

    assert deployment.unresolved == ()
    assert {edge.kind for edge in deployment.edges} >= {"assumes", "grants"}


WORKLOAD = """
resource "kubernetes_%s" "desk" {
  metadata {
    name      = "support-agent"
    namespace = kubernetes_namespace.n.metadata[0].name
  }
  spec {
    template {
      metadata { labels = { app = "desk" } }
      spec {
        service_account_name = kubernetes_service_account.desk.metadata[0].name
        container {
          name  = "support-agent"
          image = "acme/support-agent:1"
          env {
            name  = "OPENAI_API_KEY"
            value = var.key
          }
          env_from {
            secret_ref { name = kubernetes_secret.desk.metadata[0].name }
          }
          resources {
            limits = { memory = "512Mi" }
          }
          security_context { privileged = true }
        }
      }
    }
  }
}
resource "kubernetes_service_account" "desk" {
  metadata {
    name      = "desk"
    namespace = kubernetes_namespace.n.metadata[0].name
    annotations = { "eks.amazonaws.com/role-arn" = "arn:aws:iam::111122223333:role/desk" }
  }
}
resource "kubernetes_secret" "desk" {
  metadata {
    name      = "desk"
    namespace = kubernetes_namespace.n.metadata[0].name
  }
  data = { SLACK_BOT_TOKEN = var.token }
}
resource "aws_iam_role" "desk" {
  name = "desk"
}
"""


@pytest.mark.parametrize("kind", ["deployment", "deployment_v1", "stateful_set", "job_v1"])
def test_a_pod_that_terraform_starts_runs_as_one_of_a_manifest(kind: str) -> None:
    found = read(WORKLOAD % kind)
    (runtime,) = found.runtimes

    assert (runtime.name, runtime.runs_agent, runtime.privileged) == ("support-agent", True, True)
    assert (runtime.memory_limit, runtime.cpu_limit) == (Known.SET, Known.NONE)
    assert runtime.service_account == "desk"


def test_what_such_a_pod_is_given_its_agent_holds() -> None:
    found = read(WORKLOAD % "deployment").credentials

    assert {(item.variable, item.holder, item.form) for item in found} == {
        ("OPENAI_API_KEY", "agent", CredentialForm.SECRET_REF),
        ("SLACK_BOT_TOKEN", "agent", CredentialForm.SECRET_REF),
    }


def test_its_account_stands_for_a_role() -> None:
    found = read(WORKLOAD % "deployment")
    role = next(item for item in found.identities if item.provider == "aws")

    assert role.agent_reachable


@pytest.mark.parametrize(("kind", "runtimes"), [("Deployment", 1), ("Shop", 0)])
def test_a_manifest_within_terraform_is_read_as_it_is(kind: str, runtimes: int) -> None:
    manifest = f"""
resource "kubernetes_manifest" "desk" {{
  manifest = {{
    apiVersion = "apps/v1"
    kind       = "{kind}"
    metadata   = {{ name = "support-agent", namespace = "agents" }}
    spec = {{ template = {{ spec = {{
      containers = [{{ name = "support-agent", image = "acme/support-agent:1" }}]
    }} }} }}
  }}
}}
"""
    assert len(read(manifest).runtimes) == runtimes


def test_an_expression_names_no_program_that_a_pod_starts() -> None:
    manifest = """
resource "kubernetes_pod" "desk" {
  metadata { name = "desk" }
  spec {
    container {
      name    = "workspace"
      image   = data.desk_agent.image.value
      command = ["sh", "-c", desk_agent.main.init_script]
    }
  }
}
"""
    (runtime,) = read(manifest).runtimes

    assert (runtime.image, runtime.runs_agent) == ("", False)


LEADING = """
resource "kubernetes_service_v1" "desk" {
  metadata {
    name      = "desk"
    namespace = kubernetes_namespace.n.metadata[0].name
  }
  spec {
    type     = "LoadBalancer"
    selector = { "app.kubernetes.io/part_of" = "desk" }
    port {
      port        = 8000
      target_port = 8000
    }
  }
}
resource "kubernetes_deployment_v1" "reader" {
  metadata {
    name      = "reader"
    namespace = "agents"
  }
  spec {
    template {
      metadata { labels = { "app.kubernetes.io/part_of" = "desk" } }
      spec {
        container {
          name  = "reader"
          image = "vllm/vllm-openai:v0.11.0"
        }
      }
    }
  }
}
"""


@pytest.mark.parametrize(("kind", "exposed"), [("LoadBalancer", True), ("ClusterIP", False)])
def test_a_service_that_terraform_declares_leads_to_pods(kind: str, *, exposed: bool) -> None:
    (model,) = read(LEADING.replace("LoadBalancer", kind)).models

    assert model.exposed is exposed


INGRESS = """
resource "kubernetes_ingress_v1" "desk" {
  metadata {
    name      = "desk"
    namespace = "agents"
  }
  spec {
    %s
    rule {
      host = "desk.acme.example.com"
      http {
        path {
          path = "/"
          backend {
            service {
              name = kubernetes_service_v1.desk.metadata[0].name
              port { number = 8000 }
            }
          }
        }
      }
    }
  }
}
"""
TLS = """tls {
      hosts       = ["desk.acme.example.com"]
      secret_name = "desk-tls"
    }"""


@pytest.mark.parametrize(("tls", "plaintext"), [("", True), (TLS, False)])
def test_an_ingress_that_terraform_declares_is_asked_for_tls(tls: str, *, plaintext: bool) -> None:
    inside = LEADING.replace("LoadBalancer", "ClusterIP")
    (runtime,) = read(inside + INGRESS % tls).runtimes

    assert runtime.plaintext is plaintext


POLICY = """
resource "kubernetes_network_policy_v1" "desk" {
  metadata {
    name      = "desk"
    namespace = "agents"
  }
  spec {
    pod_selector {
      match_labels = { "app.kubernetes.io/part_of" = "desk" }
    }
    policy_types = ["Egress"]
    egress {
      %s
    }
  }
}
"""


@pytest.mark.parametrize(
    ("to", "policy"), [("", "any"), ('to {\n ip_block { cidr = "10.0.0.0/8" }\n }', "allowlist")]
)
def test_a_policy_that_terraform_declares_holds_pods_back(to: str, policy: str) -> None:
    (egress,) = read(LEADING + POLICY % to).egresses

    assert egress.policy == policy


RULES = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: desk}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: desk-agent, namespace: agents}]
"""


@pytest.mark.parametrize(
    "resource",
    [
        f'resource "kubectl_manifest" "desk" {{\n  yaml_body = <<YAML\n{RULES}YAML\n}}\n',
        f'resource "kubernetes_manifest" "d" {{\n  manifest = yamldecode(<<Y\n{RULES}Y\n  )\n}}\n',
        'resource "kubernetes_manifest" "d" {\n  manifest = yamldecode(file("rules.yml.tpl"))\n}\n',
    ],
)
def test_rights_that_terraform_gives_by_a_manifest_are_given(resource: str) -> None:
    found = read(resource, **{"rules.yml.tpl": RULES})

    assert [grant.admin for grant in found.grants] == [True]


@pytest.mark.parametrize("name", ['"desk"', "var.name"])
def test_a_role_is_found_by_the_variable_that_it_and_its_binding_are_named_after(name: str) -> None:
    api = 'apiVersion = "rbac.authorization.k8s.io/v1"'
    found = read(f"""
variable "name" {{}}
resource "kubernetes_manifest" "all" {{
  manifest = {{
    {api}
    kind     = "ClusterRole"
    metadata = {{ name = {name} }}
    rules    = [{{ apiGroups = ["*"], resources = ["*"], verbs = ["*"] }}]
  }}
}}
resource "kubernetes_manifest" "given" {{
  manifest = {{
    {api}
    kind     = "ClusterRoleBinding"
    metadata = {{ name = {name} }}
    roleRef  = {{ kind = "ClusterRole", name = {name}, apiGroup = "rbac.authorization.k8s.io" }}
    subjects = [{{ kind = "ServiceAccount", name = "agent", namespace = "default" }}]
  }}
}}
""")

    assert [grant.admin for grant in found.grants] == [True]


def test_a_manifest_that_no_file_has_is_open() -> None:
    resource = 'resource "kubectl_manifest" "desk" {\n  yaml_body = data.http.desk.body\n}\n'

    assert any("the manifest of" in each.what for each in read(resource).unresolved)


def test_a_token_that_never_expires_is_one_in_terraform_too() -> None:
    kept = """
resource "kubernetes_secret_v1" "desk" {
  metadata {
    name        = "desk"
    namespace   = "agents"
    annotations = { "kubernetes.io/service-account.name" = "desk-agent" }
  }
  type = "kubernetes.io/service-account-token"
}
"""
    (token,) = read(kept).credentials

    assert (token.provider, token.kind) == ("kubernetes", "service_account_token")


def test_an_autoscaler_of_terraform_bounds_its_pods() -> None:
    scaler = """
resource "kubernetes_horizontal_pod_autoscaler_v2" "desk" {
  metadata {
    name      = "desk"
    namespace = "agents"
  }
  spec {
    max_replicas = 500
    scale_target_ref {
      kind = "Deployment"
      name = "reader"
    }
  }
}
"""
    (runtime,) = read(LEADING + scaler).runtimes

    assert runtime.instances_count == 500
