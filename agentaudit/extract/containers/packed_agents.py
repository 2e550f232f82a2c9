"""
Workloads that run an image of the repository's own which packs agents.

Neither the name of such an image nor its settings need speak of an agent. It takes a chain of three
to tell: code in a folder builds agents, the Dockerfile there copies that code, and the image is
called as the project there, which is the only one of that name. Where the image is built for what
runs it, its command tells: it starts code that builds agents, or imports such code. A function is
packed by its platform: its template says which folder.
"""

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.containers.dockerfile_instructions import layers
from agentaudit.extract.containers.started_code import is_deployed_code
from agentaudit.extract.containers.started_workloads import started_agents
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import normal
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.mcp.launchers import image_launch
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document

_PROJECT = "pyproject.toml"


def extract_packed_agents(documents: Documents, collector: Collector) -> None:
    """Marks the workloads of nothing else that is known whose image is one of those."""
    deployed = [agent for agent in collector.of(Agent) if is_deployed_code(agent)]
    if not deployed:
        return
    packed = _packed(documents, by_folder(deployed))
    working = [agent for agent in deployed if not agent.never_repeats]
    started_here = started_agents(documents, collector, working)
    for number, workload in enumerate(collector.workloads):
        begun = started_here.get(workload.runtime_id)
        place = packed.get(_called(workload)) or (begun.place if begun is not None else None)
        runtime = collector.facts[workload.runtime_id]
        if place is None or workload.role or not isinstance(runtime, Runtime):
            continue
        served = begun.served if begun is not None and runtime.published else frozenset[str]()
        by_all = place if served else workload.open_to_all
        known = replace(workload, role="agent", open_to_all=by_all, served=served)
        collector.workloads[number] = known
        places = with_place(runtime, place)
        collector.update(replace(runtime, runs_agent=True, role="agent", evidence=places))


def extract_packed_functions(_: Documents, collector: Collector) -> None:
    """
    Marks functions whose code builds agents: in the file that answers, or in a folder of their own.

    Of several that share a folder, who runs what is in another file is not said.
    """
    functions = [(at, item) for at, item in enumerate(collector.workloads) if item.code]
    if not functions:
        return
    agents = by_folder(agent for agent in collector.of(Agent) if is_deployed_code(agent))
    shared = Counter(item.code[-1] for _, item in functions)
    for number, workload in functions:
        file, folder = workload.code
        own = file if file in agents else folder
        alone = own == file or shared[folder] == 1
        runtime = collector.facts[workload.runtime_id]
        if not (alone and own in agents and isinstance(runtime, Runtime)):
            continue
        if workload.role in {"", "agent"}:
            collector.workloads[number] = replace(workload, role="agent", build=own)
            collector.update(replace(runtime, runs_agent=True, role="agent"))


def _called(workload: Workload) -> str:
    """The name of an image that is not built where the workload is declared."""
    if workload.build is not None or not workload.image:
        return ""
    return normal(image_launch(workload.image).package.rpartition("/")[2])


def _packed(documents: Documents, agents: Mapping[str, Sequence[Agent]]) -> Mapping[str, Evidence]:
    """Names of projects whose one Dockerfile copies agents, and where it does."""
    found: dict[str, list[Evidence]] = {}
    for document in documents.of("dockerfile"):
        folder = folder_of(document.file)
        files = {agent.evidence[0].file for agent in agents.get(folder, ())}
        name, copied = _name(documents, folder), _copies(document, files)
        if name and copied is not None:
            found.setdefault(name, []).append(copied)
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def _name(documents: Documents, folder: str) -> str:
    """What a project calls itself, or its folder is called."""
    project = documents.at(posixpath.join(folder, _PROJECT))
    routes = (("project", "name"), ("tool", "poetry", "name"))
    told = (project.root.text_at(*route) for route in routes) if project is not None else ()
    return normal(next(filter(None, told), folder.rpartition("/")[2]))


def _copies(document: Document, files: set[str]) -> Evidence | None:
    """Where an image is given one of the files, by a folder around it."""
    folder = folder_of(document.file)
    for _, node in layers(document, "COPY", "ADD"):
        words = (node.text or "").split()
        if any(word.startswith("--from=") for word in words):
            continue
        for source in (word for word in words[:-1] if not word.startswith("--")):
            path = posixpath.normpath(posixpath.join(folder, source))
            within = "" if path == "." else f"{path}/"
            if any(file == path or file.startswith(within) for file in files):
                return evidence(document, node, plain(f"COPY {source}"))
    return None
