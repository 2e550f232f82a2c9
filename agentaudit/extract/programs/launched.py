"""
What the words of a command say that it does: above all whether it runs what it is handed.

`sudo` and its like run the program behind them, as `npx` runs that of a package. Clients of
containers and of clusters run something with some of their commands (`kubectl exec`), and only ask
or manage with others (`kubectl get pods`), whatever they are asked for.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from agentaudit.expressions import regex

EXECUTE = "execute"
_INTERPRETER = regex(
    r"^(?:(?:ba|da|z|k|fi)?sh|python[\d.]*|node|deno|bun|ruby|perl|php|Rscript|osascript|pwsh"
    r"|powershell(?:\.exe)?|cmd(?:\.exe)?|ssh|make|tmux|tsx|ts-node|vite-node|jest|vitest|mocha"
    r"|pytest|ipython)$"
)
_ASSIGNMENT = regex(r"^[A-Za-z_]\w*=")
_AMOUNT = regex(r"^\d+(?:\.\d+)?[smhd]?$")
"""How long `timeout` waits."""
_BEFORE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "sudo": frozenset({"-u", "--user", "-g", "--group", "-h", "--host", "-p", "-C", "-D"}),
        "doas": frozenset({"-u", "-C"}),
        "env": frozenset({"-u", "--unset", "-C", "--chdir"}),
        "timeout": frozenset({"-s", "--signal", "-k", "--kill-after"}),
        "nice": frozenset({"-n", "--adjustment"}),
        "xargs": frozenset({"-n", "-P", "-I", "-d", "-L"}),
        "npx": frozenset({"-p", "--package", "-c", "--call", "-w", "--workspace"}),
        "uvx": frozenset({"--from", "--with", "--with-requirements", "-p", "--python"}),
        **dict.fromkeys(("nohup", "setsid", "stdbuf"), frozenset[str]()),
    }
)
"""Programs that run the one behind them, and which of their options are given a value."""
_FETCHING = frozenset({"npx", "uvx"})
"""Whose options name what is run, too."""
_DOCKER = frozenset({"-H", "--host", "-c", "--context", "--config", "-l", "--log-level"})
_COMPOSE = frozenset({"-f", "--file", "-p", "--project-name", "--profile", "--env-file"})
_KUBECTL = frozenset(
    {
        *("-n", "--namespace", "--context", "--kubeconfig", "-s", "--server", "--cluster"),
        *("--user", "--token", "--as", "-v"),
    }
)
_OF_CONTAINERS = frozenset(
    {
        *("ps", "logs", "inspect", "images", "stats", "stop", "start", "restart", "kill", "rm"),
        *("rmi", "pause", "unpause", "port", "top", "version", "info", "events", "history"),
        *("pull", "push", "tag", "search", "wait", "rename", "diff", "volume", "network", "system"),
    }
)
_OF_PROJECTS = frozenset(
    {
        *("ps", "logs", "images", "stop", "start", "restart", "kill", "rm", "pause", "unpause"),
        *("port", "top", "version", "events", "pull", "push", "up", "down", "config", "ls"),
    }
)
_OF_CLUSTERS = frozenset(
    {
        *("get", "describe", "logs", "top", "delete", "scale", "rollout", "cordon", "uncordon"),
        *("drain", "taint", "label", "annotate", "explain", "api-resources", "api-versions"),
        *("version", "cluster-info", "auth", "wait", "events", "autoscale", "expose", "diff"),
    }
)
_CLIENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(("docker", "podman"), (_DOCKER, _OF_CONTAINERS)),
        **dict.fromkeys(("docker-compose", "compose"), (_COMPOSE, _OF_PROJECTS)),
        **dict.fromkeys(("kubectl", "oc"), (_KUBECTL, _OF_CLUSTERS)),
    }
)
"""Clients with the options that are given a value, and the commands that run nothing new."""
_COMPOSED = frozenset({"docker", "podman"})
_DELETING = frozenset({"delete", "rm", "rmi", "kill", "drain", "down"})
_ASKING = frozenset(
    {
        *("ps", "logs", "images", "ls", "port", "top", "version", "events", "config", "inspect"),
        *("stats", "info", "history", "search", "wait", "diff", "get", "describe", "explain"),
        *("api-resources", "api-versions", "cluster-info", "auth"),
    }
)
_MOST = 50
"""Words of a command that are looked at."""


def effect_of(words: Sequence[str]) -> str:
    """
    What a command does: execute what its words say, delete, write or read; empty of any other.

    A word that is not known is empty, as are those that may follow: what they are may be run. Of a
    program that is not known nothing is said.
    """
    at = 0
    if not _word(words, at):
        return ""
    for _ in range(_MOST):
        program = _word(words, at).rpartition("/")[2].partition("@")[0]
        if program in _BEFORE:
            before, at = at, _behind(words, at, _BEFORE[program])
            if program in _FETCHING and not all(words[before:at]):
                return EXECUTE
        elif program in _CLIENTS:
            valued, harmless = _CLIENTS[program]
            at = _behind(words, at, valued)
            command = _word(words, at)
            if not (program in _COMPOSED and command == "compose"):
                return _managed(command) if command in harmless else EXECUTE
        else:
            return "" if program and _INTERPRETER.search(program) is None else EXECUTE
    return EXECUTE


def runs_others(words: Sequence[str]) -> bool:
    """Whether a line that begins with these words may run what else stands in it."""
    return effect_of([*words, ""]) == EXECUTE


def may_run_others(word: str) -> bool:
    """Whether a word is a program that may run what it is handed."""
    program = word.rpartition("/")[2]
    known = program in _BEFORE or program in _CLIENTS
    return known or _INTERPRETER.search(program) is not None


def _managed(command: str) -> str:
    if command in _DELETING:
        return "delete"
    return "read" if command in _ASKING else "write"


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


def _behind(words: Sequence[str], at: int, valued: frozenset[str]) -> int:
    """Where the word stands that follows a program's own options."""
    at += 1
    for _ in range(_MOST):
        word = _word(words, at)
        if word in valued:
            at += 2
        elif word.startswith("-") or _ASSIGNMENT.match(word) or _AMOUNT.match(word):
            at += 1
        else:
            break
    return at
