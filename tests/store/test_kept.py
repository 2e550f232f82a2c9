"""What is kept changes nothing: it is used only while what it was made from is the same."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentaudit.store.kept import kept

Made = tuple[str, ...]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Python, and so we, keep what is made."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yaml"
    file.write_text("first")
    return file


def read(source: Path) -> Made:
    return kept("test", tuple[str, ...], [source], lambda: (source.read_text(),))


def unasked() -> Made:
    raise AssertionError("it was made anew")


def test_what_is_kept_is_not_made_anew(place: Path, source: Path) -> None:
    made = read(source)

    assert place.is_dir()
    assert kept("test", tuple[str, ...], [source], unasked) == made == ("first",)


def test_a_changed_file_is_read_anew(place: Path, source: Path) -> None:
    """Also one of the same size and time, as files out of an archive have them."""
    read(source)
    source.write_text("other")

    assert read(source) == ("other",)
    assert len([file for file in place.rglob("*") if file.is_file()]) == 1


def test_a_file_more_is_read_anew(place: Path, source: Path) -> None:
    read(source)
    more = source.with_name("more.yaml")
    more.write_text("")

    assert kept("test", tuple[str, ...], [source, more], lambda: ("both",)) == ("both",)
    assert place.is_dir()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _content: b"",
        lambda content: content[:-1],
        lambda content: content[:64],
        lambda content: content.replace(b'["first"]', b'[["first"]]'),
        lambda content: content.replace(b'["first"]', b'{"a": 1}'),
        lambda content: b"0" * 64 + content[64:].replace(b"first", b"false"),
    ],
)
def test_what_is_no_longer_whole_is_made_anew(
    place: Path, source: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Nor is anything used that was made from other files."""
    read(source)
    (file,) = place.rglob("*.json")
    file.write_bytes(damage(file.read_bytes()))

    assert read(source) == ("first",)
    assert kept("test", tuple[str, ...], [source], unasked) == ("first",)


def test_a_place_that_cannot_be_written_is_no_hindrance(place: Path, source: Path) -> None:
    place.write_text("a file, where a folder should be")

    assert read(source) == read(source) == ("first",)


@pytest.mark.usefixtures("place")
def test_where_python_keeps_nothing_neither_do_we(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert read(source) == ("first",)
    assert list(tmp_path.rglob("*.json")) == []


def test_a_python_without_a_place_for_compiled_code(
    place: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.implementation, "cache_tag", None)

    assert read(source) == ("first",)
    assert not place.exists()


def test_a_file_that_cannot_be_read_is_left_to_those_who_tell_of_it(place: Path) -> None:
    assert kept("test", tuple[str, ...], [Path("nowhere.yaml")], lambda: ("told",)) == ("told",)
    assert not place.exists()
