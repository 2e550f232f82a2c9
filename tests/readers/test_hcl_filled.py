"""What `templatefile` makes of the texts of a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.readers.document import NodeKind
from agentaudit.readers.effort import MOST_NODES, Effort
from agentaudit.readers.hcl.filled import filled
from agentaudit.readers.jsonc import parse_json
from agentaudit.readers.places import Place, node_at
from agentaudit.readers.yaml import parse_yaml

PLACE = Place(3, 4, 3, 9)
OPEN = node_at(PLACE, NodeKind.UNKNOWN, raw="aws_s3_bucket.data.arn")
GIVEN = parse_yaml(
    "given", '{"region": "eu", "port": 8080, "on": true, "table": {"name": "desks"}}'
).root
GIVEN = GIVEN.changed(entries=(*GIVEN.entries, (node_at(PLACE, NodeKind.STRING, raw="data"), OPEN)))


@pytest.mark.parametrize(
    ("text", "raw", "kind"),
    [
        ("${region}", "eu", NodeKind.STRING),
        ("port ${ port }", "port 8080", NodeKind.STRING),
        ("arn:${table.name}/*", "arn:desks/*", NodeKind.STRING),
        ("$${aws:username}/${region}", "${aws:username}/eu", NodeKind.STRING),
        ("%%{ of ${region}", "%{ of eu", NodeKind.STRING),
        ("${data}", "aws_s3_bucket.data.arn", NodeKind.UNKNOWN),
        ("${data}/${region}", "${aws_s3_bucket.data.arn}/eu", NodeKind.UNKNOWN),
        ("${nobody}/${region}", "${nobody}/eu", NodeKind.UNKNOWN),
        ("${table}", "${table}", NodeKind.UNKNOWN),
        ('${join(",", x)}', '${join(",", x)}', NodeKind.UNKNOWN),
        ("%{ if x }a%{ endif }", "%{ if x }a%{ endif }", NodeKind.UNKNOWN),
    ],
)
def test_a_text_is_filled_in_or_unknown(text: str, raw: str, kind: NodeKind) -> None:
    node = node_at(PLACE, NodeKind.STRING, "desk.json", raw=text)
    found = filled(node, GIVEN, Effort())

    assert (found.raw, found.kind) == (raw, kind)
    assert (found.file, found.line, found.column) == ("desk.json", 3, 4)


@pytest.mark.parametrize(
    ("bare", "kind", "raw"),
    [
        ("${port}", NodeKind.NUMBER, "8080"),
        ("${on}", NodeKind.BOOLEAN, "true"),
        ("${region}", NodeKind.UNKNOWN, "${region}"),
        ("${data}", NodeKind.UNKNOWN, "aws_s3_bucket.data.arn"),
        ("${nobody}", NodeKind.UNKNOWN, "${nobody}"),
        ("${table}", NodeKind.MAPPING, ""),
        ("${jsonencode(table)}", NodeKind.MAPPING, ""),
        ("${jsonencode(nobody)}", NodeKind.UNKNOWN, "${jsonencode(nobody)}"),
    ],
)
def test_what_stands_outside_quotes_is_a_value_or_unknown(
    bare: str, kind: NodeKind, raw: str
) -> None:
    root = parse_json("desk.json.tftpl", f'{{"a": [{bare}]}}').root
    (found,) = filled(root, GIVEN, Effort()).list_at("a")

    assert (found.kind, found.raw) == (kind, raw)


def test_nothing_stands_outside_quotes_where_nobody_fills_in() -> None:
    with pytest.raises(InputError, match="this is not JSON"):
        parse_json("desk.json", '{"a": ${port}}')


def test_the_key_of_a_condition_is_filled_in() -> None:
    root = parse_yaml("trust.json", '{"${region}:sub": ["${region}"]}').root
    found = filled(root, GIVEN, Effort())

    assert [(key, value.elements[0].raw) for key, value in found.items()] == [("eu:sub", "eu")]


def test_a_text_that_grows_without_end_is_unknown() -> None:
    many = node_at(PLACE, NodeKind.STRING, raw="${long}" * 2_000)
    long = node_at(PLACE, NodeKind.STRING, raw="x" * 1_000)
    given = node_at(
        PLACE, NodeKind.MAPPING, entries=((node_at(PLACE, NodeKind.STRING, raw="long"), long),)
    )

    assert filled(many, given, Effort()) == many.changed(kind=NodeKind.UNKNOWN)


def test_what_is_too_much_to_fill_in_is_unknown() -> None:
    spent = Effort()
    spent.nodes = MOST_NODES

    assert filled(GIVEN, GIVEN, spent).unknown


@given(st.text(st.sampled_from("ab {}:/*.")))
def test_a_text_without_places_stays(text: str) -> None:
    node = node_at(PLACE, NodeKind.STRING, raw=text)

    assert filled(node, GIVEN, Effort()) == node
