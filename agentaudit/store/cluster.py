"""
Work on a Dask cluster, which somebody else runs: files of a dataset, tasks of a sweep.

The scheduler gives the work to workers, and again to others when a worker is lost, so each piece
counts once. Workers have this package installed, and read files of a dataset themselves, which
lies where they can reach it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from agentaudit.errors import AgentAuditError, IncompleteError, UsageError
from agentaudit.model.fleet import Part
from agentaudit.store.dataset_files import DataFile
from agentaudit.store.dataset_parts import part_of_file

TIMEOUT_S = 20
RETRIES = 2
_ADDRESS = re.compile(r"(?:[a-z]+://)?\S+:(?P<port>\d{1,5})", re.ASCII)
_MOST_PORT = 65535

_Base = TypeVar("_Base")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def parts_on_cluster(scheduler: str, files: Sequence[DataFile]) -> Iterator[Part]:
    """
    The parts of all files, as they come in.

    A file that no worker could sum up is a part with a problem. Raises UsageError when there is no
    such cluster.
    """
    with _client(scheduler) as client:
        futures = client.map(part_of_file, files, pure=False, retries=RETRIES)
        names = {future.key: file for future, file in zip(futures, files, strict=True)}
        for future in _as_they_end(client, futures):
            failure = future.exception()
            yield future.result() if failure is None else _lost(names[future.key], failure)
            future.release()


def computed_on_cluster(
    scheduler: str, function: Callable[[_Base, _Task], _Result], base: _Base, tasks: Sequence[_Task]
) -> Iterator[_Result]:
    """
    What the function makes of `base`, which every worker is given once, and each of the tasks.

    Results come as they are there. Raises UsageError when there is no such cluster, and
    IncompleteError for what its workers could not do.
    """
    with _client(scheduler) as client:
        given = client.scatter(base, broadcast=True)
        futures = [
            client.submit(function, given, task, pure=False, retries=RETRIES) for task in tasks
        ]
        for future in _as_they_end(client, futures):
            failure = future.exception()
            if isinstance(failure, AgentAuditError):
                raise failure
            if failure is not None:
                said = f"{type(failure).__name__}: {' '.join(str(failure).split())[:200]}"
                raise IncompleteError(f"--scheduler {scheduler}: a worker failed: {said}")
            yield future.result()
            future.release()


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client  # noqa: PLC0415, an extra
    except ImportError as error:
        raise UsageError("a cluster needs the extra: pip install agentaudit[cluster]") from error
    address = _ADDRESS.fullmatch(scheduler)
    if address is None or int(address["port"]) > _MOST_PORT:
        # A client that was made of one would try for a minute, and die with a traceback.
        raise UsageError(f"--scheduler is an address as in tcp://host:8786, not {scheduler!r:.80}")
    try:
        client = Client(  # type: ignore[no-untyped-call]  # it has no types
            scheduler, timeout=TIMEOUT_S, set_as_default=False
        )
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise UsageError(f"--scheduler {scheduler}: no cluster answers there ({said})") from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise UsageError(f"--scheduler {scheduler}: the cluster has no workers")
        yield client


def _as_they_end(client: Any, futures: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401, distributed has no types
    from distributed import as_completed  # noqa: PLC0415, an extra

    yield from as_completed(futures, loop=client.loop)  # type: ignore[no-untyped-call]  # it has no types


def _lost(file: DataFile, error: BaseException) -> Part:
    said = " ".join(str(error).split())[:200]
    where = f"{file.table} of {file.host}, {file.day}"
    return Part(problems=(f"{where}: {type(error).__name__}: {said} ({file.path})",))
