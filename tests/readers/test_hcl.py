"""HCL: shapes, places, recovery, and no text that crashes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.hcl.document import parse_hcl

ROLE = """\
# the agent's role
resource "aws_iam_role" "agent" {
  name = "agent" // for the runtime

  statement {
    sid = "one"
  }
  statement {
    sid = "two"
  }
}
locals {
  a = 1
}
locals {
  b = 2
}
"""


def parsed(text: str) -> Document:
    return parse_hcl("main.tf", text)


def value(text: str) -> Node:
    """The value of the attribute `a` in `a = <text>`."""
    node = parsed(f"a = {text}\n").root.get("a")

    assert node is not None
    return node


def test_a_block_is_a_route_of_its_type_and_labels() -> None:
    name = parsed(ROLE).root.get("resource", "aws_iam_role", "agent", "name")

    assert name is not None
    assert (name.text, name.line, name.column, name.end_line, name.end_column) == (
        ("agent", 3, 10, 3, 16)
    )


def test_blocks_of_one_route_are_a_sequence() -> None:
    statements = parsed(ROLE).root.get("resource", "aws_iam_role", "agent", "statement")
    locals_ = parsed(ROLE).root.get("locals")

    assert statements is not None
    assert [(found.get("sid") or found).text for found in statements.list()] == ["one", "two"]
    assert locals_ is not None
    assert [[name for name, _ in body.items()] for body in locals_.list()] == [["a"], ["b"]]


def test_the_key_of_a_block_points_at_its_label() -> None:
    types = parsed(ROLE).root.get("resource", "aws_iam_role")
    key = types.key_of("agent") if types else None

    assert key is not None
    assert (key.line, key.column, key.end_column) == (2, 25, 31)


def test_comments_keep_their_lines() -> None:
    comments = [(comment.line, comment.text) for comment in parsed(ROLE).comments]

    assert comments == [(1, "the agent's role"), (3, "for the runtime")]


def test_columns_count_characters() -> None:
    name = parsed('a = { "é" = "ü", b = "c" }\n').root.get("a", "b")

    assert name is not None
    assert (name.column, name.end_column) == (22, 24)


def test_an_error_leaves_the_rest_readable_and_is_told_with_its_place() -> None:
    document = parsed('resource "a" "b" {\n  x = 1\n  y = [1,\n}\nresource "c" "d" {\n  z = 2\n}\n')

    assert document.problems
    assert document.problems[0][0] >= 3
    assert document.root.get("resource", "a", "b", "x") is not None


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 3000 + "]" * 3000, "a {" * 400 + "}" * 400, "a = 1" + " + 1" * 3000],
)
def test_what_nests_too_deep_is_a_problem_and_no_crash(text: str) -> None:
    problems = parsed(text).problems

    assert any("deeper than" in message for _, _, message in problems)


def test_templates_without_an_end_are_refused_before_they_cost_minutes() -> None:
    with pytest.raises(InputError, match=r"main\.tf: more than 20,000 templates"):
        parsed('a = "' + "${" * 20_001)


def test_an_empty_file_is_an_empty_mapping() -> None:
    root = parsed("").root

    assert (root.kind, root.entries) == (NodeKind.MAPPING, ())


DYNAMIC = """\
dynamic "rule" {
  for_each = %s
  iterator = each_rule
  content { port = each_rule.value }
}
"""


def test_dynamic_blocks_are_written_out() -> None:
    rules = parsed(DYNAMIC % "[1, 2]").root.get("rule")

    assert rules is not None
    assert [(rule.get("port") or rule).text for rule in rules.list()] == ["1", "2"]


def test_a_dynamic_block_over_unknowns_is_one_block_of_unknowns() -> None:
    port = parsed(DYNAMIC % "var.ports").root.get("rule", "port")

    assert port is not None
    assert port.unknown


def test_a_dynamic_block_without_content_is_nothing() -> None:
    assert parsed('dynamic "rule" {}\n').root.get("rule") is None


@given(
    st.from_regex(
        r'"[a-z .:/#-]{0,9}"|true|null|[0-9]{1,5}(\.[0-9]{1,3})?|[b-eg-z]{1,6}(\.[b-eg-z]{1,6})?',
        fullmatch=True,
    )
)
def test_a_leaf_is_what_the_tree_says(text: str) -> None:
    """In parentheses, which it does not know, the short way is not taken."""
    short, long = value(text), value(f"({text})")

    assert (short.kind, short.raw) == (long.kind, long.raw)


@pytest.mark.parametrize("label", ["a", '"a"'])
@pytest.mark.parametrize("rest", ["", "broken = (\n"])
def test_labels_without_end_are_a_problem_and_hide_no_body(label: str, rest: str) -> None:
    document = parsed(f"x {f'{label} ' * 5_000}{{\n  b = 1\n}}\n{rest}")

    assert (1, 3 + 10 * (len(label) + 1), "more than 10 labels of one block") in document.problems
    assert [node.raw for node in document.root.walk() if not node.entries] == ["1"]


@pytest.mark.parametrize("quoted", ["\\ud800", "\\U0000dfff", "\\U00110000", "\\uD83D\\uDE00"])
def test_escapes_that_are_no_character_are_replaced(quoted: str) -> None:
    """As Terraform does: halves of characters never become one."""
    assert set(value(f'"{quoted}"').raw) == {"\ufffd"}
    assert set(value(f'"{quoted}${{a}}"').raw) >= {"\ufffd"}


@given(st.text(alphabet=st.sampled_from('a1 ="{}[](),.\n$%<>-EOT\\#/*?:!é\ud800'), max_size=80))
def test_no_text_crashes_the_reader(text: str) -> None:
    """Whatever stands in a file, the answer is a document."""
    for node in parsed(text).root.walk():
        assert node.line >= 1
        assert node.column >= 1


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_a_quoted_text_is_itself(text: str) -> None:
    """Escaping a text and reading it again gives the text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("${", "$${").replace("%{", "%%{")

    assert value(f'"{escaped}"').text == text


def test_a_value_of_very_many_accessors_is_unknown_and_said_to_be() -> None:
    document = parse_hcl("main.tf", f"a = b{'[]' * 1_001}\n")

    assert document.root.get("a").unknown  # type: ignore[union-attr]  # it is there
    assert any("more than 1,000 accessors" in said for _, _, said in document.problems)


def test_a_broken_text_of_very_many_blanks_is_not_read_and_said_to_be() -> None:
    document = parse_hcl("main.tf", f"a = 1\nb ={' ' * 1_001}\n")

    assert document.root.get("a") is None
    assert document.problems == ((2, 4, "more than 1,000 blanks in a row"),)


def test_a_whole_text_may_have_as_many_blanks_as_it_likes() -> None:
    assert parse_hcl("main.tf", f"b ={' ' * 1_001}1\n").problems == ()
