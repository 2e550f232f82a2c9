"""TypeScript and JavaScript as a tree: what it says, where it stands, whatever the text."""

import ast
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentaudit.readers.document import Document
from agentaudit.readers.javascript.document import parse_javascript
from agentaudit.readers.javascript.tree import Read, module_tree

IMPORT = "import { Agent } from '@openai/agents';\n"


def tree_of(file: str, text: str) -> Read:
    read = module_tree(file, text)

    assert read is not None
    return read


def python(text: str) -> str:
    """What Python would write, line by line."""
    tree, _, problems = tree_of("a.tsx", text)

    assert not problems
    return ast.unparse(tree)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (
            "new Agent({ name: 'a', 'max-turns': 3, ...rest })",
            "Agent(name='a', max-turns=3, **rest)",
        ),
        ("run(agent, { a: 1 }, { maxTurns: 1_0 })", "run(agent, {'a': 1}, maxTurns=10)"),
        ("f({ [key]: 1, tools, ...{ a } })", "f(**{key: 1}, tools=tools, **{'a': a})"),
        ("const { a, b: c, ...d } = e", "a, c, d = e"),
        ("let [a, , b = 1] = c", "a, b = c"),
        ("x = y ?? process.env['A']", "x = y or process.env['A']"),
        ("`a${b}c\\n`", "f'a{b}c\\n'"),
        ("a = '\\u00fc\\x41\\u{1F600}\\ud83d\\ude00\\\nz'", "a = 'üA😀😀z'"),
        ("(a as B)!.c satisfies D", "a.c"),
        ("a && !b || c", "a and (not b) or c"),
        ("a ? -1 : void 0", "-1 if a else not 0"),
        ("await a?.b(...c)", "await a.b(*c)"),
        ("/a+/.test(b)", "RegExp('a+').test(b)"),
        ("<p a={b}>{c}</p>", "((p, ((b,),)), (c,))"),
        ("i++", "(i := i)"),
        ("f(a = 1)", "f((a := 1))"),
        ("a.b = c", "a.b = c"),
        ("sql`select ${a}`", "sql(f'select {a}')"),
        ("sql<{ a: number }>`select ${a}`", "sql(f'select {a}')"),
        ("function f(a: import('b').C[]) {}", "def f(a, /):"),
        ("const a = b as import('c').D[]", "a = b"),
        ("const a: import('c').default.D[] = []", "a = []"),
        ("a<typeof import('b')>()", "a()"),
        ("const a = { b: import('c') }", "a = {'b': import('c')}"),
        ("a ? b : import('c').then(d)", "b if a else import('c').then(d)"),
        ("0x1f + 1e3 + 10n", "31 + 1000.0 + 10"),
        ("undefined", "None"),
        ("export default a", "default = a"),
        ("export { a as b }", "b = a"),
        ("export * from './a.js'", "from ./a import *"),
        ("export type * from './a'", "from ./a import *"),
        ("export { a } from './a.mts'", "from ./a import a"),
        ("import a, * as b from 'node:fs'", "from fs import default as a\nimport fs as b"),
        ("import { type A, b as c } from 'd'", "from d import b as c"),
        ("import type { A } from 'd'", ""),
        ("const { a: b } = require('c')", "from c import a as b"),
        ("const a = await import('./b.ts')", "import ./b as a"),
        ("for (const a of b) c(a)", "for a in b:\n    c(a)"),
        ("if (a) b(); else { c() }", "if a:\n    b()\nelse:\n    c()"),
        ("type A = { b: string }; interface C {}; declare const d: A", ""),
        ("throw a", "raise a"),
        ("do { a() } while (b)", "while b:\n    a()"),
        ("namespace A { a() }", "a()"),
        ("switch (a) { case b: c() }", "a\nif b:\n    c()"),
        ("label: a()", "a()"),
        (
            "try { a() } catch (e) { b() } finally { c() }",
            "try:\n    a()\nexcept:\n    b()\nfinally:\n    c()",
        ),
        ("for (let i = 0; i < 3; i++) a()", "i = 0\nwhile i < 3:\n    a()\n    (i := i)"),
        ("import a = require('b')", "import b as a"),
        ("[a.b, c, e] = d", "c, e = d"),
        ("f(a.b = c)", "a.b = c\nf()"),
        ("a = class extends B {}", "class 1:5(B):\na = 1:5"),
        ("export default function f() {}", "def f():\ndefault = f"),
        ("const f = x => x", "def f(x, /):\n    return x"),
        ("a, b", "(a, b)"),
        ("new A", "A()"),
        ("yield a", "yield a"),
        ("1e9999 + 1_2_3", "1e309 + 123"),
    ],
)
def test_a_program_is_the_tree_that_says_the_same(text: str, same: str) -> None:
    assert python(text) == same


