"""The guide says what the program says."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_example_of_the_guide_is_what_its_command_prints() -> None:
    """Renewed, the page is the same to the byte: `python docs/examples.py docs/simulate.md`."""
    text = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    renewed = runpy.run_path(str(ROOT / "docs" / "examples.py"))["renewed"]

    assert renewed(text) == text
