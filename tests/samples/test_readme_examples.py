"""What the README shows of the sample deployment is what the commands say of it today."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = runpy.run_path(str(ROOT / "docs" / "examples.py"))
OF_FILES = ("lint", "threats")
"""Those of files alone; the others show one recording, which no other run repeats."""


def test_the_examples_of_files_are_of_today() -> None:
    """Renew them by `python docs/examples.py README.md`, or these by `renewed` alone."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")

    assert EXAMPLES["renewed"](page, OF_FILES) == page
