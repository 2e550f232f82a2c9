"""The server's side of `with_mcp.py`: a tool that says how much CPU time it took."""

import time

from mcp.server.mcpserver import MCPServer

CRUNCH_S = 0.2
server = MCPServer("sums")


@server.tool()
def crunch() -> str:
    """Add up many numbers."""
    start_ns = time.thread_time_ns()
    while time.thread_time_ns() - start_ns < CRUNCH_S * 1e9:
        sum(range(1000))
    return str(time.thread_time_ns() - start_ns)


server.run()
