"""Which step rules a frame matches, by its file and its function."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agentaudit.model.recording import Frame
from agentaudit.model.rule import StepRule

_LIBRARIES = ("/site-packages/", "/dist-packages/")
_STANDARD_LIBRARY = re.compile(r".*/lib(?:64)?/python3(?:\.\d+)?[a-z]?/(?!site-|dist-)")
_SAYS_NOTHING = frozenset({"<module>", "main", "<lambda>"})
"""Functions at the root of whole programs: the name of their file labels nothing below them."""


def own_code(file: str) -> tuple[str, bool]:
    """The path that rules are matched against, and whether it is the agent's own code."""
    for marker in _LIBRARIES:
        at = file.rfind(marker)
        if at >= 0:
            return file[at + len(marker) :], False
    standard = _STANDARD_LIBRARY.match(file)
    if standard:
        return file[standard.end() :], False
    return file, not file.startswith("<frozen")


class FrameRules:
    """Rules made ready for matching; every frame is matched once."""

    def __init__(self, rules: Sequence[StepRule]) -> None:
        self._patterns = [_pattern(rule) for rule in rules]
        self._known: dict[Frame, tuple[StepRule, ...]] = {}

    def matching(self, frame: Frame) -> tuple[StepRule, ...]:
        """The rules that the frame matches, in the order they were given."""
        found = self._known.get(frame)
        if found is None:
            found = self._known[frame] = tuple(self._matching(frame))
        return found

    def _matching(self, frame: Frame) -> list[StepRule]:
        path, own = own_code(frame.file)
        bare = "." not in frame.function
        return [
            pattern.rule
            for pattern in self._patterns
            if _applies(pattern.rule, frame, own=own)
            and (pattern.file_end if own else pattern.file).fullmatch(path)
            and (pattern.last_part if bare else pattern.function).fullmatch(frame.function)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    rule: StepRule
    file: re.Pattern[str]
    file_end: re.Pattern[str]
    function: re.Pattern[str]
    last_part: re.Pattern[str]


def _applies(rule: StepRule, frame: Frame, *, own: bool) -> bool:
    """
    Rules of libraries hold for libraries, rules of own code for own code.

    A request frame is the agent's own where its file may be any: `*.py`.
    """
    if rule.when == "own_code":
        return own and frame.function.rpartition(".")[2] not in _SAYS_NOTHING
    return own == (rule.when == "request" and rule.file.startswith("*"))


def _pattern(rule: StepRule) -> _Pattern:
    file = _path_glob(rule.file)
    return _Pattern(
        rule=rule,
        file=re.compile(file),
        file_end=re.compile(f"(?:.*/)?{file}"),
        function=re.compile(_name_glob(rule.function)),
        last_part=re.compile(_name_glob(rule.function.rpartition(".")[2])),
    )


@lru_cache
def _path_glob(glob: str) -> str:
    """`*` stays within a folder, `**/` spans any number of them."""
    parts = re.split(r"(\*\*/|\*)", glob)
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*"}
    return "".join(meaning.get(part, re.escape(part)) for part in parts)


@lru_cache
def _name_glob(glob: str) -> str:
    return ".*".join(re.escape(part) for part in glob.split("*"))
