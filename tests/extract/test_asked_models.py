"""Steps of pipelines that ask a model: PR-Agent's image, scripts with an address or a client."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.agents import Agent
from tests.linting.severities import found

KEY = "${{ secrets.OPENAI_API_KEY }}"
CURL = """
          curl -s https://api.openai.com/v1/chat/completions \\
            -H "Authorization: Bearer $OPENAI_API_KEY" -d @question.json > answer.json"""
URL = "https://models.github.ai/inference/chat/completions"
AT_VARIABLE = f"env: {{MODEL_KEY: x, MODEL_URL: \"${{{{ vars.URL || '{URL}' }}}}\"}}"
FETCH = """
            const answer = await fetch("https://api.anthropic.com/v1/messages", {
              method: "POST", headers: {"x-api-key": process.env.ANTHROPIC_API_KEY}, body });"""
PYTHON = """
          python -c "
          from openai import OpenAI
          client = OpenAI(api_key='$OPENAI_API_KEY')
          print(client.responses.create(model='m', input=open('body').read()))
          " """


def workflow(step: str, *, on: str = "issues: {types: [opened]}") -> dict[str, str]:
    text = f"""
on: {{{on}}}
permissions: {{issues: write}}
jobs:
  triage:
    runs-on: ubuntu-latest
    steps:
      - {step.strip()}
"""
    return {".github/workflows/triage.yml": text}


def script(text: str) -> str:
    return f"uses: actions/github-script@v8\n        with:\n          script: |{text}"


def run(text: str) -> str:
    return f"env: {{OPENAI_API_KEY: '{KEY}'}}\n        run: |{text}"


def line(text: str) -> str:
    return run(f"\n          {text}")


def one_agent(deployment: Deployment) -> Agent:
    (agent,) = deployment.agents
    return agent


@pytest.mark.parametrize(
    ("step", "framework"),
    [
        ("uses: docker://codiumai/pr-agent:0.30-github_action", "pr-agent"),
        ("uses: docker://ghcr.io/team/pr-agent@sha256:0a1b", "pr-agent"),
        ("uses: docker://codiumai/pr-agent", "pr-agent"),
        ("run: python -m pr_agent.cli --pr_url=$PR_URL review", "model API"),
        (run(CURL), "model API"),
        (run(PYTHON), "model API"),
        (f"{AT_VARIABLE}\n        run: curl $MODEL_URL -d @question.json", "model API"),
        (script(FETCH), "model API"),
    ],
)
def test_a_step_that_asks_a_model_is_an_agent_that_asks_once(step: str, framework: str) -> None:
    deployment = deployment_of(workflow(step))
    agent = one_agent(deployment)

    assert (agent.framework, agent.max_iterations_count, agent.never_repeats) == (
        framework,
        1,
        True,
    )
    assert deployment.workflows[0].runs_agent


@pytest.mark.parametrize(
    "step",
    [
        "uses: docker://alpine:3.22",
        "uses: docker://team/pr-agent-tests:1",
        line('curl https://api.openai.com/v1/models -H "x-api-key: $OPENAI_API_KEY"'),
        line('curl localhost:4000/v1/chat/completions -H "x-api-key: $KEY"'),
        line("pip install openai anthropic && pytest"),
        "run: curl https://api.openai.com/v1/chat/completions",
        script("\n            await github.rest.issues.createComment({ api_key: '' });"),
        line('node -e "client.messages.create({to, body})"  # with TWILIO_API_KEY'),
    ],
)
def test_other_steps_run_no_agent(step: str) -> None:
    deployment = deployment_of(workflow(step))

    assert not deployment.agents
    assert not deployment.workflows[0].runs_agent


def test_strangers_steer_a_step_that_asks_a_model_about_what_they_write() -> None:
    told = found(workflow(run(CURL)))

    assert "strangers-steer-ci-agent" in told
    assert "strangers-steer-ci-agent" not in found(workflow(run(CURL), on="workflow_dispatch: {}"))


def test_a_command_that_starts_an_agent_counts_before_a_question_beside_it() -> None:
    both = run(f"{CURL}\n          claude -p 'fix it' --max-turns 9")
    agent = one_agent(deployment_of(workflow(both)))

    assert (agent.framework, agent.max_iterations_count, agent.never_repeats) == (
        "command line",
        9,
        False,
    )


ASKING = """
ask:
  image: alpine:3.22
  script:
    - 'curl -H "x-api-key: $ANTHROPIC_API_KEY" https://api.anthropic.com/v1/messages'
"""
PR_AGENT = """
review:
  image: {name: "codiumai/pr-agent:latest", entrypoint: [""]}
  script:
    - export openai__key=$OPENAI_KEY
    - cd /app && PYTHONPATH=. python pr_agent/cli.py --pr_url="$MR_URL" review
"""


@pytest.mark.parametrize(
    ("text", "line", "framework"),
    [
        (PR_AGENT, 6, "pr-agent"),
        (ASKING, 5, "model API"),
    ],
)
def test_jobs_of_gitlab_ask_models_too(text: str, line: int, framework: str) -> None:
    agent = one_agent(deployment_of({".gitlab-ci.yml": text}))

    assert (agent.framework, agent.never_repeats, agent.evidence[0].line) == (framework, True, line)


def test_other_jobs_of_gitlab_run_no_agent() -> None:
    text = "test: {image: team/pr-agent-ui:1, script: ['curl $API_URL/models -H $API_KEY']}"

    assert not deployment_of({".gitlab-ci.yml": text}).agents
