"""Pipelines of GitLab that others include."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

JOB = "night: {image: node, script: [\"claude -p 'mend it' --dangerously-skip-permissions\"]}"


@pytest.mark.parametrize(
    ("include", "file"),
    [
        ("include: /ci/night.yml", "ci/night.yml"),
        ("include: [ci/night.yml]", "ci/night.yml"),
        ("include: [{local: ci/night.yml}]", "ci/night.yml"),
        ("include: [{local: 'ci/*.yml'}]", "ci/night.yml"),
        ("include: [{local: 'ci/**.yml'}]", "ci/more/night.yml"),
        ("include: [ci/first.yml]", "ci/second.yml"),
    ],
)
def test_what_a_pipeline_includes_is_a_pipeline(include: str, file: str) -> None:
    first = {"ci/first.yml": "include: {local: ci/second.yml}\nvariables: {AGENT: x}"}
    deployment = deployment_of({".gitlab-ci.yml": include, **first, file: JOB})
    (agent,) = deployment.agents

    assert agent.evidence[0].file == file
    assert agent.evidence[0].line == 1


@pytest.mark.parametrize("pattern", ["ci/*.yml", "ci/night.yaml", "other/**"])
def test_what_it_does_not_include_is_none(pattern: str) -> None:
    deployment = deployment_of(
        {".gitlab-ci.yml": f"include: '{pattern}'", "ci/more/night.yml": JOB}
    )

    assert not deployment.agents


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("gone.yml", "the file gone.yml, which a pipeline includes, is not read"),
        (
            "{project: acme/ci, file: agent.yml}",
            "the pipeline of acme/ci, which is included, is not among the files",
        ),
        (
            "https://ci.example/x.yml",
            "the pipeline of https://ci.example/x.yml, which is included, is not among the files",
        ),
        (
            "{component: ci.example/acme/x@1.0.0}",
            "the pipeline of ci.example/acme/x@1.0.0, which is included, is not among the files",
        ),
    ],
)
def test_what_is_included_from_elsewhere_is_open(entry: str, what: str) -> None:
    (end,) = deployment_of({".gitlab-ci.yml": f"include: [{entry}]"}).unresolved

    assert (end.what, end.evidence.line) == (what, 1)


def test_templates_of_gitlab_itself_are_not_asked_about() -> None:
    assert not deployment_of(
        {".gitlab-ci.yml": "include: [{template: Jobs/SAST.gitlab-ci.yml}]"}
    ).unresolved


def test_pipelines_that_include_each_other_end() -> None:
    files = {".gitlab-ci.yml": "include: a.yml", "a.yml": f"include: .gitlab-ci.yml\n{JOB}"}

    assert len(deployment_of(files).agents) == 1


@pytest.mark.parametrize("file", [".gitlab/ci/night.yml", ".azuredevops/night.yml"])
def test_a_pipeline_is_read_whatever_its_words(file: str) -> None:
    text = "steps: [{script: make}]\nnight: {script: [make]}"

    assert [item.status.value for item in deployment_of({file: text}).coverage] == ["read"]


BYPASS = "script: [\"claude -p 'mend it' --dangerously-skip-permissions\"]"
KEYS = "variables: {AWS_ACCESS_KEY_ID: $ID, AWS_SECRET_ACCESS_KEY: $KEY}"

CHAIN = f".k: {{{KEYS}}}\n.a: {{extends: .k, {BYPASS}}}"


@pytest.mark.parametrize(
    "files",
    [
        {".gitlab-ci.yml": f".a: {{{BYPASS}}}\n.k: {{{KEYS}}}\nnight: {{extends: [.k, .a]}}"},
        {".gitlab-ci.yml": f"night: {{extends: .a}}\n{CHAIN}"},
        {
            ".gitlab-ci.yml": "include: /ci/all.yml\nnight: {extends: .a}",
            "ci/all.yml": CHAIN,
        },
    ],
    ids=["two", "one by another", "of another file"],
)
def test_a_job_has_what_it_extends(files: dict[str, str]) -> None:
    deployment = deployment_of(files)
    night = next(each for each in deployment.runtimes if each.name.endswith("night"))

    assert night.runs_agent
    assert [agent.permission_mode for agent in deployment.agents] == ["bypass"]
    rules = {each.rule for each in lint(deployment, lint_rules()).findings}
    assert "static-cloud-key-in-ci" in rules


def test_what_a_job_says_itself_counts() -> None:
    own = f".a: {{{BYPASS}}}\nnight: {{extends: .a, script: [make]}}"
    runtimes = deployment_of({".gitlab-ci.yml": own}).runtimes

    assert [(each.name.rpartition("/")[2], each.runs_agent) for each in runtimes] == [
        ("night", False),
    ]


def test_a_job_that_is_not_there_is_open_and_what_extends_itself_ends() -> None:
    round_about = ".a: {extends: [.b, .b, .a]}\n.b: {extends: [.a, .a]}\n"
    text = f"{round_about}c: {{extends: [.a, .gone], {BYPASS}}}"
    (end,) = deployment_of({".gitlab-ci.yml": text}).unresolved

    assert end.what == "the job .gone, which another extends, is not among the files"
