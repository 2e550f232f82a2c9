"""
The examples of the README and of the guide to simulate, from real runs.

`make audit && python docs/examples.py` renews all; `python docs/examples.py docs/simulate.md` those
of one page. A console block after `<!-- example: NAME -->` gets the output of its command anew,
shortened in the middle. A block about the running sample shows what the recording of `make audit`
says.
"""

import os
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "simulate.md")
RECORDING = "reports/demo/run.aatrace"
COLUMNS = "80"
BLOCK = re.compile(
    r"(<!-- example: ([\w-]+) -->\n+```console\n(?:\$ [^\n]*(?:(?<=\\)\n[^\n]*)*(?<!\\)\n)+)"
    r"(.*?)(```)",
    re.DOTALL,
)

COMMANDS: Mapping[str, tuple[tuple[str, ...], int, int]] = {
    "profile": (("trace", "show", RECORDING), 100, 0),
    "simulate": (("simulate", "scheduler", RECORDING), 35, 0),
    "lint": (("lint", "sample_configs/risky"), 14, 4),
    "threats": (("threat-model", "sample_configs/risky"), 31, 0),
}
"""The command of each example, and how many lines of it are shown from its head and its tail."""


SIMULATE = ("simulate", "scheduler", "sample_configs/workloads/research_and_chat.yaml")
GUIDE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "compared": ((), ("200 requests", "Policy", "Waiting", "P90 by", "Throughput", "Advice")),
    "slo": (("--slo", "p95 < 8s", "--slo", "type:chat p90 < 2s"), ("Objectives",)),
    "what-if": (
        (
            *("--what-if", "cpu=+4", "--what-if", "gpu=2x"),
            *("--what-if", "tool:rank=0.5x,rate=1.5x"),
        ),
        ("What if", "Advice"),
    ),
    "recommend": (("--recommend",), ("Recommendation", "Where an")),
    "find": (
        (
            *("-p", "fcfs", "--slo", "p95 < 8s"),
            *("--find", "max-rate", "--find", "cores"),
        ),
        ("Found",),
    ),
    "expenses": (("--watts", "cpu=60..180,gpu=40..300", "--price", "2.5"), ("Throughput",)),
}
"""Examples of the guide: options of the command above, and the first words of the parts shown."""


def main(pages: Sequence[str]) -> None:
    """Every example of these pages, run anew; of all pages where none is named."""
    for page in [Path(page).resolve() for page in pages] or PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(text: str, names: Collection[str] = (*COMMANDS, *GUIDE)) -> str:
    """The text of a page with its examples of these names run anew."""
    return BLOCK.sub(lambda found: _renewed(found) if found[2] in names else found[0], text)


def _renewed(found: re.Match[str]) -> str:
    name = found[2]
    shown = _parts(*GUIDE[name]) if name in GUIDE else _lines(*COMMANDS[name])
    return found[1] + shown.strip("\n") + "\n" + found[4]


def _lines(arguments: tuple[str, ...], head: int, tail: int) -> str:
    lines = [line.rstrip() for line in _output(arguments).splitlines()]
    if len(lines) > head + tail:
        lines = [*lines[:head], "…", *lines[len(lines) - tail :]]
    return "\n".join(lines)


def _parts(options: tuple[str, ...], words: tuple[str, ...]) -> str:
    parts = _output((*SIMULATE, *options)).strip("\n").split("\n\n")
    shown = [part if part.startswith(words) else "…" for part in parts]
    return "\n\n".join(part for part, _ in groupby(shown))


def _output(arguments: tuple[str, ...]) -> str:
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": COLUMNS}
    command = [sys.executable, "-m", "agentaudit", *arguments]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if not run.stdout.strip():
        raise SystemExit(f"agentaudit {' '.join(arguments)} shows nothing: {run.stderr.strip()}")
    return run.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
