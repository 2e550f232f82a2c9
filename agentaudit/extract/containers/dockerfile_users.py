"""Who runs what is in an image: its last `USER`, or whom an entry point leaves root for."""

from collections.abc import Sequence

from agentaudit.expressions import regex
from agentaudit.extract.containers.container import is_root
from agentaudit.extract.containers.dockerfile_instructions import Base
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.documents import Documents
from agentaudit.model.evidence import Truth
from agentaudit.readers.document import Document
from agentaudit.readers.scripts import LEAVING_WORDS

_DEVELOPED = "mcr.microsoft.com/devcontainers/"
_AS_ROOT = regex(r"(?:-\S+[ \t]+)*(?:-\S+=)?[\"']?(?:\$\{\w+:?-)?(?:root|0)\b")
_IF_ROOT = regex(r"if \[{1,2} .{0,20}(?:\$\(id -u\)|\$\{?E?UID\}?).{0,20}(?:=|-eq).{0,8}\b0\b")
_OPENS = regex(r"(?:if|case|for|while|until)\b")
_CLOSES = regex(r"(?:fi|esac|done)\b")
_SETPRIV, _CHOOSING = "exec setpriv ", "--reuid"


def runs_as_root(base: Base) -> Truth:
    """The last USER decides; without one the base image does, and most of those run as root."""
    if base.user is not None:
        name = (base.user.text or "").strip().partition(":")[0]
        return Truth.UNKNOWN if "$" in name else is_root(name)
    if _DEVELOPED in base.image:
        return Truth.UNKNOWN  # its labels say who an editor has work in it
    return Truth.NO if "nonroot" in base.image or "rootless" in base.image else Truth.YES


def leaves_root(documents: Documents, document: Document, first: str) -> bool:
    """
    Whether what is started, a script beside the Dockerfile, ends as another user.

    Its last line is for that one, as in the images of PostgreSQL and Redis (`exec gosu postgres
    "$@"`), or whoever is root at its start goes no further than such a line.
    """
    script = documents.beside(document, first.rpartition("/")[2]) if first else None
    if script is None or script.syntax != "script":
        return False
    lines = [line.strip() for line in script.text.rstrip().split("\n")]
    return _leaves(lines[-1]) or _turns_root_away(lines)


def _leaves(line: str) -> bool:
    """Whether a line goes on as a user that is not root."""
    leaving = next((word for word in LEAVING_WORDS if line.startswith(word)), "")
    keeps = leaving == _SETPRIV and _CHOOSING not in line
    return leaving != "" and not keeps and _AS_ROOT.match(line, len(leaving)) is None


def _turns_root_away(lines: Sequence[str]) -> bool:
    """Whether a block for root holds such a line, and ends with it or with `exit`."""
    depth, left, last = 0, False, ""
    for line in lines:
        if depth == 0:
            depth = 1 if _IF_ROOT.match(line) else 0
        elif _CLOSES.match(line):
            depth -= 1
            if depth == 0 and left:
                return _leaves(last) or last.startswith("exit")
            last = line
        elif line and not line.startswith("#"):
            depth += 1 if _OPENS.match(line) else 0
            left, last = left or _leaves(line), line
    return False


def first_word(begun: tuple[Sequence[str], Sequence[str]], workload: Workload) -> str:
    """What a container starts: its own entry point, or its image's, or else a command."""
    entry, command = begun
    words = workload.words if workload.own_entry else entry or workload.words or command
    return words[0] if words else ""
