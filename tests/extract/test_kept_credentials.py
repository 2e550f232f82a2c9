"""What a machine signs in with elsewhere, in the files that its programs keep it in."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus
from agentaudit.readers.scripts import assignments

CHOSEN = "Vk7tq2Ls9dX1"
KEY = "sk-proj-" + "Q7dKx2mVb8TnRj4WcZ5y" * 2


def kept(text: str) -> list[tuple[str, str]]:
    return [(found.name, found.value) for found in assignments(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"git clone https://bob:{CHOSEN}@git.acme.io/desk.git", "bob_password"),
        (f"index-url = http://bob:{CHOSEN}@pypi.acme.io/simple", "bob_password"),
        (f"machine git.acme.io login bob password {CHOSEN}", "bob_password"),
        (f"machine git.acme.io\n  login bob\n  password {CHOSEN}\n", "bob_password"),
        (f"web1 ansible_host=10.0.0.4 ansible_password={CHOSEN}", "ansible_password"),
        (f"web1 ansible_become_pass='{CHOSEN}'", "ansible_become_password"),
    ],
)
def test_a_password_is_named_after_its_user(text: str, name: str) -> None:
    assert kept(text) == [(name, CHOSEN)]


@pytest.mark.parametrize(
    "text",
    [
        "git clone https://bob:$TOKEN@git.acme.io/desk.git",
        "git clone https://x-access-token:${TOKEN}@git.acme.io/desk.git",
        "git clone https://{user}:{password}@git.acme.io",
        f"curl https://bob:{CHOSEN}@example.com/v1",
        f"curl http://bob:{CHOSEN}@localhost:8000",
        "curl https://api.acme.io:8443/users@acme.io",
        "machine git.acme.io login bob password $PASSWORD",
        "web1 ansible_password={{ vault_password }}",
        "the machine needs a password",
    ],
)
def test_references_examples_and_ports_are_no_passwords(text: str) -> None:
    assert kept(text) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".envrc", f"export OPENAI_API_KEY={KEY}\n"),
        ("agent.container", f"[Container]\nEnvironment=OPENAI_API_KEY={KEY}\n"),
        ("supervisord.conf", f'[program:agent]\nenvironment=OPENAI_API_KEY="{KEY}"\n'),
        ("config.ini", f"[openai]\napi_key = {KEY}\n"),
        ("Jenkinsfile", f"environment {{ OPENAI_API_KEY = '{KEY}' }}\n"),
        ("Earthfile", f"VERSION 0.8\nagent:\n  ENV OPENAI_API_KEY={KEY}\n"),
        ("agent.nomad", f'job "a" {{ task "a" {{ env {{ OPENAI_API_KEY = "{KEY}" }} }} }}\n'),
        ("agent.nomad.hcl", f'job "a" {{ task "a" {{ env {{ OPENAI_API_KEY = "{KEY}" }} }} }}\n'),
        ("docker-bake.hcl", f'target "a" {{ args = {{ OPENAI_API_KEY = "{KEY}" }} }}\n'),
        ("kubeconfig", f"kind: Config\nusers: [{{name: a, user: {{token: {KEY}}}}}]\n"),
        (
            ".aws/credentials",
            "[default]\naws_access_key_id = AKIA" + "Q7DKX2MVB8TNRJ4W"
            "\naws_secret_access_key = " + "Q7dKx2mVb8TnRj4WcZ5y" * 2 + "\n",
        ),
    ],
)
def test_a_key_is_found_in_it(file: str, text: str) -> None:
    found = deployment_of({file: text}).credentials

    assert any(each.form == "literal" for each in found)
    assert all(KEY not in each.evidence[0].snippet for each in found)


@pytest.mark.parametrize("file", ["a.jsonnet", "a.cue", "a.pkl", "a.nix", "a.dhall", "Tiltfile"])
def test_a_configuration_language_that_deploys_an_agent_is_named_as_not_read(file: str) -> None:
    text = f'env: {{ OPENAI_API_KEY: "{KEY}" }}\n'
    found = deployment_of({file: text})

    assert [each.status for each in found.coverage] == [FileStatus.PARTIAL]
    assert len(found.credentials) == 1


def test_a_configuration_that_names_no_agent_is_passed_over() -> None:
    found = deployment_of({"a.nix": "{ services.web.enable = true; }\n"})

    assert [each.status for each in found.coverage] == [FileStatus.SKIPPED]
