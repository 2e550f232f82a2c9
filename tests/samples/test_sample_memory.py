"""The agent's memory is bounded, and its index finds what is there."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import REPORTS, write_corpus
from memory import MAX_CHARACTERS, TURNS_PER_SESSION, Memory, Turn
from retrieval import Retriever

TURNS = st.lists(st.tuples(st.sampled_from("ab"), st.text(st.characters(codec="utf-8"))))


@given(turns=TURNS, limit=st.integers(0, TURNS_PER_SESSION))
@settings(max_examples=20)
def test_a_session_recalls_its_own_latest_turns(turns: list[tuple[str, str]], limit: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        memory = Memory(folder / "memory.sqlite")
        for session, text in turns:
            memory.remember(session, text, text)
        said = [Turn(text, text) for session, text in turns if session == "a"]

        assert memory.recall("a", limit=limit) == said[len(said) - min(limit, len(said)) :]


def test_a_session_keeps_so_many_turns_and_no_more(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.sqlite")
    for number in range(TURNS_PER_SESSION + 5):
        memory.remember("a", f"{number}", "x" * 10 * MAX_CHARACTERS)
    kept = memory.recall("a", limit=1_000)

    assert [turn.question for turn in kept] == [
        f"{number}" for number in range(5, TURNS_PER_SESSION + 5)
    ]
    assert {len(turn.answer) for turn in kept} == {MAX_CHARACTERS}


def test_memory_outlives_the_process_that_wrote_it(tmp_path: Path) -> None:
    Memory(tmp_path / "memory.sqlite").remember("a", "question", "answer")

    assert Memory(tmp_path / "memory.sqlite").recall("a") == [Turn("question", "answer")]


def test_the_index_finds_passages_of_the_corpus(tmp_path: Path) -> None:
    documents = write_corpus(tmp_path / "corpus")
    found = Retriever(tmp_path / "index.sqlite", documents).search("certificate of identity?")

    assert len(documents) == REPORTS
    assert "certificate" in found[0].text
    assert found[0].text in (tmp_path / "corpus" / found[0].source).read_text()


def test_a_question_without_words_finds_nothing(tmp_path: Path) -> None:
    documents = write_corpus(tmp_path / "corpus")
    index = Retriever(tmp_path / "index.sqlite", documents[:2])

    assert (index.search('" OR ("'), index.search("zzzz")) == ([], [])


def test_the_corpus_is_the_same_every_time(tmp_path: Path) -> None:
    one, other = write_corpus(tmp_path / "one"), write_corpus(tmp_path / "other")

    assert [path.read_text() for path in one] == [path.read_text() for path in other]
