"""Sockets of ours in the network namespace of another process, and where that cannot be."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentaudit.probes.connections import namespaces
from agentaudit.probes.connections.namespaces import in_namespace_of, namespace_of


@pytest.fixture
def apart() -> Iterator[int]:
    """A process in a network of its own."""
    if os.geteuid():
        pytest.skip("only root makes network namespaces")
    command = ["unshare", "--net", "sh", "-c", "echo ready; exec sleep 600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        yield program.pid
        program.kill()


def here() -> int:
    """The network namespace of the thread that asks."""
    return Path("/proc/thread-self/ns/net").stat().st_ino


def test_what_is_made_there_is_of_there_and_we_stay(apart: int) -> None:
    before = here()

    assert in_namespace_of(apart, here) == namespace_of(apart)
    assert here() == before != namespace_of(apart)


def test_our_own_namespace_is_not_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "_enter", None)

    assert in_namespace_of(os.getpid(), here) == here()


def test_what_cannot_be_made_there_is_told(apart: int) -> None:
    def refused() -> None:
        raise OSError(98, "Address already in use")

    with pytest.raises(OSError, match="already in use"):
        in_namespace_of(apart, refused)


def test_where_we_may_not_go_is_told(apart: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a file that is of another kind of namespace, or without the privilege."""
    monkeypatch.setattr(namespaces, "_CLONE_NEWNET", 0x04000000)

    with pytest.raises(OSError, match="Invalid argument"):
        in_namespace_of(apart, here)


def test_a_process_that_is_gone_has_no_namespace() -> None:
    with pytest.raises(OSError, match="No such file"):
        in_namespace_of(2**22 + 1, here)
