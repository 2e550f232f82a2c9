"""
Workers of Cloudflare, as `wrangler deploy` takes them: one for each environment.

Secrets are set beside the file; `vars` are in plain view, and no environment inherits them. Memory
is limited always. Source: Cloudflare, "Wrangler: Configuration" and "Workers: Limits".
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.credentials.holdings import settings_of
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.platform_files import workers
from agentaudit.extract.stages import stage_named
from agentaudit.model.evidence import Known
from agentaudit.readers.document import Document, Node, bounded_name

_CHANNEL = "`wrangler secret`"
_ROUTES = ("route", "routes")


class _Worker(Struct, frozen=True):
    """One worker: what its environment says of it, and what stands above for all of them."""

    document: Document
    own: Node
    environment: str = ""

    @property
    def title(self) -> str:
        """Its name, with that of the environment behind it where it has none of its own."""
        named = self.own.name_at("name")
        above = self.document.root.name_at("name") or "worker"
        return named or "-".join(filter(None, (above, self.environment)))

    def said(self, name: str) -> Node | None:
        """What an environment says, or else takes from above."""
        return self.own.child(name) or self.document.root.child(name)

    @property
    def published(self) -> bool:
        """Whether the world reaches it: at an address of Cloudflare's, or at one of its own."""
        shown = self.said("workers_dev")
        routed = any(self.said(name) is not None for name in _ROUTES)
        return routed or shown is None or shown.boolean is not False


def extract_wrangler(documents: Documents, collector: Collector) -> None:
    """Every worker in every environment."""
    for document in workers(documents):
        for worker in _workers(document):
            add_container(collector, _container(worker))


def _workers(document: Document) -> Iterator[_Worker]:
    environments = document.root.child("env")
    yield _Worker(document, document.root)
    for name, own in environments.items() if environments is not None else ():
        yield _Worker(document, own, bounded_name(name))


def _container(worker: _Worker) -> Container:
    document, main = worker.document, worker.said("main")
    title, place = worker.title, worker.own.child("name") or worker.own
    key = f"{document.file}#{worker.environment}"
    return Container(
        document=document,
        place=place,
        key=key,
        runtime=replace(
            hosted_runtime(document, place, title, key),
            kind="worker",
            pids_limit=Known.SET,
            published_ports=("443",) if worker.published else (),
            environment=stage_named(worker.environment),
        ),
        names=(title,),
        words=(main.raw,) if main is not None else (),
        own_entry=True,
        settings=settings_of(document, worker.own.child("vars"), "vars", channel=_CHANNEL),
        settings_whole=False,
        build=folder_of(document.file),
        dockerfile=document.file,
    )
