"""References stand in the pinned taxonomies, or are refused."""

import pytest

from agentaudit.rules.references import reference_problem, references


def test_a_reference_has_a_title_and_an_address() -> None:
    entry = references()["cwe:CWE-798"]

    assert entry.label == "CWE-798 Use of Hard-coded Credentials"
    assert entry.url == "https://cwe.mitre.org/data/definitions/798.html"
    assert references()["atlas:AML.T0083"].url.endswith("/AML.T0083")


@pytest.mark.parametrize("text", ["cwe:CWE-798", "owasp-asi:ASI03:2026", "owasp-nhi:NHI7:2025"])
def test_what_stands_there_is_no_problem(text: str) -> None:
    assert reference_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cwe:CWE-1", "does not stand in the taxonomies"),
        ("owasp-asi:ASI03", "ASI01:2026"),
        ("iso:27001", "no known taxonomy"),
    ],
)
def test_what_does_not_is_told_what_would_be_right(text: str, said: str) -> None:
    assert said in reference_problem(text)
