"""Load balancers that let everybody in: what they pass on to is reached, whatever it asks."""

import pytest

from agentaudit.extract.deployment import deployment_of

STACK = """\
variable "office" { default = "203.0.113.0/24" }
resource "aws_security_group" "front" {
  ingress {
    from_port   = 443
    to_port     = 443
    cidr_blocks = [CIDR]
  }
}
resource "aws_lb" "front" {
  internal        = INTERNAL
  security_groups = [aws_security_group.front.id]
}
resource "aws_lb_target_group" "desk" { name = "desk" }
resource "aws_lb_listener" "front" {
  load_balancer_arn = aws_lb.front.arn
  protocol          = "HTTPS"
  ASKED
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.desk.arn
  }
}
resource "aws_ecs_task_definition" "desk" {
  family                = "desk"
  container_definitions = jsonencode([{ name = "NAME", image = "acme/NAME:1" }])
}
resource "aws_ecs_service" "desk" {
  task_definition = aws_ecs_task_definition.desk.arn
  load_balancer {
    target_group_arn = aws_lb_target_group.desk.arn
    container_name   = "NAME"
  }
}
"""
CASES = pytest.mark.parametrize(
    ("parts", "reached"),
    [
        ({}, True),
        ({"CIDR": "var.office"}, False),
        ({"CIDR": "var.elsewhere"}, False),
        ({"INTERNAL": "true"}, False),
        ({"ASKED": 'default_action { type = "authenticate-oidc" }'}, False),
    ],
)


def stack(name: str, parts: dict[str, str]) -> dict[str, str]:
    values = {"CIDR": '"0.0.0.0/0"', "INTERNAL": "false", "ASKED": "", "NAME": name, **parts}
    text = STACK
    for word, value in values.items():
        text = text.replace(word, value)
    return {"main.tf": text}


@CASES
def test_whether_an_agent_behind_one_asks_is_open(parts: dict[str, str], *, reached: bool) -> None:
    """It may ask by itself, and then nothing is wrong: nobody has said so."""
    found = deployment_of(stack("support-agent", parts)).unresolved

    assert ("whether support-agent asks who calls" in {end.what for end in found}) is reached


@CASES
def test_a_tool_server_behind_one_is_exposed(parts: dict[str, str], *, reached: bool) -> None:
    (server,) = deployment_of(stack("orders-mcp", parts)).tool_servers

    assert server.exposed is reached
