"""The script behind docs/peers.md, on tests of peers that are made up here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "peer_suites.py"
TEST_OF_POLICIES = """
class TestPolicies:
    def test_writes(self):
        document = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
        policy = PolicyDocument(document)
        found = policy.writes
        self.assertListEqual(found, ["s3:PutObject"])
        self.assertListEqual(policy.escalations, [])
        self.assertListEqual(PolicyDocument(document, strict=True).writes, [])
        raise SystemExit("a test of a peer was run")
"""
CONSTANTS = 'PRIVILEGE_ESCALATION_METHODS = {"Put": ["iam:PutRolePolicy"], "No": ["iam:GetRole"]}\n'
TEST_OF_EXAMPLES = """
def test_admin():
    folder = "example_IAMAdmin"
    passing_resources = {"aws_iam_policy.reads"}
    failing_resources = {"aws_iam_policy_document.everything"}
"""
EXAMPLES = """
resource "aws_iam_policy" "reads" {
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme/*" }]
  })
}
data "aws_iam_policy_document" "everything" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
"""
RULES = {
    "cloudsplaining writes": ["unscoped-writes"],
    "cloudsplaining allows_privilege_escalation": ["privilege-escalation"],
    "checkov IAMAdmin": ["administrator-grant"],
}
ESCALATION = "cloudsplaining allows_privilege_escalation"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "salesforce+cloudsplaining/test/scanning/test_policies.py": TEST_OF_POLICIES,
        "salesforce+cloudsplaining/cloudsplaining/shared/constants.py": CONSTANTS,
        "bridgecrewio+checkov/tests/terraform/checks/data/aws/test_IAMAdmin.py": TEST_OF_EXAMPLES,
        "bridgecrewio+checkov/tests/terraform/checks/data/aws/example_IAMAdmin/main.tf": EXAMPLES,
    }
    for name, text in files.items():
        file = tmp_path / "checkouts" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "checkouts"


def run(folder: Path, **judged: object) -> subprocess.CompletedProcess[str]:
    file = folder.with_name("judged.yaml")
    empty = {"rules": RULES, "outside": {}, "classes": {}, "differences": {}}
    file.write_text(json.dumps(empty | judged))
    command = [sys.executable, str(SCRIPT), str(folder), "--judged", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_both_say_is_counted_and_differences_are_named(folder: Path) -> None:
    found = run(folder)

    assert "| cloudsplaining writes | unscoped-writes | 1 | 0 | 0 | 0 |" in found.stdout
    assert f"| {ESCALATION} | privilege-escalation | 1 | 1 | 0 | 0 |" in found.stdout
    assert "| checkov IAMAdmin | administrator-grant | 1 | 0 | 0 | 1 |" in found.stdout
    assert found.stderr.splitlines() == [
        f"no reason: {ESCALATION} method No: only the peer found it",
        "neither in rules nor outside: cloudsplaining escalations",
    ]
    assert found.returncode == 1


def test_a_difference_with_a_reason_is_settled_until_it_is_gone(folder: Path) -> None:
    judged = {
        "outside": {"cloudsplaining escalations": "made up"},
        "classes": {"made up": "no method at all"},
    }
    settled = run(folder, **judged, differences={"made up": {ESCALATION: ["method No"]}})
    gone = run(folder, **judged, differences={"made up": {ESCALATION: ["method No", "method Put"]}})

    assert (settled.returncode, settled.stderr.strip()) == (0, "")
    assert "| made up | 1 | 0 | no method at all |" in settled.stdout
    assert gone.stderr.strip() == f"no difference any more: {ESCALATION} method Put"


def test_a_class_needs_a_meaning(folder: Path) -> None:
    unexplained = run(folder, differences={"odd": {ESCALATION: ["method No"]}})

    assert "odd: no class of this name" in unexplained.stderr


def test_a_folder_without_peers_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "no tests of a known peer" in run(tmp_path / "empty").stderr
