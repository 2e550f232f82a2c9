"""
What only the whole deployment can say: who runs where, who sees what, which values are the same.

Runs after all extractors, on facts alone.
"""

from collections.abc import Container, Iterable
from itertools import product
from os.path import commonpath

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.coding_agents import bypassed
from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.container_commands import runs_another
from agentaudit.extract.documents import first_folder_of, folder_of
from agentaudit.extract.environment import limit, memory_id, open_to_every_page
from agentaudit.extract.joined_credentials import agents_on, join_credentials, targets
from agentaudit.extract.joined_databases import join_databases
from agentaudit.extract.joined_identities import reach_identities
from agentaudit.extract.joined_memory import join_memory
from agentaudit.extract.joined_needs import join_needs
from agentaudit.extract.joined_references import resolve_references
from agentaudit.extract.joined_servers import join_servers
from agentaudit.extract.kubernetes_rights import join_pods
from agentaudit.extract.literals import normal
from agentaudit.extract.mcp_clients import GATEWAY_CLIENT
from agentaudit.extract.packed_agents import CODED
from agentaudit.extract.workloads import Workload
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import Tool

_BACKENDS = ("redis", "postgres", "mongodb", "sqlite", "mysql", "")
"""Where an environment may say that conversations are kept; the last of one that says no place."""
_AGENTS = Budget("agents of runtimes", 20_000, free=4, whole=True)
"""Each as often as there are runtimes that may run it."""


def join(collector: Collector) -> None:
    """Every join, each on what those before it found."""
    resolve_references(collector)
    _place_agents(collector)
    _attach_memory(collector)
    join_memory(collector)
    _limit_agents(collector)
    _settle_approvals(collector)
    _count_tools(collector)
    _limit_egress(collector)
    join_credentials(collector)
    join_pods(collector)
    reach_identities(collector)
    join_needs(collector)
    join_servers(collector)
    join_databases(collector)


def _place_agents(collector: Collector) -> None:
    """Agents run on the runtimes built from their folder, or of their image or name."""
    coded = _Coded(collector.of(Agent), collector.image_folders)
    built: dict[str, list[Agent]] = {}
    workloads = [item for item in collector.workloads if item.role == "agent"]
    for workload in workloads:
        if workload.build is not None:
            built[workload.image] = coded.below(workload.build)
    for workload in workloads:
        known = _agents_of(workload, coded, built)
        agents = known or [_own_agent(collector, workload)]
        runtime = collector.facts[workload.runtime_id]
        place, what = runtime.evidence[0], f"which agents run on {runtime.name}"
        own = workload.build is not None and not runs_another(workload.words)
        if known and own and isinstance(runtime, Runtime):
            collector.update(replace(runtime, resembles_agent=False))
        room = collector.affords(_AGENTS, len(agents), (place, what, "what they hold is open"))
        for agent in agents if room else ():
            collector.link(
                EdgeKind.RUNS_ON,
                agent.id,
                workload.runtime_id,
                place,
                confidence=Confidence.LIKELY,
            )


