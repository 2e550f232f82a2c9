"""
Programs in which people build and try agents, published with their sign-in taken away.

Whoever reaches one runs code on its machine with what it holds, since that is what they are for.
Langflow signs everybody in as its superuser unless `LANGFLOW_AUTO_LOGIN` is false; Flowise asked
nobody before its third version unless it was given a name; Open WebUI makes who comes its
administrator with `WEBUI_AUTH=False`; the Inspector of MCP starts any command
for whoever calls it with `DANGEROUSLY_OMIT_AUTH`, and asks for no token before 0.14.1.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.exposure import exposed_runtimes
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer

_LANGFLOW = regex(r"(?:^|/)langflow(?:-backend|-nightly)?(?:[:@]|$)")
_EARLY_FLOWISE = regex(r"(?:^|/)flowise:v?[12]\.")
_OPEN_WEBUI = regex(r"(?:^|/)open-webui(?:[:@]|$)")
_INSPECTOR = regex(r"@modelcontextprotocol/inspector(?:@(?P<version>[0-9.]{1,20}))?$")
_ASKS_SINCE = (0, 14, 1)
_ON = frozenset({"true", "1", "yes"})
_OFF = frozenset({"false"})
"""As Open WebUI compares it: any other word leaves its sign-in as it is."""


class _Console(Struct, frozen=True):
    """A program by what starts it, and whether its settings let everybody in."""

    name: str
    runs: Callable[[Workload], bool]
    open_to_all: Callable[[Workload, Mapping[str, str]], bool]


_AGENTS = (
    _Console(
        "langflow",
        lambda workload: _LANGFLOW.search(workload.product) is not None,
        lambda workload, said: (
            said["LANGFLOW_AUTO_LOGIN"] in _ON
            if "LANGFLOW_AUTO_LOGIN" in said
            else workload.settings_whole
        ),
    ),
    _Console(
        "flowise",
        lambda workload: _EARLY_FLOWISE.search(workload.product) is not None,
        lambda workload, said: workload.settings_whole and "FLOWISE_USERNAME" not in said,
    ),
    _Console(
        "open-webui",
        lambda workload: _OPEN_WEBUI.search(workload.product) is not None,
        lambda _, said: said.get("WEBUI_AUTH") in _OFF,
    ),
)


def extract_consoles(documents: Documents, collector: Collector) -> None:
    """Every console that machines of others reach and that lets them all in."""
    reached = exposed_runtimes(documents, collector, "agent").keys()
    for workload in collector.workloads:
        runtime = collector.facts.get(workload.runtime_id)
        if isinstance(runtime, Runtime) and (runtime.published or runtime.id in reached):
            _add_console(collector, workload, runtime)


def _add_console(collector: Collector, workload: Workload, runtime: Runtime) -> None:
    said = {item.key: literal_of(item.content).strip().lower() for item in workload.settings}
    name, place = workload.names[0], runtime.evidence[0]
    for console in _AGENTS:
        if console.runs(workload) and console.open_to_all(workload, said):
            agent = collector.add(
                Agent(
                    id=fact_id("agent", name, f"{runtime.id}/console"),
                    name=name,
                    evidence=(place,),
                    framework=console.name,
                    authenticated=Truth.NO,
                )
            )
            collector.link(EdgeKind.RUNS_ON, agent.id, runtime.id, place)
    if _lets_all_inspect(workload, said):
        server = ToolServer(
            id=fact_id("tool_server", name, f"{runtime.id}/inspector"),
            name=name,
            evidence=(place,),
            transport="http",
            package="@modelcontextprotocol/inspector",
            authenticated=Truth.NO,
            exposed=True,
        )
        collector.add(server)
        collector.link(EdgeKind.RUNS_ON, server.id, runtime.id, place)


def _lets_all_inspect(workload: Workload, said: Mapping[str, str]) -> bool:
    words = [part for word in workload.words for part in word.split()]
    found = next((match for word in words if (match := _INSPECTOR.match(word))), None)
    if found is None:
        return False
    version = tuple(int(part) for part in (found["version"] or "").split(".") if part)
    return bool(version and version < _ASKS_SINCE) or said.get("DANGEROUSLY_OMIT_AUTH") in _ON
