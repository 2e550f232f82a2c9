"""What a fix changes, by lines."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.dotenv import parse_dotenv
from agentaudit.readers.edits import Edited
from agentaudit.readers.pieces import Piece
from agentaudit.report.fix_diff import _changes, render_diff
from tests.growth import further_cost

texts = st.text(alphabet="ab\n", max_size=30)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[str, Sequence[Piece]]:
    """A text, and stretches of it that do not touch, each with other text in its place."""
    text = draw(texts)
    offsets = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    ends = zip(offsets[::2], offsets[1::2], strict=False)
    return text, [Piece(start, end, draw(texts)) for start, end in ends]


def after(text: str, changed: Sequence[Piece]) -> str:
    for piece in reversed(changed):
        text = text[: piece.start] + piece.text + text[piece.end :]
    return text


@given(pieces())
def test_the_lines_between_changes_stay_as_they_are(drawn: tuple[str, Sequence[Piece]]) -> None:
    before, changed = drawn
    old, new = (each.removesuffix("\n").split("\n") for each in (before, after(before, changed)))
    written, at = list[str](), 0
    for change in _changes(before, after(before, changed), changed):
        assert at <= change.start
        written += old[at : change.start]
        assert len(written) == change.new_start
        written += new[change.new_start : change.new_end]
        at = change.end

    assert [*written, *old[at:]] == new


def test_a_line_beside_many_that_are_alike_is_found_at_once() -> None:
    def diff(lines: int) -> str:
        text = "A=1\n" + "B=2\n" * lines + "C=3\n"
        piece = Piece(len(text) - 2, len(text) - 1, "4")
        document = parse_dotenv(".env", text)
        edited = Edited(parse_dotenv(".env", after(text, [piece])), (piece,))
        return render_diff(document, edited, {"3", "4"})

    first, second = further_cost(diff, 200, within="report")

    assert second <= first * 1.1
    assert diff(3).splitlines()[2:] == ["@@ -3,3 +3,3 @@", " B=…", " B=…", "-C=3", "+C=4"]
