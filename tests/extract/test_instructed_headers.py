"""Headers that prove who calls, written out in text that a model reads."""

import pytest

from agentaudit.extract.deployment import deployment_of
from tests.linting.severities import found

DRAWN = "8Vw2zbJYAxyL1aCcTlN99mhWp708DwGw5HqXDgLV"


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization: Bearer {DRAWN}",
        f"Send `Authorization: Bearer {DRAWN}` with each call.",
        f'curl -H "Authorization: Bearer {DRAWN}" https://api.acme.test/',
        f"""headers = {{"Authorization": "Bearer {DRAWN}"}}""",
    ],
)
def test_a_token_behind_its_scheme_is_told_where_it_begins(line: str) -> None:
    (credential,) = deployment_of({"CLAUDE.md": f"# Calls\n{line}\n"}).credentials
    place = credential.evidence[0]

    assert (place.line, place.column) == (2, line.index(DRAWN) + 1)
    assert "secret-in-prompt" in found({"CLAUDE.md": f"# Calls\n{line}\n"})


@pytest.mark.parametrize(
    "value",
    [
        *("<token>", "$TOKEN", "${TOKEN}", "{{ token }}", "YOUR_API_KEY", "token", "abc123"),
        *("your-token-here-1234567890", "my-secret-token-for-tests-1", "eyJhbGciOiJIUzI1NiJ9..."),
        *("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxx", "00000000-0000-0000-0000-000000000000"),
        "process.env.API_TOKEN_2024_LONG",
    ],
)
def test_what_stands_for_a_token_is_none(value: str) -> None:
    text = f"curl -H 'Authorization: Bearer {value}' https://api.acme.test/\n"

    assert deployment_of({"CLAUDE.md": text}).credentials == ()
