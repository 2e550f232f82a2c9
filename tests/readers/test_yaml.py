"""YAML: raw scalars, true places, and no way to break the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.yaml import parse_yaml


def at(text: str, node: Node) -> str:
    """The characters at a node's place, when it stands on one line."""
    return text.split("\n")[node.line - 1][node.column - 1 : node.end_column]


def line_of(text: str) -> int:
    """The line of the root, or of the problem."""
    try:
        return parse_yaml("a.yaml", text).root.line
    except InputError as error:
        return error.problems[0].line or 0


@given(st.text(max_size=200))
def test_no_text_breaks_the_yaml_reader(text: str) -> None:
    assert line_of(text) >= 1


@given(st.text(alphabet="ab:-&*!<{}[]\n \"'#|>?%@", max_size=80))
def test_no_almost_yaml_breaks_the_reader(text: str) -> None:
    assert line_of(text) >= 1


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(), min_size=1))
def test_places_point_at_plain_values(value: dict[str, int]) -> None:
    text = "".join(f"{key}:   {number}\n" for key, number in value.items())

    for key, node in parse_yaml("a.yaml", text).root.entries:
        assert at(text, node) == str(value[key.raw])
        assert at(text, key) == key.raw


def test_scalars_stay_as_they_are_written() -> None:
    root = parse_yaml("a.yaml", "on: push\ntime: 12:30:45\nno: 0o17\nversion: 1.10\n").root

    assert [(key, node.raw) for key, node in root.items()] == [
        ("on", "push"),
        ("time", "12:30:45"),
        ("no", "0o17"),
        ("version", "1.10"),
    ]


def test_kinds_follow_the_style() -> None:
    root = parse_yaml("a.yaml", "- 1\n- '1'\n- yes\n- \n- ~\n- text\n- [a]\n- {a: b}").root

    assert [node.kind for node in root.elements] == [
        NodeKind.NUMBER,
        NodeKind.STRING,
        NodeKind.BOOLEAN,
        NodeKind.NULL,
        NodeKind.NULL,
        NodeKind.STRING,
        NodeKind.SEQUENCE,
        NodeKind.MAPPING,
    ]


def test_merge_keys_and_aliases_are_followed() -> None:
    text = "base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  b: 3\nsame: *base\n"
    root = parse_yaml("a.yaml", text).root

    assert {key: node.raw for key, node in (root.get("own") or root).items()} == {
        "a": "1",
        "b": "3",
    }
    assert root.text_at("same", "b") == "2"


def test_short_tags_of_cloudformation_are_their_long_forms() -> None:
    root = parse_yaml("a.yaml", "a: !Ref Role\nb: !GetAtt Role.Arn\nc: !Sub ['x', {}]\n").root

    assert root.text_at("a", "Ref") == "Role"
    assert root.text_at("b", "Fn::GetAtt") == "Role.Arn"
    assert root.get("c", "Fn::Sub") is not None


def test_documents_of_one_file_are_roots() -> None:
    document = parse_yaml("a.yaml", "a: 1\n---\nb: 2\n")

    assert [root.text_at(key) for root, key in zip(document.roots, "ab", strict=True)] == ["1", "2"]


def test_comments_are_found_outside_of_scalars() -> None:
    text = "# top\na: 'no # comment'  # yes\nb: |\n  # no comment either\nc: x#y\n"

    found = [(note.line, note.column, note.text) for note in parse_yaml("a.yaml", text).comments]
    assert found == [(1, 1, "top"), (2, 20, "yes")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\na: 2\n", 2, "the key `a` stands here twice"),
        ("AKIA7Q: 1\nAKIA7Q: 2\n", 2, "this key stands here twice"),
        ("a: &a [*a]\n", 1, "an alias to an anchor that is not complete here"),
        ("a: *nowhere\n", 1, "an alias to an anchor that is not complete here"),
        ("a: [1\n", 2, "did not find expected ',' or ']'"),
        ("[" * 300 + "]" * 300, 1, "nested deeper than 100"),
    ],
)
def test_broken_yaml_is_said_with_its_place(text: str, line: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml("a.yaml", text)

    problem = caught.value.problems[0]
    assert (problem.line, problem.message) == (line, message)


def test_an_alias_bomb_is_refused() -> None:
    """Nine lines that stand for a thousand million nodes."""
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]

    with pytest.raises(InputError, match="aliases expanded"):
        parse_yaml("bomb.yaml", "\n".join(lines))


def test_an_empty_file_is_an_empty_document() -> None:
    assert parse_yaml("a.yaml", "# nothing\n").root.kind is NodeKind.NULL


def test_a_key_that_is_no_scalar_is_kept_as_its_place() -> None:
    root = parse_yaml("a.yaml", "? [a, b]\n: c\n").root

    assert [key for key, _ in root.items()] == ["?1:3"]
