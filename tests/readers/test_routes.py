"""Routes: sentences as keys are read, and keys that are longer than any name are refused."""

import json

import pytest

from agentaudit.errors import InputError
from agentaudit.readers.document import bounded_name
from agentaudit.readers.lines import MAX_NAME, MAX_ROUTE
from agentaudit.readers.syntax import parse

FILLED = [0] * 40_000
"""So that a text is long enough to be asked."""


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("a.json", '{"a": %s,\n "%s": {"b": 1}}', (2, 2)),
        ("a.json", '{"a": %s,\n "b": {"c": 1, "%s": 1}}', (2, 16)),
        ("a.yaml", "a: %s\nb:\n  ? %s\n  : c\n", (3, 5)),
        ("a.toml", "a = %s\n[b]\n%s = 1\n", (3, 1)),
    ],
)
def test_keys_that_are_longer_than_any_name_are_refused_where_they_stand(
    file: str, text: str, place: tuple[int, int]
) -> None:
    long = text % (json.dumps(FILLED), "k" * (MAX_ROUTE + 1))
    with pytest.raises(InputError) as caught:
        parse(file, file.rpartition(".")[2], long)
    (problem,) = caught.value.problems

    assert (problem.line, problem.column) == place
    assert "more than 4,000 characters" in problem.message


def test_so_are_keys_that_are_so_long_together() -> None:
    nested: object = FILLED
    for _ in range(5):
        nested = {"k" * (MAX_ROUTE // 5 + 1): nested}

    with pytest.raises(InputError):
        parse("a.json", "json", json.dumps(nested))


def test_sentences_as_keys_are_read() -> None:
    """As files of translations have them, below a language and a topic."""
    sentences = {f"{at} {'word ' * 200}": "Wort" for at in range(200)}
    text = json.dumps({"de": {"topic": sentences}})

    assert parse("de.json", "json", text).root.get("de", "topic", *list(sentences)[:1])


def test_a_name_that_is_too_long_is_told_apart_from_others() -> None:
    one, other = "a" * (MAX_NAME + 1), "a" * MAX_NAME + "b"

    assert bounded_name(one[:-1]) == one[:-1]
    assert bounded_name(one) != bounded_name(other)
    assert len(bounded_name(one)) < 60
