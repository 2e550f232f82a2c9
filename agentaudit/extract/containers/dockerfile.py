"""Dockerfiles: secrets baked into images, the user, and what the base image is."""

from collections.abc import Iterator, Sequence
from functools import cache, partial

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.coding_agents.signs import starts_agent
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.callers import names_transport
from agentaudit.extract.containers.commands import watches_code
from agentaudit.extract.containers.dockerfile_instructions import (
    LAST,
    Base,
    every_stage,
    instructions,
    layers,
    started_by,
    words_of,
)
from agentaudit.extract.containers.dockerfile_secrets import add_copied_files, settings_in
from agentaudit.extract.containers.dockerfile_servers import add_image_server, folders_with_servers
from agentaudit.extract.containers.dockerfile_users import (
    first_word,
    leaves_root,
    runs_as_root,
)
from agentaudit.extract.containers.registries import add_registry
from agentaudit.extract.containers.started_code import executing_files, starts_agent_code
from agentaudit.extract.containers.workloads import Workload, last_of_each
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.frameworks.langgraph import SERVER, SERVER_WORD
from agentaudit.extract.mcp.launchers import image_launch
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document

_AGENT_PACKAGE = regex(
    r"@anthropic-ai/claude-code|@openai/codex|@google/gemini-cli|\bopencode-ai\b|claude\.ai/install"
)
"""Coding agents as images install them."""

_HANDED = Budget("variables that images hand down", 100_000, free=4, whole=True)
"""Each as often as there are containers of its image."""


def extract_dockerfile(documents: Documents, collector: Collector) -> None:
    """Every Dockerfile; a container built from its folder runs what it says."""
    coded = folders_with_servers(collector)
    executing = executing_files(collector)
    for document in documents.of("dockerfile"):
        collector.image_folders.add(folder_of(document.file))
        runs_code = starts_agent_code(document, executing, collector.imported_files)
        built = _runtimes(document, collector, runs_code=runs_code)
        _add_image_facts(documents, document, collector, built)
        runtimes = tuple(runtime for runtime, _ in built)
        holding = Holding(
            holder="image",
            exposure="image",
            holder_id=runtimes[0].id,
            seen_by=tuple(runtime.id for runtime in runtimes),
        )
        settings = tuple(settings_in(document))
        if names_transport(settings):
            collector.spoken_to.update(holding.seen_by)
        add_credentials(collector, settings, holding)
        _hand_down(document, collector, runtimes, settings)
        add_copied_files(document, collector, runtimes)
        add_image_server(document, collector, runtimes, settings, coded=coded)


def _runtimes(
    document: Document, collector: Collector, *, runs_code: bool
) -> Sequence[tuple[Runtime, Workload]]:
    """What is built from the Dockerfile's folder; without any, an image."""
    folder = folder_of(document.file)
    found = [
        (runtime, workload)
        for workload in collector.workloads
        if (
            workload.dockerfile == document.file
            if workload.dockerfile
            else workload.build == folder
        )
        if isinstance(runtime := collector.facts[workload.runtime_id], Runtime)
        if workload.names != (SERVER,) or SERVER_WORD in document.text
    ]
    if found:
        return found
    name = folder.rpartition("/")[2] or "image"
    place = next(iter(document.root.elements), document.root)
    words = tuple(
        " ".join(words_of(node)) for _, node in instructions(document, "CMD", "ENTRYPOINT")
    )
    installed = any(
        _AGENT_PACKAGE.search(node.text or "") for _, node in instructions(document, "RUN")
    )
    agent = installed or runs_code or starts_agent(" ".join(words))
    runtime = collector.add(
        Runtime(
            id=fact_id("runtime", name, f"{document.file}#image"),
            name=f"image of {document.file}",
            evidence=(evidence(document, place, "FROM"),),
            kind="image",
            runs_agent=agent,
        )
    )
    workload = Workload(
        runtime_id=runtime.id,
        document=document,
        names=(name,),
        role="agent" if agent else "",
        build=folder,
        words=words,
    )
    collector.workloads.append(workload)
    return [(runtime, workload)]


def _add_image_facts(
    documents: Documents,
    document: Document,
    collector: Collector,
    built: Sequence[tuple[Runtime, Workload]],
) -> None:
    """What each container is of; the last stage where the one that is asked for is none of them."""
    stages = documents.once(every_stage)[document.file]
    begun = started_by(document)
    leaves = cache(partial(leaves_root, documents, document))  # many services may be of one image
    alike: dict[tuple[str, Truth], list[Runtime]] = {}
    for runtime, workload in _staged(built, begun[1]) if stages else ():
        stage = workload.stage if workload.stage in stages else LAST
        base = stages[stage]
        left = base == stages[LAST] and leaves(first_word(begun, workload))
        root = Truth.NO if left else runs_as_root(base)
        alike.setdefault((stage, root), []).append(runtime)
    for (stage, root), runtimes in alike.items():
        _add_facts_of_stage(document, collector, (stages[stage], root), runtimes)


def _staged(
    built: Sequence[tuple[Runtime, Workload]], command: Sequence[str]
) -> Iterator[tuple[Runtime, Workload]]:
    """Each as what it is, a developer's where nothing else is said and its image's command is."""
    watched = watches_code(command)
    for runtime, workload in built:
        own = watched and not (runtime.environment or workload.words)
        yield replace(runtime, environment="development") if own else runtime, workload


def _add_facts_of_stage(
    document: Document,
    collector: Collector,
    judged: tuple[Base, Truth],
    runtimes: Sequence[Runtime],
) -> None:
    base, root = judged
    launch = image_launch(base.image)
    places: list[Evidence] = [evidence(document, base.place, f"FROM {plain(base.image)}")]
    if base.user is not None:
        places.append(evidence(document, base.user, f"USER {plain(base.user.text or '')}"))
    for runtime in runtimes:
        if runtime.runs_agent and root is runtime.runs_as_root is Truth.UNKNOWN:
            what = f"as which user {runtime.name} runs"
            collector.leave_open(places[-1], what, "it may be root")
        collector.update(
            replace(
                runtime,
                image=runtime.image or plain(base.image),
                image_pinned=Truth.UNKNOWN if base.stage else launch.pinned,
                runs_as_root=root
                if runtime.runs_as_root is Truth.UNKNOWN
                else runtime.runs_as_root,
                evidence=tuple(dict.fromkeys((*runtime.evidence, *places))),
            )
        )
    if not base.stage:
        add_registry(collector, launch, places[0], *(runtime.id for runtime in runtimes))


def _hand_down(
    document: Document,
    collector: Collector,
    runtimes: Sequence[Runtime],
    settings: Sequence[Setting],
) -> None:
    """What the last stage sets, and those it is of, is in the environment of what runs."""
    kept = {
        (value.line, value.column)
        for _, node in layers(document, "ENV")
        for _, value in node.items()
    }
    told = [
        each
        for each in settings
        if each.route == "ENV" and (each.value.line, each.value.column) in kept
    ]
    running = {each.id for each in runtimes if each.runs_agent or each.kind != "image"}
    place = evidence(document, document.root)
    end = (place, "which containers get what an image sets", "what it changes there is open")
    if not (told and running and collector.affords(_HANDED, len(told) * len(running), end)):
        return
    for number, workload in enumerate(collector.workloads):
        if workload.runtime_id in running:
            own = {each.key for each in workload.settings}
            more = (each for each in last_of_each(told) if each.key not in own)
            collector.workloads[number] = replace(workload, settings=(*workload.settings, *more))
