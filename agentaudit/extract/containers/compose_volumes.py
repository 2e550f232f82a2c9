"""What of its host a service of Compose is given, by paths and by volumes with names."""

from collections.abc import Iterator

from agentaudit.extract.containers.compose_files import ends_of_volume
from agentaudit.extract.documents import sibling
from agentaudit.readers.document import Document, Node


def volumes_of(document: Document, service: Node) -> Iterator[tuple[str, str]]:
    """Sources on the host, and where they are mounted: of a named volume, what it is bound to."""
    named = document.root.child("volumes")
    for element in service.list_at("volumes"):
        source, target = ends_of_volume(element)
        volume = named.child(source) if named is not None else None
        if volume is not None:
            source = _bound(volume)
        if source.startswith(("/", ".", "~", "$")):
            yield source, target


def mounts_of(document: Document, service: Node) -> tuple[tuple[str, str], ...]:
    return tuple(
        (sibling(document.file, source), target)
        for source, target in volumes_of(document, service)
        if source.startswith(".")
    )


def _bound(volume: Node) -> str:
    """The folder of the host that a volume stands for (`o: bind`); empty where it is its own."""
    options = volume.child("driver_opts")
    if options is None or "bind" not in options.text_at("o").split(","):
        return ""
    return options.text_at("device")
