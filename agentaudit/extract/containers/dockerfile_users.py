"""Who runs what is in an image: its last `USER`, or whom an entry point leaves root for."""

from collections.abc import Sequence

from agentaudit.expressions import regex
from agentaudit.extract.containers.dockerfile_instructions import Base
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.documents import Documents
from agentaudit.model.evidence import Truth
from agentaudit.readers.document import Document
from agentaudit.readers.scripts import LEAVING_WORDS

_DEVELOPED = "mcr.microsoft.com/devcontainers/"
_ROOT = frozenset({"root", "0", "0:0", "root:root"})
_AS_ROOT = regex(r"(?:-\S+[ \t]+)*(?:-\S+=)?[\"']?(?:\$\{\w+:?-)?(?:root|0)\b")
_SETPRIV, _CHOOSING = "exec setpriv ", "--reuid"


def runs_as_root(base: Base) -> Truth:
    """The last USER decides; without one the base image does, and most of those run as root."""
    if base.user is not None:
        user = (base.user.text or "").strip()
        if "$" in user:
            return Truth.UNKNOWN
        return Truth.YES if user in _ROOT else Truth.NO
    if _DEVELOPED in base.image:
        return Truth.UNKNOWN  # its labels say who an editor has work in it
    return Truth.NO if "nonroot" in base.image or "rootless" in base.image else Truth.YES


def leaves_root(documents: Documents, document: Document, first: str) -> bool:
    """
    Whether the last line of what is started, a script beside the Dockerfile, is for another user.

    So do the images of PostgreSQL and Redis: `exec gosu postgres "$@"`.
    """
    script = documents.beside(document, first.rpartition("/")[2]) if first else None
    if script is None or script.syntax != "script":
        return False
    last = script.text.rstrip().rpartition("\n")[2].strip()
    leaving = next((word for word in LEAVING_WORDS if last.startswith(word)), "")
    keeps = leaving == _SETPRIV and _CHOOSING not in last
    return leaving != "" and not keeps and _AS_ROOT.match(last, len(leaving)) is None


def first_word(begun: tuple[Sequence[str], Sequence[str]], workload: Workload) -> str:
    """What a container starts: its own entry point, or its image's, or else a command."""
    entry, command = begun
    words = workload.words if workload.own_entry else entry or workload.words or command
    return words[0] if words else ""
