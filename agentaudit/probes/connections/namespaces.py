"""Network namespaces: which one a process lives in, and sockets of ours in there."""

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_CLONE_NEWNET = 0x40000000
_T = TypeVar("_T")


def in_namespace_of(pid: int, make: Callable[[], _T]) -> _T:
    """
    What `make` makes in the network namespace of a process.

    Sockets stay where they were made. A thread that ends at once goes there, where it is not ours,
    so that none of our own ever leaves. Raises OSError where we may not go there.
    """
    if namespace_of(pid) == namespace_of(os.getpid()):
        return make()
    made: list[_T] = []
    problems: list[OSError] = []

    def there() -> None:
        try:
            _enter(pid)
            made.append(make())
        except OSError as error:
            problems.append(error)

    thread = threading.Thread(target=there, name="namespace")
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
    return made[0]


def namespace_of(pid: int) -> int:
    """The number of the network namespace a process lives in. May raise OSError."""
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def _enter(pid: int) -> None:
    """The calling thread, alone, goes into the network namespace of a process."""
    library = ctypes.CDLL(None, use_errno=True)  # `os.setns` is younger than CPython 3.11
    with Path(f"/proc/{pid}/ns/net").open("rb") as namespace:
        if library.setns(namespace.fileno(), _CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
