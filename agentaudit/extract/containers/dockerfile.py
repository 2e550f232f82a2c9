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
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node
from agentaudit.readers.scripts import passwords_set

_ENV_FILE = regex(
    r"(?:^|[\s/])(?P<name>\.env(?:\.(?!example|sample|template|dist|defaults?\b)\w+)?)(?=\s|$)"
)
"""Files that are copied to be filled in hold no secret yet."""
_BUILT = regex(r"/(?:build|dist|out|public|bin|site-packages|wheels?|node_modules|\.?venv)/?$")
"""Folders that a build fills, with nothing of what it was given."""
_ASSIGNMENT = regex(r"(?:^|\s)(?P<name>[A-Za-z_]\w*)=(?P<value>[^\s;&|]+)")
_VARIABLE = regex(r"\$\{?([A-Za-z_]\w*)\}?")
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
        settings = tuple(_settings(document))
        if names_transport(settings):
            collector.spoken_to.update(holding.seen_by)
        add_credentials(collector, settings, holding)
        _hand_down(document, collector, runtimes, settings)
        _add_copied_files(document, collector, runtimes)
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


def _settings(document: Document) -> Iterator[Setting]:
    built: set[str] = set()
    for name, node in instructions(document, "ENV", "ARG", "LABEL"):
        for key, value in node.items():
            built.add(key)
            yield Setting(key=key, value=value, document=document, route=name)
    for name, node in instructions(document, "RUN", "CMD", "ENTRYPOINT"):
        text = node.text or ""
        if "--mount=type=secret" in text:
            continue
        for match in _ASSIGNMENT.finditer(text):
            if (later := _VARIABLE.fullmatch(match["value"].strip("\"'"))) and later[
                1
            ] not in built:
                continue  # what nobody sets while it is built, a script takes when it is started
            yield Setting(
                key=match["name"],
                value=node,
                document=document,
                route=f"{name}.{node.line}",
                text=match["value"].strip("\"'"),
            )
        for given in passwords_set(text):
            yield Setting(
                key=given.name,
                value=node,
                document=document,
                route=f"{name}.{node.line}",
                text=given.value,
            )
        rest = _ASSIGNMENT.sub(r"\g<name>=", text)  # of what is assigned it is told already
        yield Setting(key=name, value=node, document=document, route=str(node.line), text=rest)


def _hand_down(
    document: Document,
    collector: Collector,
    runtimes: Sequence[Runtime],
    settings: Sequence[Setting],
) -> None:
    """What the last stage sets is in the environment of what runs, unless it says otherwise."""
    begun = max((node.line for _, node in instructions(document, "FROM")), default=0)
    told = [each for each in settings if each.route == "ENV" and each.value.line > begun]
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


def _takes_only_what_was_built(kept: Sequence[tuple[str, Node]]) -> bool:
    """Whether an image has of the stages before it no more than folders for what they built."""
    taken = [(node.text or "").split() for name, node in kept if name == "COPY"]
    words = [
        word
        for words in taken
        if words[:1] and words[0].startswith("--from=")
        for word in words[1:-1]
    ]
    return all(_BUILT.search(word) for word in words if not word.startswith("--"))


def _add_copied_files(
    document: Document, collector: Collector, runtimes: tuple[Runtime, ...]
) -> None:
    """`COPY .env`: whatever that file holds stays in the image's layers."""
    kept = layers(document, "COPY", "ADD")
    alone = _takes_only_what_was_built(kept)
    for _, node in kept if alone else instructions(document, "COPY", "ADD"):
        match = _ENV_FILE.search(" ".join((node.text or "").split()[:-1]))
        if match is None:
            continue
        place = evidence(document, node, f"COPY {match['name']}")
        credential = collector.add(
            Credential(
                id=fact_id("credential", match["name"], f"{document.file}#COPY.{match['name']}"),
                name=match["name"],
                evidence=(place,),
                kind="env_file",
                form=CredentialForm.FILE,
                lifetime=Lifetime.UNKNOWN,
                holder="image",
                holder_id=runtimes[0].id,
                exposure="image",
            )
        )
        for runtime in runtimes:
            collector.link(EdgeKind.VISIBLE_TO, credential.id, runtime.id, place)
