"""Which agents run on what: by the folder it is built from, by its image, by its name."""

from collections.abc import Container, Iterable
from os.path import commonpath

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers.commands import runs_another
from agentaudit.extract.containers.copied_paths import holds
from agentaudit.extract.containers.started_code import CODED
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import normal
from agentaudit.extract.documents import first_folder_of, folder_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime

_AGENTS = Budget("agents of runtimes", 20_000, free=4, whole=True)
"""Each as often as there are runtimes that may run it."""


def place_agents(collector: Collector) -> None:
    """Agents run on the runtimes built from their folder, or of their image or name."""
    coded = _Coded(collector.of(Agent), collector.image_folders)
    built: dict[str, list[Agent]] = {}
    workloads = [item for item in collector.workloads if item.role == "agent"]
    for workload in workloads:
        if workload.build is not None:
            built[workload.image] = coded.built_into(workload)
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

    def built_into(self, workload: Workload) -> list[Agent]:
        """Those in the folder that an image is built from, if it is given their files."""
        found = self.below(workload.build or "")
        if workload.copied is None or workload.mounts:
            return found
        return [agent for agent in found if holds(workload.copied, agent.evidence[0].file)]

    def of(self, identifiers: Container[FactId]) -> list[Agent]:
        """Those with one of some ids."""
        return [agent for agent in self._all if agent.id in identifiers]

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
    """By who reads its environment, by what it is built from, or its image, name or project."""
    if workload.agents:
        return coded.of(workload.agents)
    if workload.build is not None:
        return coded.built_into(workload)
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
