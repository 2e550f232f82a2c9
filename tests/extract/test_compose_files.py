"""What compose files take from one another, and what of that is not among the files."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm

KEY = "sk-proj-R7fQ2mZc9Xw4TbKd8LpYhGj3FsAe6UoI5xV1tN0wE"
BASE = f"""\
services:
  base:
    privileged: true
    mem_limit: 1g
    environment: [LOG=1, OPENAI_API_KEY={KEY}]
    env_file: keys.env
"""
MIDDLE = "services: {middle: {extends: {file: ../x/b.yaml, service: base}}}"
DESK = """\
services:
  desk:
    extends: {extends}
    image: registry.example/desk-agent:1.4
    environment: {{LOG: "2"}}
"""


@pytest.mark.parametrize(
    ("files", "extends"),
    [
        (
            {"deploy/shared.yaml": BASE, "deploy/keys.env": "GH=1"},
            "{file: shared.yaml, service: base}",
        ),
        (
            {
                "deploy/more.yaml": MIDDLE,
                "x/b.yaml": BASE,
                "x/keys.env": "GH=1",
            },
            "{file: more.yaml, service: middle}",
        ),
    ],
)
def test_a_service_has_what_it_extends(files: dict[str, str], extends: str) -> None:
    deployment = deployment_of({**files, "deploy/compose.yaml": DESK.format(extends=extends)})
    (runtime,) = (item for item in deployment.runtimes if item.name == "desk")
    (key,) = (item for item in deployment.credentials if item.name == "OPENAI_API_KEY")

    assert runtime.privileged
    assert runtime.memory_limit is Known.SET
    assert key.evidence[0].file in files
    assert key.evidence[0].column == BASE.splitlines()[4].index("sk-") + 1
    assert not [item for item in deployment.unresolved if "among the files" in item.what]


def test_a_service_may_extend_one_of_its_own_file() -> None:
    text = DESK.format(extends="base").replace("services:\n", BASE)
    deployment = deployment_of({"compose.yaml": text, "keys.env": "GH=1"})

    assert {item.name for item in deployment.runtimes if item.privileged} == {"base", "desk"}


def test_a_service_that_extends_itself_ends() -> None:
    text = "services: {a: {image: x, extends: {service: b}}, b: {extends: {service: a}}}"

    assert deployment_of({"compose.yaml": text}).runtimes


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("include: [gone.yaml]\nservices: {a: {image: x}}", 11, "the compose file gone.yaml"),
        (
            "include: [{path: [gone.yaml]}]\nservices: {a: {image: x}}",
            19,
            "the compose file gone.yaml",
        ),
        ("services: {a: {image: x, env_file: [gone.env]}}", 37, "the file gone.env"),
        ("services: {a: {image: x, env_file: [{path: gone.env}]}}", 44, "the file gone.env"),
        (
            "services: {a: {image: x, extends: {file: gone.yaml, service: b}}}",
            35,
            "the service b that is extended",
        ),
        ("services: {a: {image: x, extends: b}}", 35, "the service b that is extended"),
    ],
)
def test_what_is_not_among_the_files_is_open(text: str, column: int, what: str) -> None:
    open_ends = deployment_of({"compose.yaml": text}).unresolved

    assert [(item.what, item.evidence.column) for item in open_ends] == [
        (f"{what} is not among the files", column)
    ]


@pytest.mark.parametrize("environment", ["[OPENAI_API_KEY]", "{OPENAI_API_KEY: }"])
def test_a_name_without_a_value_comes_from_the_shell(environment: str) -> None:
    text = f"services:\n  a:\n    image: acme/agent\n    environment: {environment}\n"
    (credential,) = deployment_of({"compose.yaml": text}).credentials

    assert credential.form is CredentialForm.ENV_REF
    assert credential.evidence[0].column == 19


@pytest.mark.parametrize("environment", ["[OPENAI_API_KEY]", "{OPENAI_API_KEY: }"])
def test_a_name_without_a_value_comes_from_the_file_beside(environment: str) -> None:
    text = f"services:\n  a:\n    image: acme/agent\n    environment: {environment}\n"
    files = {"compose.yaml": text, ".env": f"OPENAI_API_KEY={KEY}"}
    forms = {item.form for item in deployment_of(files).credentials}

    assert forms == {CredentialForm.LITERAL}


def test_a_longer_chain_than_is_followed_counts_as_read_in_part() -> None:
    chain = "".join(f"  s{n}: {{extends: s{n + 1}, image: desk-agent:1}}\n" for n in range(24))
    found = deployment_of({"compose.yaml": f"services:\n{chain}  s24: {{privileged: true}}\n"})

    assert [end.what for end in found.unresolved] == [
        f"the service s{n} that is extended" for n in range(21, 25)
    ]


def test_services_of_the_azure_developer_cli_are_no_compose_file() -> None:
    """Each says where it is deployed to; its limits stand in the template of that."""
    text = (
        "name: desk\nservices:\n  desk-agent:\n    project: ./src\n    host: containerapp\n"
        "    image: desk-agent\n"
    )

    assert deployment_of({"azure.yaml": text}).runtimes == ()
    assert deployment_of({"azure.yaml": text.replace("    host: containerapp\n", "")}).runtimes
    assert deployment_of({"compose.yaml": text}).runtimes  # whatever else stands in it


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("OPENAI_API_KEY_FILE: /run/secrets/openai-api-key", {"OPENAI_API_KEY_FILE"}),
        ("WHERE: /run/secrets/openai-api-key", {"openai-api-key"}),
        ("OPENAI_API_KEY_FILE: /etc/openai", {"OPENAI_API_KEY_FILE", "openai-api-key"}),
        ("MODEL: gpt-5", {"openai-api-key"}),
    ],
)
def test_a_secret_and_the_variable_that_says_where_it_lies_are_one(
    variable: str, told: set[str]
) -> None:
    service = f"{{image: agent, environment: {{{variable}}}, secrets: [openai-api-key]}}"
    found = deployment_of({"compose.yaml": f"services:\n  agent: {service}\n"})

    assert {each.variable for each in found.credentials} == told
