"""Which step rules a frame matches, by its file and its function."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from agentaudit.model.recording import Frame
from agentaudit.model.rule import StepRule

_LIBRARIES = ("/site-packages/", "/dist-packages/")
_SAMPLES = "/agentaudit/_samples/"
"""Agents that a wheel of ours carries: programs of their own, wherever it was installed."""
_STANDARD_LIBRARY = re.compile(r".*/lib(?:64)?/python3(?:\.\d+)?[a-z]?/(?!site-|dist-)")
_IMPORTED = "<module>"
_SAYS_NOTHING = frozenset({"<module>", "main", "<lambda>"})
"""Functions at the root of whole programs: the name of their file labels nothing below them."""


def own_code(file: str, packages: Collection[str] = ()) -> tuple[str, bool]:
    """
    The path that rules are matched against, and whether it is the agent's own code.

    `packages` are those that the agent itself was installed as.
    """
    for marker in _LIBRARIES:
        at = file.rfind(marker)
        if at >= 0 and _SAMPLES not in file:
            own = installed(file) in packages
            return (file if own else file[at + len(marker) :]), own
    standard = _STANDARD_LIBRARY.match(file)
    if standard and _SAMPLES not in file:
        return file[standard.end() :], False
    return file, not file.startswith("<frozen")


def installed(file: str) -> str:
    """The top-level package, or module, of an installed file; empty of any other."""
    for marker in _LIBRARIES:
        at = file.rfind(marker)
        if at >= 0:
            return file[at + len(marker) :].partition("/")[0].removesuffix(".py")
    return ""


def patterns_of(rule: StepRule) -> tuple[str, str]:
    """Regular expressions of the files and of the qualified names that a library's rule means."""
    return f"(?:.*/)?{_path_glob(rule.file)}", _name_glob(rule.function)


class FrameRules:
    """Rules made ready for matching; every frame is matched once."""

    def __init__(self, rules: Sequence[StepRule], packages: Collection[str] = ()) -> None:
        self._packages = packages
        self._own = [rule for rule in rules if _of_own_code(rule)]
        self._library = [
            (rule.file.partition("*")[0], rule) for rule in rules if not _of_own_code(rule)
        ]
        self._known: dict[Frame, tuple[StepRule, ...]] = {}

    def matching(self, frame: Frame) -> tuple[StepRule, ...]:
        """The rules that the frame matches, in the order they were given."""
        found = self._known.get(frame)
        if found is None:
            path, own = own_code(frame.file, self._packages)
            near = self._near_own(frame, path) if own else self._near_library(path)
            found = tuple(rule for rule in near if _names(rule, frame.function))
            self._known[frame] = found
        return found

    def _near_own(self, frame: Frame, path: str) -> Iterator[StepRule]:
        says_nothing = frame.function.rpartition(".")[2] in _SAYS_NOTHING
        for rule in self._own:
            if says_nothing and rule.when == "own_code":
                continue
            if _compiled(f"(?:.*/)?{_path_glob(rule.file)}").fullmatch(path):
                yield rule

    def _near_library(self, path: str) -> Iterator[StepRule]:
        for beginning, rule in self._library:
            if path.startswith(beginning) and _compiled(_path_glob(rule.file)).fullmatch(path):
                yield rule


def _of_own_code(rule: StepRule) -> bool:
    """
    Rules of libraries hold for libraries, rules of own code for own code.

    A request frame is the agent's own where its file may be any: `*.py`.
    """
    return rule.when == "own_code" or (rule.when == "request" and rule.file.startswith("*"))


def _names(rule: StepRule, function: str) -> bool:
    """
    Whether the rule means the function: by its last part where no more is known of its name.

    A file that is being imported does none of the work that its functions are for.
    """
    if function == _IMPORTED and rule.function != _IMPORTED:
        return False
    asked = rule.function if "." in function else rule.function.rpartition(".")[2]
    return _compiled(_name_glob(asked)).fullmatch(function) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is needed: of most rules, no frame comes near."""
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def _path_glob(glob: str) -> str:
    """`*` stays within a folder, `**/` spans any number of them."""
    parts = re.split(r"(\*\*/|\*)", glob)
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*"}
    return "".join(meaning.get(part, re.escape(part)) for part in parts)


@lru_cache(maxsize=4096)
def _name_glob(glob: str) -> str:
    return ".*".join(re.escape(part) for part in glob.split("*"))
