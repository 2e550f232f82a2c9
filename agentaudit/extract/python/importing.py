"""
Programs that answer requests with what a file defines that builds agents, and build none.

A server of FastAPI imports a graph and runs it under a key of its own, or calls a function that
does. Which keys are everybody's is seen in both files together, so such a server is read as well
where one of the two speaks of keys, and the other one keeps conversations.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.programs.imports import file_of
from agentaudit.extract.python.imported import parsed
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.document import Document
from agentaudit.readers.files import SourceText

_SERVERS = ("fastapi", "flask", "starlette", "quart", "litestar", "aiohttp", "sanic")
_KEYS = ("thread_id", "session_id", "user_id")
_KEEPING = ("checkpointer", "agno", "mem0", "SessionService")
_TAKEN = regex(
    r"(?m)^[ \t]{0,40}from[ \t]{1,9}(?P<dots>\.{0,9})(?P<module>[\w.]{0,200})[ \t]{1,9}import[ \t]"
    r"(?P<names>[^\n#]{1,300})|^import[ \t]{1,9}(?P<whole>[\w.]{1,200})"
)
_NAME = regex(r"\w{1,100}")
_MOST_NAMES = 20
_MOST = 1_000_000
"""Characters of all such programs together."""


def serving_programs(
    documents: Collection[Document], sources: Iterable[SourceText]
) -> Iterator[Document]:
    """The documents of such programs that nobody has read."""
    keeping = {
        document.file: any(key in document.text for key in _KEYS)
        for document in documents
        if document.syntax == "python"
        and not is_rehearsal(document.file)
        and any(word in document.text for word in _KEEPING)
    }
    read = {document.file for document in documents} if keeping else set()
    left = _MOST if keeping else 0
    for source in sources:
        if left <= 0:
            return
        if source.syntax == "python" and source.file not in read and _serves(source, keeping):
            left -= len(source.text)
            document = parsed(source)
            if document is not None:
                yield document


def _serves(source: SourceText, keeping: Mapping[str, bool]) -> bool:
    """Whether it answers requests, and takes what keeps conversations from a file."""
    text = source.text
    if not any(word in text for word in _SERVERS) or is_rehearsal(source.file):
        return False
    keyed = any(key in text for key in _KEYS)
    return any(keyed or keeping[file] for file in _taken_from(source, keeping))


def _taken_from(source: SourceText, known: Collection[str]) -> Iterator[str]:
    """Those of the known files that it imports, or takes names from."""
    for found in _TAKEN.finditer(source.text):
        if found["whole"]:
            paths = [(0, found["whole"])]
        else:
            level, module = len(found["dots"]), found["module"]
            before = f"{module}." if module else ""
            names = _NAME.findall(found["names"])[:_MOST_NAMES]
            paths = [(level, module), *((level, f"{before}{name}") for name in names)]
        for level, name in paths:
            file = file_of(known, source.file, level, name)
            if file is not None:
                yield file
