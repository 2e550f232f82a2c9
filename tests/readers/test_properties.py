"""Properties of Java: every line in its place, escapes undone, and what they hold found."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.model.deployment import FileStatus
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.properties import parse_properties
from agentaudit.rules.fakes import fake

FILE = "src/main/resources/application.properties"
PLAIN = st.text("abcXYZ019._-", min_size=1, max_size=12)


def entries(text: str) -> list[tuple[str, str]]:
    return [(key.raw, value.raw) for key, value in parse_properties(FILE, text).root.entries]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", [("a", "b")]),
        ("a = b = c ", [("a", "b = c")]),
        ("a:b\nc d", [("a", "b"), ("c", "d")]),
        ("a\nb=\n", [("a", ""), ("b", "")]),
        ("  # a=b\n! c=d\n\n", []),
        ("a=b#c", [("a", "b#c")]),
        ("a\\ b\\:c=d\\=\\n\\u00e9\\z", [("a b:c", "d=\néz")]),
        ("a=b\\\n    c\\\n\td\ne=f", [("a", "bcd"), ("e", "f")]),
        ("a=b\\\\\nc=d", [("a", "b\\"), ("c", "d")]),
        ("a=\\ud83d\\udc4d", [("a", "\N{REPLACEMENT CHARACTER}" * 2)]),
        ("=a\nb=c\\", [("b", "c")]),
        ('%dev.a."b".c=d', [('%dev.a."b".c', "d")]),
        ("a=1\na=2", [("a", "1"), ("a", "2")]),
    ],
)
def test_lines_give_names_to_values(text: str, expected: list[tuple[str, str]]) -> None:
    assert entries(text) == expected


@given(st.lists(st.tuples(PLAIN, PLAIN), max_size=8), st.sampled_from(["=", ": ", " ", " = "]))
def test_what_is_written_is_read_where_it_stands(
    pairs: list[tuple[str, str]], between: str
) -> None:
    text = "\n".join(f"{key}{between}{value}" for key, value in pairs)
    lines = text.split("\n")

    assert entries(text) == pairs
    for key, value in parse_properties(FILE, text).root.entries:
        for node in (key, value):
            assert lines[node.line - 1][node.column - 1 : node.end_column] == node.raw


@given(st.text(st.sampled_from("ab=:#!\\\n \tu0é\f\r"), max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    document = parse_properties(FILE, text)
    last = text.count("\n") + 1

    assert all(
        1 <= node.line <= node.end_line <= last for pair in document.root.entries for node in pair
    )


@pytest.mark.parametrize("text", ["\\\n" * 200_000, "a\\" * 200_000, "a=\\" + "\n \\" * 100_000])
def test_a_hostile_text_is_read_in_linear_time(text: str) -> None:
    assert len(entries(text)) <= 1


def test_secrets_are_found_by_their_look_and_their_name() -> None:
    text = (
        f"spring.ai.openai.api-key={fake('openai_key')}\n"
        "spring.datasource.password=Winter\\\n  2024xy\n"
        "quarkus.langchain4j.openai.api-key=${OPENAI_API_KEY}\n"
        "spring.ai.mistralai.api-key=${MISTRAL_KEY:}\n"
        "jasypt.password=ENC(aGVsbG8gd29ybGQgaGVsbG8)\n"
        "cloud.password={cipher}682bc583f4641835fa2db009355293665d2647dade3375c0ee201de2a49f7bda\n"
        "maven.password=@db.password@\n"
    )
    found = deployment_of({FILE: text}).credentials

    assert {(each.name, each.provider, each.evidence[0].line) for each in found} == {
        ("spring.ai.openai.api-key", "openai", 1),
        ("spring.datasource.password", "database", 2),
    }


@pytest.mark.parametrize("file", [FILE, "src/main/resources/application.yml"])
def test_a_default_of_a_placeholder_is_a_literal(file: str) -> None:
    line = "db.password{}${{DB_PASSWORD:Winter2024xy}}\n".format(": " if "yml" in file else "=")
    (found,) = deployment_of({file: line}).credentials

    assert (found.name, found.form) == ("db.password", CredentialForm.LITERAL)


@pytest.mark.parametrize("value", ["${DB_PASSWORD:}", "${DB_PASSWORD}", "${db.password:${OTHER}}"])
def test_a_placeholder_without_a_literal_is_none(value: str) -> None:
    found = deployment_of({FILE: f"db.password={value}\n"}).credentials

    assert [each for each in found if each.form is CredentialForm.LITERAL] == []


def test_texts_for_people_are_searched_for_keys_alone() -> None:
    key = fake("openai_key")
    words = deployment_of({"messages_de.properties": "login.password=Kennwort2024abc\n"})
    shown = deployment_of({"messages_de.properties": f"hint=use {key}\n"})

    assert words.credentials == ()
    assert [each.provider for each in shown.credentials] == ["openai"]


def test_letters_of_western_europe_break_no_audit(tmp_path: Path) -> None:
    (tmp_path / "application.properties").write_bytes(b"# caf\xe9\nspring.ai.a=b\n")

    assert [each.status for each in read_deployment([tmp_path]).coverage] == [FileStatus.READ]
