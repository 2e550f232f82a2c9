"""
Texts of documents as settings, and what those are called whose names lie within sections.

So do names of .NET, Spring, Quarkus and MicroProfile: `{"OpenAI": {"Key": …}}` is what programs
ask for as `OpenAI:Key`, and `spring.ai.openai.api-key` stands in one line or in four. Sources:
"Configuration in .NET"; Spring Boot, "Externalized Configuration"; MicroProfile Config.
"""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.named_texts import Route, dotted, named_texts
from agentaudit.extract.settings import Setting
from agentaudit.readers.document import Document, Node

_OF_NET = regex(r"(?:^|/)appsettings[^/]*\.json$")
_OF_JAVA = regex(r"(?:^|/)(?:application|bootstrap)(?:-[^/]*)?\.ya?ml$|\.properties$")
_OF_CLUSTERS = "apiVersion:"
"""`application.yaml` is a usual name of manifests of Kubernetes, too."""
_OUTSIDE = regex(r"^\[\d+\](?:\.value)?\.?")
"""How routes begin: with which document of a file it is."""


def settings_within(
    document: Document, node: Node, route: str, *, shows: bool
) -> Iterator[Setting]:
    """Texts with their names; where nothing in the file looks like a credential, by names alone."""
    between = _between(document)
    for name, value, path in named_texts(node, route, shows=shows or between != ""):
        key = _whole(name, path, between) if between else name
        yield Setting(key=key, value=value, document=document, route=dotted(path))


def _between(document: Document) -> str:
    """What stands between the sections of names; empty where names have none."""
    if _OF_NET.search(document.file):
        return ":"
    of_java = _OF_JAVA.search(document.file) and _OF_CLUSTERS not in document.text
    return "." if of_java else ""


def _whole(name: str, route: Route, between: str) -> str:
    """
    The name with its sections where that tells of a secret, else its last part.

    Sections say whose a key is, and speak of other things too: `read.datasource.password`.
    """
    sections = _OUTSIDE.sub("", dotted(route)).replace(".", between)
    whole = f"{sections}{between}{name}" if sections else name
    last = name.rpartition(".")[2]
    return whole if secret_name(whole) is not None or secret_name(last) is None else last
