"""Environment files that no container names: the environment of a process started beside them."""

from collections.abc import Mapping, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.container import Container
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.loaded_environments import Readers, readers
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document

TEMPLATE = regex(r"\.(?:example|sample|template|dist|defaults?)$|\.env[._-](?:example|sample)")
"""Names of environment files that are copied, and read by nobody as they are."""
_FILLED_IN = regex(r"\$\{(\w+)")
_STAGE = regex(r"\.env\.(?P<name>\w+)$")


def extract_dotenv(documents: Documents, collector: Collector) -> None:
    """
    A process for every `.env` with settings of an agent, or whose agent loads it itself.

    Servers of tools that load one hold what stands there; templates are left to the sweep.
    """
    used = {file for workload in collector.workloads for file in workload.told_in}
    reading = readers(documents, collector)
    for document in documents.of("dotenv"):
        if document.file in used or TEMPLATE.search(document.file):
            continue
        stage = _STAGE.search(document.file)
        place = document.root.entries[0][0] if document.root.entries else document.root
        known = reading.get(document.file, Readers())
        settings = settings_of(document, document.root, "env")
        container = Container(
            document=document,
            place=place,
            key=f"{document.file}#process",
            runtime=Runtime(
                id=fact_id("runtime", document.file, f"{document.file}#process"),
                name=f"process with {document.file}",
                evidence=(evidence(document, place, place.raw),),
                confidence=Confidence.LIKELY,
                kind="process",
                environment=stage["name"] if stage else "",
            ),
            names=(f"process with {document.file}",),
            settings=settings,
            agents=known.agents,
            calls_model=bool(known.agents),
        )
        if _fills_compose(document, documents):
            continue
        if container.role == "agent":
            add_container(collector, container)
        elif known.servers:
            _hand_to_servers(collector, settings, known.servers)


def _hand_to_servers(
    collector: Collector, settings: Sequence[Setting], servers: Sequence[FactId]
) -> None:
    """What servers of tools find there that load it themselves, where no agent does."""
    holding = Holding(
        holder="tool_server", exposure="env", holder_id=servers[0], seen_by=tuple(servers)
    )
    add_credentials(collector, settings, holding)


def _fills_compose(document: Document, documents: Documents) -> bool:
    """
    Whether most of its names stand in a Compose file beside it, for which somebody passes it.

    `--env-file .env.op` gives Compose what it fills in, and a container only what it is told there.
    """
    names = {key for key, _ in document.root.items()}
    beside = documents.once(_filled_in).get(folder_of(document.file), ())
    return any(2 * len(names & found) > len(names) for found in beside)


def _filled_in(documents: Documents) -> Mapping[str, Sequence[frozenset[str]]]:
    """The names that each Compose file has filled in, by its folder."""
    found: dict[str, list[frozenset[str]]] = {}
    for document in documents.of("yaml"):
        if "services:" in document.text:
            names = frozenset(_FILLED_IN.findall(document.text))
            found.setdefault(folder_of(document.file), []).append(names)
    return found
