"""Who serves a connection, also from another network namespace."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from agentaudit.probes.connections.namespaces import in_namespace_of, namespace_of
from agentaudit.probes.connections.servers import Servers, _serving
from agentaudit.probes.connections.sock_diag import CARRYING, SockDiag, Socket
from agentaudit.probes.connections.sockets import Row
from tests.probes.model_server import SERVER

Program = subprocess.Popen[str]
Start = Callable[..., Program]


@pytest.fixture
def diag() -> Iterator[SockDiag]:
    made = SockDiag(os.getpid())
    yield made
    made.close()


def socket_of(diag: SockDiag, connection: socket.socket) -> Socket:
    inode = os.fstat(connection.fileno()).st_ino
    (found,) = diag.sockets(CARRYING, {inode})
    return found


def found_by(diag: SockDiag, connection: socket.socket) -> int | None:
    """Asked until it is known: a server may not have accepted yet."""
    servers, here = Servers(), namespace_of(os.getpid())
    one = socket_of(diag, connection)
    return next(
        pid
        for second in count(1)
        if (pid := servers.find(second * 10**9, diag, here, one)) is not None
    )


def line(program: Program) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def test_the_server_of_this_host_is_found(start: Start, diag: SockDiag) -> None:
    program = start(SERVER, "127.0.0.1")

    with socket.create_connection(("127.0.0.1", int(line(program)))) as connection:
        assert found_by(diag, connection) == program.pid


def test_who_did_not_accept_yet_is_not_known_yet(diag: SockDiag) -> None:
    servers, here = Servers(), namespace_of(os.getpid())
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        one = socket_of(diag, connection)
        before = servers.find(10**9, diag, here, one)
        too_soon = servers.find(10**9 + 1, diag, here, one)
        accepted, _ = server.accept()
        with accepted:
            after = servers.find(10 * 10**9, diag, here, one)
            remembered = servers.find(10 * 10**9 + 1, diag, here, one)

    assert (before, too_soon, after, remembered) == (None, None, os.getpid(), os.getpid())


@dataclass(frozen=True)
class Apart:
    """A server in a network namespace of its own, and our address in there."""

    program: Program
    host: str
    port: int


ENTER = """
import ctypes, os, sys
with open("/run/netns/" + sys.argv.pop()) as namespace:
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000):
        raise OSError(ctypes.get_errno(), "cannot enter")
"""


@pytest.fixture
def apart(start: Start, needs: Callable[[str, str], str]) -> Iterator[Apart]:
    """As a container has it: two ends of a virtual cable, one of them in there."""
    if os.geteuid():
        pytest.skip("only root makes network namespaces that others reach")
    ip = needs("ip", "iproute2")
    name, third = f"aa{os.getpid()}", os.getpid() % 250
    inside, outside = f"10.213.{third}.2", f"10.213.{third}.1"

    def do(*words: str) -> None:
        subprocess.run([ip, *words], check=True, capture_output=True)

    do("netns", "add", name)
    try:
        do("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        do("addr", "add", f"{outside}/24", "dev", name)
        do("link", "set", name, "up")
        do("-n", name, "addr", "add", f"{inside}/24", "dev", "eth0")
        do("-n", name, "link", "set", "eth0", "up")
        program = start(ENTER + SERVER, inside, "0", name, name="server.py")
        yield Apart(program, inside, int(line(program)))
    finally:
        subprocess.run([ip, "link", "del", name], check=False, capture_output=True)
        do("netns", "del", name)


def test_a_server_in_a_container_is_found(apart: Apart, diag: SockDiag) -> None:
    with socket.create_connection((apart.host, apart.port)) as connection:
        assert found_by(diag, connection) == apart.program.pid


FORWARDER = """
import socket, sys
given = dict(zip(sys.argv, sys.argv[1:]))
there = (given["-container-ip"], int(given["-container-port"]))
listening = socket.create_server(("127.0.0.1", 0))
print("ready", flush=True)
print(listening.getsockname()[1], flush=True)
accepted, _ = listening.accept()
forward = socket.create_connection(there)
print("forwarded", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def published(apart: Apart, tmp_path: Path) -> Iterator[Program]:
    """What passes on a port of this host to the server in there."""
    script = tmp_path / "forward.py"
    script.write_text(FORWARDER)
    words = ["docker-proxy", str(script), "-container-ip", apart.host, "-container-port"]
    with subprocess.Popen(
        [*words, str(apart.port)],
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as proxy:
        assert line(proxy) == "ready"
        yield proxy


def test_a_published_port_leads_to_the_server_in_the_container(
    apart: Apart, published: Program, diag: SockDiag
) -> None:
    with socket.create_connection(("127.0.0.1", int(line(published)))) as connection:
        assert line(published) == "forwarded"
        found = found_by(diag, connection)

    assert found == apart.program.pid


def test_who_did_not_accept_yet_behind_a_published_port_is_not_known_yet(
    apart: Apart, published: Program, diag: SockDiag
) -> None:
    apart.program.send_signal(signal.SIGSTOP)
    with socket.create_connection(("127.0.0.1", int(line(published)))) as connection:
        assert line(published) == "forwarded"
        before = Servers().find(10**9, diag, namespace_of(os.getpid()), socket_of(diag, connection))
        apart.program.send_signal(signal.SIGCONT)
        after = found_by(diag, connection)

    assert (before, after) == (None, apart.program.pid)


def test_a_published_port_that_leads_nowhere_is_the_forwarder(diag: SockDiag) -> None:
    assert Servers().find(10**9, diag, 0, Socket(family=2, state=1, key=bytes(48), inode=0)) == 0


def test_an_address_that_is_no_hosts_own_is_not_searched_for(diag: SockDiag) -> None:
    key = b"\xc0\x00\x01\xbb" + bytes([10, 0, 0, 1]) + bytes(12) + bytes([8, 8, 8, 8]) + bytes(24)

    assert Servers().find(10**9, diag, 0, Socket(family=2, state=1, key=key, inode=0)) == 0


def test_translated_addresses_are_known_by_the_callers_port() -> None:
    wanted = Row("172.17.0.2:80", "172.17.0.1:40000", 5)
    other = Row("172.17.0.2:80", "172.17.0.1:40001", 6)
    same_port = Row("172.17.0.2:81", "172.17.0.9:40000", 7)

    assert _serving([wanted, other], "127.0.0.1:8000", "127.0.0.1:40000") == wanted
    assert _serving([wanted, same_port], "172.17.0.2:81", "127.0.0.1:40000") == same_port
    assert _serving([wanted, same_port], "127.0.0.1:8000", "127.0.0.1:40000") is None
    assert _serving([wanted, other], "172.17.0.2:80", "") == wanted


def test_where_we_may_not_go_is_said() -> None:
    with pytest.raises(OSError, match=r".+"):
        in_namespace_of(4_194_305, lambda: 1)
