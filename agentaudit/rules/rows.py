"""
Rows of rule files: lists of small mappings, read strictly, whatever they say.

Reading is strict. A row that cannot be understood is an error with its line, never a row less.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import yaml

from agentaudit.errors import Problem

RuleT = TypeVar("RuleT")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser where it was built: ours alone are hundreds of rows, read at every start."""

_LARGEST_BYTES = 1024 * 1024
_MOST_NODES = 50_000
_DEEPEST = 8


def rows_of(
    file: Path, problems: list[Problem], read: "Callable[[Row], RuleT | None]"
) -> Iterator[tuple[RuleT, int]]:
    """The rules of a file, each with its line; what is wrong goes to the list of problems."""
    try:
        root = _composed(file)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or error
        line = mark.line + 1 if mark else None
        problems.append(Problem(file=str(file), line=line, message=f"cannot be read: {what}"))
        return
    if not isinstance(root, yaml.SequenceNode):
        problems.append(Problem(file=str(file), line=1, message="must be a list of rules"))
        return
    for node in root.value:
        before = len(problems)
        rule = read(Row(file, node, problems))
        if rule is not None and len(problems) == before:
            yield rule, node.start_mark.line + 1


def _composed(file: Path) -> yaml.Node | None:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"it is larger than {_LARGEST_BYTES // 1024} KiB")
    text = file.read_text(encoding="utf-8")
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("aliases have no place in a rule file")  # noqa: TRY004 -- no type is wrong
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")
        if number > _MOST_NODES:
            raise ValueError(f"it holds more than {_MOST_NODES} nodes")
    return yaml.compose(text, Loader=_LOADER)


class Row:
    """One mapping being read; what is wrong with it goes to the list of problems."""

    def __init__(self, file: Path, node: yaml.Node, problems: list[Problem]) -> None:
        self._file = file
        self._node = node
        self._problems = problems
        self._fields: dict[str, yaml.Node] = {}

    def names(self, known: Sequence[str], what: str = "a rule") -> bool:
        """Whether it is a mapping; fields that nobody reads, or that stand twice, are wrong."""
        if not isinstance(self._node, yaml.MappingNode):
            self._wrong(self._node, f"{what} must be a mapping")
            return False
        for key, value in self._node.value:
            name = str(key.value)
            if name not in known:
                self._wrong(key, f"`{name}` is not a field of {what}: {', '.join(known)}")
            elif name in self._fields:
                self._wrong(key, f"`{name}` stands twice")
            self._fields[name] = value
        return True

    def within(self, name: str) -> "Row | None":
        """The mapping that a field holds, still to be looked at; None where it is missing."""
        node = self._fields.get(name)
        if node is None:
            self._wrong(self._node, f"`{name}` is missing")
            return None
        return Row(self._file, node, self._problems)

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self._fields.get(name)
        if value is None and default is not None:
            return default
        if value is None:
            self._wrong(self._node, f"`{name}` is missing")
        elif not isinstance(value, yaml.ScalarNode) or not value.value.strip():
            self._wrong(value, f"`{name}` must be a text")
        else:
            return str(value.value)
        return ""

    def identifier(self, name: str) -> str:
        """A name as Python imports it."""
        word = self.text(name)
        if word and not word.isidentifier():
            self._wrong(
                self._fields[name], f"`{name}` must be a name that is imported, not {word!r}"
            )
        return word

    def choice(self, name: str, known: Sequence[str], *, default: str | None = None) -> str:
        """One of the known words; nothing where it is none of them."""
        if name not in self._fields and default is not None:
            return default
        word = self.text(name)
        if word and word not in known:
            self._wrong(
                self._fields[name], f"`{name}` must be one of {', '.join(known)}, not {word!r}"
            )
            return ""
        return word

    def _wrong(self, node: yaml.Node, message: str) -> None:
        mark = node.start_mark
        self._problems.append(
            Problem(
                file=str(self._file), line=mark.line + 1, column=mark.column + 1, message=message
            )
        )
