"""A node changed in some fields is the node that would have been made with them."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import node_at

FILES = st.sampled_from(["", "a.tf", "b.tf"])


def made(raw: str, file: str = "", *, origin: tuple[Node, ...] = ()) -> Node:
    place = Node(kind=NodeKind.NULL, line=3, column=2, end_line=3, end_column=9)
    node = node_at(place, NodeKind.STRING, file, raw=raw)
    return node.changed(origin=origin) if origin else node


ORIGINS = st.sampled_from([(), (made("from"),), (made("from", "c.tf"), made("further"))])


@given(before=st.tuples(FILES, ORIGINS), after=st.tuples(FILES, ORIGINS))
def test_where_a_node_comes_from_can_be_set_and_taken_away(
    before: tuple[str, tuple[Node, ...]], after: tuple[str, tuple[Node, ...]]
) -> None:
    node = made("x", before[0], origin=before[1])

    changed = node.changed(raw="y", file=after[0], origin=after[1])

    assert (changed.raw, changed.file, changed.origin) == ("y", *after)
    assert changed == made("y", after[0], origin=after[1])
    assert hash(changed) == hash(made("y", after[0], origin=after[1]))


@given(file=FILES, origin=ORIGINS)
def test_other_changes_keep_where_a_node_comes_from(file: str, origin: tuple[Node, ...]) -> None:
    changed = made("x", file, origin=origin).changed(raw="y")

    assert changed == made("y", file, origin=origin)
    assert made("x", file, origin=origin).changed(file=file) == made("x", file, origin=origin)
