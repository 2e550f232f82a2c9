"""
Apps of Heroku by their manifest, and by the Procfile beside it, which says what they run.

A variable is a text, or has a `value`; one without is asked for, or made up (`generator`). Each
type of process runs in dynos of its own, which limit memory and CPU always; only `web` is reached
from outside, and `release` ends before the others start. Source: Heroku, "app.json Schema" and "The
Procfile".
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, hosted_runtime, place_of, runtime_id
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.platform_files import heroku_apps
from agentaudit.extract.settings import Setting
from agentaudit.extract.shared_variables import SHARED
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, text_at
from agentaudit.readers.lines import lines_of

_UNNAMED = "app"
_WEB = "web"
_TYPE = regex(r"(?P<type>[A-Za-z0-9_-]{1,60}):[ \t]*(?P<command>\S.*)")
_PREPARING = frozenset({"release"})
_MOST_TYPES = 100


class _Process(Struct, frozen=True):
    """One type of process; an app without a Procfile has one that nothing is known of."""

    name: str = _WEB
    words: tuple[str, ...] = ()
    places: tuple[Evidence, ...] = ()


def extract_heroku(documents: Documents, collector: Collector) -> None:
    """The processes of the app of every manifest."""
    for document in heroku_apps(documents):
        processes = tuple(_processes(documents, document))
        for beyond in processes[_MOST_TYPES : _MOST_TYPES + 1]:
            what = f"types of processes after {_MOST_TYPES}"
            collector.leave_unread(beyond.places[0], what, "what they run is open")
        for process in processes[:_MOST_TYPES] or (_Process(),):
            alone = not processes[1:]
            settings = tuple(_settings(document))
            end = (evidence(document, document.root), "what more processes share", "it is open")
            shared = alone or collector.affords(SHARED, len(settings), end)
            container = _container(document, process, settings if shared else ())
            add_container(collector, container if alone else _told_apart(container, process))


def _processes(documents: Documents, document: Document) -> Iterator[_Process]:
    """What the Procfile of an app's folder runs."""
    procfile = documents.at(sibling(document.file, "Procfile"))
    lines = lines_of(procfile.text) if procfile is not None else ()
    seen = dict[str, _Process]()
    for number, line in enumerate(lines, 1):
        found = _TYPE.match(line)
        if procfile is None or found is None or found["type"] in _PREPARING:
            continue
        node = text_at(number, found.start("command"), found["command"])
        place = place_of(procfile, node, found["type"])
        seen[found["type"]] = _Process(found["type"], tuple(found["command"].split()), place)
    yield from seen.values()


def _container(document: Document, process: _Process, settings: Sequence[Setting]) -> Container:
    root = document.root
    title, place = root.name_at("name") or _UNNAMED, root.child("name") or root
    runtime = hosted_runtime(document, place, title, document.file)
    return Container(
        document=document,
        place=place,
        key=document.file,
        runtime=replace(
            runtime,
            evidence=(*runtime.evidence, *process.places),
            image=root.text_at("image"),
            published_ports=("443",) if process.name == _WEB else (),
        ),
        names=(title,),
        words=process.words,
        settings=tuple(settings),
        settings_whole=False,
        build=folder_of(document.file),
        dockerfile="" if root.text_at("stack") == "container" else document.file,
    )


def _told_apart(container: Container, process: _Process) -> Container:
    """One of several processes of an app, by its type."""
    app, key = container.names[0], f"{container.key}#{process.name}"
    title = f"{app}-{process.name}"
    runtime = replace(container.runtime, id=runtime_id(title, key), name=title)
    return replace(container, key=key, runtime=runtime, names=(title,), beginning=f"{app}-")


def _settings(document: Document) -> Iterator[Setting]:
    given = document.root.child("env")
    for name, said in given.items() if given is not None else ():
        value = said if said.text is not None else said.child("value")
        yield Setting(
            key=name,
            value=value or said,
            document=document,
            route="env",
            form=CredentialForm.SECRET_REF if value is None else None,
        )
