"""The agents of the benchmark of frameworks, and the environments in which they run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

AGENTS = Path(__file__).with_name("framework_agents")
CATALOGUE = AGENTS / "catalogue.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row to be: an agent, and what it needs."""

    name: str
    agent: str
    venv: str
    package: str
    """Whose version the row shows."""
    needs: tuple[str, ...]
    spans: bool = False
    """Whether the agent is asked for spans of its own."""
    instrument: bool = False
    """Whether it is started with opentelemetry-instrument."""
    at_once: int = 1
    own: bool = False
    """Whether agent and tool are the user's code alone, and the user says so with two options."""


def catalogue() -> Iterator[Entry]:
    """The rows, in their order."""
    for fields in json.loads(CATALOGUE.read_text(encoding="utf-8")):
        yield Entry(**{**fields, "needs": tuple(fields["needs"])})


def installed(entries: Sequence[Entry], venvs: Path) -> Iterator[tuple[str, str]]:
    """Makes the environments that are not there; the names of those that cannot be, and why."""
    for name, needs in {entry.venv: entry.needs for entry in entries}.items():
        venv = venvs / name
        done_with = venv / "installed.txt"
        wanted = "\n".join(needs)
        if done_with.exists() and done_with.read_text(encoding="utf-8") == wanted:
            continue
        print(f"installing {' '.join(needs)} …", file=sys.stderr, flush=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
        steps = ([sys.executable, "-m", "venv", "--clear", str(venv)], [*pip, "install", *needs])
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                yield name, (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
                break
        else:
            done_with.write_text(wanted, encoding="utf-8")


def version_of(venv: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    python = str(venv / "bin" / "python")
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def usual_folder() -> Path:
    given = os.environ.get("AGENTAUDIT_FRAMEWORKS")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else caches / "agentaudit" / "frameworks"
