"""
How long the commands take here: `python benchmarks/timings.py`, the tables of docs/timings.md.

What a start costs is told in CPU seconds, beside those of Python and of the command line's library,
which we start upon: each runs in its own process, by turns with the others, twenty times after one
that is not counted. Other programs only ever add to it, so the least is shown beside the median.

Each longer command runs five times after one that is not counted; the median is shown. The
demonstration runs once. No figure is a promise: they say what to expect on such a machine.
`--starts` leaves the longer ones out; with `--beside FOLDER` another checkout, such as one from
before a change, takes its turns, too, in its own `.venv` where it has one.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from programs import run

ROOT = Path(__file__).parent.parent
TURNS = 20
RUNS = 5
RECORDING = str(ROOT / "tests/store/format1.aatrace")
SMALL = '{"mcpServers": {"files": {"command": "npx", "args": ["-y", "server-filesystem", "/"]}}}'
COMMANDS: Sequence[tuple[str, ...]] = (
    ("lint", "sample_configs/hardened"),
    ("lint", "sample_configs/risky"),
    ("threat-model", "sample_configs/risky"),
)


def main() -> None:
    """Print the tables."""
    options = _options()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".mcp.json").write_text(SMALL)
        _print_starts(folder, [ROOT, *options.beside])
    if not options.starts:
        print("\n| command | wall s | CPU s |\n|---|--:|--:|")
        _print_commands()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=2)[1])
    parser.add_argument("--starts", action="store_true", help="only what a start costs")
    parser.add_argument(
        "--beside", type=Path, action="append", default=[], help="another checkout, by turns"
    )
    return parser.parse_args()


def _print_starts(folder: str, checkouts: Sequence[Path]) -> None:
    print("| start | least CPU s | median CPU s |\n|---|--:|--:|")
    starts = dict(_starts(folder, checkouts))
    spent: dict[str, list[float]] = {name: [] for name in starts}
    for turn in range(TURNS + 1):
        for name, (command, checkout) in starts.items():
            _, cpu_s = _timed(command, checkout)
            spent[name] += [cpu_s] if turn else []
    for name, seconds in spent.items():
        print(f"| {name} | {min(seconds):.3f} | {statistics.median(seconds):.3f} |", flush=True)


def _starts(
    folder: str, checkouts: Sequence[Path]
) -> Iterator[tuple[str, tuple[Sequence[str], Path]]]:
    """What is started, by how it is called, and in which checkout."""
    yield "`python -c pass`", (("-c", "pass"), ROOT)
    yield "`import typer`", (("-c", "import typer"), ROOT)
    shown = (
        ("--help", ("--help",)),
        ("lint --help", ("lint", "--help")),
        ("lint FOLDER", ("lint", folder)),
        ("trace show FILE", ("trace", "show", RECORDING)),
    )
    for name, arguments in shown:
        for checkout in checkouts:
            where = "" if checkout == ROOT else f" in {checkout.name}"
            yield f"`agentaudit {name}`{where}", (("-m", "agentaudit", *arguments), checkout)


def _print_commands() -> None:
    for command in COMMANDS:
        measured = [_timed(("-m", "agentaudit", *command)) for _ in range(RUNS + 1)][1:]
        _row(command, *(statistics.median(column) for column in zip(*measured, strict=True)))
    with tempfile.TemporaryDirectory() as folder:
        demo = ("audit", "--demo", "-o", folder)
        _row(("audit", "--demo"), *_timed(("-m", "agentaudit", *demo)))


def _row(command: Sequence[str], wall_s: float, cpu_s: float) -> None:
    print(f"| `agentaudit {' '.join(command)}` | {wall_s:.2f} | {cpu_s:.2f} |", flush=True)


def _timed(command: Sequence[str], checkout: Path = ROOT) -> tuple[float, float]:
    """Wall and CPU seconds of one run, its children included."""
    own = checkout / ".venv/bin/python"
    python = own if own.exists() else sys.executable
    done = run((str(python), *command), checkout)
    return done.wall_s, done.cpu_s


if __name__ == "__main__":
    main()
