"""Passwords of registries, as `docker login` writes them."""

import json
from base64 import b64encode

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment

WORD = "opens-no-door-db-83"
AUTH = b64encode(f"agent:{WORD}".encode()).decode()
PULLING = """\
apiVersion: v1
kind: Secret
metadata: {name: pull}
type: kubernetes.io/dockerconfigjson
data: {%s: %s}
"""


def passwords(found: Deployment) -> list[str]:
    assert WORD not in repr(found)
    assert AUTH not in repr(found)
    return [each.variable for each in found.credentials]


@pytest.mark.parametrize("entry", [{"auth": AUTH}, {"username": "agent", "password": WORD}])
def test_a_login_is_found_in_a_file_and_in_a_secret(entry: dict[str, str]) -> None:
    text = json.dumps({"auths": {"registry.acme.example": entry}})
    encoded = b64encode(text.encode()).decode()

    assert passwords(deployment_of({"config.json": text})) == ["REGISTRY_PASSWORD"]
    assert passwords(deployment_of({"pull.yaml": PULLING % (".dockerconfigjson", encoded)})) == [
        "REGISTRY_PASSWORD"
    ]


def test_all_logins_of_a_file_are_read() -> None:
    entries = {f"r{number}.acme.example": {"password": f"{WORD}{number}"} for number in range(60)}

    assert len(passwords(deployment_of({"config.json": json.dumps({"auths": entries})}))) == 60


def test_all_logins_of_a_secret_are_told_each_by_its_registry() -> None:
    registries = ("ghcr.acme.example", "quay.acme.example")
    entries = {name: {"password": f"{WORD}-{name[0]}"} for name in registries}
    encoded = b64encode(json.dumps({"auths": entries}).encode()).decode()
    found = deployment_of({"pull.yaml": PULLING % (".dockerconfigjson", encoded)})

    assert len(passwords(found)) == 2
    assert sorted(each.evidence[0].snippet.partition("=")[0] for each in found.credentials) == [
        f"REGISTRY_PASSWORD of {name}" for name in registries
    ]


def test_a_value_of_a_secret_is_one_credential_whatever_else_reads_it() -> None:
    text = PULLING % ("password", b64encode(WORD.encode()).decode())

    assert len(passwords(deployment_of({"pull.yaml": text}))) == 1


def test_the_older_form_has_no_outer_key() -> None:
    encoded = b64encode(json.dumps({"registry.acme.example": {"auth": AUTH}}).encode()).decode()

    assert len(passwords(deployment_of({"pull.yaml": PULLING % (".dockercfg", encoded)}))) == 1


@pytest.mark.parametrize(
    "text", ["{", "[" * 5_000, "[1]", '{"auths": [1]}', '{"auths": {"a": {"auth": "!"}}}']
)
def test_what_is_no_login_is_none(text: str) -> None:
    encoded = b64encode(text.encode()).decode()

    assert not passwords(deployment_of({"pull.yaml": PULLING % (".dockerconfigjson", encoded)}))


def test_a_login_that_a_program_keeps_elsewhere_is_none() -> None:
    text = json.dumps({"auths": {"registry.acme.example": {}}, "credsStore": "desktop"})

    assert not passwords(deployment_of({"config.json": text}))
