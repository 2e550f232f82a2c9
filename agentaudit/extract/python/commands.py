"""
The words of the commands that a function puts together, as far as they are written out.

Followed are names with all that is put behind them, what a caller hands over, and functions of the
module that return a command (`_kubectl("get", name)`). A word that is not known is empty.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, takewhile
from typing import Self

from msgspec import Struct, field

from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.given import given_by
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, returned_by
from agentaudit.extract.python.quoting import names_in_words
from agentaudit.extract.python.single_words import single_words

_MOST = 50
"""Words of a command."""
_LONGEST = 20
"""Commands that one expression may be."""
_DEEPEST = 3
"""Functions that return what another returns."""
_ADDS = frozenset({"append", "extend"})
_SPLITS = "shlex.split"
_PART = "\0"
"""A part of a line that is not known."""
_BY_OPTIONS = frozenset(
    {
        *("find", "fd", "tar", "zip", "git", "rsync", "scp", "sftp", "awk", "gawk", "mawk", "nawk"),
        *("sed", "vi", "vim", "man", "less", "watch", "strace", "gdb", "parallel", "nmap", "wget"),
        *("tcpdump", "openssl", "helm", "terraform", "go", "cargo", "npm", "pip", "uv", "mvn"),
    }
)
"""Programs that run others which an option names: `find -exec`, `git -c`, `tar --to-command`."""


class Commands(Struct, frozen=True, dict=True):
    """One function, what it is handed, and what of that the model passes."""

    module: Module
    function: FunctionDef
    parameters: frozenset[str]
    """What the model passes."""
    handed: Mapping[str, tuple[Self, ast.expr]] = field(default_factory=dict)
    """What a caller of the repository hands to some parameters, and the function it stands in."""
    depth: int = 0
    """How many functions lie between this one and the one that asks for a command."""
    _said: dict[int, Sequence[Sequence[str]]] = field(default_factory=dict)
    """The words of commands, each answered once: callers of callers multiply."""
    _surely: set[int] = field(default_factory=set)
    """What is put behind a list in any case, by identities."""

    def text(self, given: ast.expr | None) -> str:
        """A constant text, also one that the caller hands over; empty for anything else."""
        if isinstance(given, ast.Name) and given.id in self.handed.keys() - self.assigned.keys():
            caller, written = self.handed[given.id]
            return caller.text(written)
        return self.module.text(given)

    def commands(self, command: ast.expr) -> Sequence[Sequence[str]]:
        """The words that a command may have, each empty that is not known, as those behind are."""
        if id(command) not in self._said:
            self._said[id(command)] = ([""],)  # what leads back here is not known
            self._said[id(command)] = tuple(islice(self._words(command), _LONGEST))
        return self._said[id(command)]

    def begins(self, command: ast.expr) -> Sequence[str]:
        """The programs with which a command begins that a function makes; none if one is open."""
        if not isinstance(command, ast.Call):
            return ()
        if self._split(command) is None and self._made(command) is None:
            return ()
        firsts = {words[0] if words else "" for words in self.commands(command)}
        return () if "" in firsts else sorted(firsts)

    def _words(self, command: ast.expr) -> Iterator[Sequence[str]]:
        match command:
            case ast.List(elts=words) | ast.Tuple(elts=words) if words:
                yield [each for word in words[:_MOST] for each in self._first(word)][:_MOST]
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield [*self._first(left), *self._first(right)][:_MOST]
            case ast.Name(id=name) if name in self.handed.keys() - self.assigned.keys():
                caller, given = self.handed[name]
                yield from caller.commands(given)
            case ast.Name(id=name) if name in self.assigned:
                behind = [word for each in self._added.get(name, ()) for word in self._more(each)]
                for value in self.assigned[name]:
                    yield from ([*words, *behind][:_MOST] for words in self.commands(value))
            case ast.Call():
                line, made = self._split(command), self._made(command)
                if line is not None:
                    yield self._words_of_line(line)
                    return
                yield from made[0].commands(made[1]) if made is not None else ([""],)
            case _:
                yield [self._beginning(command)]

    def _split(self, call: ast.Call) -> ast.expr | None:
        """The line that a call takes apart into the words of a command."""
        return call.args[0] if call.args and self.module.dotted(call.func) == _SPLITS else None

    def _words_of_line(self, line: ast.expr, deepest: int = _DEEPEST) -> Sequence[str]:
        """The words of a line up to one that is not known, and may be several, or an option."""
        match line:
            case ast.Name(id=name) if deepest and name in self.handed.keys() - self.assigned.keys():
                caller, given = self.handed[name]
                return caller._words_of_line(given, deepest - 1)  # noqa: SLF001 -- of the same kind
            case ast.Name() if deepest and (made := self.stands_for(line)) is not line:
                return self._words_of_line(made, deepest - 1)
            case ast.JoinedStr(values=parts):
                text = "".join(self.module.text(part) or _PART for part in parts)
            case _:
                text = self.text(line) or _PART
        words = text.split()[:_MOST]
        known = list(takewhile(lambda word: _PART not in word, words))
        if len(known) == len(words):
            return known or [""]
        others = bool(known) and known[0].rpartition("/")[2] in _BY_OPTIONS
        return [""] if others else [*known, ""]

    def _more(self, word: ast.expr) -> Sequence[str]:
        """What is put behind a command: where that depends, its options alone are known."""
        found = self._first(word)
        sure = id(word) in self._surely or all(each.startswith("-") for each in found[:1])
        return found if sure else [""]

    def _first(self, word: ast.expr) -> Sequence[str]:
        """A word of a command, or those that are spread there."""
        if self.text(word):
            return [self.text(word)]
        spread = word.value if isinstance(word, ast.Starred) else word
        found = self.commands(spread)
        return found[0] if found else [""]

    def _beginning(self, word: ast.expr) -> str:
        """A word of a command, or how an option begins whose value is not known."""
        if isinstance(word, ast.JoinedStr) and word.values:
            begun = self.module.text(word.values[0])
            return begun if begun.startswith("-") else ""
        return self.text(word)

    def _made(self, call: ast.Call) -> tuple[Self, ast.expr] | None:
        """The function that returns a command, as it is called here, and what it returns."""
        function = self.module.own_function(call.func) if self.depth < _DEEPEST else None
        if function is None or function is self.function:
            return None
        if not self.module.affords_within(function):
            return None
        returned = list(returned_by(function))
        if len(returned) != 1 or not isinstance(returned[0], ast.List | ast.BinOp | ast.Name):
            return None
        handed = {name: (self, given) for name, given in given_by(function, call)}
        made = type(self)(self.module, function, frozenset(), handed, self.depth + 1)
        return made, returned[0]

    @cached_property
    def _added(self) -> Mapping[str, Sequence[ast.expr]]:
        """What is put behind lists, in the order of the text."""
        found: dict[str, list[ast.expr]] = {}
        calls = (node for node in descendants(self.function) if isinstance(node, ast.Call))
        for call in sorted(calls, key=lambda each: each.lineno):
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=added), args=[one]):
                    if added in _ADDS:
                        word = one if added == "append" else ast.Starred(value=one, ctx=ast.Load())
                        found.setdefault(name, []).append(word)
                        if id(call) in self._always:
                            self._surely.add(id(word))
                case _:
                    pass
        return found

    @cached_property
    def _always(self) -> frozenset[int]:
        """Calls that stand where nothing decides whether they are made."""
        waiting = list(self.function.body)
        found: set[int] = set()
        for statement in waiting:  # it grows meanwhile
            if isinstance(statement, ast.Try | ast.With | ast.AsyncWith):
                waiting += statement.body
            elif isinstance(statement, ast.Expr):
                found.add(id(statement.value))
        return frozenset(found)

    @cached_property
    def assigned(self) -> Mapping[str, Sequence[ast.expr]]:
        """Names with all that they are given, none of it in parts."""
        given: dict[str, list[ast.expr]] = {}
        for names, _, value in self._bound:
            for name in names:
                given.setdefault(name, []).append(value)
        parts = {name for names, _, _ in self._bound if len(names) > 1 for name in names}
        return {name: given[name] for name in given.keys() - parts}

    def stands_for(self, given: ast.expr) -> ast.expr:
        """What a name is given, where that is one thing; anything else stands for itself."""
        found = self.assigned.get(given.id, ()) if isinstance(given, ast.Name) else ()
        return found[0] if len(found) == 1 else given

    @cached_property
    def _bound(self) -> Sequence[tuple[frozenset[str], frozenset[str], ast.expr]]:
        """Names that are given something, those in it, and what it is; few tools need to know."""
        given = bindings(descendants(self.function))
        return [
            (names_in_words(target), names_in_words(value, self.single), value)
            for target, value in given
        ]

    @cached_property
    def single(self) -> frozenset[str]:
        """Variables that hold one word of a line, past what turns everything else away."""
        return single_words(self.module, self.function)
