"""Passwords that instructions tell in sentences and tables, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.coding_agents.told_passwords import ToldPasswords
from agentaudit.extract.deployment import deployment_of

CHOSEN = "Vk7tq2Ls9d"
FROM_TABLE = "hT5!kq92Lm"


def told(text: str) -> list[tuple[int, str]]:
    lines = ToldPasswords()
    return [
        (number, value)
        for number, line in enumerate(text.split("\n"), start=1)
        for name, start, value in lines.on(line)
        if line[start:].startswith(value) and "pass" in name.lower()
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        f"Log in to staging with user admin and password {CHOSEN}.",
        f"The password is {CHOSEN}, and changes every year.",
        f"Its DB_PASSWORD is `{CHOSEN}`.",
        f"| ADMIN_PASSWORD | `{CHOSEN}` | for the console |",
        f"psql --password '{CHOSEN}'",
    ],
)
def test_a_sentence_tells_a_password(sentence: str) -> None:
    assert told(sentence) == [(1, CHOSEN)]


def test_a_column_of_a_table_tells_passwords() -> None:
    text = (
        "| system | user | Password |\n|---|---|---|\n"
        f"| crm | bob | {FROM_TABLE} |\n| wiki | Ann4Marie | ask the desk |\n\n"
        f"| crm | bob | {FROM_TABLE} |\n"
    )

    assert told(text) == [(3, FROM_TABLE)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The password is required, and a password reset sends Base64Encoded text.",
        "Hash the password with PBKDF2: password PBKDF2WithHmacSHA256 is fine.",
        "The password is `TestPassword123!` in every example.",
        "The password is ${DB_PASSWORD4Agents}.",
        "The password is getPassword4(user).",
        "| password | VARCHAR | not null |",
        "POST /forgot-password HTTP/1.1",
        "The password is at https://Vault1.acme.test/agent",
    ],
)
def test_words_references_and_code_are_no_passwords(sentence: str) -> None:
    assert told(sentence) == []


@given(st.text(st.sampled_from("pasword|-: `'aB1!\n"), max_size=200))
def test_what_is_told_stands_where_it_is_said_to(text: str) -> None:
    lines = ToldPasswords()
    for line in text.split("\n"):
        for _, start, value in lines.on(line):
            assert line[start : start + len(value)] == value


def test_such_a_password_is_a_credential_in_the_prompt_at_its_place() -> None:
    text = f"# Desk\n\nUse user admin and password {CHOSEN}.\n"
    [found] = deployment_of({"CLAUDE.md": text}).credentials

    assert (found.exposure, str(found.evidence[0])) == ("prompt", "CLAUDE.md:3:29")
    assert CHOSEN not in found.evidence[0].snippet
