"""
Agents of the repository's own code that a job runs: `python scripts/triage.py`, `make review`.

A command counts where its program is one that runs files, and the file that it names, or one which
that imports itself, builds an agent. What a linter or a test runner is given is not run so, and a
script that deploys or documents agents has them in hand without running any.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.signs import starts_agent
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.started_code import entries, waves
from agentaudit.extract.documents import Documents
from agentaudit.extract.pipelines.make_targets import Makefiles
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.facts.agents import Agent

_ENDS = regex(r"&&|\|\||[;|&\n]")
_CONTINUED = regex(r"\\\n[ \t]*")
_LONGEST = 20_000
_MOST_WORDS = 40
_BEFORE = regex(
    r"[A-Za-z_]\w*=\S*|sudo|time|exec|nohup|env|if|then|else|do|!|xvfb-run|timeout|\d+[smh]?"
)
"""What stands before the program that is meant."""
_INTERPRETER = regex(r"(?:\S*/)?(?:python[\d.]*|node|tsx|ts-node|deno|bun|bash|sh|zsh)")
_FILE = regex(r"\S*\.(?:py|[mc]?[jt]sx?|sh)")
_ALONE = (".py", ".sh", ".js", ".mjs", ".cjs")
"""Endings of files that are run by themselves, by their paths."""
_ENVIRONMENTS = frozenset({"uv", "poetry", "pdm", "pipenv", "hatch", "rye", "pixi"})
_PACKAGES = frozenset({"npm", "pnpm", "yarn", "bun"})
_FETCHING = frozenset({"npx", "bunx"})
_PREPARES = regex(
    r"(?:^|/)(?:deploy|deployment|generate|gen|create|build|setup|register|provision|publish|release"
    r"|export|update|migrate|upload|teardown|cleanup|destroy)(?:[_-]\w*)?\.\w+$|[_-](?:docs|deploy)\.\w+$"
)
_NEAR = 2
"""The file itself, and what it imports."""
_SHELL = ".sh"
_MOST_SCRIPTS = 20
"""Texts that one step runs, one out of the other."""


class RunAgents:
    """The agents that code of the repository builds, asked for by what a job runs."""

    def __init__(self, documents: Documents, collector: Collector) -> None:
        self._agents: dict[str, list[Agent]] = {}
        for agent in collector.of(Agent):
            if not is_rehearsal(agent.evidence[0].file):
                self._agents.setdefault(agent.evidence[0].file, []).append(agent)
        self._documents, self._makefiles = documents, Makefiles(documents)
        self._imports: Mapping[str, frozenset[str]] = collector.imported_files
        scripts = (document.file for document in documents.of("script"))
        self._known = frozenset((*self._imports, *scripts))
        self._reached: dict[str, tuple[Agent, ...]] = {}

    def of(self, script: str, folder: str) -> tuple[Agent, ...]:
        """The agents that the commands of a script start, which is run in a folder."""
        if not self._agents or not self._known:
            return ()
        files = dict.fromkeys(self._files(script, folder, set()))
        return tuple(dict.fromkeys(agent for file in files for agent in self._agents_of(file)))

    def _agents_of(self, file: str) -> tuple[Agent, ...]:
        """Those of a file and of what it imports, the nearest first."""
        if file not in self._reached:
            near = islice(waves({file}, self._imports), _NEAR)
            files = (each for wave in near for each in sorted(wave))
            found = (agent for each in files for agent in self._agents.get(each, ()))
            self._reached[file] = tuple(found)
        return self._reached[file]

    def _files(self, script: str, folder: str, seen: set[str]) -> Iterator[str]:
        """The files that a script runs, and those of the scripts that it runs, each text once."""
        if script in seen:
            return
        seen.add(script)
        for words in _commands(script[:_LONGEST]):
            if words[0] == "cd":
                folder = posixpath.normpath(posixpath.join(folder, *words[1:2]))
                continue
            file = self._file(words, folder)
            if file and _PREPARES.search(file) is None:
                yield file
            for inner, below in self._inner(words, file, folder):
                if inner and len(seen) < _MOST_SCRIPTS:
                    yield from self._files(inner, below, seen)

    def _inner(self, words: Sequence[str], file: str, folder: str) -> Iterator[tuple[str, str]]:
        """The scripts that a command runs, each with its folder: of a shell, a package, make."""
        document = self._documents.at(file) if file.endswith(_SHELL) else None
        if document is not None:
            yield document.text, folder
        if name := _package_script(words):
            yield self._documents.packages.script(folder, name), folder
        _, below, made = self._makefiles.run(words, folder)
        yield made, below

    def _file(self, command: Sequence[str], folder: str) -> str:
        """The file that a command runs, from a folder, or else wherever the end of its path is."""
        makefile, _, made = self._makefiles.run(command, folder)
        words = run_by(command)
        if starts_agent(made) or not words:
            return makefile if starts_agent(made) else ""
        direct = posixpath.normpath(posixpath.join(folder, words[-1]))
        return direct if direct in self._known else next(entries(words, folder, self._known), "")


def run_by(words: Sequence[str]) -> Sequence[str]:
    """The words of a command that name what it runs; empty where its program runs no file."""
    program, rest = words[0], words[1:]
    if program in _ENVIRONMENTS:
        inner = _behind_options(rest[1:]) if rest[:1] == ["run"] else []
        runs = inner and (_INTERPRETER.fullmatch(inner[0]) or _FILE.fullmatch(inner[0]))
        return run_by(inner) if runs else ()
    if program in _FETCHING:
        inner = _behind_options(rest)
        return run_by(inner) if inner[:1] in (["tsx"], ["ts-node"]) else ()
    if program.endswith(_ALONE) and "/" in program:
        return (program,)
    if not _INTERPRETER.fullmatch(program) or "-c" in rest[:2]:
        return ()
    if "-m" in rest[:4]:
        at = rest.index("-m")
        return rest[at : at + 2]
    return [word for word in rest if _FILE.fullmatch(word)][:1]


def _behind_options(words: Sequence[str]) -> Sequence[str]:
    """Words from the first on that is no option, and none's value: `--with openai run.py`."""
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        valued = before.startswith("--") and "=" not in before and not _FILE.fullmatch(word)
        if not word.startswith("-") and not (valued and not _INTERPRETER.fullmatch(word)):
            return words[at:]
    return ()


def _package_script(words: Sequence[str]) -> str:
    """The name under which a package keeps what is run: `npm run review`; empty where none is."""
    named = [word for word in words[1:] if not word.startswith("-") and word != "run"]
    return named[0] if words[0] in _PACKAGES and named else ""


def _commands(script: str) -> Iterator[list[str]]:
    """The commands of a script, each as words without quotes and without what stands before it."""
    for line in _ENDS.split(_CONTINUED.sub(" ", script)):
        words = [word.strip("\"'") for word in line.split()[:_MOST_WORDS]]
        at = next((at for at, word in enumerate(words) if not _BEFORE.fullmatch(word)), len(words))
        if words[at:] and not words[at].startswith("#"):
            yield words[at:]
