"""
The README's examples, from real runs: `make audit && python docs/examples.py`.

A console block after `<!-- example: NAME -->` gets the output of its command anew, shortened in the
middle. A block about the running sample shows what the recording of `make audit` says.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RECORDING = "reports/demo/run.aatrace"
COLUMNS = "80"
BLOCK = re.compile(
    r"(<!-- example: ([\w-]+) -->\n+```console\n(?:\$ [^\n]*\n)+)(.*?)(```)", re.DOTALL
)

COMMANDS: Mapping[str, tuple[tuple[str, ...], int, int]] = {
    "profile": (("trace", "show", RECORDING), 100, 0),
    "simulate": (("simulate", "scheduler", RECORDING), 35, 0),
    "lint": (("lint", "sample_configs/risky"), 14, 2),
    "threats": (("threat-model", "sample_configs/risky"), 31, 0),
}
"""The command of each example, and how many lines of it are shown from its head and its tail."""


def main() -> None:
    """Every example of the README, run anew."""
    README.write_text(BLOCK.sub(_renewed, README.read_text(encoding="utf-8")), encoding="utf-8")


def _renewed(found: re.Match[str]) -> str:
    arguments, head, tail = COMMANDS[found[2]]
    lines = [line.rstrip() for line in _output(arguments).splitlines()]
    shown = (
        lines if len(lines) <= head + tail else [*lines[:head], "…", *lines[len(lines) - tail :]]
    )
    return found[1] + "\n".join(shown).strip("\n") + "\n" + found[4]


def _output(arguments: tuple[str, ...]) -> str:
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": COLUMNS}
    command = [sys.executable, "-m", "agentaudit", *arguments]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return run.stdout


if __name__ == "__main__":
    main()
