"""A file is written as it was read, but for what was to change, or not at all."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.errors import RefusedError
from agentaudit.model.deployment import FileCoverage
from agentaudit.readers.decoding import decoded
from agentaudit.readers.pieces import Piece
from agentaudit.readers.rewriting import rewrite

ends = st.sampled_from(["\n", "\r\n", "\r", "\r\r\n"])
lines = st.lists(st.tuples(st.text("ab é\U0001f600", max_size=4), ends), max_size=6)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])


@settings(max_examples=30)  # each waits for the disk
@given(lines, encodings, st.data())
def test_everything_else_stays_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory,
    written: list[tuple[str, str]],
    encoding: str,
    data: st.DataObject,
) -> None:
    """Line ends of both kinds in one file, lone ones, every encoding that is read."""
    path = tmp_path_factory.getbasetemp() / "a.yaml"
    raw = "".join(text + end for text, end in written)
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes((mark + raw).encode(encoding))
    read = decoded(path.read_bytes(), "a.yaml", "yaml")
    assert not isinstance(read, FileCoverage)
    start = data.draw(st.integers(0, len(read.text)))

    rewrite(path, read.text, [Piece(start, start, "X")])

    again = decoded(path.read_bytes(), "a.yaml", "yaml")
    assert not isinstance(again, FileCoverage)
    assert again.text == read.text[:start] + "X" + read.text[start:]
    assert path.read_bytes().decode(encoding).removeprefix("\ufeff").replace("X", "") == raw


def test_a_file_that_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 2\n")

    with pytest.raises(RefusedError, match="changed since it was read"):
        rewrite(path, "a: 1\n", [Piece(3, 4, "3")])

    assert [file.read_text() for file in tmp_path.iterdir()] == ["a: 2\n"]


def test_a_line_that_is_added_ends_as_those_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\r\nb: 2")

    rewrite(path, "a: 1\nb: 2", [Piece(9, 9, "\nc: 3")])

    assert path.read_bytes() == b"a: 1\r\nb: 2\r\nc: 3"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be written: No such file"):
        rewrite(tmp_path / "none.yaml", "", [])
