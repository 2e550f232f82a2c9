"""Sockets and their counters as the kernel tells them."""

import os
import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.connections.owners import Owners, socket_inodes
from agentaudit.probes.connections.sock_diag import (
    CARRYING,
    LISTENING,
    Counters,
    Endings,
    SockDiag,
    Socket,
    counters_in,
    messages,
)
from agentaudit.probes.pace import Pace


@pytest.fixture
def diag() -> Iterator[SockDiag]:
    made = SockDiag(os.getpid())
    yield made
    made.close()


def inode(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


@contextmanager
def connected(host: str) -> Iterator[tuple[socket.socket, socket.socket, socket.socket]]:
    """Client, server's side and listener."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as listener,
        socket.create_connection(listener.getsockname()[:2]) as client,
    ):
        accepted, _ = listener.accept()
        with accepted:
            yield client, accepted, listener


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_ends_of_a_connection_are_told(host: str, diag: SockDiag) -> None:
    with connected(host) as (client, accepted, listener):
        found = {one.inode: one for one in diag.sockets(CARRYING)}
        listening = {one.local for one in diag.sockets(LISTENING)}
        ours, theirs = found[inode(client)], found[inode(accepted)]
        other = diag.other_end(ours)
        address = listener.getsockname()[:2]

    assert ours.peer == theirs.local == address
    assert ours.local == theirs.peer
    assert address in listening
    assert other == theirs


def test_a_server_of_both_families_is_the_other_end_of_ipv4(diag: SockDiag) -> None:
    with (
        socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener,
        socket.create_connection(("127.0.0.1", listener.getsockname()[1])) as client,
    ):
        accepted, _ = listener.accept()
        with accepted:
            (one,) = diag.sockets(CARRYING, {inode(client)})
            other = diag.other_end(one)
            expected = inode(accepted)

    assert other is not None
    assert other.inode == expected
    assert other.local[0] == "127.0.0.1"


def test_bytes_are_counted_as_they_were_sent(diag: SockDiag) -> None:
    with connected("127.0.0.1") as (client, accepted, _):
        client.sendall(b"q" * 500)
        accepted.recv(500, socket.MSG_WAITALL)
        accepted.sendall(b"a" * 70_000)
        client.recv(70_000, socket.MSG_WAITALL)
        pair = list(diag.sockets(CARRYING, {inode(client), inode(accepted)}))
        by_inode = {one.inode: diag.counters(pair)[one.cookie] for one in pair}
        ours, theirs = by_inode[inode(client)], by_inode[inode(accepted)]

    assert ours is not None
    assert theirs is not None
    assert (ours.sent, ours.received) == (500, 70_000)
    assert (theirs.sent, theirs.received) == (70_000, 500)
    assert theirs.segments == 1
    assert 0 <= ours.received_age_ns <= ours.sent_age_ns


def test_many_sockets_are_asked_in_one_go(diag: SockDiag) -> None:
    with connected("127.0.0.1") as (client, _, listener):
        others = [socket.create_connection(listener.getsockname()) for _ in range(100)]
        wanted = {inode(one) for one in [client, *others]}
        found = list(diag.sockets(CARRYING, wanted))
        counters = diag.counters(found)
        for one in others:
            one.close()

    assert len(found) == 101
    assert all(counters[one.cookie] is not None for one in found)


def test_what_is_gone_has_no_counters_and_no_other_end(diag: SockDiag) -> None:
    with connected("127.0.0.1") as (client, _, _):
        (one,) = diag.sockets(CARRYING, {inode(client)})
    gone = Socket(family=one.family, state=one.state, key=one.key[:40] + b"\x01" * 8, inode=1)

    assert diag.counters([gone]) == {gone.cookie: None}
    assert diag.other_end(gone) is None


def test_a_listing_that_was_given_up_disturbs_no_later_one(diag: SockDiag) -> None:
    with connected("127.0.0.1") as (client, _, _):
        next(iter(diag.sockets(CARRYING)))
        (one,) = diag.sockets(CARRYING, {inode(client)})
        counters = diag.counters([one])[one.cookie]

    assert counters is not None


def test_the_end_of_a_connection_is_told_with_its_last_counters(diag: SockDiag) -> None:
    endings = Endings(os.getpid())
    with connected("127.0.0.1") as (client, accepted, _):
        (one,) = diag.sockets(CARRYING, {inode(client)})
        client.sendall(b"q" * 123)
        accepted.recv(123, socket.MSG_WAITALL)
        client.close()
        accepted.close()
    told: dict[bytes, Counters] = {}
    while one.cookie not in told:
        assert select.select([endings], [], [], 10)[0]
        told |= {ended.cookie: counters for ended, counters in endings.read()}
    endings.close()

    assert told[one.cookie].sent == 123


@given(st.binary(max_size=200))
def test_no_bytes_confuse_the_reading_of_messages(data: bytes) -> None:
    for _, _, message in messages(memoryview(data)):
        counters_in(message, 0)


@given(st.binary(max_size=300))
def test_no_attributes_confuse_the_reading_of_counters(data: bytes) -> None:
    counters_in(memoryview(bytes(72) + data), 0)


def info(length: int) -> memoryview:
    """A `struct tcp_info` as kernels of other ages have it: 700 acknowledged, 900 received."""
    text = bytearray(256)
    struct.pack_into("=QQ", text, 120, 700, 900)
    struct.pack_into("=I", text, 152, 3)
    struct.pack_into("=QQ", text, 200, 650, 50)
    return memoryview(bytes(72) + struct.pack("=HH", 4 + length, 2) + bytes(text[:length]))


def test_older_kernels_tell_what_was_acknowledged() -> None:
    new, old = counters_in(info(232), 5), counters_in(info(192), 5)

    assert new is not None
    assert old is not None
    assert (new.sent, old.sent) == (600, 699)
    assert counters_in(info(100), 5) is None
    assert counters_in(memoryview(bytes(72)), 5) is None


def test_open_files_are_read_again_when_their_number_changes() -> None:
    owners, ours = Owners(), [os.getpid()]
    assert owners.look(10**12, ours, changed=False)
    quiet = owners.look(10**12 + 10**7 * 9, ours, changed=False)
    with socket.create_server(("127.0.0.1", 0)) as one:
        assert owners.look(10**12 + 10**8 * 95, ours, changed=False)
        holder = owners.of(inode(one), inbound=True)

    assert not quiet
    assert holder == os.getpid()
    assert owners.of(1, inbound=True) == 0


def test_too_early_looks_are_not_made() -> None:
    owners = Owners()
    owners.look(10**12, [os.getpid()], changed=True)

    assert not owners.look(10**12 + 1, [os.getpid()], changed=True)


def test_who_is_gone_holds_no_sockets() -> None:
    assert not socket_inodes(4_194_305)


def test_one_slow_look_is_not_believed_and_two_are() -> None:
    pace = Pace(1000, 10)
    with pace.look(0):
        sum(range(200_000))
    first = pace.next_ns
    with pace.look(0):
        sum(range(200_000))

    assert first == 1000
    assert pace.next_ns > 100_000
    assert not pace.due(5)
    assert pace.due(pace.next_ns)