class _Coded:
    """Agents that are code, by their names and by the folders around them."""

    def __init__(self, agents: Iterable[Agent], image_folders: Container[str]) -> None:
        self._image_folders = image_folders
        self._all = [agent for agent in agents if agent.framework in CODED]
        self._by_name: dict[str, list[Agent]] = {}
        self._named: dict[frozenset[str], list[Agent]] = {}
        self._around: dict[str, list[Agent]] = {}
        self._by_folder = by_folder(self._all)
        for agent in self._all:
            self._by_name.setdefault(normal(agent.name), []).append(agent)

    def below(self, folder: str) -> list[Agent]:
        """Those in a folder, or in one file."""
        return self._by_folder.get(folder, [])

    def named(self, names: frozenset[str]) -> list[Agent]:
        """Those with any of these names, by id, if they are of one project: many are an `agent`."""
        if names not in self._named:
            self._named[names] = self._called(names)
        return self._named[names]

    def _called(self, names: Iterable[str]) -> list[Agent]:
        found = [agent for name in names for agent in self._by_name.get(name, ())]
        folders = [folder_of(agent.evidence[0].file) for agent in found]
        if not found or not self._of_one_project(found, commonpath(folders)):
            return []
        return sorted(found, key=lambda agent: agent.id)

    def around(self, file: str) -> list[Agent]:
        """
        Those in the nearest folder around a file that holds any, if they are of one project.

        Of several images it is those of the one whose folder is called like the file.
        """
        if file not in self._around:
            self._around[file] = self._nearest(file)
        return self._around[file]

    def _nearest(self, file: str) -> list[Agent]:
        folder = folder_of(file)
        while folder and folder not in self._by_folder:
            folder = folder.rpartition("/")[0]
        found = self.below(folder)
        name = normal(file.rpartition("/")[2].partition(".")[0])
        own = [agent for agent in found if self._image_name(agent, folder) == name]
        return own or (found if self._of_one_project(found, folder) else [])

    def _image_name(self, agent: Agent, above: str) -> str:
        return normal(self._image_around(agent.evidence[0].file, above).rpartition("/")[2])

    def _of_one_project(self, agents: Iterable[Agent], folder: str) -> bool:
        """Whether agents lie in one folder of a folder, or in it, and not in several images."""
        above = f"{folder}/" if folder else ""
        paths = [agent.evidence[0].file for agent in agents]
        rests = (path.removeprefix(above) for path in paths)
        below = {first_folder_of(rest) for rest in rests}
        images = {image for path in paths if (image := self._image_around(path, folder))}
        return len(below) == 1 and len(images) <= 1

    def _image_around(self, file: str, above: str) -> str:
        """The nearest folder around a file of which an image is built, below another folder."""
        folder = folder_of(file)
        while len(folder) > len(above):
            if folder in self._image_folders:
                return folder
            folder = folder.rpartition("/")[0]
        return ""


def _agents_of(workload: Workload, coded: _Coded, built: dict[str, list[Agent]]) -> list[Agent]:
    """By what it is built from, by its image, by its name, or else by the project it lies in."""
    if workload.build is not None:
        return coded.below(workload.build)
    by_image = built.get(workload.image, []) if workload.image else []
    by_name = coded.named(frozenset(normal(name) for name in workload.names if name))
    return by_image or by_name or coded.around(workload.document.file)


def _own_agent(collector: Collector, workload: Workload) -> Agent:
    """The agent that a runtime runs although no file here holds its code."""
    served = collector.facts.get(workload.agent_id)
    if isinstance(served, Agent):
        return served
    runtime = collector.facts[workload.runtime_id]
    name = next((item for item in workload.names if item), runtime.name)
    return collector.add(
        Agent(
            id=fact_id("agent", name, f"{runtime.id}/agent"),
            name=name,
            evidence=runtime.evidence[:1],
            confidence=Confidence.LIKELY,
            environment=runtime.environment,
        )
    )


def _attach_memory(collector: Collector) -> None:
    """A runtime's conversation memory is its agents' memory."""
    known = {store.backend for store in collector.of(MemoryStore)}
    backends = [each for each in _BACKENDS if each in known]
    agents = agents_on(collector) if backends else {}
    for workload, backend in product(collector.workloads, backends):
        store = collector.facts.get(memory_id(workload.runtime_id, backend))
        if isinstance(store, MemoryStore):
            for agent in sorted(agents.get(workload.runtime_id, ())):
                collector.remember(agent, store, confidence=Confidence.LIKELY)


