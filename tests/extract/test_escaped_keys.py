"""Keys in Markdown whose marks have a backslash before them, and signed tokens in such texts."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.credentials import Credential
from agentaudit.readers.escaped_marks import plain_text
from agentaudit.rules.fakes import fake

YEAR_S = 365 * 86_400
KEY = fake("huggingface_token")
NOTED = f"sk-proj-{'R7fQ2mZc9Xw4_TbKd8LpYhGj3FsAe6UoI5xV1t_N0wE' * 2}"


def signed(**claims: object) -> str:
    def encoded(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    signature = "q8vR_2xLkQ9m-P4Zt7wYs3nHc6dJf" * 3
    return f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{encoded(claims)}.{signature}"


def lasting(**claims: object) -> str:
    return signed(iat=1_700_000_000, exp=1_700_000_000 + 100 * YEAR_S, jti="f00d", **claims)


def escaped(token: str) -> str:
    return token.replace("_", "\\_")


def told(file: str, text: str) -> list[Credential]:
    return list(deployment_of({file: text}).credentials)


@pytest.mark.parametrize("token", [KEY, NOTED, lasting(aud="4", sub="9876543")])
@pytest.mark.parametrize("file", ["notes/keys.md", "CLAUDE.md", "docs/setup.mdx"])
def test_a_key_is_the_same_with_backslashes_before_its_marks(token: str, file: str) -> None:
    (plain,) = told(file, f"# Keys\n\nMailer: {token}\n")
    (found,) = told(file, f"# Keys\n\nMailer: {escaped(token)}\n")

    assert (found.provider, found.kind, found.confidence) == (
        plain.provider,
        plain.kind,
        plain.confidence,
    )
    assert (found.evidence[0].line, found.evidence[0].column) == (3, 9)


def test_what_stands_behind_other_escapes_has_its_place() -> None:
    (found,) = told("keys.md", f"a\\_b c\\_d \\- {escaped(NOTED)}\n")

    assert found.evidence[0].column == len("a\\_b c\\_d \\- ") + 1


@pytest.mark.parametrize(
    "token",
    [
        signed(iat=1_700_000_000, exp=1_700_003_600, sub="9876543"),
        signed(iat=1_700_000_000, sub="9876543"),
        lasting(sub="1234567890"),
        lasting(sub="test"),
        lasting(iss="supabase-demo"),
        lasting(role="anon"),
        lasting(sub="9876543")[:-70],
    ],
)
def test_a_signed_token_that_a_text_shows_as_an_example_is_none(token: str) -> None:
    assert not told("README.md", f"# Usage\n\n    curl -H 'Authorization: Bearer {token}'\n")


def test_other_texts_have_no_escapes() -> None:
    assert not told("notes.txt", f"key {escaped(NOTED)}\n")


@given(st.lists(st.sampled_from(["a", "\\", "_", "\\_", "\\.", "\n", "é"]), max_size=40))
def test_each_character_of_the_plain_text_stands_where_it_was(parts: list[str]) -> None:
    text = "".join(parts)
    plain = plain_text("a.md", text)

    assert "".join(text[plain.original(at)] for at in range(len(plain.text))) == plain.text
    assert len(plain.text) + len(plain.taken) == len(text)
