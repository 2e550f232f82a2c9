"""JSON with comments: the same values as the standard library, and places that are true."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.jsonc import parse_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


def plain(node: Node) -> object:
    """The value that a node stands for, as `json.loads` would give it."""
    match node.kind:
        case NodeKind.MAPPING:
            return {key: plain(value) for key, value in node.items()}
        case NodeKind.SEQUENCE:
            return [plain(element) for element in node.elements]
        case NodeKind.STRING:
            return node.raw
        case _:
            return json.loads(node.raw)


def line_of(text: str) -> int:
    """The line of the root, or of the problem."""
    try:
        return parse_json("a.json", text).root.line
    except InputError as error:
        return error.problems[0].line or 0


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_a_text_reads_as_the_standard_library_reads_it(
    value: object,
    indent: str | int | None,
    ascii_only: bool,  # noqa: FBT001, drawn by hypothesis
) -> None:
    """Round trip, in every layout and with every escape."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    assert plain(parse_json("a.json", text).root) == json.loads(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the text, there is a document or an error that says where."""
    assert line_of(text) >= 1


@given(st.text(alphabet="{}[],:\"'1ae/* \n\\", max_size=60))
def test_no_almost_json_breaks_the_reader(text: str) -> None:
    assert line_of(text) >= 1


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=5))
def test_a_place_points_at_the_value(value: dict[str, str]) -> None:
    """The characters at a node's place are the quoted text itself."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    lines = text.split("\n")

    for _, node in parse_json("a.json", text).root.entries:
        found = lines[node.line - 1][node.column - 1 : node.end_column]
        assert json.loads(found) == node.raw


def test_comments_and_trailing_commas_are_read() -> None:
    document = parse_json("a.jsonc", '{ // why\n  "a": [1, 2,], /* and\n how */ "b": "//no" }')

    assert plain(document.root) == {"a": [1, 2], "b": "//no"}
    assert [(note.line, note.column, note.text) for note in document.comments] == [
        (1, 3, "why"),
        (2, 17, "and\n how"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('{"a": 1, "a": 2}', 1, 10, "the key `a` stands here twice"),
        ('{"AKIA7Q": 1, "AKIA7Q": 2}', 1, 15, "this key stands here twice"),
        ('{"a" 1}', 1, 6, "`:` belongs here"),
        ('{"a": 1 "b": 2}', 1, 9, "`,` or `}` belongs here"),
        ('{"a":\n "b', 2, 2, "a string that does not end, or holds a bad escape"),
        ("{} {}", 1, 4, "there is more after the end of the value"),
        ("", 1, 1, "a value is missing"),
        ("[}", 1, 2, "`}` stands where a value belongs"),
        ("{1: 2}", 1, 2, "a key in double quotes, or `}`, belongs here"),
        ("/* open", 1, 1, "a comment that does not end"),
        ("nul", 1, 1, "this is not JSON"),
        ("[" * 200, 1, 102, "nested deeper than 100"),
    ],
)
def test_what_is_broken_is_said_with_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_json("a.json", text)

    problem = caught.value.problems[0]
    assert (problem.line, problem.column, problem.message) == (line, column, message)


def test_halves_of_surrogate_pairs_become_the_replacement_character() -> None:
    """A lone surrogate can be written nowhere, so it must not get into a document."""
    root = parse_json("a.json", r'["\ud83d\ude00", "\ud83d"]').root

    assert [element.raw for element in root.elements] == ["😀", "\ufffd"]
