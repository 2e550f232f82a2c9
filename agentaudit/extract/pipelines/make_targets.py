"""What targets of a Makefile run: their own commands, and those of the targets that they need."""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents

_NAMES = ("Makefile", "makefile", "GNUmakefile")
_MAKE = frozenset({"make", "gmake"})
_RULE = regex(
    r"^(?P<names>[\w./%-]{1,80}(?:[ ]+[\w./%-]{1,80}){0,20})[ ]*::?(?!=)(?P<needs>[^=\n]{0,500})$"
)
_VARIABLE = regex(r"^(?P<name>\w{1,60})[ ]*[:?]?:?=[ ]*(?P<value>[^$#\n]{0,100})$", re.MULTILINE)
_READ = regex(r"\$[({](?P<name>\w{1,60})[)}]")
_SILENT = "@-+"
"""Signs before a command, which say how make tells of it."""
_MOST = 100
"""Targets that one needs."""


class _Rule(Struct):
    """One target: what it needs, and what it runs."""

    needs: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


class Makefiles(Struct):
    """The Makefiles of a repository, each read once."""

    documents: Documents
    _read: dict[str, Mapping[str, _Rule]] = field(default_factory=dict)

    def run(self, words: Sequence[str], folder: str) -> tuple[str, str, str]:
        """The Makefile of a command, its folder, and what the targets run that are named."""
        if words[0] not in _MAKE:
            return "", folder, ""
        targets = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        if "-C" in words[:-1]:
            inner = words[words.index("-C") + 1]
            folder = "/".join(part for part in (folder, inner.strip("./")) if part)
            targets = [word for word in targets if word != inner]
        above = f"{folder}/" if folder not in ("", ".") else ""
        for file in (f"{above}{name}" for name in _NAMES):
            if (document := self.documents.at(file)) is not None:
                if file not in self._read:
                    self._read[file] = _rules(document.text)
                return file, folder, "\n".join(_commands(self._read[file], targets))
        return "", folder, ""


def _rules(text: str) -> Mapping[str, _Rule]:
    """The targets of a Makefile in their order."""
    values = {"MAKE": "make"}
    values |= {each["name"]: each["value"].strip() for each in _VARIABLE.finditer(text)}
    found: dict[str, _Rule] = {}
    current: list[_Rule] = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("\t"):
            command = _READ.sub(lambda read: values.get(read["name"], read[0]), line)
            for rule in current:
                rule.commands.append(command.lstrip().lstrip(_SILENT))
        elif (head := _RULE.match(line)) is not None:
            current = [found.setdefault(name, _Rule()) for name in head["names"].split()]
            for rule in current:
                rule.needs.extend(head["needs"].partition("#")[0].split())
        elif line.strip() and not line.lstrip().startswith("#"):
            current = []
    return found


def _commands(rules: Mapping[str, _Rule], targets: Sequence[str]) -> Iterator[str]:
    """What targets run, after what they need; without one named, the first."""
    first = next((name for name in rules if not name.startswith(".")), "")
    waiting, seen = list(targets or [first]), set[str]()
    while waiting and len(seen) < _MOST:
        name = waiting.pop()
        if name in rules and name not in seen:
            seen.add(name)
            waiting += rules[name].needs
            yield from rules[name].commands
