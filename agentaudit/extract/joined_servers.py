"""
Tool servers in code whose port a container publishes.

That a program binds every interface is what every container wants of it: whether other machines
reach it is decided where its image is run.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.container_roles import asks
from agentaudit.extract.workloads import Workload
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer


def join_servers(collector: Collector) -> None:
    """Marks the one server of a folder of its own that a container with a port is built from."""
    servers = by_folder(item for item in collector.of(ToolServer) if item.listens_everywhere)
    for workload in collector.workloads if servers else ():
        runtime = collector.facts[workload.runtime_id]
        if not workload.build or workload.role == "tool_server":
            continue
        if isinstance(runtime, Runtime) and (runtime.published_ports or runtime.host_network):
            _publish(collector, workload, runtime, servers.get(workload.build, ()))


def _publish(
    collector: Collector, workload: Workload, runtime: Runtime, servers: Sequence[ToolServer]
) -> None:
    """Of several servers in one folder nobody says which one runs."""
    if len(servers) != 1:
        return
    server = collector.facts[servers[0].id]
    if isinstance(server, ToolServer):
        told = server.authenticated is Truth.NO and asks(workload.settings)
        collector.update(
            replace(
                server,
                exposed=True,
                authenticated=Truth.UNKNOWN if told else server.authenticated,
                evidence=with_place(server, runtime.evidence[0]),
            )
        )
