"""When open files are read again, though as many are open as before."""

import os
import socket
from itertools import pairwise
from pathlib import Path

from agentaudit.probes.connections.owners import Owners

MS = 1_000_000
OURS = [os.getpid()]


def test_a_socket_in_the_place_of_a_file_is_found_soon() -> None:
    owners = Owners()
    owners.look(0, OURS, changed=False)
    with Path(os.devnull).open("rb"):
        read = owners.look(5000 * MS, OURS, changed=False)
    with socket.socket() as made:
        owners._pace.next_ns = 0  # what a look costs is not the question here
        again = owners.look(5100 * MS, OURS, changed=False)
        inode = os.fstat(made.fileno()).st_ino

        assert (read, again) == (True, True)
        assert inode in owners.inodes


def test_files_that_stay_as_they_are_are_read_at_growing_distances() -> None:
    owners = Owners()
    instants = range(0, 10_000, 50)
    read = []
    for instant in instants:
        owners._pace.next_ns = 0  # what a look costs is not the question here
        if owners.look(instant * MS, OURS, changed=False):
            read.append(instant)

    assert [after - before for before, after in pairwise(read)][:6] == [
        100, 200, 400, 800, 1000, 1000,
    ]  # fmt: skip
