"""
Environment files that programs load themselves, and the agents and servers of those programs.

`load_dotenv()` looks for `.env` beside the program and in all folders above (python-dotenv,
`find_dotenv`); Pydantic's settings, environs and dotenv of Node take it from where the program is
started. So a program reads the nearest of that name.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.started_code import is_deployed_code
from agentaudit.extract.documents import Documents, first_folder_of, folder_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer

_LOADING = (
    *("load_dotenv", "dotenv_values", "env_file", "read_env", "find_dotenv"),
    *("dotenv/config", "dotenv.config"),
)
_NAMED = regex(r"""["'/](?P<name>[\w-]{0,40}\.env(?:\.[\w-]{1,40}){0,2})["']""")
_CODE = ("python", "javascript")
_ALONE = frozenset({".env"})
_LONGEST = 20
"""Folders above a program."""


class Readers(Struct, frozen=True):
    """Whose program loads an environment file."""

    agents: tuple[FactId, ...] = ()
    servers: tuple[FactId, ...] = ()
    """Servers of tools."""


def readers(documents: Documents, collector: Collector) -> Mapping[str, Readers]:
    """By each environment file that a program loads, the agents and servers of that program."""
    beside: dict[str, set[str]] = {}
    for document in documents.of("dotenv"):
        folder, _, name = document.file.rpartition("/")
        beside.setdefault(folder, set()).add(name)
    if not beside:
        return {}
    loading: dict[str, list[str]] = {}
    for file, names in _loaders(documents):
        for read in _nearest(file, names, beside):
            loading.setdefault(read, []).append(file)
    below: dict[str | None, list[Agent | ToolServer]] = {}
    for fact in _of_code(documents, collector):
        below.setdefault(_folder_above(fact.evidence[0].file, beside), []).append(fact)
    found: dict[str, Readers] = {}
    for read, files in loading.items():
        folder = folder_of(read)
        reading = tuple(_of_programs(below.get(folder, ()), files, folder))
        found[read] = Readers(
            agents=tuple(each.id for each in reading if isinstance(each, Agent)),
            servers=tuple(each.id for each in reading if isinstance(each, ToolServer)),
        )
    return found


def _of_code(documents: Documents, collector: Collector) -> Iterator[Agent | ToolServer]:
    """The agents and the servers that programs are, but for those of tests and those they call."""
    yield from filter(is_deployed_code, collector.of(Agent))
    for server in collector.of(ToolServer):
        document = documents.at(server.evidence[0].file)
        code = document is not None and document.syntax in _CODE
        own = not (server.command or server.url or server.package)
        if code and own and not is_rehearsal(server.evidence[0].file):
            yield server


def _loaders(documents: Documents) -> Iterator[tuple[str, frozenset[str]]]:
    """The programs that load environment files, each with the names of those."""
    for document in documents.of(*_CODE):
        if holds_word(document.text, _LOADING) and not is_rehearsal(document.file):
            named = frozenset(found["name"] for found in _NAMED.finditer(document.text))
            yield document.file, named or _ALONE


def _nearest(file: str, names: frozenset[str], beside: Mapping[str, set[str]]) -> Sequence[str]:
    """The files of these names in the nearest folder around a program that has any."""
    for folder in _folders(file):
        if read := names & beside.get(folder, set()):
            above = f"{folder}/" if folder else ""
            return [f"{above}{name}" for name in sorted(read)]
    return ()


def _folder_above(file: str, beside: Mapping[str, set[str]]) -> str | None:
    """The nearest folder around a file that has environment files."""
    return next((folder for folder in _folders(file) if folder in beside), None)


def _folders(file: str) -> Iterator[str]:
    folder = folder_of(file)
    for _ in range(_LONGEST):
        yield folder
        if not folder:
            return
        folder = folder_of(folder)


def _of_programs(
    built: Sequence[Agent | ToolServer], files: Sequence[str], folder: str
) -> Iterator[Agent | ToolServer]:
    """What belongs to one of some programs, by the first folder that both lie in."""
    above = f"{folder}/" if folder else ""
    tops = {first_folder_of(file.removeprefix(above)) for file in files}
    for each in built:
        top = first_folder_of(each.evidence[0].file.removeprefix(above))
        if not top or "" in tops or top in tops:
            yield each
