"""The wheel carries everything: rules, samples, templates; and works far from the checkout."""

import hashlib
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CARRIED = {"rules": "agentaudit/_rules", "sample_configs": "agentaudit/_samples"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (found,) = folder.glob("*.whl")
    return found


def _digests_in_tree(name: str) -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", name], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    files = [ROOT / line for line in listed.split("\0") if line]
    return {
        file.relative_to(ROOT / name).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file()
    }


@pytest.mark.parametrize("name", sorted(CARRIED))
def test_the_wheel_carries_rules_and_samples_byte_for_byte(wheel: Path, name: str) -> None:
    """Names and hashes in the wheel are those of the tree."""
    prefix = f"{CARRIED[name]}/"
    with zipfile.ZipFile(wheel) as archive:
        carried = {
            item.removeprefix(prefix): hashlib.sha256(archive.read(item)).hexdigest()
            for item in archive.namelist()
            if item.startswith(prefix) and not item.endswith("/")
        }

    expected = _digests_in_tree(name)

    assert expected
    assert {key: carried.get(key) for key in expected} == expected


@pytest.mark.slow
def test_an_installed_wheel_runs_the_demonstration(wheel: Path, tmp_path: Path) -> None:
    """From an empty environment, in an empty home, outside the checkout."""
    venv.create(tmp_path / "environment", with_pip=True)
    binaries = tmp_path / "environment" / "bin"
    home = tmp_path / "home"
    home.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_COLOR": "1"}
    registry = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    subprocess.run(
        [binaries / "python", "-m", "pip", "install", "-q", str(wheel)],
        check=True,
        env={**os.environ, **registry},
        cwd=tmp_path,
    )

    run = subprocess.run(
        [binaries / "agentaudit", "audit", "--demo", "-o", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert "CI would have seen exit code" in run.stdout
    assert re.search(r"NOT READY", run.stdout)
    assert {file.name for file in (tmp_path / "out").iterdir()} >= {
        "findings.json",
        "profile.json",
        "report.html",
        "report.json",
        "run.aatrace",
        "simulation.json",
        "threats.json",
    }
