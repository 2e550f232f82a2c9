"""
Environment files that programs load themselves, and the agents of those programs.

`load_dotenv()` looks for `.env` beside the program and in all folders above (python-dotenv,
`find_dotenv`); Pydantic's settings, environs and dotenv of Node take it from where the program is
started. So a program reads the nearest of that name.
"""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.started_code import is_deployed_code
from agentaudit.extract.documents import Documents, first_folder_of, folder_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId

_LOADING = (
    *("load_dotenv", "dotenv_values", "env_file", "read_env", "find_dotenv"),
    *("dotenv/config", "dotenv.config"),
)
_NAMED = regex(r"""["'/](?P<name>[\w-]{0,40}\.env(?:\.[\w-]{1,40}){0,2})["']""")
_ALONE = frozenset({".env"})
_LONGEST = 20
"""Folders above a program."""


def agents_reading(documents: Documents, collector: Collector) -> Mapping[str, tuple[FactId, ...]]:
    """By each environment file that a program loads, the agents of that program."""
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
    agents = [agent for agent in collector.of(Agent) if is_deployed_code(agent)]
    near = {agent.id: _folder_above(agent.evidence[0].file, beside) for agent in agents}
    found: dict[str, tuple[FactId, ...]] = {}
    for read, files in loading.items():
        below = [agent for agent in agents if near[agent.id] == folder_of(read)]
        found[read] = tuple(agent.id for agent in _of_programs(below, files, folder_of(read)))
    return found


def _loaders(documents: Documents) -> Iterator[tuple[str, frozenset[str]]]:
    """The programs that load environment files, each with the names of those."""
    for document in documents.of("python", "javascript"):
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


def _of_programs(agents: Sequence[Agent], files: Sequence[str], folder: str) -> Iterator[Agent]:
    """The agents that belong to one of some programs, by the first folder that both lie in."""
    above = f"{folder}/" if folder else ""
    tops = {first_folder_of(file.removeprefix(above)) for file in files}
    for agent in agents:
        top = first_folder_of(agent.evidence[0].file.removeprefix(above))
        if not top or "" in tops or top in tops:
            yield agent
