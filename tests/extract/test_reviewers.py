"""PR-Agent in workflows: whoever comments asks it, and it asks a model without tools."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment

ALL = "github.event.sender.type != 'Bot'"
MEMBERS = 'contains(fromJSON(\'["OWNER","MEMBER"]\'), github.event.comment.author_association)'


def reviewed(uses: str, condition: str = ALL) -> Deployment:
    text = f"""
on: {{issue_comment: {{types: [created]}}}}
permissions: {{pull-requests: write}}
jobs:
  review:
    if: {condition}
    runs-on: ubuntu-latest
    steps:
      - uses: {uses}
        env: {{OPENAI_KEY: "${{{{ secrets.OPENAI_KEY }}}}"}}
"""
    return deployment_of({".github/workflows/review.yml": text})


@pytest.mark.parametrize(
    "uses", ["Codium-ai/pr-agent@main", "qodo-ai/pr-agent@v0.30", "The-PR-Agent/pr-agent@main"]
)
def test_a_reviewer_is_an_agent_that_takes_one_turn(uses: str) -> None:
    deployment = reviewed(uses)
    (agent,), (workflow,) = deployment.agents, deployment.workflows

    assert (agent.never_repeats, agent.max_iterations_count) == (True, 1)
    assert (workflow.runs_agent, workflow.unpinned_actions) == (True, (uses,))


@pytest.mark.parametrize(("condition", "open_to_strangers"), [(ALL, True), (MEMBERS, False)])
def test_a_reviewer_answers_whoever_comments(
    condition: str,
    open_to_strangers: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    (workflow,) = reviewed("Codium-ai/pr-agent@main", condition).workflows

    assert workflow.untrusted_trigger is open_to_strangers