def _limit_agents(collector: Collector) -> None:
    """Limits that the environment of its runtime sets for an agent."""
    agents = agents_on(collector)
    for workload in (item for item in collector.workloads if item.runtime_id in agents):
        iterations, timeout = limit(workload, "iterations"), limit(workload, "timeout")
        bypass = bypassed(workload.words)
        opened = open_to_every_page(workload, _origins_of(collector, workload))
        for name in sorted(agents[workload.runtime_id]):
            agent = collector.facts[name]
            if not isinstance(agent, Agent):
                continue
            if bypass:
                agent = replace(agent, permission_mode="bypass")
            if opened is not None:
                place = evidence(opened.document, opened.value, f"{opened.key}=*")
                agent = replace(agent, cors_open=True, evidence=with_place(agent, place))
            if iterations is not None and agent.max_iterations is not Known.SET:
                known = Known.SET if iterations > 0 else Known.NONE
                count = iterations if iterations > 0 else None
                agent = replace(agent, max_iterations=known, max_iterations_count=count)
            if timeout is not None and agent.timeout is not Known.SET:
                known = Known.SET if timeout > 0 else Known.NONE
                count = timeout if timeout > 0 else None
                agent = replace(agent, timeout=known, timeout_s=count)
            collector.update(_as_its_platform_says(agent, workload))


def _origins_of(collector: Collector, workload: Workload) -> set[str]:
    """The variables by which code in the folder that it is built from lets pages in."""
    if workload.build is None:
        return set()
    below = f"{workload.build}/" if workload.build else ""
    return {name for file, name in collector.page_origins.items() if file.startswith(below)}


def _as_its_platform_says(agent: Agent, workload: Workload) -> Agent:
    """When its platform ends what it does, and whom it lets call, where nothing else says."""
    if workload.timeout_s is not None and agent.timeout is not Known.SET:
        agent = replace(agent, timeout=Known.SET, timeout_s=workload.timeout_s)
    if workload.open_to_all is not None and agent.authenticated is Truth.UNKNOWN:
        places = with_place(agent, workload.open_to_all)
        agent = replace(agent, authenticated=Truth.NO, evidence=places)
    return agent


def _settle_approvals(collector: Collector) -> None:
    """Where confirmations are switched off, no tool of the agent waits for one."""
    exposed = targets(collector, EdgeKind.EXPOSES)
    invoked = targets(collector, EdgeKind.INVOKES)
    gated = targets(collector, EdgeKind.GATED_BY)
    for agent in collector.of(Agent):
        tools = set(invoked[agent.id])
        for server in exposed[agent.id]:
            tools.update(exposed[server])
        for name in sorted(tools):
            tool = collector.facts.get(name)
            if not isinstance(tool, Tool) or tool.approval is not Truth.UNKNOWN:
                continue
            if agent.permission_mode == "bypass":
                collector.update(replace(tool, approval=Truth.NO))
            elif gated[name]:
                collector.update(replace(tool, approval=Truth.YES))


def _count_tools(collector: Collector) -> None:
    """
    How many servers and tools each agent has; a server of unknown tools counts as one.

    How many of a gateway's servers one of its callers has, no file says.
    """
    exposed = targets(collector, EdgeKind.EXPOSES)
    invoked = targets(collector, EdgeKind.INVOKES)
    for agent in collector.of(Agent):
        servers = exposed[agent.id]
        tools = set(invoked[agent.id]).union(*(exposed[server] for server in servers))
        if (servers or tools) and agent.framework != GATEWAY_CLIENT:
            collector.update(replace(agent, tool_servers=len(set(servers)), tools=len(tools)))


def _limit_egress(collector: Collector) -> None:
    """What each runtime may connect to; of several policies the narrowest that is known counts."""
    narrowest = ("none", "allowlist", "any")
    for egress in collector.of(Egress):
        for name in egress.runtime_ids:
            runtime = collector.facts.get(name)
            if isinstance(runtime, Runtime) and egress.policy in narrowest:
                words = {runtime.egress, egress.policy}
                word = next(word for word in narrowest if word in words)
                if word != runtime.egress:
                    collector.update(replace(runtime, egress=word))
