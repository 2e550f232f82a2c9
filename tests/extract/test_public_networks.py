"""What a runtime on a public network lets out: what is left of its identity's free reads."""

import pytest

from agentaudit.extract.deployment import deployment_of

RUNTIME = """
resource "aws_bedrockagentcore_agent_runtime" "support" {
  agent_runtime_name = "support"
  role_arn           = aws_iam_role.support.arn
  network_configuration { network_mode = "%s" }
}
resource "aws_iam_role" "support" {
  name                 = "support"
  permissions_boundary = "%s"
  assume_role_policy   = jsonencode({ Statement = [] })
}
resource "aws_iam_policy" "most" {
  name   = "most"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "logs:*", Resource = "*" }] })
}
resource "aws_iam_role_policy" "support" {
  role   = aws_iam_role.support.name
  policy = jsonencode({ Statement = [%s] })
}
"""
READS = '{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }'
DENIED = f"{READS}, {READS.replace('Allow', 'Deny')}"
OBJECTS = READS.replace('"*"', '"arn:aws:s3:::*/*"')
NAMED = READS.replace('"*"', '"arn:aws:s3:::acme-reports/*"')
EXCEPT = READS.replace("Action", "NotAction").replace("s3:GetObject", "s3:*")
CONDITION = '"Allow", Condition = { Bool = { "aws:SecureTransport" = "true" } }'
LIMITED = READS.replace('"Allow"', CONDITION)
MOST = "${aws_iam_policy.most.arn}"


def let_out(
    statements: str, *, network: str = "PUBLIC", boundary: str = ""
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the statements' grants read without limit, and by what that gets out."""
    found = deployment_of({"main.tf": RUNTIME % (network, boundary, statements)})
    leaks = [grant for grant in found.grants if grant.outlets]
    reads = {action for grant in leaks for action in grant.free_reads}
    return tuple(sorted(reads)), tuple(outlet for grant in leaks for outlet in grant.outlets)


@pytest.mark.parametrize("statement", [READS, OBJECTS])
def test_objects_of_any_bucket_get_out(statement: str) -> None:
    assert let_out(statement) == (("s3:getobject",), ("the public network of support",))


@pytest.mark.parametrize("statements", [DENIED, NAMED, LIMITED])
def test_what_is_denied_named_or_limited_is_no_free_read(statements: str) -> None:
    assert let_out(statements) == ((), ())


def test_a_network_of_ones_own_lets_nothing_out() -> None:
    assert let_out(READS, network="VPC") == ((), ())


def test_a_boundary_takes_away_what_it_does_not_allow() -> None:
    assert let_out(READS, boundary=MOST) == ((), ())


def test_what_is_allowed_by_exception_is_read_too() -> None:
    reads, ways = let_out(EXCEPT)

    assert "dynamodb:scan" in reads
    assert "s3:getobject" not in reads
    assert "ses:sendemail" in ways
