"""
A plugin of pytest: every deployment that a test reads becomes an input of fuzz_readers.py.

    PYTHONPATH=benchmarks python -m pytest -p fuzz_seeds --seeds FOLDER tests/extract tests/readers

Tests hold files of every format that is read, which the examples of rules do not.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from fuzz_inputs import BETWEEN, TRACES

from agentaudit.extract import deployment
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.traces import rows

MOST_BYTES = 100_000
"""Of a trace that is worth to begin with."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the inputs go."""
    parser.addoption("--seeds", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Write what is read before it is."""
    folder: Path = config.getoption("--seeds")
    folder.mkdir(parents=True, exist_ok=True)
    read, read_rows = deployment._parsed, rows.rows_of  # noqa: SLF001, what all files come through

    def keep(seed: bytes) -> None:
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)

    def kept(sources: Iterable[SourceText]) -> object:
        files = tuple(sources)
        texts = BETWEEN.join(f"{source.file}\n{source.text}" for source in files)
        keep(texts.encode("utf-8", "replace"))
        return read(files)

    def kept_rows(path: Path) -> Iterator[rows.Row]:
        if path.exists() and path.stat().st_size < MOST_BYTES:
            keep(f"{TRACES[path.suffix == '.csv']}\n".encode() + path.read_bytes())
        return read_rows(path)

    deployment._parsed = kept  # type: ignore[assignment]  # noqa: SLF001
    rows.rows_of = kept_rows
