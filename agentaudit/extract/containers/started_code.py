"""
What starts code of the repository that builds an agent, by the files that its command names.

Without a manifest nothing says what an image is for. Two signs together do: the command that it
starts names a file or a module beside the Dockerfile, and that file, or one that it imports, builds
an agent whose tools execute what a model writes. Where a manifest runs it, any agent will do.
"""

import posixpath
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.commands import opened_scripts
from agentaudit.extract.containers.dockerfile_instructions import started_by
from agentaudit.extract.documents import folder_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document

CODED = frozenset(
    {
        *("langchain", "langgraph", "openai-agents", "crewai", "autogen", "strands", "pydantic-ai"),
        *("google-adk", "agno", "smolagents", "agent-framework"),
        *("openai", "anthropic", "converse", "google-genai", "mistral", "litellm", "ollama"),
        *("cohere", "azure-inference", "livekit", "pipecat", "deepagents", "llama-index"),
        *("haystack", "dspy", "semantic-kernel", "langroid"),
        *("ai-sdk", "openai-agents-js", "langchain-js", "langgraph-js", "deepagents-js", "mastra"),
        *("cloudflare-agents", "cloudflare-think"),
    }
)
"""Frameworks whose agents are code that an image holds; others run where their platform says."""
_FILE = regex(r"^[\w./-]{1,200}\.(?:py|[mc]?[jt]sx?)$")
_MODULE = regex(r"^[A-Za-z_]\w*(?:\.\w+)*$")
_SERVED = regex(r"^(?P<module>[A-Za-z_]\w*(?:\.\w+){0,20}):\w+(?:\(\))?$")
"""What uvicorn and gunicorn are told: `app.main:app`."""
_BUILT = regex(r"(^|/)(?:dist|build|out)/")
_SCRIPT = regex(r"\.[mc]?jsx?$")
_SCRIPTS = (".ts", ".tsx", ".mts", ".js", ".mjs")
_DEEPEST = 6
"""Files that one imports, and those that these import: routes, services, graphs."""
_MOST = 100
"""Files that one command names."""
_LONGEST = 20
"""Folders of a path: it begins where the image has the repository, which is not known."""


def is_deployed_code(agent: Agent) -> bool:
    """Whether an agent is code that an image holds, and lies among no tests."""
    return agent.framework in CODED and not is_rehearsal(agent.evidence[0].file)


def executing_files(collector: Collector) -> frozenset[str]:
    """The files that build agents whose tools run what a model writes, in no box of their own."""
    runs = {
        tool.id
        for tool in collector.of(Tool)
        if "execute" in tool.effects and tool.sandboxed is not Truth.YES and not tool.own_machine
    }
    return frozenset(
        agent.evidence[0].file
        for agent in collector.of(Agent)
        if is_deployed_code(agent)
        and any(edge.dst in runs for edge in collector.from_fact(agent.id, EdgeKind.INVOKES))
    )


def starts_agent_code(
    document: Document, executing: Collection[str], imports: Mapping[str, frozenset[str]]
) -> bool:
    """Whether what an image starts is such a file, or imports one, by what each file imports."""
    if not executing or is_rehearsal(document.file):
        return False
    entry, command = started_by(document)
    words = tuple(opened_scripts((*entry, *command)))
    started = frozenset(entries(words, folder_of(document.file), imports))
    return reaches(started, executing, imports)


def reaches(
    files: frozenset[str], wanted: Collection[str], imports: Mapping[str, frozenset[str]]
) -> bool:
    """Whether one of some files is wanted, or imports one that is."""
    wanted_files = frozenset(wanted)
    return any(not wanted_files.isdisjoint(wave) for wave in waves(files, imports))


def waves(files: Iterable[str], imports: Mapping[str, frozenset[str]]) -> Iterator[Collection[str]]:
    """Some files, what they import, what those import, and so on; each file once."""
    waiting, seen = set(files), set[str]()
    for _ in range(_DEEPEST + 1):
        yield waiting
        seen |= waiting
        waiting = {each for file in waiting for each in imports.get(file, ())} - seen


def entries(words: Sequence[str], folder: str, known: Container[str]) -> Iterator[str]:
    """
    The files of the repository that a command names, whose image is built from a folder.

    What lies above it is asked where the folder has no such file.
    """
    for path in islice(_paths(words), _MOST):
        parts = path.split("/")[-_LONGEST:]
        for number in range(len(parts)):
            inner = "/".join(parts[number:])
            places = dict.fromkeys((folder, f"{folder}/src".lstrip("/"), folder_of(folder)))
            files = (posixpath.normpath(posixpath.join(above, inner)) for above in places)
            yield from islice(filter(known.__contains__, files), 1)


def _paths(words: Sequence[str]) -> Iterator[str]:
    """Paths that a command runs, by themselves or as modules."""
    before = ""
    for word in words:
        served = _SERVED.match(word)
        if _FILE.match(word):
            yield word
            source = _SCRIPT.sub("", _BUILT.sub(r"\1src/", word, count=1))
            yield from (f"{source}{ending}" for ending in _SCRIPTS if _SCRIPT.search(word))
        elif served is not None or (before == "-m" and _MODULE.match(word)):
            path = (served["module"] if served is not None else word).replace(".", "/")
            yield from (f"{path}.py", f"{path}/__main__.py")
        before = word
