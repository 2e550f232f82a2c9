"""
Programs that answer requests with what a file defines that builds agents, and build none.

A server of FastAPI imports a graph and runs it under a key of its own, or calls a function that
does. Which keys are everybody's is seen in both files together, so such a server is read as well
where one of the two speaks of keys, and the other one keeps conversations. Which pages may call an
agent is said by the server alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.programs.imports import file_of
from agentaudit.extract.python.imported import parsed
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.document import Document
from agentaudit.readers.files import SourceText

_SERVERS = ("fastapi", "flask", "starlette", "quart", "litestar", "aiohttp", "sanic")
_KEYS = ("thread_id", "session_id", "user_id")
_KEEPING = ("checkpointer", "agno", "mem0", "SessionService")
_PAGES = ("CORSMiddleware", "flask_cors")
ROUTERS = ("APIRouter(", "Blueprint(")
"""By which a file has paths that another one serves."""
_BUILDING = (
    *(
        "langgraph",
        "langchain",
        "agno",
        "crewai",
        "autogen",
        "google.adk",
        "pydantic_ai",
        "strands",
    ),
    *("smolagents", "llama_index", "openai", "anthropic", "agent_framework", "semantic_kernel"),
)
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
    programs = [
        document
        for document in documents
        if document.syntax == "python" and not is_rehearsal(document.file)
    ]
    read = {document.file for document in documents}
    unread = {
        source.file: source
        for source in sources
        if source.syntax == "python" and source.file not in read and not is_rehearsal(source.file)
    }
    left = _MOST
    for file in dict.fromkeys((*_keyed(programs, unread), *_opening(programs, unread))):
        left -= len(unread[file].text)
        document = parsed(unread[file]) if left > 0 else None
        if document is not None:
            yield document


def _keyed(programs: Sequence[Document], unread: Mapping[str, SourceText]) -> Iterator[str]:
    """Those that answer requests under keys, or by what has them."""
    keeping = {
        document.file: any(key in document.text for key in _KEYS)
        for document in programs
        if any(word in document.text for word in _KEEPING)
    }
    for source in unread.values() if keeping else ():
        if any(word in source.text for word in _SERVERS):
            keyed = any(key in source.text for key in _KEYS)
            if any(keyed or keeping[file] for file in _taken_from(source, keeping)):
                yield source.file


def _opening(programs: Sequence[Document], unread: Mapping[str, SourceText]) -> Iterator[str]:
    """Those that let pages of other origins in, and what has paths between them and an agent."""
    opening = [each for each in unread.values() if any(word in each.text for word in _PAGES)]
    building = {
        document.file
        for document in (programs if opening else ())
        if any(word in document.text for word in _BUILDING)
    }
    for source in opening if building else ():
        between = (unread[file] for file in _taken_from(source, unread))
        routes = (each for each in between if any(word in each.text for word in ROUTERS))
        for each in (source, *routes):
            if any(_taken_from(each, building)):
                yield from (source.file, each.file)


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
