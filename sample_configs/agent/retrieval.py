"""Retrieval: a full-text index (SQLite FTS5, ranked by BM25) over the paragraphs of the reports."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, and the report it stands in."""

    source: str
    text: str


class Retriever:
    """The index. Each call opens its own connection, so any number of threads may ask."""

    def __init__(self, path: Path, documents: Sequence[Path]) -> None:
        self._path = path
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE IF EXISTS passages")
            connection.execute("CREATE VIRTUAL TABLE passages USING fts5(source, text)")
            connection.executemany(
                "INSERT INTO passages VALUES (?, ?)",
                (
                    (document.name, paragraph)
                    for document in documents
                    for paragraph in document.read_text(encoding="utf-8").split("\n\n")
                ),
            )

    def search(self, question: str, *, limit: int = 4) -> list[Passage]:
        """The passages that fit the question best; none when no word of it occurs."""
        words = sorted(set(re.findall(r"[a-z]{4,}", question.lower())))
        if not words:
            return []
        match = " OR ".join(f'"{word}"' for word in words)
        query = "SELECT source, text FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?"
        with closing(sqlite3.connect(self._path)) as connection:
            return [Passage(*row) for row in connection.execute(query, (match, limit))]
