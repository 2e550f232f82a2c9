"""A comment over a secret may say that it is an example, or that it has to be changed."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence
from agentaudit.rules.fakes import fake

COMPOSED, DRAWN = "billing_state_2025", "q7Zk2PvW9sLx4TnB8rYc"
KEY = fake("private_key").replace("\n", "\n    ")
SECRET = (
    f"apiVersion: v1\nkind: Secret\nmetadata: {{name: tls}}\nstringData:\n  key: |\n    {KEY}\n"
)


def confidence_of(text: str, file: str = ".env") -> Confidence:
    (found,) = deployment_of({file: text}).credentials
    return found.confidence


@pytest.mark.parametrize(
    "comment",
    [
        "# An example password.",
        "# Local development only.\n# Ask Jo for the rest.",
        "# Change these before production",
        "# not for production",
        "#   only for tests",
    ],
)
def test_a_comment_calls_what_somebody_made_up_an_example(comment: str) -> None:
    assert confidence_of(f"A=1\n\n{comment}\nOPENAI_PASSWORD={COMPOSED}\n") is Confidence.POSSIBLE
    assert confidence_of(f"A=1\n\n{comment}\nOPENAI_PASSWORD={DRAWN}\n") is Confidence.LIKELY


@pytest.mark.parametrize(
    "comment",
    [
        "# The password of billing",
        "# For production only",
        "# Example: 1\nB=2",
        "# Change it weekly",
        "# Never change this in production",
        "# Don't replace it before a deployment",
    ],
)
def test_other_comments_say_nothing_of_it(comment: str) -> None:
    assert confidence_of(f"A=1\n\n{comment}\nOPENAI_PASSWORD={COMPOSED}\n") is Confidence.LIKELY


@pytest.mark.parametrize(
    ("remark", "confidence"),
    [
        ("  # Change for production", Confidence.POSSIBLE),
        ("  # of billing", Confidence.LIKELY),
        ("#change-for-production", Confidence.LIKELY),
    ],
)
def test_so_may_what_is_written_behind_it(remark: str, confidence: Confidence) -> None:
    text = f"store:\n  password: {COMPOSED}{remark}\n"

    assert confidence_of(text, "values.yaml") is confidence


def test_the_head_of_a_document_speaks_for_the_key_in_it() -> None:
    head = "# This is an example key for demo purposes only\n"

    assert confidence_of(head + SECRET, "tls.yaml") is Confidence.POSSIBLE
    assert confidence_of(f"kind: List\n---\n{head}{SECRET}", "tls.yaml") is Confidence.POSSIBLE
    assert confidence_of(f"{head}kind: List\n---\n{SECRET}", "tls.yaml") is Confidence.CERTAIN


def test_a_key_that_its_vendor_knows_is_none_by_a_comment() -> None:
    key = fake("github_classic")

    assert confidence_of(f"# An example token.\nGITHUB_TOKEN={key}\n") is Confidence.CERTAIN


def test_what_stands_over_many_secrets_is_read_once() -> None:
    """All of them on one line, as long as its file is."""
    comment = "// local development only " + "a" * 100_000
    keys = ",".join(f'"A{number}_PASSWORD":"{COMPOSED}{number}"' for number in range(300))
    found = deployment_of({"agent.json": f"{comment}\n{{{keys}}}\n"}).credentials

    assert len(found) == 300
    assert {each.confidence for each in found} == {Confidence.POSSIBLE}


@pytest.mark.parametrize(
    ("file", "name", "password", "confidence"),
    [
        ("plan.json", "test_data", "validpassword123", Confidence.POSSIBLE),
        ("plan.json", "testData", "admin123", Confidence.POSSIBLE),
        ("plan.json", "test_data", DRAWN, Confidence.LIKELY),
        ("plan.json", "latest_data", "admin123", Confidence.LIKELY),
        ("login_example.json", "body", "Password123", Confidence.POSSIBLE),
        ("counterexample.json", "body", "Password123", Confidence.LIKELY),
    ],
)
def test_what_tests_type_into_forms_was_made_up_for_them(
    file: str, name: str, password: str, confidence: Confidence
) -> None:
    data = {"steps": [{"expected": "a token", name: {"username": "jo", "password": password}}]}

    assert confidence_of(json.dumps(data), file) is confidence


def test_a_key_in_an_example_opens_what_its_vendor_guards() -> None:
    text = json.dumps({"test_data": {"token": fake("github_classic")}})

    assert confidence_of(text, "login_example.json") is Confidence.CERTAIN
