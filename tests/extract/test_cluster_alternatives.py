"""What a cluster would hand out in place of a key of AWS, by whose machines it runs on."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

BACKUP = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: shop}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: backup
              image: "acme/backup:1"
              env:
                - {name: AWS_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: s3, key: id}}}
                - {name: AWS_SECRET_ACCESS_KEY, valueFrom: {secretKeyRef: {name: s3, key: key}}}
"""
CLAIM = """\
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {storageClassName: %s}
"""
STATEFUL = """\
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {volumeClaimTemplates: [{spec: {storageClassName: longhorn}}]}
"""
CHART = "---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: traefik}\n"
ON_EKS = """\
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::1:role/s"}}
"""


DESCRIPTION = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: claims.shop.example}
spec: {versions: [{schema: {openAPIV3Schema: {description: "such as ebs.csi.aws.com"}}}]}
"""


@pytest.mark.parametrize(
    ("more", "alternative", "severity"),
    [
        ("", "IRSA or EKS Pod Identity", Severity.MEDIUM),
        (CLAIM % "gp3", "IRSA or EKS Pod Identity", Severity.MEDIUM),
        (CLAIM % "local-path" + ON_EKS, "IRSA or EKS Pod Identity", Severity.MEDIUM),
        (CLAIM % "local-path", "IAM Roles Anywhere", Severity.LOW),
        (CLAIM % "local-path" + DESCRIPTION, "IAM Roles Anywhere", Severity.LOW),
        (STATEFUL, "IAM Roles Anywhere", Severity.LOW),
        (CHART, "IAM Roles Anywhere", Severity.LOW),
    ],
)
def test_ones_own_machines_have_no_identity_of_eks(
    more: str, alternative: str, severity: Severity
) -> None:
    found = deployment_of({"backup.yaml": BACKUP + more})
    (finding,) = lint(found, lint_rules(), names=["static-cloud-key-despite-identity"]).findings

    assert alternative in finding.message
    assert finding.severity is severity


@pytest.mark.parametrize(("other", "told"), [("/credentials/cloud", 0), ("/credentials/aws", 1)])
def test_one_file_for_every_cloud_says_nothing_of_one(other: str, told: int) -> None:
    named = '{name: GOOGLE_APPLICATION_CREDENTIALS, value: "/credentials/cloud"}'
    beside = f"- {{name: AWS_SHARED_CREDENTIALS_FILE, value: {other}}}"
    pod = BACKUP.partition("env:")[0] + f"env:\n{' ' * 16}- {named}\n{' ' * 16}{beside}\n"
    found = [item.variable for item in deployment_of({"backup.yaml": pod}).credentials]

    assert found.count("GOOGLE_APPLICATION_CREDENTIALS") == told


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("[sh, -c, 'mc alias set own http://store:9000 $KEY_ID $KEY']", 0),
        ("[aws, --endpoint-url, 'http://store:9000', s3, ls]", 0),
        ("[aws, s3, ls]", 1),
    ],
)
def test_a_command_names_a_store_that_knows_no_sessions(command: str, told: int) -> None:
    text = BACKUP.replace("env:", f"command: {command}\n              env:", 1)
    found = deployment_of({"backup.yaml": text})
    names = ["static-cloud-key-despite-identity"]

    assert len(lint(found, lint_rules(), names=names).findings) == told


@pytest.mark.parametrize(
    ("file", "offered"),
    [
        ("deploy/minikube/backup.yaml", ""),
        ("deploy/kind/backup.yaml", ""),
        ("deploy/mankind/backup.yaml", "IRSA or EKS Pod Identity"),
    ],
)
def test_no_cloud_issues_sessions_to_a_cluster_on_a_developers_machine(
    file: str, offered: str
) -> None:
    found = deployment_of({file: BACKUP}).credentials

    assert {each.short_alternative for each in found} == {offered}
