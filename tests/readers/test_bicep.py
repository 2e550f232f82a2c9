"""Bicep: places, statements, recovery, and no text that crashes it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.bicep import parse_bicep
from agentaudit.readers.azure.functions import FUNCTIONS
from agentaudit.readers.azure.values import Folder
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import offset_of
from tests.growth import further_cost

APP = """\
targetScope = 'subscription'
// what the team names it
@description('''
A name, and what it's for.
''')
@minLength(1)
param name string
@secure()
param key string = ''
param sizes {
  small: int
  large: int?
} = { small: 1, large: 2 }
param kind 'a'
  | 'b' = 'a'

var tags = { 'azd-env-name': name, ...extra }
var extra = {}
resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = if (name != '') {
  name: 'rg-${name}'
}
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'vault'
  resource secret 'secrets' = {
    name: 'openai'
    properties: { value: key }
  }
}
module app 'core/app.bicep' = [for (item, i) in ['a', 'b']: {
  name: 'app-${i}'
  scope: group
  params: {
    name: item
    env: union(tags, {
      ENDPOINT: app.outputs.?endpoint ?? ''
    })
  }
}]
output id string = name == 'x' ? 'a' : vault::secret.id
"""


def parsed(text: str) -> Document:
    return parse_bicep("main.bicep", text)


def read(text: str) -> Document | None:
    """The document; none where the text cannot be cut into tokens, and a place says where."""
    try:
        return parsed(text)
    except InputError as error:
        lines = text.count("\n") + 1
        if all(1 <= (problem.line or 0) <= lines for problem in error.problems):
            return None
        raise


def template(text: str) -> syntax.Template:
    tree = parsed(text).tree

    assert isinstance(tree, syntax.Template)
    return tree


def value(text: str) -> Node:
    """The value of `var a = <text>`, with nothing around it."""
    return Folder().fold(template(f"var a = {text}\n").variables["a"])


def test_statements_are_told_apart() -> None:
    tree = template(APP)

    assert parsed(APP).problems == ()
    assert (tree.scope, list(tree.parameters), list(tree.variables), list(tree.outputs)) == (
        "subscription",
        ["name", "key", "sizes", "kind"],
        ["tags", "extra"],
        ["id"],
    )
    assert [each.secure for each in tree.parameters.values()] == [False, True, False, False]
    assert [(each.symbol, each.existing) for each in tree.resources] == [
        ("group", False),
        ("vault", True),
    ]
    assert [child.symbol for child in tree.resources[1].children] == ["secret"]
    (module,) = tree.modules
    assert (module.source, module.loop is not None) == ("core/app.bicep", True)
    assert (module.place.line, module.place.column) == (29, 12)


def test_comments_have_their_places() -> None:
    assert [(each.line, each.column, each.text) for each in parsed(APP).comments] == [
        (2, 1, "what the team names it")
    ]


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("'it\\'s'", "it's"),
        (r"'a\n\t\\\$\u{1F600}'", "a\n\t\\$\U0001f600"),
        (r"'\u{d800}\u{110000}'", "\ufffd\ufffd"),
        ("'''\nit's\n  two '''", "it's\n  two "),
        ("''''quoted''''", "'quoted'"),
        ("'a${'b${1 + 2 * 3}'}c'", "ab7c"),
        ("$'''a${'b'}${2}c'''", "ab2c"),
        ("'''a${'b'}'''", "a${'b'}"),
        ("true ? 'a' : 'b'", "a"),
        ("(1 > 2 || !false) && 'x' =~ 'X'\n  ? 'yes'\n  : 'no'", "yes"),
        ("null ?? 'a'", "a"),
        ("{ a: { 'b-c': ['d', 'e'] } }.a['b-c'][1]", "e"),
        ("[\n  'a'\n  'b', 'c'\n  ...['d']\n][3]", "d"),
        ("{ a: 1, ...{ a: 2 } }.a", "2"),
        ("join(map(['a', 'b'], x => '${x}!'), ',')", "a!,b!"),
        ("join([for (x, i) in ['a', 'b']: '${x}${i}'], ',')", "a0,b1"),
        ("length(filter(range(0, 5), (n) => n > 2))", "2"),
        ("sys.format('{0}-{1}', 'a', 1)", "a-1"),
        ("contains({ a: 1 }, 'A') ? 'in' : 'out'", "in"),
        ("empty([]) && empty('') && empty({}) && empty(null) ? 'e' : 'f'", "e"),
        ("-1 + 2", "1"),
        ("any({ a: 'x' }).a", "x"),
        ("toLower(first(split('A/B', '/')))", "a"),
        ("{ a: 'x' }.?b ?? 'none'", "none"),
        ("items({ k: 'v' })[0].value", "v"),
        ("concat(first(''), last('ab'), first(['c', x]), last([x, 'd']))", "bcd"),
        ("length(flatten([['a'], ['b', 'c']]))", "3"),
        ("shallowMerge([{ a: 1 }, { a: 2 }]).a", "2"),
        ("join(objectKeys({ a: 1, b: 2 }), ',')", "a,b"),
    ],
)
def test_what_expressions_are_worth(text: str, raw: str) -> None:
    found = value(text)

    assert (found.text, found.unknown) == (raw, False)


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("listKeys(account.id, '2023-05-01').key1", "listKeys(account.id, '2023-05-01').key1"),
        ("account.listKeys().key1", "listKeys(account).key1"),
        ("'a-${token}'", "a-${token}"),
        ("token ? 'a' : 'b'", "if(token, …)"),
        ("environment().suffixes.storage", "environment().suffixes.storage"),
        ("concat('a', concat('b', token))", "ab${token}"),
        ("format('{0}-{1}', 'a-${token}', other)", "a-${token}-${other}"),
        ("'a-${null}-${token}'", "a-${null}-${token}"),
        ("concat('a', { b: token })", "a${{…}}"),
        ("map()", "map()"),
        ("filter()", "filter()"),
        ("[for x in xs: x]", "for …"),
        (
            "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')",
            "/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/r",
        ),
    ],
)
def test_what_only_a_deployment_knows_is_unknown_and_shown(text: str, raw: str) -> None:
    found = value(text)

    assert (found.kind, found.raw) == (NodeKind.UNKNOWN, raw)


def test_of_a_union_the_known_part_is_known_and_the_rest_is_open() -> None:
    found = value("union({ A: 'a' }, settings)")

    assert found.text_at("A") == "a"
    assert [key.unknown for key, _ in found.entries] == [False, True]
    assert value("concat(['a'], more)").elements[1].unknown


def test_of_equal_keys_the_last_counts_and_every_open_part_stays() -> None:
    spread, united = value("{ a: 1, ...x, ...x, a: 2 }"), value("union({ a: 1 }, x, x, { a: 2 })")

    for found in (spread, united):
        assert [(key.raw, each.raw) for key, each in found.entries] == [
            ("a", "2"),
            ("…", "x"),
            ("…", "x"),
        ]


arguments = st.sampled_from(
    (
        *("'a/b'", "''", "'{0}{7}'", "'-3'", "7", "-1", "9" * 4_300, "true", "null", "[]", "{}"),
        *("[1, [x]]", "{ a: 1, ...x }", "x", "a => a", "(a, b) => true", "() => 1"),
    )
)


@given(
    st.sampled_from([*FUNCTIONS, "map", "filter", "if", "copyIndex"]),
    st.lists(arguments, max_size=4),
)
def test_no_arguments_crash_a_function(name: str, given: list[str]) -> None:
    """Azure refuses most of them; what it answers is not known then, or what it would be."""
    found = value(f"{name}({', '.join(given)})")

    assert found.raw.encode().decode() == found.raw


@pytest.mark.parametrize("text", [f"range({'9' * 4_300}, 2)", "range(-1000000000001, 1)"])
def test_numbers_that_azure_has_not_are_left_unknown(text: str) -> None:
    assert value(text).unknown


def test_a_broken_statement_hides_no_other() -> None:
    broken = "param a string = 'x'\nresource b = {\n  c: [\n}\nvar d = 'e'\noutput f string = d\n"
    document = parsed(broken)
    tree = document.tree

    assert isinstance(tree, syntax.Template)
    assert document.problems == ((2, 12, "a text in single quotes belongs here"),)
    assert (list(tree.parameters), list(tree.variables), list(tree.outputs)) == (
        ["a"],
        ["d"],
        ["f"],
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("var a = 'b\n", (1, 9), "a text that does not end, or holds a bad escape"),
        ("var a = '''b\n", (1, 9), "a text that does not end"),
        ("var a = 1 /* b\n", (1, 11), "a comment that does not end"),
        ("var a = #\n", (1, 9), "this is not Bicep"),
    ],
)
def test_what_cannot_be_cut_into_tokens_says_where(
    text: str, place: tuple[int, int], message: str
) -> None:
    with pytest.raises(InputError) as raised:
        parsed(text)

    (problem,) = raised.value.problems
    assert ((problem.line, problem.column), problem.message) == (place, message)


@pytest.mark.parametrize(
    "text",
    [
        "var a = " + "[" * 5_000,
        "var a = " + "(" * 5_000 + "1" + ")" * 5_000,
        "var a = " + "{b: " * 5_000,
        "var a = " + "!" * 5_000 + "true",
        "var a = b" + ".c" * 5_000,
        "var a = " + "x ? y : " * 5_000 + "z",
        "var a = 1" + " + 1" * 5_000,
        "var a = " + "'${" * 5_000,
        "resource a 'b' = {\n" + "resource a 'b' = {\n" * 5_000,
    ],
)
def test_what_nests_without_end_is_a_problem(text: str) -> None:
    document = read(text)

    assert document is None or document.problems
    assert document is None or document.root.kind is NodeKind.MAPPING


def test_a_long_chain_of_operators_is_left_unknown() -> None:
    assert value("1" + " + 1" * 500).unknown
    assert value("a" + " || a" * 500).unknown


plain = st.text(
    st.characters(codec="utf-8", exclude_characters="'\\$\r\n", exclude_categories=["C"])
)
names = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True).filter(
    lambda name: name not in {"for", "if", "true", "false", "null", "resource"}
)
trees = st.recursive(
    plain.map(lambda text: f"'{text}'"),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda found: "[\n" + "\n".join(found) + "\n]")
        | st.dictionaries(names, inner, max_size=4).map(
            lambda found: "{ " + ", ".join(f"{name}: {each}" for name, each in found.items()) + " }"
        )
        | inner.map(lambda each: f"({each})")
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(names, trees), unique_by=lambda pair: pair[0]))
def test_texts_stand_where_their_places_say(statements: list[tuple[str, str]]) -> None:
    text = "\n\n".join(f"var {name} = {tree}" for name, tree in statements)
    document = parsed(text)
    found = [each for each in document.root.walk() if each.kind is NodeKind.STRING]

    assert document.problems == ()
    assert len(found) == text.count("'") // 2
    for each in found:
        start = offset_of(text, each.line, each.column)
        end = offset_of(text, each.end_line, each.end_column)
        assert text[start : end + 1] == f"'{each.raw}'"


PIECES = re.findall(r"\w+|\s+|[^\w\s]", APP)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(PIECES) - 1),
            st.sampled_from(["", " ", "'", "${", "}", "[", "\n", "'''", "for", "if (", "...", "é"]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_no_damage_crashes_the_reader(changes: list[tuple[int, str]]) -> None:
    pieces = list(PIECES)
    for at, instead in changes:
        pieces[at] = instead
    text = "".join(pieces)
    lines = text.count("\n") + 1
    document = read(text)
    if document is None:
        return

    assert all(1 <= line <= lines for line, _, _ in document.problems)
    assert all(1 <= node.line <= lines for node in document.root.walk())


@given(st.text(st.sampled_from("ab1 '${}[]():=,.?!|&\n@/*<>-"), max_size=60))
def test_no_text_crashes_the_reader(text: str) -> None:
    document = read(f"var a = {text}")

    assert document is None or document.root.kind is NodeKind.MAPPING


def test_quotes_that_end_a_text_are_counted_at_once() -> None:
    def read(quotes: int) -> object:
        return parsed("var a = '''b" + "'" * (3 + quotes) + "\n")

    assert further_cost(read, 1_000, within="readers") == (0, 0)
