"""Constant folding: what the text decides is known, and what it does not is unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.hcl.document import body_node, parse_hcl
from agentaudit.readers.hcl.nodes import json_text
from agentaudit.readers.hcl.syntax import Body
from agentaudit.readers.hcl.values import Folder, Resolved


def value(text: str) -> Node:
    """The value of `<text>` in a file of its own."""
    node = parse_hcl("main.tf", f"a = {text}\n").root.get("a")

    assert node is not None
    return node


def resolved(text: str, **variables: str) -> Node:
    """The value of `<text>`, where `var.<name>` stands for one of the variables given."""
    known = {name: value(source) for name, source in variables.items()}

    def resolve(route: tuple[str, ...]) -> Resolved | None:
        found = known.get(route[1]) if route[0] == "var" and len(route) > 1 else None
        return Resolved(node=found, parts=2) if found else None

    tree = parse_hcl("main.tf", f"a = {text}\n").tree
    assert isinstance(tree, Body)
    node = body_node(tree, Folder(resolve=resolve)).get("a")
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("1 + 2 * 3", "7"),
        ("3600 * 12", "43200"),
        ("10 / 4", "2.5"),
        ("1.5 + 1.5", "3"),
        ("0.5 * 3", "1.5"),
        ("true && true", "true"),
        ("false || false", "false"),
        ("null == 1", "false"),
        ('1 == 2 ? "a" : "b"', '"b"'),
        ('"\\u00e9\\t\\U0001F600"', '"\\u00e9\\t\\ud83d\\ude00"'),
        ('split(",", "")', '[""]'),
        ("-1.5", "-1.5"),
        ("tolist([1])", "[1]"),
        ('lookup({a = 1}, "a")', "1"),
        ('[for k, v in {a = 1} : "${k}=${v}"]', '["a=1"]'),
        ("-(2) % 2", "0"),
        ("1 < 2 && !(2 <= 1)", "true"),
        ("var.x > 1 && false", "false"),
        ("true || var.x", "true"),
        ('"a" == "a" ? "yes" : "no"', '"yes"'),
        ("null == null", "true"),
        ('"x" != null', "true"),
        ('"a-${1 + 1}-${"b"}"', '"a-2-b"'),
        ('"  ${~ "x" ~}  "', '"x"'),
        ('"${["a"]}"', '["a"]'),
        ('"s: ${jsonencode({a = [1, null, true]})}"', '"s: {\\"a\\": [1, null, true]}"'),
        ("[for s in [1, 2, 3] : s * 2 if s != 2]", "[2, 6]"),
        ("[for i, s in [5] : i]", "[0]"),
        ("{for k, v in {a = 1} : upper(k) => v}", '{"A": 1}'),
        ('{a = {b = ["c"]}}.a.b[0]', '"c"'),
        ('{a = 1}["a"]', "1"),
        ("merge({a = 1, b = 2}, {a = 3})", '{"a": 3, "b": 2}'),
        ('concat(["a"], ["b", "c"])', '["a", "b", "c"]'),
        ('concat([["a"], ["b"]]...)', '["a", "b"]'),
        ("flatten([[1, [2]], 3])", "[1, 2, 3]"),
        ('distinct(["a", "b", "a"])', '["a", "b"]'),
        ('compact(["a", "", "b"])', '["a", "b"]'),
        ("keys({a = 1})", '["a"]'),
        ("values({a = 1})", "[1]"),
        ('split(",", "a,b")', '["a", "b"]'),
        ('join("-", ["a"], ["b"])', '"a-b"'),
        ('format("arn:%s:%d%%", "aws", 3)', '"arn:aws:3%"'),
        ('replace("a-b", "-", "_")', '"a_b"'),
        ('lower("AB")', '"ab"'),
        ("tostring(3)", '"3"'),
        ('coalesce(null, "", "x")', '"x"'),
        ("try(var.nobody, 2)", "2"),
        ('lookup({a = 1}, "b", 9)', "9"),
        ("element([7, 8], 1)", "8"),
        ("length([1, 2])", "2"),
        ("max(1, 5, 3)", "5"),
        ("min(1, 5)", "1"),
        ("one([4])", "4"),
        ('contains(["a"], "a")', "true"),
        ('contains(["a"], "b")', "false"),
    ],
)
def test_what_the_text_decides_is_folded(text: str, folded: str) -> None:
    assert json_text(value(text)) == folded


@pytest.mark.parametrize(
    "text",
    [
        "var.x",
        "aws_iam_role.agent.arn",
        "var.x ? 1 : 2",
        "1 / 0",
        "1 % 0",
        '"a" + 1',
        "!var.x",
        "var.x && true",
        "var.x == 1",
        "[for s in var.x : s]",
        "{for k, v in {a = 1} : k => v...}",
        "[for s in [1] : s if var.x]",
        'file("x.json")',
        'format("%q", "a")',
        'format("%s")',
        'join(",", [var.x])',
        'replace("a", "/x/", "b")',
        "aws_s3_bucket.b[*].arn",
        "1.0e400 * 10",
        "coalesce(var.x, 1)",
        "length(var.x)",
        "concat(var.x...)",
        "max(var.x)",
        'contains([var.x], "a")',
        "{a = 1}.b",
        '[1]["a"]',
        "keys(1)",
        "split(1)",
        'lookup(var.x, "a")',
        "provider::x::y(1)",
        '"%{ if true }a%{ endif }"',
    ],
)
def test_what_it_does_not_decide_is_unknown(text: str) -> None:
    assert value(text).unknown


def test_unknown_pieces_stay_visible_in_json() -> None:
    node = value('jsonencode({a = var.x, b = "${var.y}-z", c = f(1)[0]})')

    assert json_text(node) == '{"a": "${var.x}", "b": "${var.y}-z", "c": "${f(1)[0]}"}'


def test_a_template_keeps_what_is_known_beside_what_is_not() -> None:
    node = value('"${aws_s3_bucket.b.arn}/${lower("X")}/*"')

    assert (node.kind, node.raw) == (NodeKind.UNKNOWN, "${aws_s3_bucket.b.arn}/x/*")


def test_unknown_parts_of_collections_stay_visible() -> None:
    listed = value('concat(["a"], var.more)')
    merged = value("merge({a = 1}, var.more)")

    assert [element.unknown for element in listed.elements] == [False, True]
    assert [(key.raw, entry.unknown) for key, entry in merged.entries] == [
        ("a", False),
        ("var.more", True),
    ]


def test_an_indented_heredoc_loses_what_its_lines_share() -> None:
    text = '<<-EOT\n    {\n      "a": "${var.x}", "b": "$${y}"\n    }\n  EOT'

    assert value(text).raw == '{\n  "a": "${var.x}", "b": "${y}"\n}\n'


def test_a_plain_heredoc_keeps_every_character() -> None:
    node = value('<<EOT\n  {"a": "x\\n"}\n\nEOT')

    assert node.text == '  {"a": "x\\n"}\n\n'


def test_a_variable_stands_where_it_is_used_and_remembers_where_it_was_said() -> None:
    node = resolved('{x = var.name}["x"]', name='"agent"')

    assert (node.text, node.column) == ("agent", 5)
    assert (node.origin[-1].text, node.origin[-1].column) == ("agent", 5)


def test_accessors_reach_into_a_variable() -> None:
    assert resolved("var.s.list[1]", s="{list = [1, 2]}").text == "2"
    assert resolved("var.s.list[7]", s="{list = [1, 2]}").unknown
    assert resolved("var.s[var.k]", s="{a = 1}", k='"a"').text == "1"


def test_a_value_that_doubles_with_every_use_is_cut_off() -> None:
    """Thirty doublings of a list would be a billion nodes."""
    node = resolved("[" + "var.x, " * 1000 + "]", x="[" + "1, " * 900 + "]")

    assert len(node.elements) == 1000


def test_a_heavy_variable_exhausts_the_folder() -> None:
    tree = parse_hcl("main.tf", "a = [var.x, var.x]\n").tree
    assert isinstance(tree, Body)
    heavy = value("[1]")
    folder = Folder(resolve=lambda _: Resolved(node=heavy, parts=2, weight=150_000))

    node = body_node(tree, folder).get("a")

    assert node is not None
    assert [element.unknown for element in node.elements] == [False, True]


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_arithmetic_is_arithmetic(left: int, right: int) -> None:
    assert value(f"{left} + {right} * 2").text == str(left + right * 2)
    assert value(f"{left} <= {right}").boolean is (left <= right)


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=4))
def test_concat_then_length_counts_all(lists: list[list[int]]) -> None:
    arguments = ", ".join(str(each) for each in lists)

    assert value(f"length(concat({arguments}))").text == str(sum(map(len, lists)))