def test_the_first_parameter_is_told_from_the_others() -> None:
    tree, _, _ = tree_of("a.ts", "const f = async ({ a, b: [c] }: T, { d } = {}, ...e) => a\n")
    (function,) = tree.body

    assert isinstance(function, ast.FunctionDef)
    assert function.name == "f"
    assert [item.arg for item in function.args.posonlyargs] == ["a", "c"]
    assert [item.arg for item in function.args.args] == ["d", "e"]


def test_a_function_within_an_expression_stands_before_its_statement() -> None:
    tree, _, _ = tree_of("a.ts", "tool({ execute: async (a) => { eval(a) } })\n")
    function, call = tree.body

    assert isinstance(function, ast.FunctionDef)
    assert ast.unparse(function).endswith("eval(a)")
    assert ast.unparse(call) == f"tool(execute={function.name})"


def test_a_class_has_its_fields_and_methods() -> None:
    text = "export class A extends B<C> { x = 1; static async y(z) { return this.x } }\n"

    assert python(text) == "class A(B):\n    x = 1\n\n    def y(z, /):\n        return this.x"


def test_places_count_characters() -> None:
    text = f"{IMPORT}/* ü */ const é = new Agent({{ name: 'x' }}); // agentaudit: ignore[a] b\n"
    document = parse_javascript("a.ts", text)
    comment = document.comments[-1]

    assert [found.column for found in document.comments] == [1, 45]
    assert (comment.line, comment.text) == (2, "agentaudit: ignore[a] b")


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("const a = ;\nb(", 1, 9, "no TypeScript"),
        ("é({\n  a: ]\n})\n", 2, 3, "no TypeScript"),
        ("f(" * 300 + "1" + ")" * 300, 1, 197, "deeper"),
        ("a([" + "1, " * 100_001 + "])", 1, 299_992, "more than 100,000"),
    ],
)
def test_what_is_broken_or_too_much_is_named_with_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    _, _, problems = tree_of("a.ts", text)
    found = problems[0]

    assert message in found[2]
    assert found[:2] == (line, column)


def test_the_rest_of_a_broken_file_is_read() -> None:
    tree, _, problems = tree_of("a.ts", "const a = 1;\nclass {{\nconst b = 2;\n")

    assert problems
    assert "a = 1" in ast.unparse(tree)


def test_a_long_chain_of_texts_is_no_deep_one() -> None:
    tree, _, problems = tree_of("a.ts", "a = " + " + ".join(["'b'"] * 5_000))

    assert not problems
    assert sum(isinstance(node, ast.BinOp) for node in ast.walk(tree)) == 4_999


def test_more_than_people_write_is_searched_and_not_parsed() -> None:
    document = parse_javascript("a.ts", IMPORT + " " * 500_000)

    assert document.tree is None
    assert [message for _, _, message in document.problems] == [
        "more than 500,000 characters: only searched for keys"
    ]


@pytest.mark.parametrize("text", ["}+", "{-", "${:", "}await ", "a/* ", "(/*"])
def test_what_makes_the_parser_look_back_ever_further_is_given_up(text: str) -> None:
    document = parse_javascript("a.ts", IMPORT + text * 20_000)

    assert document.tree is None
    assert "too far from TypeScript" in document.problems[0][2]


def test_classes_that_nest_too_deep_for_who_asks_are_a_problem_and_no_crash() -> None:
    text = IMPORT + "class A { f() {\n" * 100 + "} }\n" * 100

    def read(calls: int) -> Document:
        return read(calls - 1) if calls else parse_javascript("a.ts", text)

    document = read(sys.getrecursionlimit() // 2)

    assert document.tree is None
    assert "this is too deep" in document.problems[0][2]


def test_a_file_without_agents_has_no_tree() -> None:
    assert parse_javascript("a.ts", "const a = 1\n").tree is None


words = st.sampled_from(
    [
        *("import ", "from ", "const ", "async ", "function ", "=> ", "new Agent", "tool"),
        *("(", ")", "{", "}", "[", "]", "...", ",", ":", ";", "\n", "`", "${", "'a'", '"b"'),
        *("=", "??", ".", "?.", "await ", "class ", "export ", "default ", "return ", "if "),
        *("for ", "of ", "a", "b", "1", "</a>", "<a>", "/", "*", "ü", "\ud800", "type ", "case "),
        *("switch ", "\\u", "try ", "{}"),
    ]
)


def placed(document: Document) -> list[ast.expr | ast.stmt]:
    tree = document.tree

    assert isinstance(tree, ast.Module)
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]


@given(st.lists(words, max_size=60).map("".join) | st.text(max_size=200))
def test_any_text_is_a_tree_with_places_in_the_text(text: str) -> None:
    text = IMPORT + text
    document = parse_javascript("a.ts", text)
    assume(document.tree is not None)
    lines = text.encode(errors="replace").split(b"\n")

    for node in placed(document):
        assert node.end_lineno is not None
        assert 1 <= node.lineno <= node.end_lineno <= len(lines)
        assert 0 <= node.col_offset <= len(lines[node.lineno - 1])
    for line, column, _ in document.problems:
        assert 1 <= column <= len(lines[line - 1]) + 1
