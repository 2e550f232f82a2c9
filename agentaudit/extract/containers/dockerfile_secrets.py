"""What a Dockerfile puts into an image that may be secret: its settings, and files of them."""

from collections.abc import Iterator, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.dockerfile_instructions import every, exec_words, later, layers
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node
from agentaudit.readers.scripts import passwords_set

_HEREDOC = "<<"
_COPYING = ("COPY", "ADD")
_TEXTS = ("RUN", "CMD", "ENTRYPOINT", *_COPYING)
_ENV_FILE = regex(
    r"(?:^|[\s/])(?P<name>\.env(?:\*|\.(?!example|sample|template|dist|defaults?\b)\w+)?)(?=\s|$)"
)
"""Files that are copied to be filled in hold no secret yet."""
_BUILT = regex(r"/(?:build|dist|out|public|bin|site-packages|wheels?|node_modules|\.?venv)/?$")
"""Folders that a build fills, with nothing of what it was given."""
_ASSIGNMENT = regex(r"(?:^|\s)(?P<name>[A-Za-z_]\w*)=(?P<value>[^\s;&|]+)")
_VARIABLE = regex(r"\$\{?([A-Za-z_]\w*)\}?")


def settings_in(document: Document) -> Iterator[Setting]:
    """What instructions set, assign in commands and write into files (`COPY <<EOF a.env`)."""
    built: set[str] = set()
    for name, node in every(document, "ENV", "ARG", "LABEL"):
        for key, value in node.items():
            built.add(key)
            yield Setting(key=key, value=value, document=document, route=name)
    for name, node in every(document, *_TEXTS):
        text = node.text or ""
        if name in _COPYING and _HEREDOC not in text:
            continue
        for match in _ASSIGNMENT.finditer(text):
            asked = _VARIABLE.fullmatch(match["value"].strip("\"'"))
            if asked is not None and asked[1] not in built:
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


def _takes_only_what_was_built(kept: Sequence[tuple[str, Node]]) -> bool:
    """Whether an image has of the stages before it no more than folders for what they built."""
    taken = [(node.text or "").split() for name, node in kept if name == "COPY"]
    words = [
        word
        for words in taken
        if any(word.startswith("--from=") for word in words)
        for word in words[:-1]
    ]
    return all(_BUILT.search(word) for word in words if not word.startswith("--"))


def add_copied_files(
    document: Document, collector: Collector, runtimes: tuple[Runtime, ...]
) -> None:
    """`COPY .env`: whatever that file holds stays in the image's layers."""
    kept = (*layers(document, "COPY", "ADD"), *later(document, "COPY", "ADD"))
    alone = _takes_only_what_was_built(kept)
    for _, node in kept if alone else every(document, "COPY", "ADD"):
        match = _ENV_FILE.search(" ".join(_sources(node)))
        if match is None:
            continue
        place = evidence(document, node, f"COPY {match['name']}")
        some = match["name"].endswith("*")  # of which `.dockerignore` may leave out the secret ones
        credential = collector.add(
            Credential(
                id=fact_id("credential", match["name"], f"{document.file}#COPY.{match['name']}"),
                name=match["name"],
                evidence=(place,),
                confidence=Confidence.LIKELY if some else Confidence.CERTAIN,
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


def _sources(node: Node) -> Sequence[str]:
    """What is copied, in the form of a list or of a line; of a text it is told what it says."""
    line, _, _ = (node.text or "").partition("\n")
    return exec_words(line)[:-1]
