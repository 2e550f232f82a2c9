"""Audit logs of clusters, of Google Cloud and of Azure, as Terraform declares them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth

AUDIT = """
resource "google_project_iam_audit_config" "a" {
  project = "acme"
  service = "%s"
  audit_log_config { log_type = "ADMIN_READ" }
  audit_log_config { log_type = "%s" }
}
"""
AKS = 'resource "azurerm_kubernetes_cluster" "c" { name = "agents" }\n'
SETTING = """
resource "azurerm_monitor_diagnostic_setting" "s" {
  target_resource_id = %s
  %s
}
"""
OWN = "azurerm_kubernetes_cluster.c.id"


def logs(text: str) -> list[tuple[str, Truth]]:
    return [(log.kind, log.enabled) for log in deployment_of({"main.tf": text}).audit_logs]


@pytest.mark.parametrize(
    ("service", "type_", "expected"),
    [
        ("allServices", "DATA_READ", ("google_audit", Truth.YES)),
        ("aiplatform.googleapis.com", "DATA_WRITE", ("google_audit", Truth.YES)),
        ("allServices", "ADMIN_READ", ("google_audit", Truth.NO)),
        ("storage.googleapis.com", "DATA_READ", ("google_audit_of_others", Truth.YES)),
        ("allServices", "${var.type}", ("google_audit", Truth.UNKNOWN)),
    ],
)
def test_google_writes_down_what_it_is_told_to(
    service: str, type_: str, expected: tuple[str, Truth]
) -> None:
    assert logs(AUDIT % (service, type_)) == [expected]


@pytest.mark.parametrize(
    ("given", "enabled"),
    [
        ("", Truth.NO),
        ('enabled_cluster_log_types = ["api", "audit"]', Truth.YES),
        ('enabled_cluster_log_types = ["api"]', Truth.NO),
        ("enabled_cluster_log_types = var.types", Truth.UNKNOWN),
    ],
)
def test_a_cluster_of_eks_sends_the_logs_that_it_names(given: str, enabled: Truth) -> None:
    text = f'resource "aws_eks_cluster" "c" {{\n  name = "agents"\n  {given}\n}}\n'

    assert logs(text) == [("kubernetes", enabled)]


def test_a_cluster_of_gke_is_always_recorded() -> None:
    assert logs('resource "google_container_cluster" "c" { name = "agents" }\n') == [
        ("kubernetes", Truth.YES)
    ]


@pytest.mark.parametrize(
    ("target", "kept", "enabled"),
    [
        (OWN, 'enabled_log { category = "kube-audit" }', Truth.YES),
        (OWN, 'enabled_log { category_group = "allLogs" }', Truth.YES),
        (OWN, 'log {\n category = "kube-audit"\n enabled = false\n }', Truth.NO),
        (OWN, 'enabled_log { category = "kube-scheduler" }', Truth.NO),
        ("azurerm_storage_account.s.id", 'enabled_log { category = "kube-audit" }', Truth.NO),
        ("var.target", 'enabled_log { category = "kube-audit" }', Truth.UNKNOWN),
    ],
)
def test_a_diagnostic_setting_keeps_the_audit_log_of_aks(
    target: str, kept: str, enabled: Truth
) -> None:
    assert logs(AKS + SETTING % (target, kept)) == [("kubernetes", enabled)]


def test_a_cluster_in_a_called_module_may_be_recorded_by_its_caller() -> None:
    found = deployment_of(
        {"main.tf": 'module "c" { source = "./cluster" }\n', "cluster/main.tf": AKS}
    )

    assert [log.enabled for log in found.audit_logs] == [Truth.UNKNOWN]


@pytest.mark.parametrize(
    ("kind", "count"), [('kind = "OpenAI"', 1), ('kind = "AIServices"', 1), ('kind = "Face"', 0)]
)
def test_only_accounts_of_models_are_asked_for_their_calls(kind: str, count: int) -> None:
    text = f'resource "azurerm_cognitive_account" "c" {{\n  name = "m"\n  {kind}\n}}\n'

    assert logs(text) == [("azure_diagnostics", Truth.NO)] * count


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from aws_cdk import aws_cloudtrail as trails", "trails.Trail(self, 'Calls')"),
        ("from aws_cdk.aws_cloudtrail import CfnTrail", "CfnTrail(self, 'Calls', is_logging=True)"),
        ("import aws_cdk.aws_cloudtrail as c", "c.Trail(self, name_of_trail)"),
    ],
)
def test_a_trail_that_the_cdk_declares_is_one(imported: str, call: str) -> None:
    stack = f"{imported}\n\nclass Stack:\n    def __init__(self):\n        {call}\n"
    (log,) = deployment_of({"stacks/security.py": stack}).audit_logs

    assert (log.kind, log.enabled) == ("cloudtrail", Truth.UNKNOWN)
    assert log.evidence[0].line == 5


def test_what_only_speaks_of_trails_declares_none() -> None:
    code = "from aws_cdk import aws_cloudtrail\n\naws_cloudtrail.Trail.on_event(self, 'Calls')\n"

    assert not deployment_of({"stack.py": code}).audit_logs
