"""What the agent remembers of a session: a store on disk, bounded in turns, sessions and time."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

TURNS_PER_SESSION = 12
TURNS_IN_ALL = 5_000
MAX_AGE_S = 24 * 3600.0
MAX_CHARACTERS = 2_000
BUSY_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, and what was answered."""

    question: str
    answer: str


class Memory:
    """The store. Each call opens its own connection, so any number of threads may ask."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._connect()) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS turns (id INTEGER PRIMARY KEY, session TEXT,"
                " question TEXT, answer TEXT, at REAL)"
            )
            connection.execute("CREATE INDEX IF NOT EXISTS by_session ON turns (session, id)")

    def recall(self, session: str, *, limit: int = 4) -> list[Turn]:
        """The latest turns of the session, the oldest first."""
        query = "SELECT question, answer FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?"
        with closing(self._connect()) as connection:
            rows = connection.execute(query, (session, limit)).fetchall()
        return [Turn(*row) for row in reversed(rows)]

    def remember(self, session: str, question: str, answer: str) -> None:
        """The turn is kept; what is beyond the bounds is forgotten."""
        now = time.time()
        row = (session, question[:MAX_CHARACTERS], answer[:MAX_CHARACTERS], now)
        with closing(self._connect()) as connection, connection:
            connection.execute(
                "INSERT INTO turns (session, question, answer, at) VALUES (?, ?, ?, ?)", row
            )
            connection.execute(
                "DELETE FROM turns WHERE session = ? AND id NOT IN"
                " (SELECT id FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?)",
                (session, session, TURNS_PER_SESSION),
            )
            connection.execute(
                "DELETE FROM turns WHERE at < ? OR id <= (SELECT MAX(id) FROM turns) - ?",
                (now - MAX_AGE_S, TURNS_IN_ALL),
            )

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S)
