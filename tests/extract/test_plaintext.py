"""What leads to agents from the outside without encryption."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: support-agent}
spec:
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: support-agent, image: "ghcr.io/acme/support-agent:1.4.2"}]}
---
apiVersion: v1
kind: Service
metadata: {name: agent}
spec: {selector: {app: agent}, ports: [{port: 80}]}
---
"""
ROUTE = "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: agent}\nspec: "


def ingress(
    *, host: str = "agent.acme.example", name: str = "agent", spec: str = "", notes: str = "{}"
) -> str:
    backend = "{service: {name: agent, port: {number: 80}}}"
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, annotations: {notes}}}
spec:
  rules: [{{host: {host}, http: {{paths: [{{path: /, backend: {backend}}}]}}}}]
{spec}"""


def plaintext(files: dict[str, str]) -> bool:
    (found,) = deployment_of(files).runtimes
    return found.plaintext


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        (ingress(), True),
        (ingress(spec="  tls: [{hosts: [agent.acme.example], secretName: tls}]\n"), False),
        (ingress(spec="  ingressClassName: tailscale\n"), False),
        (ingress(spec="  ingressClassName: nginx\n"), True),
        (ingress(spec="  ingressClassName: alb\n"), False),
        (
            ingress(
                spec="  ingressClassName: alb\n",
                notes="{alb.ingress.kubernetes.io/scheme: internet-facing}",
            ),
            True,
        ),
        (ingress(notes="{alb.ingress.kubernetes.io/certificate-arn: x}"), False),
        (ingress(notes="{nginx.ingress.kubernetes.io/ssl-redirect: 'true'}"), False),
        (ingress(host="agent.local"), False),
        (
            ingress()
            + "---\n"
            + ingress(name="other", spec="  tls: [{hosts: [agent.acme.example]}]\n"),
            False,
        ),
        (ROUTE + "{to: {kind: Service, name: agent}}", True),
        (ROUTE + "{to: {kind: Service, name: agent}, tls: {termination: edge}}", False),
        (ROUTE + "{to: {kind: Service, name: other}}", False),
    ],
)
def test_an_ingress_without_tls_leads_in_plain_text(opening: str, *, expected: bool) -> None:
    assert plaintext({"agent.yaml": POD + opening}) is expected


def balanced(protocol: str, action: str, *, scheme: str = "", condition: str = "") -> str:
    return f"""\
Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {{Name: agent{scheme}}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
{condition}    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: {protocol}
      DefaultActions: [{action}]
  Group: {{Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {{Port: 80}}}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: agent
      ContainerDefinitions: [{{Name: support-agent, Image: "acme/support-agent:1", Memory: 512}}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      TaskDefinition: !Ref Task
      LoadBalancers: [{{ContainerName: support-agent, TargetGroupArn: !Ref Group}}]
"""


FORWARD = "{Type: forward, TargetGroupArn: !Ref Group}"
WEIGHED = "{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: !Ref Group}]}}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (balanced("HTTP", FORWARD), True),
        (balanced("HTTP", WEIGHED), True),
        (balanced("HTTPS", FORWARD), False),
        (balanced("HTTP", "{Type: redirect, RedirectConfig: {Protocol: HTTPS}}"), False),
        (balanced("HTTP", FORWARD, scheme=", Scheme: internal"), False),
        (balanced("HTTP", FORWARD, scheme=", Scheme: internet-facing"), True),
        (balanced("HTTP", FORWARD, condition="    Condition: Plain\n"), False),
        (balanced("HTTP", FORWARD) + "  Edge: {Type: AWS::CloudFront::Distribution}\n", False),
    ],
)
def test_a_listener_leads_to_tasks_of_ecs(template: str, *, expected: bool) -> None:
    assert plaintext({"template.yaml": template}) is expected


TERRAFORM = """\
resource "aws_lb" "agent" {{ name = "agent" }}
resource "aws_lb_target_group" "agent" {{ name = "agent" }}
resource "aws_lb_listener" "agent" {{
  count             = {count}
  load_balancer_arn = aws_lb.agent.arn
  protocol          = "HTTP"
  default_action {{ type = "fixed-response" }}
}}
resource "aws_lb_listener_rule" "agent" {{
  listener_arn = aws_lb_listener.agent[0].arn
  action {{
    type             = "forward"
    target_group_arn = aws_lb_target_group.agent.arn
  }}
}}
resource "aws_ecs_task_definition" "agent" {{
  family                = "agent"
  container_definitions = jsonencode([{{ name = "support-agent", image = "acme/support-agent:1" }}])
}}
resource "aws_ecs_service" "agent" {{
  task_definition = aws_ecs_task_definition.agent.arn
  load_balancer {{
    target_group_arn = aws_lb_target_group.agent.arn
    container_name   = "support-agent"
  }}
}}
"""


@pytest.mark.parametrize(("count", "expected"), [("1", True), ("0", False), ("var.plain", False)])
def test_a_rule_of_a_listener_leads_as_well(count: str, *, expected: bool) -> None:
    assert plaintext({"main.tf": TERRAFORM.format(count=count)}) is expected


@pytest.mark.parametrize(
    ("ingress", "expected"),
    [
        ({"external": True, "allowInsecure": True}, True),
        ({"external": False, "allowInsecure": True}, False),
        ({"external": True}, False),
    ],
)
def test_a_container_app_says_whether_it_redirects(
    ingress: dict[str, bool], *, expected: bool
) -> None:
    app = {
        "type": "Microsoft.App/containerApps",
        "apiVersion": "2025-01-01",
        "name": "support-agent",
        "properties": {
            "configuration": {"ingress": ingress},
            "template": {"containers": [{"name": "support-agent", "image": "acme/agent:1"}]},
        },
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    template = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": [app]}

    assert plaintext({"app.json": json.dumps(template)}) is expected


@pytest.mark.parametrize(("only", "expected"), [("false", True), ("true", False)])
def test_a_web_app_may_take_https_only(only: str, *, expected: bool) -> None:
    text = f"""\
resource "azurerm_linux_web_app" "agent" {{
  name       = "support-agent"
  https_only = {only}
  app_settings = {{ OPENAI_MODEL = "gpt-5" }}
  site_config {{}}
}}
"""
    assert plaintext({"main.tf": text}) is expected


GOOGLE = """\
resource "google_compute_target_http_proxy" "plain" {{
  url_map = google_compute_url_map.plain.id
}}
resource "google_compute_url_map" "plain" {{
  name = "plain"
  {leading}
}}
resource "google_compute_backend_service" "agent" {{
  name = "agent"
  {scheme}
  backend {{ group = google_compute_region_network_endpoint_group.agent.id }}
}}
resource "google_compute_region_network_endpoint_group" "agent" {{
  name = "agent"
  cloud_run {{ service = google_cloud_run_v2_service.agent.name }}
}}
resource "google_cloud_run_v2_service" "agent" {{
  name = "support-agent"
  template {{
    containers {{ image = "ghcr.io/acme/support-agent:1.4.2" }}
  }}
}}
"""


@pytest.mark.parametrize(
    ("leading", "scheme", "expected"),
    [
        ("default_service = google_compute_backend_service.agent.id", "", True),
        ("default_service = google_compute_backend_service.other.id", "", False),
        (
            "default_service = google_compute_backend_service.agent.id",
            'load_balancing_scheme = "INTERNAL_MANAGED"',
            False,
        ),
        ("default_url_redirect { https_redirect = true }", "", False),
    ],
)
def test_a_proxy_of_google_leads_to_cloud_run(leading: str, scheme: str, *, expected: bool) -> None:
    assert plaintext({"main.tf": GOOGLE.format(leading=leading, scheme=scheme)}) is expected
