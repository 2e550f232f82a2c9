"""A token that is recognised by its look may have ended, or open nothing from another machine."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest

from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.evidence import Confidence
from agentaudit.model.finding import Severity
from agentaudit.rules.fakes import fake
from agentaudit.rules.ours import lint_rules

SESSION = fake("aws_session_key")
ADDRESS = "https://acme-exports.s3.amazonaws.com/report.csv"


def severities(rule: str, file: str, text: str) -> list[Severity]:
    result = lint(deployment_of({file: text}), lint_rules(), names={rule})
    return [finding.severity for finding in result.findings]


def certainty(text: str) -> Confidence:
    found = by_look(text)
    assert found is not None
    return found.confidence


def kubeconfig(*servers: str) -> str:
    clusters = "".join(f"- cluster: {{}}\n  server: {server}\n" for server in servers)
    key = b64encode(fake("private_key").encode()).decode()
    return f"kind: Config\nclusters:\n{clusters}users:\n- user:\n    client-key-data: {key}\n"


def token(issuer: str) -> str:
    claims = json.dumps({"iss": issuer, "sub": "u-77", "nbf": 1_700_000_000, "exp": 2_000_000_000})
    body = urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.{'q7Zk9vLm2XbR4tYc' * 3}"


@pytest.mark.parametrize(
    "query",
    [
        f"AWSAccessKeyId={SESSION}&Signature=abc%3D&Expires=1767225600",
        f"X-Amz-Credential={SESSION}%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=60",
    ],
)
def test_an_address_that_a_session_signed_may_have_ended(query: str) -> None:
    rule = "literal-short-lived-credential"

    assert certainty(f"{ADDRESS}?{query}") is Confidence.LIKELY
    assert severities(rule, "answers.yaml", f"url: {ADDRESS}?{query}\n") == [Severity.LOW]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (f"{ADDRESS}?X-Amz-Credential={{key}}%2F20260101%2Feu-west-1%2Fs3", Confidence.POSSIBLE),
        (f"{ADDRESS}?AWSAccessKeyId={{key}}&Signature=abc%3D", Confidence.POSSIBLE),
        ("AWSAccessKeyId={key}\nAWSSecretKey=", Confidence.CERTAIN),
        (f"{ADDRESS}?X-Amz-Credential={{key}}%2F20260101 and {{key}}", Confidence.CERTAIN),
    ],
)
def test_an_address_that_a_key_signed_holds_its_name_alone(text: str, sure: Confidence) -> None:
    assert certainty(text.format(key=SESSION.replace("ASIA", "AKIA", 1))) is sure


def test_a_session_that_stands_by_itself_is_as_good_as_a_key_while_it_lasts() -> None:
    assert certainty(f"AWSAccessKeyId={SESSION}") is Confidence.CERTAIN
    assert severities("literal-short-lived-credential", "answers.yaml", f"key: {SESSION}\n") == [
        Severity.MEDIUM
    ]


@pytest.mark.parametrize("server", ["https://127.0.0.1:42169", "https://localhost:6443"])
def test_the_key_of_a_cluster_on_the_own_machine_opens_nothing_elsewhere(server: str) -> None:
    assert certainty(kubeconfig(server)) is Confidence.POSSIBLE


@pytest.mark.parametrize(
    "servers",
    [(), ("https://k8s.acme.io",), ("https://127.0.0.1:6443", "https://k8s.acme.io")],
)
def test_the_key_of_any_other_cluster_is_certain(servers: tuple[str, ...]) -> None:
    assert certainty(kubeconfig(*servers)) is Confidence.CERTAIN


def test_a_key_beside_an_address_of_the_own_machine_is_certain() -> None:
    assert certainty(f"server: https://127.0.0.1\n{fake('private_key')}") is Confidence.CERTAIN


@pytest.mark.parametrize(
    ("issuer", "confidence"),
    [
        ("gateway-test", Confidence.LIKELY),
        ("https://auth.example.com", Confidence.LIKELY),
        ("https://auth.acme.io", Confidence.CERTAIN),
        ("contest.acme.io", Confidence.CERTAIN),
    ],
)
def test_a_signed_token_says_whether_a_test_issued_it(issuer: str, confidence: Confidence) -> None:
    assert certainty(token(issuer)) is confidence


def test_in_a_test_such_a_token_is_a_note_and_a_real_one_is_not() -> None:
    rule, text = "token-outlives-limit", '{{"token": "{0}"}}'

    assert severities(rule, "test/tokens.json", text.format(token("gateway-test"))) == [
        Severity.LOW
    ]
    assert severities(rule, "test/tokens.json", text.format(token("https://auth.acme.io"))) == [
        Severity.HIGH
    ]


@pytest.mark.parametrize(
    ("file", "key", "severity"),
    [
        ("app/settings.json", fake("openai_key"), Severity.CRITICAL),
        ("app/settings.json", f"sk-proj-{'q7Zk9vLm2XbR4tYc' * 3}", Severity.HIGH),
        ("tests/redaction.json", f"sk-proj-{'q7Zk9vLm2XbR4tYc' * 3}", Severity.LOW),
        ("TEST/redaction.json", f"sk-proj-{'q7Zk9vLm2XbR4tYc' * 3}", Severity.LOW),
        ("tests/redaction.json", fake("openai_key"), Severity.CRITICAL),
    ],
)
def test_a_key_without_the_mark_of_openai_is_less_sure(
    file: str, key: str, severity: Severity
) -> None:
    assert severities("literal-model-api-key", file, json.dumps({"text": key})) == [severity]
