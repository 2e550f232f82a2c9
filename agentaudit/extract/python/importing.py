"""
Programs that answer requests with what a file defines that builds agents, and build none.

A server of FastAPI imports a graph and runs it under a key of its own, or calls a function that
does. Which keys are everybody's is seen in both files together, so such a server is read as well
where one of the two speaks of keys, and the other one keeps conversations. Which pages may call an
agent is said by the server alone.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.programs.imported import Allowance
from agentaudit.extract.programs.imports import file_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document

_SERVERS = ("fastapi", "flask", "starlette", "quart", "litestar", "aiohttp", "sanic")
_KEYS = ("thread_id", "session_id", "user_id")
_KEEPING = ("checkpointer", "agno", "mem0", "SessionService")
PAGES = ("CORSMiddleware", "flask_cors")
"""By which a server says which pages of other origins may call it."""
_ROUTERS = ("APIRouter", "Blueprint")
ROUTERS = ("APIRouter(", "Blueprint(")
"""By which a file has paths that another one serves."""
_HEAD = 4_000
"""Characters at the beginning of a program, where it says what it is made of."""
_BUILDING = (
    *("langgraph", "langchain", "agno", "crewai", "autogen", "google.adk", "pydantic_ai"),
    *("strands", "smolagents", "llama_index", "openai", "anthropic", "agent_framework"),
    "semantic_kernel",
)
_TAKEN = regex(
    r"\n[ \t]{0,40}from[ \t]{1,9}(?P<dots>\.{0,9})(?P<module>[\w.]{0,200})[ \t]{1,9}import[ \t]"
    r"(?P<names>[^\n#]{1,300})|\nimport[ \t]{1,9}(?P<whole>[\w.]{1,200})"
)
"""Behind the end of a line, which is found at once; the beginning of one is tried everywhere."""
_NAME = regex(r"\w{1,100}")
_MOST_NAMES = 20


def serving_programs(
    documents: Collection[Document], sources: Iterable[SourceText], allowance: Allowance
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
        if source.syntax == "python" and source.file not in read
    }
    for file in dict.fromkeys((*_keyed(programs, unread), *_opening(programs, unread))):
        if is_rehearsal(file):
            continue
        document = allowance.read(unread[file], near=True)
        if document is not None:
            yield document


def _keyed(programs: Sequence[Document], unread: Mapping[str, SourceText]) -> Iterator[str]:
    """Those that answer requests under keys, or by what has them."""
    keeping = {
        document.file: holds_word(document.text, _KEYS)
        for document in programs
        if holds_word(document.text, _KEEPING)
    }
    kept = _Files(keeping)
    for source in unread.values() if keeping else ():
        if _imports(source, _SERVERS):
            keyed = holds_word(source.text, _KEYS)
            if any(keyed or keeping[file] for file in kept.taken_by(source)):
                yield source.file


def _opening(programs: Sequence[Document], unread: Mapping[str, SourceText]) -> Iterator[str]:
    """
    Those that let pages of other origins in, and what has paths between them and an agent.

    A server that is read for another reason has such paths as well.
    """
    read = (SourceText(file=each.file, syntax=each.syntax, text=each.text) for each in programs)
    opening = [each for each in (*unread.values(), *read) if _imports(each, PAGES)]
    building = {
        document.file
        for document in (programs if opening else ())
        if holds_word(document.text, _BUILDING)
    }
    agents = _Files(building)
    routers = _Files(
        {file for file, each in unread.items() if _imports(each, _ROUTERS)} if building else ()
    )
    answering = {file for file in routers.files if any(agents.taken_by(unread[file]))}
    for source in opening if building else ():
        between = answering.intersection(routers.taken_by(source))
        if between or any(agents.taken_by(source)):
            yield from (file for file in (source.file, *sorted(between)) if file in unread)


def _imports(source: SourceText, words: Sequence[str]) -> bool:
    """Whether it imports one of these, as far as one sees where programs do."""
    return holds_word(source.text[:_HEAD], words)


class _Files:
    """Files of programs, by what others call them that import them."""

    def __init__(self, files: Collection[str]) -> None:
        self.files = files
        self._last = {
            file.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2] for file in files
        }

    def taken_by(self, source: SourceText) -> Iterator[str]:
        """Those that a program imports, or takes names from."""
        for found in _TAKEN.finditer(f"\n{source.text}"):
            for level, name in _paths(found):
                if not name or name.rpartition(".")[2] in self._last:
                    file = file_of(self.files, source.file, level, name)
                    if file is not None:
                        yield file


def _paths(found: re.Match[str]) -> Iterator[tuple[int, str]]:
    """What an import may mean by a module: how many folders up, and the names after that."""
    if found["whole"]:
        yield 0, found["whole"]
        return
    level, module = len(found["dots"]), found["module"]
    before = f"{module}." if module else ""
    yield level, module
    for name in _NAME.findall(found["names"])[:_MOST_NAMES]:
        yield level, f"{before}{name}"
