"""What a deployment takes from elsewhere is open, and never passed over."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Confidence, Known

ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: agent}\nspec:\n"
FLUX = (
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: agent}\nspec:\n"
    "  chart: {spec: {chart: CHART, sourceRef: {kind: HelmRepository, name: acme}}}\n"
)
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: agent}\nspec:\n"
    "  containers: [{name: agent, image: acme/agent}]\n"
)


def open_ends(**files: str) -> list[str]:
    names = {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
    return [end.what for end in deployment_of(names).unresolved if "applies" in end.what]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{ARGO}  source: {{repoURL: 'https://git.acme.io/x', path: apps/agent}}\n", "apps/agent"),
        (f"{ARGO}  source: {{repoURL: 'https://charts.acme.io', chart: litellm}}\n", "litellm"),
        (f"{ARGO}  sources: [{{repoURL: 'https://git.acme.io/x', path: a}}]\n", "a"),
        (FLUX.replace("CHART", "litellm"), "litellm"),
    ],
)
def test_what_a_controller_applies_from_elsewhere_is_open(text: str, told: str) -> None:
    assert open_ends(app=text) == [f"what agent applies ({told}) is not among the files read"]


@pytest.mark.parametrize(
    "text",
    [
        f"{ARGO}  source: {{repoURL: 'https://git.acme.io/x', path: apps/agent}}\n",
        f"{ARGO}  source: {{repoURL: 'https://git.acme.io/x', path: ./apps/agent/}}\n",
        FLUX.replace("CHART", "./apps/agent"),
    ],
)
def test_a_folder_that_is_among_the_files_is_read_there(text: str) -> None:
    assert open_ends(app=text, apps__agent__pod=POD) == []


def plugins(**more: str) -> list[str]:
    settings = '{"enabledPlugins": {"deploy@acme": true, "old@acme": false}}'
    files = {".claude/settings.json": settings, **more}
    return [end.what for end in deployment_of(files).unresolved if "plugin" in end.what]


def test_plugins_that_are_not_among_the_files_are_open() -> None:
    here = {"plugins/deploy/.claude-plugin/plugin.json": '{"name": "deploy", "mcpServers": {}}'}

    assert plugins() == ["the plugin deploy@acme is not among the files"]
    assert plugins(**here) == []


WORKFLOW = """\
on: {issue_comment: {types: [created]}}
permissions: {issues: write}
jobs:
  answer:
    runs-on: ubuntu-latest
    steps:
      - uses: acme/answer@v1
        with: {INPUT: "${{ secrets.KEY }}", text: "${{ github.event.comment.body }}"}
"""


def workflow(given: str) -> Deployment:
    return deployment_of({".github/workflows/a.yml": WORKFLOW.replace("INPUT", given)})


@pytest.mark.parametrize(
    "given", ["openai_api_key", "ANTHROPIC_API_KEY", "gemini-api-key", "llm_key"]
)
def test_an_action_that_wants_a_models_key_runs_an_agent_whoevers_it_is(given: str) -> None:
    found = workflow(given)
    [agent] = found.agents

    assert agent.confidence is Confidence.LIKELY
    assert agent.max_iterations is Known.UNKNOWN
    assert found.workflows[0].interpolates_event
    assert "what acme/answer does with the model that it asks" in {
        end.what for end in found.unresolved
    }


@pytest.mark.parametrize("given", ["token", "api_key", "env_vars", "openai_model", "key"])
def test_another_input_makes_no_agent_of_an_action(given: str) -> None:
    assert workflow(given).agents == ()
