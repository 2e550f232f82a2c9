"""
What a container is told to run, where that is no agent: tests, a notebook, a schedule, or waiting.

People start the image of an agent for that too, with its settings.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from agentaudit.expressions import regex

_LONGEST = 4_000
_CONTINUED = regex(r"\\\n")
_SEPARATOR = regex(r"&&|\|\||\$\(|[;|&`)\n]")
_ASSIGNMENT = regex(r"^[A-Za-z_]\w*=")
_KEYWORDS = frozenset({"until", "while", "do", "if", "then", "else", "!"})
_LAUNCHERS = frozenset(
    {
        *("sh", "bash", "ash", "dash", "-c", "-ec", "-lc", "-ex", "-exc", "-euc", "exec"),
        *("python", "python3", "-m", "uv", "poetry", "pdm", "pipenv", "hatch", "run"),
        *("dumb-init", "tini", "--"),
    }
)
"""What stands before the program that is meant."""
_SCRIPT_FOLLOWS = regex(r"^-[a-z]{0,4}c$")
"""What tells a shell that the next word is a script, and python that it is a program."""
_PURPOSES = frozenset(
    {"pytest", "py.test", "unittest", "tox", "nox", "jest", "vitest", "jupyter", "jupyterlab"}
)
_ASKING = frozenset(
    {
        *("sleep", "curl", "wget", "nc", "echo", "printf", "date", "cat", "mkdir", "pip", "pip3"),
        *("apt-get", "apk", "set", "cd", "export", "done", "fi", "trap", "wait"),
    }
)
"""What prepares, waits, or asks something over the network."""
_NOTEBOOK = "jupyter-"
_MIGRATES = regex(
    r"(?:^|[\s/])(?:alembic\s(?:\S{1,80}\s){0,6}?upgrade|aerich\s+upgrade|flask\s+db\s+upgrade"
    r"|manage\.py\s+(?:migrate|loaddata)|prisma\s+(?:migrate|db)|drizzle-kit\s+(?:migrate|push)"
    r"|knex\s+(?:migrate|seed)|sequelize(?:-cli)?\s+db:|typeorm\s+migration|(?:rails|rake)\s+db:"
    r"|(?:npm|pnpm|yarn|bun)\s(?:run\s)?(?:db:)?(?:migrate|seed)(?::\w{1,40})?(?=\s|$)"
    r"|-m\s[\w.]{1,80}\.(?:migrate|migrations?|seed)(?=\s|$)"
    r"|(?:[\w-]{1,40}[_-])?(?:migrate|migrations?|seed)(?:[_-][\w-]{1,40})?"
    r"\.(?:py|[mc]?[jt]s|sh)(?=\s|$))"
    r"|^(?:\S{1,100}/)?(?:flyway|liquibase|dbmate|migrate)(?:\s|$)"
)
"""What makes or fills the tables of a database, and ends."""
_KEEPING = regex(r"\bsleep\s+(?:inf|\d{4}|\d{1,3}[hd])")
"""Whoever keeps a container for hours comes into it later, to run what it is made for."""
_SCHEDULES = regex(r"(?:^|[\s/])celery\s(?:\S{1,80}\s){0,12}?(?:beat|flower)(?:\s|$)")
"""What says when the tasks of Celery start, or shows them: none runs in it ("Periodic Tasks")."""
_AT_ONCE = regex(r"\sworker(?:\W|$)|(?<![&>])&(?![&>\d])")
"""Tasks run there as well, or something does in the background: `celery worker & celery beat`."""
_WATCHING = regex(
    r"(?:^|\s)(?:--reload|nodemon|watchmedo|(?:npm|pnpm|yarn|bun)\s(?:run\s)?(?:start:)?dev)(?:\s|$)"
)
"""What starts a program again at each change of its code, as developers want it."""


def opened_scripts(words: Iterable[str]) -> Iterator[str]:
    """The words of a command, and for a script of a shell those within: `sh -c "cd api && run"`."""
    script = False
    for word in words:
        yield from _SEPARATOR.sub(" ; ", word).split() if script else (word,)
        script = _SCRIPT_FOLLOWS.match(word) is not None


def watches_code(words: Iterable[str]) -> bool:
    """Whether a command is a developer's: it waits for changes of the code."""
    return _WATCHING.search(" ".join(words)) is not None


def runs_another(words: Iterable[str]) -> bool:
    """Whether every program that a container is told to run is there for such a purpose."""
    text = " ".join(words)
    return bool(text) and len(text) <= _LONGEST and _runs_another(text)


def only_schedules(words: Iterable[str]) -> bool:
    """Whether a container only says when tasks start that run in another."""
    command = " ".join(words)
    return _SCHEDULES.search(command) is not None and _AT_ONCE.search(command) is None


@lru_cache(maxsize=1024)
def _runs_another(text: str) -> bool:
    programs = tuple(_programs(_CONTINUED.sub(" ", text)))
    known = all(_is_another(*each) for each in programs)
    return bool(programs) and known and _KEEPING.search(text) is None


def _is_another(program: str, command: str) -> bool:
    if program in _PURPOSES or program in _ASKING or program.startswith(_NOTEBOOK):
        return True
    return _MIGRATES.search(command) is not None


def _programs(text: str) -> Iterator[tuple[str, str]]:
    """The program of each command, without its folder; the launcher where nothing follows it."""
    for command in _SEPARATOR.split(text):
        words = [word.strip("\"'") for word in command.split()]
        own = [word for word in words if word and word not in _KEYWORDS]
        named = (word.rpartition("/")[2] for word in own if not _ASSIGNMENT.match(word))
        program = next((word for word in named if word not in _LAUNCHERS), "")
        if program or (own and not _ASSIGNMENT.match(own[-1])):
            yield program or own[0], " ".join(words)
