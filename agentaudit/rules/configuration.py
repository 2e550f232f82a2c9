"""
The configuration of lint that a repository holds: `agentaudit.yaml` or `pyproject.toml`.

The repository is what is audited, so its word may lower what is found, and never in silence: what a
file switches off becomes a finding of its own. It names no folder outside of the repository, and
what keeps a run from passing on too little evidence (`--allow-incomplete`, `--exit-zero`) is not
its to say.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import InputError, Problem, named
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.finding import Severity
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.files import MAX_BYTES
from agentaudit.readers.lines import MAX_NAME
from agentaudit.readers.toml import parse_toml
from agentaudit.readers.yaml import parse_yaml
from agentaudit.rules.configured import (
    MISNAMED,
    TOML_NAME,
    YAML_NAME,
    Configuration,
    Narrowing,
    PathIgnore,
    RuleName,
    folders_of,
)
from agentaudit.rules.limits import LIMIT_NAMES
from agentaudit.rules.loading import Fields, Problems, why_unread

_MOST_PATTERNS = 1_000
"""Each is held against the file of each finding."""
_TABLE, _LINT = ("tool", "agentaudit"), "lint"
_NEVER = "never"
_UNREAD = ", so it is not known what it says of lint; correct it, or run with --no-config"
_OPTIONS = (
    *("select", "ignore", "per-path-ignores", "severity", "confidence", "fail-on"),
    *("rules", "limits", "accept", "baseline"),
)


_COMMAND_LINE = (
    *("allow-incomplete", "exit-zero", "no-config", "diff", "write-baseline", "fix", "yes"),
    *("allow-dirty", "format", "output", "json"),
)


def find_configuration(
    root: Path, misnamed: Callable[[Configuration], Iterable[Problem]]
) -> Configuration | None:
    """
    The nearest file that configures lint, from the root of the audit up to that of its repository.

    Without a repository only the root itself is looked at. InputError lists all that is wrong,
    names that are no rule's among it, which `misnamed` knows. A broken file is coverage's to tell,
    and above the root, where nothing covers it, an error.
    """
    folders = folders_of(root.resolve())
    for folder in folders:
        problems = Problems()
        audited = folder == folders[0]
        if _of(folder / MISNAMED, problems, audited=True):
            problems.add(str(folder / MISNAMED), f"is not read: its name must be {YAML_NAME}")
        found = [
            fields
            for name in (YAML_NAME, TOML_NAME)
            if (fields := _of(folder / name, problems, audited=audited))
        ]
        if len(found) > 1:
            found[1].complain(
                found[1].node, f"{YAML_NAME} beside it configures lint, too: keep one of the two"
            )
        read = _configuration(found[0], folders[-1], folders[0]) if found else None
        if read is not None and read.names:
            problems.found.extend(misnamed(read))
        problems.end_the_run()
        if read is not None:
            return read
    return None


def _of(path: Path, problems: Problems, *, audited: bool) -> Fields | None:
    """The options in a file; None where it has none, or is broken."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_text(encoding="utf-8")
        document = _parsed(path, text)
    except (OSError, UnicodeError) as error:
        if not audited:
            problems.add(str(path), f"cannot be read: {why_unread(error)}{_UNREAD}")
        return None
    except InputError as error:
        if not audited:
            problems.found.extend(
                replace(item, message=f"{item.message}{_UNREAD}") for item in error.problems
            )
        return None
    whole = Fields(str(path), text, document.root, problems)
    if path.name == TOML_NAME:
        ours = document.root.get(*_TABLE)
        if ours is None:
            return None
        whole = whole.within(ours)
        whole.check_names(_LINT)
    else:
        _check_places(whole)
    return _options(whole)


def _options(whole: Fields) -> Fields | None:
    node = whole.node.child(_LINT)
    if node is None:
        return None
    if node.kind is NodeKind.MAPPING:
        return whole.within(node)
    whole.complain(node, f"`{_LINT}` must hold options, indented, such as `fail-on: high`")
    return None


def _check_places(whole: Fields) -> None:
    """No option of lint stands beside `lint`, where nobody reads it."""
    for name, _ in whole.node.entries:
        if name.raw in _OPTIONS:
            whole.complain(name, f"`{name.raw}` is an option of lint: indent it below `{_LINT}:`")


def _parsed(path: Path, text: str) -> Document:
    return (parse_toml if path.name == TOML_NAME else parse_yaml)(str(path), text)


def _configuration(options: Fields, top: Path, root: Path) -> Configuration:
    _check_names(options)
    reading = _Reading(options, top, os.path.relpath(options.file, root))
    before = len(options.problems.found)
    rules = tuple(reading.paths("rules"))
    unread = len(options.problems.found) > before
    return Configuration(
        file=Path(options.file),
        select=reading.words("select"),
        ignore=reading.words("ignore"),
        per_path=tuple(reading.path_ignores()),
        severity=reading.word("severity", tuple(Severity)),
        confidence=reading.word("confidence", tuple(Confidence)),
        fail_on=reading.word("fail-on", (*Severity, _NEVER)),
        rules=rules,
        limits=tuple(reading.limits()),
        accept=next(reading.paths("accept", many=False), None),
        baseline=next(reading.paths("baseline", many=False), None),
        narrowings=tuple(reading.narrowings()),
        names=() if unread else tuple(reading.names()),  # which may be of rules that lie there
    )


