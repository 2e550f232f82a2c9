"""The demonstration starts the sample, loads it, and leaves nothing behind."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from agentaudit.cli import demo
from agentaudit.cli.demo import running_sample
from agentaudit.errors import IncompleteError


def _processes_of(text: str) -> list[list[str]]:
    """Command lines of the processes, tools among them, that name this text."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if any(text in word for word in words):
            found.append(words)
    return found


def test_the_load_is_counted_and_no_request_fails() -> None:
    with running_sample(load_s=1.0, concurrency=2) as sample:
        loaded = sample.loaded
        summary = sample.summary()

    assert loaded
    assert isinstance(summary["requests"], int)
    assert summary["requests"] >= 2
    assert summary["errors"] == 0


def _interrupted(seen: list[demo.Sample]) -> None:
    """Ctrl-C in the middle of the demonstration, while a tool is running."""
    with running_sample(load_s=60, concurrency=4) as sample:
        seen.append(sample)
        while not psutil.Process(sample.pid).children():
            time.sleep(0.01)
        raise KeyboardInterrupt


def test_an_interrupted_demonstration_leaves_nothing_behind() -> None:
    """Not the services, not the tools they were running, not their files."""
    seen: list[demo.Sample] = []
    with pytest.raises(KeyboardInterrupt):
        _interrupted(seen)
    sample = seen[0]

    assert not _processes_of(str(sample.data))
    assert not psutil.pid_exists(sample.pid)
    assert not psutil.pid_exists(sample.model_pid)
    assert not sample.data.exists()


def test_the_sample_ends_with_a_demonstration_that_is_killed() -> None:
    script = (
        "from agentaudit.cli.demo import running_sample\n"
        "with running_sample(load_s=0) as sample:\n"
        "    print(sample.pid, sample.model_pid, flush=True)\n"
        "    input()\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with run:
        assert run.stdout
        services = [psutil.Process(int(pid)) for pid in run.stdout.readline().split()]
        run.kill()
    _, alive = psutil.wait_procs(services, timeout=20)

    assert (len(services), alive) == (2, [])


def test_without_load_there_is_nothing_to_sum_up() -> None:
    with running_sample(load_s=0) as sample:
        assert (sample.loaded, sample.summary()) == (False, {})


def test_a_service_that_does_not_start_says_why_in_its_own_words(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('the disk is full')")

    with (
        pytest.raises(IncompleteError, match="agent of the sample did not start: the disk is full"),
        running_sample(load_s=0, variant=str(script)),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "exit code 0"),
        ("import time; time.sleep(60)", "no answer within"),
        ("import time; print('listening on 127.0.0.1:9', flush=True); time.sleep(60)", "no answer"),
    ],
)
def test_a_service_that_says_nothing_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    """The model server starts within the shortened time or fails the test in its own words."""
    script = tmp_path / "silent.py"
    script.write_text(text)
    begin = demo._port

    def patient(service: demo._Service, what: str) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(demo, "START_TIMEOUT_S", 30.0 if what == "model server" else 0.5)
            return begin(service, what)

    monkeypatch.setattr(demo, "_port", patient)
    monkeypatch.setattr(demo, "START_TIMEOUT_S", 0.5)

    with pytest.raises(IncompleteError, match=said), running_sample(load_s=0, variant=str(script)):
        pass


def test_a_load_that_was_cut_short_sums_up_to_nothing() -> None:
    with running_sample(load_s=60) as sample:
        assert sample._load
        sample._load.terminate()

        assert sample.summary() == {}
