"""What is read in one pass is what tree-sitter's tree says, or is left to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.hcl.plain import plain_body
from agentaudit.readers.hcl.tree import tree_body

USUAL = """\
# one of each that is read in one pass
resource "aws_iam_role" "agent" {
  name   = "agent-${var.region}" // with a comment
  tags   = merge(local.tags, { team = "red", "cost:centre" : 12.5 })
  ports  = [80, 443,]
  first  = data.aws_subnets.all.ids[0].id
  quoted = "a \\"word\\", 100 %, 5 $\\n"
  public = false
  owner  = null
  inline { a = 1 }
  empty {
  }
}
"""
FRAGMENTS = (
    *("a", "b.c", "x-y", "true", "null", "for", "if", "true.x", "é", "0", "12.5", "1e3", "-", "01"),
    *('"', '"t"', '"${a}"', '"${', "}", '"%{', '"$${a}"', '"a$"', '"%"', '"\\n"', '"\\u00e9"'),
    *('"é"', '"${a["k"]}-${f(1)}"', '"{}"', "${~a~}", "\\"),
    *("[", "]", "{", "(", ")", ",", ":", "=", "==", "=>", "?", ".", ".0", "*", "!", "&&", "..."),
    *("[0]", "[*]", ".b", "f(", "f (", "{ a = 1 }", "[a, b]", "a = 1", "b {", "b {}", '"l" {'),
    *(" ", "  ", "\t", "\n", "\n\n", "\r\n", "# c", "// c", "/* c */", "/*", "#", "\0", "\x0b"),
    *("<<EOF\nx\nEOF\n", "<<-E\n", "\nr = 1\n", '\nr "x" {\n', "\n}\n"),
)
SOUPS = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)


def agree(text: str) -> bool:
    """Whether one pass says nothing, or what the tree says."""
    plain = plain_body(text)
    return plain is None or (*plain, ()) == tree_body(text)


def test_what_most_files_consist_of_is_read_in_one_pass() -> None:
    plain = plain_body(USUAL)

    assert plain is not None
    assert (*plain, ()) == tree_body(USUAL)


@given(SOUPS)
def test_any_body_is_read_as_the_tree_says(soup: str) -> None:
    assert agree(soup)


@given(SOUPS)
def test_any_value_is_read_as_the_tree_says(soup: str) -> None:
    assert agree(f"a = {soup}\n")


@given(SOUPS)
def test_any_value_in_a_block_is_read_as_the_tree_says(soup: str) -> None:
    assert agree(f'r "x" "y" {{\n  a = 1\n  b = [{soup}]\n  c = {{ k = {soup}\n }}\n}}\n')


@pytest.mark.parametrize(
    "text",
    [
        "a = 1 + 2\n",
        "a = b ? c : d\n",
        "a = [for x in y : x]\n",
        "a = <<EOF\nx\nEOF\n",
        "a = b[*].c\n",
        "a = 1 b = 2\n",
        'a = "open\n',
        "a {\n",
        "",
        "# nothing\n",
        f"a = {'[' * 40}{']' * 40}\n",
    ],
)
def test_the_unusual_is_left_to_the_tree(text: str) -> None:
    assert plain_body(text) is None
