"""
Workloads built from a project whose programs build agents, in a language that is not read.

What such a project starts is not followed. One workload that is built from its folder, or by a
Dockerfile there, runs its agents; of several, which do is open.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.manifests import folders_that_build
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.facts.runtimes import Runtime


def extract_dependent_workloads(documents: Documents, collector: Collector) -> None:
    """Marks the one workload of each such folder, where nothing else is known of it."""
    folders = folders_that_build(documents)
    built: dict[tuple[str, str], list[int]] = {}
    for number, workload in enumerate(collector.workloads):
        file = workload.document.file
        folder = next((each for each in _sources(workload) if each in folders), None)
        if folder is not None and not is_rehearsal(file):
            built.setdefault((file, folder), []).append(number)
    for (_, folder), numbers in built.items():
        place = folders[folder]
        if len(numbers) > 1:
            if not any(collector.workloads[number].role == "agent" for number in numbers):
                what = f"which of {len(numbers)} workloads that are built from here run its agents"
                collector.leave_open(place, what, "rules for agents ask nothing of them")
            continue
        workload = collector.workloads[numbers[0]]
        runtime = collector.facts[workload.runtime_id]
        if not workload.role and isinstance(runtime, Runtime):
            collector.workloads[numbers[0]] = replace(workload, role="agent")
            places = with_place(runtime, place)
            collector.update(replace(runtime, runs_agent=True, role="agent", evidence=places))


def _sources(workload: Workload) -> Iterator[str]:
    """The folders that may hold the project of an image: of its Dockerfile, and of its build."""
    if workload.dockerfile:
        yield folder_of(workload.dockerfile)
    if workload.build is not None:
        yield workload.build
