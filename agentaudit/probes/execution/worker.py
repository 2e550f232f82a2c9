"""A worker: does what it is told, one step after another, and says what CPU time it took."""

import socket
import time
from collections.abc import Mapping

from agentaudit.probes.execution.messages import DONE, TASK, packet
from agentaudit.probes.execution.tools import TOOLS, Tool, Work


def work(end: socket.socket, tools: Mapping[Tool, Work]) -> None:
    """
    Steps as they come, until the other end is gone; of a process, or of one of its threads.

    CPU time is counted from answer to answer, so that what the messages cost is in it as well.
    """
    counted_ns = time.thread_time_ns()
    while (task := packet(end, TASK)) is not None:
        place, units = task
        begun_ns = time.monotonic_ns()
        children_ns = tools[TOOLS[place]](units)
        ended_ns = time.monotonic_ns()
        before_ns, counted_ns = counted_ns, time.thread_time_ns()
        try:
            end.send(DONE.pack(begun_ns, ended_ns, counted_ns - before_ns + children_ns))
        except (BrokenPipeError, ConnectionResetError):
            return
