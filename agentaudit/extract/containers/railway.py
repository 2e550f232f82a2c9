"""
Services of Railway, as far as a file says: how one is built, and what it starts.

Variables and domains are kept beside the file, so what a service holds and who reaches it is open.
A plan limits memory and CPU always. Source: Railway, "Config as Code".
"""

from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.platform_files import railway_services
from agentaudit.readers.document import Document, Node, bounded_name

_UNNAMED = "service"
"""Of a file at the root, whose service has its name on the platform alone."""


def extract_railway(documents: Documents, collector: Collector) -> None:
    """The service of every file; which variables it gets is told as open."""
    for document in railway_services(documents):
        container = _container(document)
        runtime = add_container(collector, container)
        effect = "credentials among them, or a public address, are not judged"
        what = f"the variables and domains that Railway gives {runtime.name}"
        collector.leave_open(runtime.evidence[0], what, effect)


def _container(document: Document) -> Container:
    root, folder = document.root, folder_of(document.file)
    title = bounded_name(folder.rpartition("/")[2]) or _UNNAMED
    place = _command(root) or root
    named = root.text_at("build", "dockerfilePath")
    return Container(
        document=document,
        place=place,
        key=document.file,
        runtime=hosted_runtime(document, place, title, document.file),
        names=(title,),
        words=tuple(place.raw.split()) if place is not root else (),
        own_entry=True,
        settings_whole=False,
        build=folder,
        dockerfile=sibling(document.file, named.lstrip("/")) if named else "",
    )


def _command(root: Node) -> Node | None:
    return root.get("deploy", "startCommand") or root.get("build", "startCommand")
