"""
The step rules of `rules/steps/`: frame patterns, and the kinds of step they are evidence of.

Reading is strict. A row that cannot be understood is an error with its line, never a row less.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from agentaudit.errors import InputError, Problem
from agentaudit.model.rule import StepRule
from agentaudit.model.trace import StepKind

CONFIDENCE = {"observed": 0.95, "source": 0.8, "convention": 0.5}
"""How much a label is worth, by what its rule rests on."""

TIMES = (
    "ordinary",
    "first",
    "own_code",
    "fallback",
    "fallback_llm_peer",
    "fallback_worker_root",
    "request",
)
_KINDS = [kind.value for kind in StepKind if kind not in (StepKind.IDLE, StepKind.UNKNOWN)]
_FIELDS = ("id", "framework", "pattern", "step_kind", "evidence")
_PATTERN_FIELDS = ("file", "function", "when")
_LARGEST_BYTES = 1024 * 1024
_MOST_NODES = 50_000
_DEEPEST = 8


def load_step_rules(folders: Sequence[Path]) -> tuple[StepRule, ...]:
    """
    The rules of all folders, those of the first folder first.

    Raises InputError with every problem: a folder without rules, a row that is no rule, an id that
    stands twice.
    """
    problems: list[Problem] = []
    placed: list[tuple[StepRule, str, int]] = []
    for folder in folders:
        files = sorted(folder.glob("*.yaml"))
        if not files:
            problems.append(Problem(file=str(folder), message="holds no step rules (*.yaml)"))
        for file in files:
            for rule, line in _rows(file, problems):
                placed.append((rule, str(file), line))
    problems += _doubles(placed)
    if problems:
        raise InputError(*problems)
    return tuple(rule for rule, _, _ in placed)


def _doubles(placed: Sequence[tuple[StepRule, str, int]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for rule, file, line in placed:
        if rule.id in first:
            yield Problem(
                file=file, line=line, message=f"`id` {rule.id!r} stands already in {first[rule.id]}"
            )
        first.setdefault(rule.id, f"{file}:{line}")


def _rows(file: Path, problems: list[Problem]) -> Iterator[tuple[StepRule, int]]:
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
        rule = _Row(file, problems).rule(node)
        if rule is not None and len(problems) == before:
            yield rule, node.start_mark.line + 1


def _composed(file: Path) -> yaml.Node | None:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"it is larger than {_LARGEST_BYTES // 1024} KiB")
    text = file.read_text(encoding="utf-8")
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("aliases have no place in a rule file")  # noqa: TRY004 -- no type is wrong
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")
        if number > _MOST_NODES:
            raise ValueError(f"it holds more than {_MOST_NODES} nodes")
    return yaml.compose(text, Loader=yaml.SafeLoader)


class _Row:
    """One row being read; what is wrong with it goes to the list of problems."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems

    def rule(self, node: yaml.Node) -> StepRule | None:
        row = self._mapping(node, _FIELDS, "a rule")
        if row is None:
            return None
        pattern_node = row.get("pattern")
        if pattern_node is None:
            self._wrong(node, "`pattern` is missing")
            return None
        pattern = self._mapping(pattern_node, _PATTERN_FIELDS, "a pattern")
        if pattern is None:
            return None
        kind = self._choice(node, row, "step_kind", _KINDS)
        evidence = self._choice(node, row, "evidence", list(CONFIDENCE))
        return StepRule(
            id=self._text(node, row, "id"),
            framework=self._text(node, row, "framework"),
            file=self._text(pattern_node, pattern, "file"),
            function=self._text(pattern_node, pattern, "function"),
            when=self._choice(pattern_node, pattern, "when", TIMES, default="ordinary"),
            kind=StepKind(kind or "unknown"),
            confidence=CONFIDENCE.get(evidence, 0.0),
        )

    def _mapping(
        self, node: yaml.Node, known: Sequence[str], what: str
    ) -> dict[str, yaml.Node] | None:
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, f"{what} must be a mapping")
            return None
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                self._wrong(key, f"`{name}` is not a field of {what}: {', '.join(known)}")
            elif name in found:
                self._wrong(key, f"`{name}` stands twice")
            found[name] = value
        return found

    def _text(self, node: yaml.Node, fields: dict[str, yaml.Node], name: str) -> str:
        value = fields.get(name)
        if value is None:
            self._wrong(node, f"`{name}` is missing")
        elif not isinstance(value, yaml.ScalarNode) or not value.value.strip():
            self._wrong(value, f"`{name}` must be a text")
        else:
            return str(value.value)
        return ""

    def _choice(
        self,
        node: yaml.Node,
        fields: dict[str, yaml.Node],
        name: str,
        known: Sequence[str],
        *,
        default: str = "",
    ) -> str:
        if name not in fields and default:
            return default
        word = self._text(node, fields, name)
        if word and word not in known:
            self._wrong(fields[name], f"`{name}` must be one of {', '.join(known)}, not {word!r}")
            return ""
        return word

    def _wrong(self, node: yaml.Node, message: str) -> None:
        mark = node.start_mark
        self._problems.append(
            Problem(
                file=str(self._file), line=mark.line + 1, column=mark.column + 1, message=message
            )
        )
