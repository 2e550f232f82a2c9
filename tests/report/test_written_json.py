"""JSON in pieces is the JSON of the whole, and no more of it is held than a piece."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.report.formats.written_json import written, written_with

VALUES = st.recursive(
    st.none()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8"))
    | st.just("##["),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=5,
)


@given(st.lists(VALUES, max_size=3), st.text(st.characters(codec="utf-8")), st.integers(0, 60))
def test_pieces_make_the_whole(values: list[object], before: str, times: int) -> None:
    """Also where a text of the document looks like the list."""
    many = values * times
    told = {"a": f'{before}"results": [', "runs": [{"z": 1, "b": before}]}
    empty = {**told, "runs": [{"z": 1, "b": before, "results": []}]}
    full = {**told, "runs": [{"z": 1, "b": before, "results": many}]}

    assert "".join(written_with(empty, "results", many)) == written(full)


def test_values_are_asked_for_as_they_are_written() -> None:
    asked: list[int] = []

    def value(number: int) -> int:
        asked.append(number)
        return number

    pieces = written_with({"results": []}, "results", map(value, range(1000)))
    next(pieces)

    assert len(asked) == 50
    assert "".join(pieces).endswith("999\n  ]\n}\n")
