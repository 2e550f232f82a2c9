"""Servers of vLLM: their key, who reaches them, and code that comes with the weights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.servers.vllm import _arguments
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Model
from agentaudit.rules.fakes import fake


def served(command: str, lines: str = "") -> Deployment:
    text = (
        f"services:\n  llm:\n    image: vllm/vllm-openai:v0.11.0\n    command: {command}\n{lines}"
    )
    return deployment_of({"compose.yaml": text})


def model(command: str, lines: str = "") -> Model:
    (found,) = served(command, lines).models
    return found


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", Truth.NO),
        ("    environment: {VLLM_API_KEY: '${VLLM_API_KEY}'}\n", Truth.YES),
        ("    env_file: .env.vllm\n", Truth.UNKNOWN),
    ],
)
def test_a_server_asks_for_a_key_where_it_has_one(lines: str, expected: Truth) -> None:
    assert model("--model acme/odd", lines).authenticated is expected


def test_a_file_of_arguments_that_is_not_there_leaves_it_open() -> None:
    assert model("--config /etc/serve.yaml").authenticated is Truth.UNKNOWN
    assert model("--model x --api-key ${KEY}").authenticated is Truth.YES


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", False),
        ("    ports: ['8000:8000']\n", True),
        ("    ports: ['127.0.0.1:8000:8000']\n", False),
        ("    network_mode: host\n", True),
    ],
)
def test_other_machines_reach_what_is_published(lines: str, *, expected: bool) -> None:
    assert model("--model acme/odd", lines).exposed is expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("--model acme/odd", False),
        ("--model acme/odd --trust-remote-code", True),
        ("--model acme/odd --trust_remote_code=true", True),
        ("--model acme/odd --trust-remote-code false", False),
        ("--model acme/odd --trust-remote-code --code-revision 4f2a", False),
        ("--model /models/odd --trust-remote-code", False),
        ("sh -c 'vllm serve acme/odd --trust-remote-code'", True),
    ],
)
def test_code_of_the_weights_runs_in_no_version_unless_one_is_named(
    command: str, *, expected: bool
) -> None:
    assert model(command).runs_fetched_code is expected


def test_a_key_in_the_arguments_is_found_and_never_shown() -> None:
    secret = fake("password")
    deployment = served(f"--model acme/odd --api-key {secret}")
    (credential,) = deployment.credentials

    assert (credential.exposure, credential.holder, credential.form) == (
        "argument",
        "container",
        "literal",
    )
    assert secret not in repr(deployment)


def test_prefixes_are_cached_for_all_who_call() -> None:
    deployment = served("--model acme/odd --enable-prefix-caching")
    (store,) = deployment.memory_stores

    assert (store.kind, store.scope, store.eviction) == ("cache", "global", "lru")
    assert any(edge.kind is EdgeKind.RUNS_ON for edge in deployment.edges)
    assert served("--model acme/odd").memory_stores == ()


def test_a_container_of_ones_own_is_known_by_what_it_starts() -> None:
    text = (
        "services:\n  llm:\n    image: registry.acme.test/llm:3\n"
        "    command: python -m vllm.entrypoints.openai.api_server --model acme/odd\n"
    )

    assert [item.provider for item in deployment_of({"compose.yaml": text}).models] == ["vllm"]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_whatever_stands_among_the_arguments_names_have_no_dashes_before_them(
    words: list[str],
) -> None:
    found = _arguments(tuple(words))

    assert all(f"--{name}" in " ".join(words).replace("_", "-") for name in found)
