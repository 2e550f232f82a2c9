"""
OTLP over HTTP, on this machine alone: connections, each with one request.

Whoever runs here may connect, so everything is bounded: how many connections there are at a time,
and how long one may take. What a request gets is said in `otlp_requests`.
"""

import socket
import socketserver
import threading
import time
from contextlib import suppress

from agentaudit.probes.spans.otlp_requests import Take, handler_of

HERE, HERE_IPV6 = "127.0.0.1", "::1"
"""Nobody from outside reaches these. `localhost` may be either."""

_MOST_CONNECTIONS = 8
_PATIENCE_S = 10.0
_LOOK_S = 0.1

_Address = tuple[str, int]


class Server(socketserver.ThreadingTCPServer):
    """
    A server in threads of its own, at one of our two addresses.

    Raises OSError when the port is taken, or this machine has no such address.

    While all connections are in use the others wait in the kernel's queue, which costs us nothing.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, take: Take, *, host: str = HERE) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._slots = threading.Semaphore(_MOST_CONNECTIONS)
        self._since_s: dict[socket.socket, float] = {}
        self._over = False
        super().__init__((host, port), handler_of(take))
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_LOOK_S,), name="otlp", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def end(self) -> None:
        """Nothing is taken any more; what is half told is cut off."""
        self._over = True
        self.shutdown()
        self.server_close()
        self._hang_up(0.0)

    def service_actions(self) -> None:
        self._hang_up(_PATIENCE_S)

    def process_request(self, request: object, client_address: object) -> None:
        connection, address = _known(request), _addressed(client_address)
        while not self._slots.acquire(timeout=_LOOK_S):
            self._hang_up(_PATIENCE_S)
            if self._over:
                self.shutdown_request(connection)
                return
        self._since_s[connection] = time.monotonic()
        super().process_request(connection, address)

    def process_request_thread(self, request: object, client_address: object) -> None:
        connection, address = _known(request), _addressed(client_address)
        try:
            super().process_request_thread(connection, address)
        finally:
            self._since_s.pop(connection, None)
            self._slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up, or is hung up on, is nothing to tell of."""

    def _hang_up(self, patience_s: float) -> None:
        """On those that take too long, however little they say at a time."""
        for connection, since_s in list(self._since_s.items()):
            if time.monotonic() - since_s >= patience_s:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _known(request: object) -> socket.socket:
    if not isinstance(request, socket.socket):
        raise TypeError("a TCP server has connections")
    return request


def _addressed(address: object) -> _Address:
    if not isinstance(address, tuple):
        raise TypeError("a connection over IP has an address")
    return str(address[0]), int(address[1])