def _check_names(options: Fields) -> None:
    """Every option is one that a file may have."""
    for name, _ in options.node.entries:
        if name.raw in _COMMAND_LINE:
            options.complain(name, f"`{name.raw}` is for the command line alone: give it there")
    options.check_names(*_OPTIONS, besides=_COMMAND_LINE)


class _Reading(Struct, frozen=True):
    """The options of one file, asked one by one."""

    options: Fields
    top: Path
    """The root of the repository, out of which no path leads."""
    shown: str
    """The file from the root of the audit, as findings name files."""

    @property
    def folder(self) -> Path:
        return Path(self.options.file).parent

    def words(self, name: str) -> tuple[str, ...]:
        elements = self.options.elements(name, required=False)
        return tuple(self.text(name, element) for element in elements)

    def text(self, name: str, node: Node) -> str:
        if node.kind is not NodeKind.STRING or not node.raw.strip():
            self.options.complain(node, f"`{name}` must hold texts")
        return node.raw

    def word(self, name: str, known: tuple[str, ...]) -> str:
        node = self.options.node.child(name)
        if node is None:
            return ""
        if node.raw not in known:
            self.options.complain(
                node, f"`{name}` must be one of {', '.join(known)}, not {named(node.raw)}"
            )
        return node.raw

    def paths(self, name: str, *, many: bool = True) -> Iterator[Path]:
        """Paths from the folder of the file, inside of its repository."""
        node = self.options.node.child(name)
        if node is None:
            return
        for element in self.options.elements(name) if many else (node,):
            said = self.text(name, element)
            path = _resolved(self.folder / said)
            if path is None or not path.is_relative_to(self.top):
                self.options.complain(
                    element, f"`{name}` must stay within the repository, not lead to {named(said)}"
                )
            elif name == "rules" and not path.exists():
                self.options.complain(element, f"no folder of rules is called {named(said)}")
            else:
                yield path

    def limits(self) -> Iterator[str]:
        for name, node in self.entries("limits"):
            if name.raw not in LIMIT_NAMES:
                self.options.complain(
                    name, f"no limit is called {named(name.raw)}; known: {', '.join(LIMIT_NAMES)}"
                )
            elif node.kind is not NodeKind.NUMBER or not node.raw.isdecimal():
                self.options.complain(node, f"the limit {name.raw} must be a whole number")
            else:
                yield f"{name.raw}={node.raw}"

    def path_ignores(self) -> Iterator[PathIgnore]:
        listed = self.entries("per-path-ignores")
        for key, _ in listed[_MOST_PATTERNS : _MOST_PATTERNS + 1]:
            self.options.complain(key, f"more than {_MOST_PATTERNS:,} patterns of paths")
        for key, node in listed[:_MOST_PATTERNS]:
            if len(key.raw) > MAX_NAME:
                self.options.complain(key, f"a pattern of more than {MAX_NAME:,} characters")
                continue
            if node.kind is not NodeKind.SEQUENCE or not node.elements:
                self.options.complain(
                    node,
                    f"what is ignored in {named(key.raw)} must be a list, such as [iam, tools]",
                )
                continue
            names = tuple(self.text("per-path-ignores", element) for element in node.elements)
            yield PathIgnore(pattern=key.raw, names=names, at=self.place(key))

    def names(self) -> Iterator[RuleName]:
        """Every name of a rule or a family, wherever the file has one."""
        lists = [(self.options.node.child(name), False) for name in ("select", "ignore")]
        of_paths = self.options.node.child("per-path-ignores")
        lists += [(listed, True) for _, listed in (of_paths.entries if of_paths else ())]
        for listed, of_path in lists:
            for each in listed.elements if listed is not None else ():
                yield RuleName(said=each.raw, line=each.line, column=each.column, of_path=of_path)

    def entries(self, name: str) -> tuple[tuple[Node, Node], ...]:
        node = self.options.node.child(name)
        if node is not None and node.kind is not NodeKind.MAPPING:
            self.options.complain(node, f"`{name}` must be a mapping")
        return node.entries if node is not None else ()

    def narrowings(self) -> Iterator[Narrowing]:
        """Every option that lowers what is found, shown or failed, as a reader is told of it."""
        for key, node in self.options.node.entries:
            if key.raw == "rules" or key.raw not in _OPTIONS:
                continue
            said = ", ".join(node.texts()) or ", ".join(name.raw for name, _ in node.entries)
            told = f"{key.raw} {said}"
            yield Narrowing(told=told, at=self.place(key))

    def place(self, node: Node) -> Evidence:
        return Evidence(
            file=self.shown,
            line=node.line,
            column=node.column,
            end_line=node.end_line,
            end_column=node.end_column,
        )


def _resolved(path: Path) -> Path | None:
    """Where a path leads; None of what no file can be called, and of links in a circle."""
    try:
        found = path.resolve()
        found.exists()  # asks whether the names in it may be as long
    except (OSError, RuntimeError, ValueError):
        return None
    return found
