"""TOML: what it says, and where each of its keys and values stands."""

import tomllib

import pytest

from agentaudit.errors import InputError
from agentaudit.readers.document import Document, Node
from agentaudit.readers.lines import offset_of
from agentaudit.readers.toml import parse_toml

TEXT = r"""
a = 1 # one
"b.c" . 'd e' = [ "x#y", # two
  [2026-11-30 07:32:00Z, 1979-05-27],
  { f = true, "g\u0041" = {h = -1.5e3} },
]
[t]  # three
m = '''
[u]
k = "no # comment"
'''
é = "ü" # four
[[u]]
p.q = 0x1F
[u.v]
w = 'C:\'
[[u]]
p.q = "x\"y"
"""


def written_at(document: Document, node: Node) -> str:
    start = offset_of(document.text, node.line, node.column)
    return document.text[start : offset_of(document.text, node.end_line, node.end_column) + 1]


def test_every_value_of_toml_stands_where_it_is_written() -> None:
    """Read again from its place alone, it says the same; so does every key."""
    text = TEXT.replace("é =", '"é" =')
    document = parse_toml("config.toml", text)
    scalars = [node for node in document.root.walk() if node.text is not None]
    keys = [key for node in document.root.walk() for key, _ in node.entries]

    assert len(scalars) == 11
    for node in scalars:
        value = tomllib.loads(f"v = {written_at(document, node)}")["v"]
        assert str(value).lower() == node.raw.lower()
    for key in keys:
        assert [key.raw] == list(tomllib.loads(f"{written_at(document, key)} = 0"))
    assert [note.text for note in document.comments] == ["one", "two", "three", "four"]


def test_lists_and_tables_within_a_value_have_places() -> None:
    document = parse_toml("config.toml", TEXT.replace("é", "e"))
    listed = document.root.get("b.c", "d e")

    assert listed is not None
    assert [(item.line, item.column, item.end_column) for item in listed.elements] == [
        (3, 19, 23),
        (4, 3, 36),
        (5, 3, 40),
    ]


def test_toml_has_places_in_tables_and_arrays_of_tables() -> None:
    text = 'a = 1\n[mcp_servers.x]\ncommand = "npx"  # c\n[[t]]\nn = 1\n[[t]]\nn = 2\n'
    text += "[t.u]\nb = true\n"
    root = parse_toml("config.toml", text).root
    second = (root.child("t") or root).elements[1]
    found = [
        (node.line, node.column)
        for node in (
            root.child("a"),
            root.get("mcp_servers", "x"),
            root.get("mcp_servers", "x", "command"),
            second,
            second.child("n"),
            second.get("u", "b"),
        )
        if node is not None
    ]

    assert found == [(1, 5), (2, 14), (3, 11), (6, 3), (7, 5), (9, 5)]
    assert root.text_at("mcp_servers", "x", "command") == "npx"


@pytest.mark.parametrize(
    "text", ["a = 1\na = 2\n", "a = [1,\n", "a = " + "[" * 500, "a = " + "9" * 5000]
)
def test_broken_toml_is_said_with_its_place(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_toml("config.toml", text)

    assert (caught.value.problems[0].line or 0) >= 1


@pytest.mark.parametrize(
    "text", ["{0} = 1\n{0} = 2\n", "a = {{ {0} = 1, {0} = 2 }}\n", "[a.{0}]\n[a.{0}]\n"]
)
def test_equal_keys_are_refused_and_never_shown(text: str) -> None:
    """One may be a secret that somebody took for its name."""
    with pytest.raises(InputError) as caught:
        parse_toml("config.toml", text.format("AKIA7QXM"))

    assert caught.value.problems[0].message == "a key or a table stands here twice"
