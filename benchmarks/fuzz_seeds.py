"""
A plugin of pytest: every deployment that a test reads becomes an input of fuzz_readers.py.

    PYTHONPATH=benchmarks python -m pytest -p fuzz_seeds --seeds FOLDER tests/extract tests/linting

Tests hold files of every format that is read, which the examples of rules do not.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from agentaudit.extract import deployment
from agentaudit.readers.files import SourceText

BETWEEN = "\x1e"
"""Stands between the files of an input; each is its name, a line break, and its text."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the inputs go."""
    parser.addoption("--seeds", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Write what is read before it is."""
    folder: Path = config.getoption("--seeds")
    folder.mkdir(parents=True, exist_ok=True)
    read = deployment._parsed  # noqa: SLF001, what every way of reading files comes through

    def kept(sources: Iterable[SourceText]) -> object:
        files = tuple(sources)
        seed = BETWEEN.join(f"{source.file}\n{source.text}" for source in files).encode(
            "utf-8", "replace"
        )
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        return read(files)

    deployment._parsed = kept  # type: ignore[assignment]  # noqa: SLF001
