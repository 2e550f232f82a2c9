"""
What driver, workers and server say to each other: small packets of fixed size, whole or not at all.
"""

import socket
from struct import Struct

TASK = Struct("<qq")
"""To a worker: the place of the tool, and units of work."""
DONE = Struct("<qqq")
"""From a worker: begun, ended (monotonic ns), and the CPU time of it all in ns."""
CALL = Struct("<qq")
"""To the server: a number of the driver's, and the demand in ns at batch size 1."""
ANSWER = Struct("<qqqq")
"""From the server: the number, begun, ended (monotonic ns), its CPU time since it began in ns."""


def channel() -> tuple[socket.socket, socket.socket]:
    """Two ends that keep packets apart and in order."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def packet(end: socket.socket, form: Struct) -> tuple[int, ...] | None:
    """The next packet; None when the other end is gone."""
    try:
        text = end.recv(form.size)
    except (BrokenPipeError, ConnectionResetError):
        return None
    return form.unpack(text) if len(text) == form.size else None
