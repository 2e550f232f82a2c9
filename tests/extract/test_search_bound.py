"""A deployment in which every word may name a secret is hidden rather than searched for ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.collector import HIDDEN
from agentaudit.extract.credentials import redaction
from agentaudit.extract.credentials.redaction import (
    all_cleaned,
    arguments,
    cleaned,
    may_hold_secret,
)
from agentaudit.extract.credentials.search_bound import SearchBound
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus

WORD = "q8vR2xLkQ9mP4"
WORDS = "password token login curl --user key echo -p "
TEXTS = st.lists(
    st.one_of(
        st.sampled_from([f"--password {WORD}", f"curl -u a:{WORD} b", f"TOKEN={WORD}"]),
        st.text("pasword= -", max_size=20),
        st.just("--verbose"),
    ),
    min_size=1,
)


def hidden(text: str) -> str:
    return f"… ({len(text)} characters)"


@given(texts=TEXTS, left=st.integers(0, 300))
def test_a_text_is_searched_or_hidden_whole(texts: list[str], left: int) -> None:
    searched = [cleaned(text) for text in texts]
    bound = SearchBound(left=left)

    with bound.holds(0):
        shown = [cleaned(text) for text in texts]
        listed = all_cleaned(tuple(texts))

    for text, clean, seen in zip(texts, searched, shown, strict=True):
        assert seen in (clean, hidden(text))
    assert listed in (tuple(searched), tuple(map(hidden, texts)))
    assert bound.left >= 0
    assert bound.hidden >= sum(a != b for a, b in zip(searched, shown, strict=True))


def test_arguments_are_hidden_where_there_is_no_room() -> None:
    given_ = ("-y", "a-mcp", f"--password={WORD}", f"curl -u a:{WORD} b{'c' * 100}")

    with SearchBound(left=0).holds(0):
        shown = arguments(given_, "npx")

    assert WORD not in " ".join(shown)
    assert shown[:2] == ("…", "…")
    assert arguments(given_, "npx")[:2] == ("-y", "a-mcp")


def test_nothing_is_hidden_where_nobody_sets_a_bound() -> None:
    with SearchBound(left=0).holds(0):
        pass
    text = f"{WORDS * 4}mysql -p{WORD}"

    assert cleaned(text) == text.replace(WORD, "…")


def test_room_grows_with_the_files() -> None:
    text = f"{WORDS * 4}mysql -p{WORD}"

    with SearchBound(left=0).holds(len(text) * 100):
        assert cleaned(text) == text.replace(WORD, "…")


def test_what_is_shown_again_counts_once_and_what_was_hidden_is_searched_later() -> None:
    text = f"once more: {WORDS * 4}mysql -p{WORD}"
    with SearchBound(left=0).holds(0):
        assert cleaned(text) == hidden(text)
    bound = SearchBound(left=len(text))

    with bound.holds(0):
        assert cleaned(text) == cleaned(text) == text.replace(WORD, "…")

    assert (bound.left, bound.hidden) == (0, 0)


def test_that_something_is_hidden_is_said_where_nothing_can_be_searched_any_more() -> None:
    assert not may_hold_secret(f"more than is read or followed: {HIDDEN}")


@pytest.mark.parametrize("many", [10, 700])
def test_a_file_full_of_such_words_is_read_in_part(many: int) -> None:
    """The file behind it, whose words are hidden too, is named as well."""
    servers = {
        f"s{i}": {"command": "npx", "args": ["-y", "a-mcp@1.0.0", f"{i} {WORDS * 26}"]}
        for i in range(many)
    }
    last = {"command": "npx", "args": ["-y", "b-mcp@1.0.0", f"{WORDS * 26}{WORD}"]}
    deployment = deployment_of(
        {
            ".mcp.json": json.dumps({"mcpServers": servers}),
            "b/.mcp.json": json.dumps({"mcpServers": {"last": last}}),
            "c/.mcp.json": json.dumps({"mcpServers": {"a": {"command": "c-mcp"}}}),
        }
    )

    status = FileStatus.READ if many == 10 else FileStatus.PARTIAL
    assert {found.file: found.status for found in deployment.coverage} == {
        ".mcp.json": status,
        "b/.mcp.json": status,
        "c/.mcp.json": FileStatus.READ,
    }
    reasons = {found.reason for found in deployment.coverage if found.status is not FileStatus.READ}
    assert all("hidden" in reason for reason in reasons)
    assert len(deployment.tool_servers) == many + 2


def test_secrets_whose_texts_are_hidden_are_still_told_apart() -> None:
    """
    Digests had been hidden as well, so that all secrets beyond the bound were one and shared.

    What earlier tests had cleaned costs nothing again, and would leave room for the last texts.
    """
    for cleaned_before in (redaction._cleaned_once, redaction._cleaned_lately):
        cleaned_before.cache_clear()
    args = ["-y", "a-mcp@1.0.0"]
    servers = {
        f"s{i}": {"command": "npx", "args": [*args, f"{i} {WORDS * 26}"]} for i in range(700)
    }
    keys = [f"4f9Qm7Zt2Xw8Kc5Rb1Yn6Hd3Jp0Ls{letter}Vg" for letter in "aabc"]
    names = ("FIRST", "SECOND", "THIRD", "FOURTH")
    lines = [f"{name}_SERVICE_API_KEY={key}" for name, key in zip(names, keys, strict=True)]
    deployment = deployment_of(
        {".mcp.json": json.dumps({"mcpServers": servers}), "z/.env": "\n".join(lines)}
    )
    shared = {fact.name: bool(fact.shared_with) for fact in deployment.credentials}

    assert {file.status for file in deployment.coverage} == {FileStatus.PARTIAL}
    assert [shared[f"{name}_SERVICE_API_KEY"] for name in names] == [True, True, False, False]
