"""Tasks of a sweep in processes of ours and on a cluster: all done, also when one is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentaudit.errors import IncompleteError, UsageError
from agentaudit.store.cluster import computed_on_cluster
from agentaudit.store.processes import computed_here

TASKS = range(12)


def squared(base: int, task: int) -> int:
    return base + task * task


def killed_once(marker: str, task: int) -> int:
    """The first process that is given task 3 dies of it."""
    if task == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def always_killed(_base: int, task: int) -> int:
    if task:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def held(folder: str, _task: int) -> None:
    """A task that does not end by itself."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


def refused(_base: int, task: int) -> int:
    raise UsageError(f"task {task} makes no sense")


def broken(_base: int, task: int) -> int:
    raise ZeroDivisionError(f"in task {task}")


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once(jobs: int) -> None:
    found = list(computed_here(squared, 100, TASKS, jobs=jobs))

    assert sorted(found) == [100 + task * task for task in TASKS]


def test_what_a_killed_process_had_in_hand_is_done_by_others(tmp_path: Path) -> None:
    found = list(computed_here(killed_once, str(tmp_path / "killed"), TASKS, jobs=2))

    assert sorted(found) == list(TASKS)


def test_what_kills_every_process_ends_in_a_sentence() -> None:
    with pytest.raises(IncompleteError, match=r"were killed 3 times.* of 3 tasks are left"):
        list(computed_here(always_killed, 0, [0, 1, 2], jobs=2))


def test_nobody_stays_behind_when_who_asked_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys; from tests.store.test_sweep_workers import computed_here, held;"
        " list(computed_here(held, sys.argv[1], [0, 1], jobs=2))"
    )
    asking = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    while len(pids := [int(file.name) for file in tmp_path.iterdir()]) < 2:
        time.sleep(0.02)
    asking.kill()
    asking.wait()

    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.02)


def test_an_error_for_people_stays_one() -> None:
    with pytest.raises(UsageError, match="makes no sense"):
        list(computed_here(refused, 0, [0, 1], jobs=2))


# ---- a cluster ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes of its own."""
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]  # it has no types
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
    ) as started:  # fmt: skip
        started.wait_for_workers(2)
        yield started


@pytest.mark.filterwarnings("default")
def test_a_cluster_that_loses_a_worker_does_every_task(
    cluster: Any,  # noqa: ANN401, distributed has no types
) -> None:
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]  # it has no types
        pids: Sequence[int] = sorted(client.run(os.getpid).values())
    results = computed_on_cluster(cluster.scheduler_address, squared, 100, [*TASKS] * 20)

    first = next(results)
    os.kill(pids[0], signal.SIGKILL)
    found = [first, *results]

    assert sorted(found) == sorted(100 + task * task for task in [*TASKS] * 20)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (refused, UsageError, "task 1 makes no sense"),
        (broken, IncompleteError, "a worker failed: ZeroDivisionError: in task 1"),
    ],
)
def test_what_a_worker_cannot_do_is_told(
    cluster: Any,  # noqa: ANN401, distributed has no types
    function: Any,  # noqa: ANN401, one of two
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        list(computed_on_cluster(cluster.scheduler_address, function, 0, [1]))
