"""
`agentaudit lint` beside other scanners on one repository: the tables of docs/lint_speed.md.

    python benchmarks/lint_speed.py [--files 1000] [--turns 3] [--peers FOLDER] [--growth]
    python benchmarks/lint_speed.py --checkouts FOLDER --peers FOLDER

Each tool runs in a process of its own, by turns with the others. CPU seconds are of the process and
of all that it started, and the least of the turns is shown: other programs only ever add to it. A
peer is an environment in FOLDER, named after its package: `python -m venv FOLDER/checkov &&
FOLDER/checkov/bin/pip install checkov`; one that is not there is left out. `--growth` shows ours
alone on repositories of 100 to 50,000 files. `--checkouts` runs them once in each repository of a
folder, as benchmarks/precision.py has them, each without its own configuration of ours. Before
anything is measured, every tool reads a few files, so that Python has compiled its code, as the
installers of packages do.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from generate_deployments import generate
from programs import Run, run

OURS = (sys.executable, "-m", "agentaudit", "lint", "--format", "json")
PEERS: Mapping[str, Sequence[str]] = {
    "checkov": ("-d", ".", "--quiet", "--compact", "--skip-download", "-o", "json"),
    "agent-audit": ("scan", ".", "--format", "json"),
    "agent-audit-kit": ("scan", ".", "--format", "json"),
    "detect-secrets": ("scan", "--all-files", "."),
}
FIRST_FILES = 8
GROWTH = (100, 1_000, 10_000, 50_000)
SHORTEST_OUTPUT = 100
"""A run that printed less than this many bytes has not scanned the repository."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=2)[1])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--peers", type=Path, help="a folder of environments of other scanners")
    parser.add_argument("--growth", action="store_true", help="ours alone, on more and more files")
    parser.add_argument("--checkouts", type=Path, help="a folder of repositories, instead of files")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ")
    print(f"load {os.getloadavg()[0]:.1f} at the start\n")
    if options.growth:
        _print_growth()
    elif options.checkouts:
        _print_checkouts(options.checkouts, options.peers)
    else:
        _print_beside(options.files, options.turns, options.peers)


def _print_growth() -> None:
    _compile([OURS])
    print("| files | wall s | CPU s | CPU ms a file | peak MiB |\n|--:|--:|--:|--:|--:|")
    for files in GROWTH:
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), files)
            cost = _run(OURS, folder)
        each_ms = cost.cpu_s * 1000 / files
        print(f"| {files:,} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {each_ms:.2f}", end="")
        print(f" | {cost.peak_mib:.0f} |")


def _print_checkouts(folder: Path, peers: Path | None) -> None:
    tools = {"agentaudit lint": (*OURS, "--no-config"), **_installed(peers)}
    _compile(tools.values())
    print(f"| CPU s | files | {' | '.join(tools)} |\n|---|--:|{'--:|' * len(tools)}")
    spent: list[Sequence[float]] = []
    for checkout in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sum(path.is_file() for path in checkout.rglob("*"))
        cpu_s = [_run(command, str(checkout)).cpu_s for command in tools.values()]
        spent.append(cpu_s)
        print(f"| {checkout.name.replace('+', '/')} | {files:,} | {_beside(cpu_s)} |", flush=True)
    print(f"| all {len(spent)} | | {_beside([sum(costs) for costs in zip(*spent, strict=True)])} |")
    middle = [median(costs[place] / costs[0] for costs in spent) for place in range(len(tools))]
    print(f"| median, times ours | | {' | '.join(f'{times:.1f}' for times in middle)} |")


def _beside(cpu_s: Sequence[float]) -> str:
    """Of each tool, ours first; the others also in times of ours."""
    ours, *others = cpu_s
    return " | ".join((f"{ours:.2f}", *(f"{cost:.2f} ({cost / ours:.1f})" for cost in others)))


def _print_beside(files: int, turns: int, peers: Path | None) -> None:
    tools = {"agentaudit lint": OURS, **_installed(peers)}
    _compile(tools.values())
    costs: dict[str, list[Run]] = {name: [] for name in tools}
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), files)
        for _ in range(turns):
            for name, command in tools.items():
                costs[name].append(_run(command, folder))
    print(f"| {files:,} files | wall s | CPU s | times ours | peak MiB |\n|---|--:|--:|--:|--:|")
    ours = min(cost.cpu_s for cost in costs["agentaudit lint"])
    for name, found in costs.items():
        wall, cpu = min(cost.wall_s for cost in found), min(cost.cpu_s for cost in found)
        peak = max(cost.peak_mib for cost in found)
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {cpu / ours:.1f} | {peak:.0f} |")


def _installed(peers: Path | None) -> Mapping[str, Sequence[str]]:
    found = {}
    for name, arguments in PEERS.items():
        program = peers / name / "bin" / name if peers else None
        if program is not None and program.exists():
            found[name] = (str(program), *arguments)
    return found


def _compile(commands: Iterable[Sequence[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), FIRST_FILES)
        for command in commands:
            _run(command, folder)


def _run(command: Sequence[str], folder: str) -> Run:
    """One run; its exit code is a tool's own affair, but it has to say something."""
    with tempfile.TemporaryFile() as output:
        done = run(command, Path(folder), environment=_environment(), output=output)
        said = output.seek(0, os.SEEK_END)
    if said < SHORTEST_OUTPUT:
        raise SystemExit(f"{command[0]} ended with {done.code} and said nothing")
    return done


def _environment() -> Mapping[str, str]:
    """Ours, but Python keeps what it compiled."""
    return {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    main()
