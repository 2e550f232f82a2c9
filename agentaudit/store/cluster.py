"""
Files of a dataset summed up on a Dask cluster, which somebody else runs.

The scheduler gives the files to workers, and again to others when a worker is lost, so each file
counts once. Workers read the files themselves: the dataset lies where they can reach it, and they
have this package installed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from agentaudit.errors import UsageError
from agentaudit.model.fleet import Part
from agentaudit.store.dataset_files import DataFile
from agentaudit.store.dataset_parts import part_of_file

TIMEOUT_S = 20
RETRIES = 2


def parts_on_cluster(scheduler: str, files: Sequence[DataFile]) -> Iterator[Part]:
    """
    The parts of all files, as they come in.

    A file that no worker could sum up is a part with a problem. Raises UsageError when there is no
    such cluster.
    """
    try:
        from distributed import as_completed  # noqa: PLC0415, an extra
    except ImportError as error:
        raise UsageError("a cluster needs the extra: pip install agentaudit[cluster]") from error
    with _client(scheduler) as client:
        futures = client.map(part_of_file, files, pure=False, retries=RETRIES)
        names = {future.key: file for future, file in zip(futures, files, strict=True)}
        for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]  # it has no types
            failure = future.exception()
            yield future.result() if failure is None else _lost(names[future.key], failure)
            future.release()


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    from distributed import Client  # noqa: PLC0415, an extra

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


def _lost(file: DataFile, error: BaseException) -> Part:
    said = " ".join(str(error).split())[:200]
    where = f"{file.table} of {file.host}, {file.day}"
    return Part(problems=(f"{where}: {type(error).__name__}: {said} ({file.path})",))
