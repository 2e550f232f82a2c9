"""From what a service of Compose is built: its folder, its Dockerfile and the stage in that."""

import posixpath

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.dockerfile_instructions import LAST, Base, every_stage
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.documents import Documents, sibling
from agentaudit.readers.document import Document, Node

_OPEN = "as whom its image runs and what that holds is open"


def built_from(document: Document, service: Node) -> str | None:
    build = service.child("build")
    if build is None:
        return None
    context = literal_of(build.text or build.text_at("context")) or "."
    if "://" in context or context.startswith("/"):
        return None
    folder = sibling(document.file, context)
    return "" if folder == "." else folder


def dockerfile_of(document: Document, service: Node, collector: Collector) -> str:
    """
    The file that builds the image: `Dockerfile` in the folder, unless it is named.

    One that is written where it is asked for is no file, and open.
    """
    build, folder = service.child("build"), built_from(document, service)
    if folder is None or build is None:
        return ""
    inline = build.child("dockerfile_inline")
    if inline is not None:
        place = evidence(document, inline, "dockerfile_inline")
        collector.leave_open(place, "the Dockerfile that is written here", _OPEN)
        return posixpath.join(folder, f"#{inline.line}.{inline.column}")
    named = literal_of(build.text_at("dockerfile")) or "Dockerfile"
    outside = "$" in named or named.startswith("/")
    return "" if outside else posixpath.normpath(posixpath.join(folder, named))


def base_of(documents: Documents, dockerfile: str, stage: str) -> Base | None:
    """The stage of a Dockerfile that is built, with the image it begins with."""
    stages = documents.once(every_stage).get(dockerfile, {})
    return stages.get(stage) or stages.get(LAST)
