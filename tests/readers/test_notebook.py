"""Notebooks of Jupyter as trees of Python, with the places of the file."""

import ast
import json
from collections.abc import Mapping, Sequence

import pytest

from agentaudit.errors import InputError
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.finding import Severity
from agentaudit.readers.notebook import parse_notebook
from agentaudit.rules.fakes import fake
from tests.growth import further_cost
from tests.linting.severities import found

KEY = fake("aws_access_key")
AGENT = ("from langchain.agents import AgentExecutor\n", "made = AgentExecutor(max_iterations=900)")


def notebook(
    *cells: Sequence[str] | str,
    outputs: Sequence[Mapping[str, object]] = (),
    indent: int | None = 1,
) -> str:
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": list(outputs), "source": source}
        for source in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4}, indent=indent)


def tree_of(text: str) -> ast.Module:
    tree = parse_notebook("a.ipynb", text).tree
    assert isinstance(tree, ast.Module)
    return tree


def named(text: str, name: str) -> ast.Name:
    found = (node for node in ast.walk(tree_of(text)) if isinstance(node, ast.Name))
    return next(node for node in found if node.id == name)


@pytest.mark.parametrize("indent", [1, None])
@pytest.mark.parametrize("before", ["", '"a\\n\\"ü\\u00e9"; ', '"😀"; ', "\t"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_name_stands_where_the_file_has_it(
    before: str, indent: int | None, *, alone: bool
) -> None:
    lines = ["if True:\n", f"  {before}wanted = 1\n"]
    text = notebook(["x = 1\n"], lines if alone else "".join(lines), indent=indent)
    node = named(text, "wanted")

    line = text.split("\n")[node.lineno - 1]
    assert line.encode()[node.col_offset : node.end_col_offset] == b"wanted"


@pytest.mark.parametrize(
    "source",
    [
        ["%pip install it\n", "wanted = 1"],
        ["!one \\\n", "  two\n", "wanted = 1"],
        ["if True:\n", "    !ls\n", "wanted = 1"],
        ["found = !ls\n", "wanted = 1"],
        ["it?\n", "wanted = 1"],
        ["%%time\n", "wanted = 1"],
        ["%%writefile agent.py\n", "wanted = 1"],
        ["wanted = ('%s'\n", "  % 1)"],
        ["wanted = await it()"],
    ],
)
def test_magics_and_lines_for_a_shell_are_no_mistakes(source: list[str]) -> None:
    document = parse_notebook("a.ipynb", notebook(source))

    assert not document.problems
    assert named(notebook(source), "wanted").id == "wanted"


@pytest.mark.parametrize("source", [["%%bash\n", "wanted = 1"], ["%%html\n", "<b>"]])
def test_a_cell_in_another_language_is_none_of_ours(source: list[str]) -> None:
    document = parse_notebook("a.ipynb", notebook(source))

    assert not document.problems
    assert not tree_of(notebook(source)).body


def test_a_notebook_of_another_language_has_no_code_of_ours() -> None:
    written = json.loads(notebook(["library(it)\n"]))
    written["metadata"]["kernelspec"] = {"language": "R"}

    assert not parse_notebook("a.ipynb", json.dumps(written)).problems


def test_a_cell_that_is_no_python_is_told_and_hides_no_other() -> None:
    text = notebook(["wanted = 1"], ["model = <yours>\n"])
    document = parse_notebook("a.ipynb", text)
    line = next(at for at, each in enumerate(text.split("\n"), 1) if "<yours>" in each)

    assert [(each[0], each[1]) for each in document.problems] == [(line, 6)]
    assert named(text, "wanted").id == "wanted"


@pytest.mark.parametrize(
    "shown",
    [
        {"output_type": "stream", "text": ["all well\n", f"key {KEY}\n"]},
        {"output_type": "execute_result", "data": {"text/plain": [f"'{KEY}'"]}},
        {"output_type": "error", "traceback": [f"bad {KEY}"]},
    ],
)
def test_a_key_that_a_cell_shows_is_found_where_it_stands(shown: Mapping[str, object]) -> None:
    text = notebook(["print(key)"], outputs=[shown])
    (credential,) = deployment_of({"a.ipynb": text}).credentials

    place = credential.evidence[0]
    assert KEY in text.split("\n")[place.line - 1]


@pytest.mark.parametrize("line", [f"%env AWS_KEY={KEY}\n", f"!export AWS_KEY={KEY}\n"])
def test_a_key_in_a_magic_is_found(line: str) -> None:
    assert deployment_of({"a.ipynb": notebook([line])}).credentials


def test_an_agent_in_a_notebook_is_a_note_and_a_key_is_not() -> None:
    text = notebook(AGENT, [f"key = '{KEY}'\n"])
    worst = found({"a.ipynb": text})

    assert worst["unlimited-iterations"] is Severity.LOW
    assert worst["literal-aws-access-key"] is Severity.CRITICAL


def test_a_comment_for_us_stands_on_its_own_line() -> None:
    text = notebook([*AGENT[:1], "x = 1  # agentaudit: ignore[no-budget] tried out\n"])
    (comment,) = parse_notebook("a.ipynb", text).comments

    assert text.split("\n")[comment.line - 1][comment.column - 1 :].startswith("# agentaudit")


def test_what_is_no_json_is_broken() -> None:
    with pytest.raises(InputError):
        parse_notebook("a.ipynb", "{")


def test_a_cell_with_a_text_of_more_values_than_the_parser_bears_is_told() -> None:
    crowded = 'x = f"' + "{y}" * 10_001 + '"'
    document = parse_notebook("a.ipynb", notebook("wanted = 1", crowded))

    assert isinstance(document.tree, ast.Module)
    assert [ast.unparse(each) for each in document.tree.body] == ["wanted = 1"]
    assert [message for *_, message in document.problems] == [
        "a cell is not Python as we know it: only searched for keys"
    ]


@pytest.mark.parametrize("before", ["", "\n", "é\n\n", "a\\\\n\n", "C:\\new\n", "\u2028\n😀\n"])
@pytest.mark.parametrize("behind", ["", "\n", "\\\nmore"])
def test_a_key_stands_on_its_line_of_what_a_cell_shows(before: str, behind: str) -> None:
    """Breaks of lines are written as an `n` behind a backslash, which may itself be one of two."""
    text = notebook(["x = 1"], outputs=[{"text": f"{before}key {KEY}{behind}"}])
    shown = tree_of(text).body[-1]
    line = text.split("\n")[shown.lineno - 1].encode()

    assert line[shown.col_offset : shown.end_col_offset].decode().startswith(f"key {KEY}")


def test_what_cells_show_without_a_key_is_not_taken_apart() -> None:
    """A picture, or a log of millions of lines, is searched and that is all."""

    def read(lines: int) -> object:
        return parse_notebook("a.ipynb", notebook(["x = 1"], outputs=[{"text": "ab\n" * lines}]))

    second, third = further_cost(read, 2_000, within="readers")

    assert (second, third) == (0, 0)
