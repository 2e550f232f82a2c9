"""Capacities of models that templates of Azure deploy."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.evidence import Known
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

BICEP = """
module openAi 'br/public:avm/res/cognitive-services/account:0.9.1' = {
  name: 'openai'
  params: {
    deployments: [
      {
        name: 'chat'
        model: {
          format: 'OpenAI'
          name: 'gpt-5'
        }
        sku: {
          name: 'GlobalStandard'
          capacity: 50
        }
      }
    ]
  }
}
"""
TERRAFORM = """
resource "azurerm_cognitive_deployment" "chat" {
  name = "chat"
  model {
    format = "OpenAI"
    name   = "gpt-5"
  }
  sku {
    name     = "Standard"
    capacity = var.capacity
  }
}
"""
PLAN = """
resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'a-deployment'
  sku: {
    name: 'P1'
    capacity: 2
  }
}
"""


@pytest.mark.parametrize(("file", "text"), [("main.bicep", BICEP), ("main.tf", TERRAFORM)])
def test_a_deployed_model_answers_so_much_in_a_minute(file: str, text: str) -> None:
    (model,) = deployment_of({file: text}).models
    line = text.split("\n")[model.evidence[0].line - 1]

    assert (model.provider, model.rate, "capacity" in line) == ("azure", Known.SET, True)


def test_the_capacity_of_a_plan_is_none_of_a_model() -> None:
    assert deployment_of({"main.bicep": PLAN}).models == ()


OTHER = """\
kind: Prompt
name: desk
model:
  id: claude-sonnet-5
  provider: Anthropic
"""


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({"main.bicep": BICEP}, Severity.LOW),
        ({"main.bicep": PLAN}, Severity.MEDIUM),
        ({"main.bicep": BICEP, "desk.yaml": OTHER}, Severity.MEDIUM),
    ],
)
def test_who_spends_without_a_budget_spends_no_more_than_that(
    files: dict[str, str], severity: Severity
) -> None:
    """Unless a model of another vendor is asked, too, whom no capacity here bounds."""
    code = "from pydantic_ai import Agent\nagent = Agent('azure:gpt-5')\n"
    rules = [rule for rule in lint_rules() if rule.rule.id == "no-budget"]
    found = lint(deployment_of({"a.py": code, **files}), rules).findings
    finding = next(item for item in found if item.evidence.file == "a.py")

    assert finding.severity is severity
