"""The hardened sample has all that a verdict needs, and with a recording it is READY."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agentaudit.cli.demo import running_sample
from agentaudit.errors import ExitCode
from agentaudit.store.shipped import shipped

HARDENED = shipped("sample_configs") / "hardened"
START_S = 1
RECORDED_S = (8, 20, 50, 125)
"""A machine that others keep busy needs longer for the requests that a verdict rests on."""


def audit(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code of an audit of the hardened sample, and its report."""
    words = [sys.executable, "-m", "agentaudit", "audit", str(HARDENED), "-o", str(folder)]
    run = subprocess.run([*words, *arguments], capture_output=True, text=True, check=False)
    return run.returncode, json.loads((folder / "report.json").read_text())


@pytest.fixture(scope="module")
def unrecorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """What the files alone say."""
    return audit(tmp_path_factory.mktemp("audit") / "out")


def test_only_the_recording_is_missing(unrecorded: tuple[int, dict[str, Any]]) -> None:
    """Both decisions that files can decide are decided, and nothing else is open."""
    code, report = unrecorded
    statuses = {gate["id"]: gate["status"] for gate in report["gates"]}

    assert code == ExitCode.INCOMPLETE
    assert [decision["status"] for decision in report["decisions"][:2]] == ["decided"] * 2
    assert statuses.pop("cpu-gpu-profile") == "not computed"
    assert set(statuses.values()) == {"pass"}


def test_no_path_of_the_hardened_sample_stays_open(unrecorded: tuple[int, dict[str, Any]]) -> None:
    _, report = unrecorded

    assert report["threats"]["paths"] == []
    assert report["threats"]["cannot_exclude"] == []
    assert report["threats"]["unresolved"] == []


def test_an_expiry_set_for_each_item_bounds_a_table(unrecorded: tuple[int, dict[str, Any]]) -> None:
    _, report = unrecorded
    stores = {store["name"]: store["ttl"] for store in report["lint"]["memory_stores"]}

    assert stores["support-conversations"] == "set per item"


@pytest.mark.slow
def test_with_a_recording_under_load_it_is_ready(tmp_path: Path) -> None:
    for seconds in RECORDED_S:
        with running_sample(load_s=START_S + seconds + 2, concurrency=4) as sample:
            time.sleep(START_S)
            arguments = ("--pid", str(sample.pid), "--duration", f"{seconds}s", "--hosted-model")
            code, report = audit(tmp_path / "out", *arguments)
        if report["profile"]["breakdown"]["load"]["requests"] >= 20:
            break

    assert [decision["status"] for decision in report["decisions"]] == ["decided"] * 3
    assert report["verdict"] == "ready", report["reason"]
    assert code == ExitCode.PASS
