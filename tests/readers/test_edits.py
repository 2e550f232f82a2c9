"""Edits change what they are asked to, and nothing else."""

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentaudit.errors import RefusedError
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.edits import Edit, Inserted, Position, Removed, Replaced, edited
from agentaudit.readers.scalars import Scalar
from agentaudit.readers.syntax import parse

FALSE = Scalar(NodeKind.BOOLEAN, "false")
WORD = Scalar(NodeKind.STRING, "ask")

names = st.sampled_from(["a", "b-c", "trust", "x.y", "on", "né", "k k"])
scalars = st.one_of(
    st.booleans(),
    st.integers(-5, 99),
    st.sampled_from(
        ["", "plain", "a: b", "# no", "two\nlines", "'", '"', "*", "${X}", "\u00e9\U0001f600"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=12,
)
documents = st.dictionaries(names, values, min_size=1, max_size=4)
layouts = st.sampled_from([None, 0, 2])


def below(node: Node, at: Position) -> Iterator[tuple[Position, Node]]:
    yield at, node
    inner = [value for _, value in node.entries] or list(node.elements)
    for index, value in enumerate(inner):
        yield from below(value, (*at, index))


def edits_of(document: Document) -> list[Edit]:
    found: list[Edit] = []
    for at, node in below(document.root, (0,)):
        if node.text is not None:
            found.append(Replaced(at, WORD if node.kind is NodeKind.STRING else FALSE))
        if node.kind is NodeKind.MAPPING:
            found.append(Inserted(at, "quite_new", FALSE))
        if len(at) > 1:
            found.append(Removed(at))
    return found


def plain(node: Node) -> object:
    if node.kind is NodeKind.MAPPING:
        return {key: plain(value) for key, value in node.items()}
    if node.kind is NodeKind.SEQUENCE:
        return [plain(element) for element in node.elements]
    return node.kind, node.raw


def by_hand(value: object, node: Node, edit: Edit, at: Position) -> object:
    """The data with the edit, made without any text."""
    if not at:
        if isinstance(edit, Inserted):
            assert isinstance(value, dict)
            return {**value, edit.key: (edit.value.kind, edit.value.raw)}
        assert isinstance(edit, Replaced)
        return edit.value.kind, edit.value.raw
    index, rest = at[0], at[1:]
    last = isinstance(edit, Removed) and not rest
    if isinstance(value, dict):
        pairs = list(value.items())
        if last:
            return dict(pairs[:index] + pairs[index + 1 :])
        key, inner = pairs[index]
        return {**value, key: by_hand(inner, node.entries[index][1], edit, rest)}
    assert isinstance(value, list)
    if last:
        return value[:index] + value[index + 1 :]
    changed = by_hand(value[index], node.elements[index], edit, rest)
    return [*value[:index], changed, *value[index + 1 :]]


@given(documents, layouts, st.data())
def test_json_says_what_was_wanted_and_nothing_else(
    content: dict[str, object], indent: int | None, data: st.DataObject
) -> None:
    """Whatever the layout; in JSON every such edit can be made."""
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    document = parse("a.json", "json", text)
    edit = data.draw(st.sampled_from(edits_of(document)))

    after = edited(document, [edit]).document

    assert plain(after.root) == by_hand(plain(document.root), document.root, edit, edit.at[1:])
    json.loads(after.text)


@given(documents, layouts, st.data())
def test_yaml_says_what_was_wanted_or_stays(
    content: dict[str, object], indent: int | None, data: st.DataObject
) -> None:
    import yaml

    text = yaml.safe_dump(content, default_flow_style=indent is None, sort_keys=False)
    document = parse("a.yaml", "yaml", f"# first\n{text}# last\n")
    edit = data.draw(st.sampled_from(edits_of(document)))

    try:
        after = edited(document, [edit]).document
    except RefusedError:
        assume(False)

    assert plain(after.root) == by_hand(plain(document.root), document.root, edit, edit.at[1:])
    assert [comment.text for comment in after.comments] == ["first", "last"]


@given(documents, layouts, st.data())
def test_pieces_make_the_new_text_of_the_old_one(
    content: dict[str, object], indent: int | None, data: st.DataObject
) -> None:
    """Several edits at once: what a code host is told gives what would be written."""
    document = parse("a.json", "json", json.dumps(content, indent=indent))
    edits = data.draw(st.lists(st.sampled_from(edits_of(document)), max_size=4))
    try:
        found = edited(document, edits)
    except RefusedError:
        assume(False)
    text = document.text

    for piece in reversed(found.pieces):
        text = text[: piece.start] + piece.text + text[piece.end :]

    assert text == found.document.text


def route(document: Document, *keys: str | int) -> Position:
    at: Position = (0,)
    node = document.root
    for key in keys:
        index = key if isinstance(key, int) else [name for name, _ in node.items()].index(key)
        node = node.elements[index] if isinstance(key, int) else node.entries[index][1]
        at = (*at, index)
    return at


def changed(name: str, syntax: str, text: str, *wanted: tuple[str, tuple[str | int, ...]]) -> str:
    document = parse(name, syntax, text)
    makers: dict[str, Callable[[Position], Edit]] = {
        "false": lambda at: Replaced(at, FALSE),
        "word": lambda at: Replaced(at, WORD),
        "remove": Removed,
        "insert": lambda at: Inserted(at, "added", FALSE),
    }
    edits = [makers[action](route(document, *keys)) for action, keys in wanted]
    return edited(document, edits).document.text


def test_yaml_keeps_comments_quotes_and_indents() -> None:
    text = "steps:\n  # why\n  - name: x # n\n    on: 'true'\n    list: [a, b]\n  - last\n"

    after = changed(
        "a.yaml",
        "yaml",
        text,
        ("word", ("steps", 0, "on")),
        ("remove", ("steps", 0, "list", 1)),
        ("insert", ("steps", 0)),
        ("remove", ("steps", 1)),
    )

    assert after == (
        "steps:\n  # why\n  - name: x # n\n    on: 'ask'\n    added: false\n    list: [a]\n"
    )


def test_toml_keeps_comments_and_tables() -> None:
    text = 'mode = "never" # for now\n\n[a.b]\nx = 1\ny = true\n\n[c]\n'

    after = changed("a.toml", "toml", text, ("word", ("mode",)), ("false", ("a", "b", "y")))

    assert after == 'mode = "ask" # for now\n\n[a.b]\nx = 1\ny = false\n\n[c]\n'


def test_hcl_keeps_columns() -> None:
    text = 'resource "a" "b" {\n  name    = "x" # n\n  enabled = true\n}\n'

    after = changed(
        "a.tf",
        "hcl",
        text,
        ("false", ("resource", "a", "b", "enabled")),
        ("insert", ("resource", "a", "b")),
    )

    assert (
        after
        == 'resource "a" "b" {\n  name    = "x" # n\n  enabled = false\n  added   = false\n}\n'
    )


def test_variables_and_directives_are_written_as_they_stand() -> None:
    env = changed(".env", "dotenv", 'A="1" # c\nB=2', ("word", ("A",)), ("insert", ()))
    redis = changed("redis.conf", "ini", "a b\nc  d\n", ("word", ("c",)), ("remove", ("a",)))

    assert (env, redis) == ('A="ask" # c\nB=2\nadded=false\n', "c  ask\n")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a: &x {c: true}\nb: *x\n", ("b", "c")),
        ("a: &x {c: true}\nb: {<<: *x}\n", ("b", "c")),
        ("a: &x true\nb: *x\n", ("a",)),
        ("a: |\n  true\n", ("a",)),
    ],
)
def test_what_stands_in_two_places_is_refused(text: str, keys: tuple[str, ...]) -> None:
    """Aliases, merged keys and anchors: an edit there changes something else as well."""
    with pytest.raises(RefusedError):
        changed("a.yaml", "yaml", text, ("false", keys))


def test_a_comment_is_never_lost() -> None:
    with pytest.raises(RefusedError, match="a comment would be lost"):
        changed("a.json", "json", '{"a": [1, /* why */ 2]}', ("remove", ("a", 0)))


def test_one_place_cannot_be_two_things() -> None:
    document = parse("a.json", "json", '{"a": {}, "b": {}}')
    at = route(document, "a")

    with pytest.raises(RefusedError, match="different things"):
        edited(document, [Removed(at), Inserted(at, "added", FALSE)])
