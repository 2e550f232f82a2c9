"""Connections to models, from the kernel's own tables."""

import os
import socket

import pytest

from agentaudit.model.recording import ModelPeer
from agentaudit.probes.connections.sockets import ModelPeers, _address, model_peers, resolved


def test_a_connection_to_a_named_endpoint_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"127.0.0.1:{server.getsockname()[1]}"
        before = model_peers(os.getpid(), {endpoint})
        with socket.create_connection(server.getsockname()):
            during = model_peers(os.getpid(), {endpoint})
            unnamed = model_peers(os.getpid(), set())

    assert (list(before), list(during), list(unnamed)) == ([], [endpoint], [])


def test_each_model_is_told_of_once_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"127.0.0.1:{server.getsockname()[1]}"
        peers = ModelPeers({endpoint})
        with socket.create_connection(server.getsockname()):
            told = [peers.look(second * 10**9, [os.getpid()]) for second in range(3)]

    assert [list(records) for records in told] == [
        [ModelPeer(at_ns=0, pid=os.getpid(), address=endpoint)],
        [],
        [],
    ]


def test_addresses_are_read_in_the_kernels_byte_order() -> None:
    assert _address("0100007F:2CAA") == "127.0.0.1:11434"
    assert _address("0000000000000000FFFF00000100007F:0050") == "127.0.0.1:80"
    assert _address("00000000000000000000000001000000:0050") == "[::1]:80"


def test_a_process_that_is_gone_has_no_connections() -> None:
    assert list(model_peers(4194305, ())) == []


def test_names_are_resolved_to_numbers() -> None:
    assert list(resolved("127.0.0.1:8000")) == ["127.0.0.1:8000"]
    assert list(resolved("[::ffff:127.0.0.1]:80")) == ["127.0.0.1:80"]
    with pytest.raises((OSError, ValueError)):
        resolved("127.0.0.1")
