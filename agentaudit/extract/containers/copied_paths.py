"""
What of the repository an image may hold: the sources of `COPY` and `ADD`, where they say all of it.

A source is told from the folder that the image is built from, whatever it begins with
(https://docs.docker.com/reference/dockerfile/#copy). What is mounted while it is built, fetched by
git or in an image of one's own that it begins with, no source tells.
"""

import posixpath
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.containers.dockerfile_instructions import every_stage, instructions
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Document

_OF_VENDORS = regex(
    r"^(?:(?:docker\.io|public\.ecr\.aws/docker)/)?(?:library/)?"
    r"(?:python|node|debian|ubuntu|alpine|golang|rust|busybox)(?:[:@]|$)"
    r"|^(?:oven/bun|denoland/deno|ghcr\.io/astral-sh/uv|nvidia/cuda)(?:[:@]|$)"
    r"|^(?:cgr\.dev|gcr\.io/distroless|mcr\.microsoft\.com|registry\.access\.redhat\.com)/"
)
_FROM = "--from="
_FETCHES = regex(r"--mount=\S*type=bind|\bgit\b")
_OPEN = regex(r"[$*?\[<]|://")


def copied_paths(documents: Documents, dockerfile: str, folder: str) -> tuple[str, ...] | None:
    """Its files and folders, from the root; None where any may be in it."""
    known = documents.once(_known)
    if (dockerfile, folder) not in known:
        known[dockerfile, folder] = _copied(documents, dockerfile, folder)
    return known[dockerfile, folder]


def _known(_documents: Documents) -> dict[tuple[str, str], tuple[str, ...] | None]:
    """What is copied by a Dockerfile from a folder, each found once: many services may be of it."""
    return {}


def _copied(documents: Documents, dockerfile: str, folder: str) -> tuple[str, ...] | None:
    image = documents.at(dockerfile)
    sources = tuple(_sources(image)) if image is not None else ()
    if image is None or not sources or any(map(_OPEN.search, sources)):
        return None
    stages = documents.once(every_stage).get(dockerfile, {})
    images = {base.image for base in stages.values()} | set(_taken_from(image))
    own = (each for each in images if each.lower() not in stages and not each.isdecimal())
    if not all(map(_OF_VENDORS.match, own)) or any(
        _FETCHES.search(node.text or "") for _, node in instructions(image, "RUN")
    ):
        return None
    paths = (posixpath.normpath(posixpath.join(folder, each.lstrip("/"))) for each in sources)
    found = tuple(dict.fromkeys(paths))
    return None if posixpath.normpath(folder or ".") in found else found


def _sources(image: Document) -> Iterator[str]:
    """What is copied from no other stage."""
    for _, node in instructions(image, "COPY", "ADD"):
        words = (node.text or "").split()
        if not any(word.startswith(_FROM) for word in words):
            yield from (word for word in words[:-1] if not word.startswith("--"))


def _taken_from(image: Document) -> Iterator[str]:
    """The stages and images that files are copied from."""
    for _, node in instructions(image, "COPY", "ADD"):
        for word in (node.text or "").split():
            if word.startswith(_FROM):
                yield word.removeprefix(_FROM)


def holds(paths: tuple[str, ...] | None, file: str) -> bool:
    """Whether a file may be among what is copied."""
    return paths is None or any(file == path or file.startswith(f"{path}/") for path in paths)
