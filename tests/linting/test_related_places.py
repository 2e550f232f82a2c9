"""The places that a finding names beside its own: each once, in their order."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.linting.gathering import related_to
from agentaudit.model.evidence import Evidence

PLACES = st.builds(
    lambda file, line, snippet: Evidence(
        file=file, line=line, column=1, end_line=line, end_column=9, snippet=snippet
    ),
    st.sampled_from(["a.yaml", "b.yaml"]),
    st.integers(1, 4),
    st.sampled_from(["", "KEY=…", "never"]),
)


@given(PLACES, st.lists(PLACES, max_size=12))
def test_no_place_is_named_twice_whatever_is_said_of_it(
    primary: Evidence, places: list[Evidence]
) -> None:
    spans = [replace(place, snippet="") for place in related_to(primary, places)]

    assert spans == sorted(spans)
    assert set(spans) == {replace(each, snippet="") for each in places} - {
        replace(primary, snippet="")
    }
    assert len(spans) == len(set(spans))


def test_of_two_that_stand_at_one_place_the_one_that_says_something_counts() -> None:
    bare = Evidence(file="a.yaml", line=2, column=1, end_line=2, end_column=9)
    told = replace(bare, snippet="KEY=…")

    assert related_to(replace(bare, line=1), (told, bare)) == (told,)
