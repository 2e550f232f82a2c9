"""
Whether a tool runs what the model writes: code, or commands that the model chooses.

A fixed program with arguments from the model is another thing than a shell: `["kill", str(pid)]`
ends a process and runs nothing that the model wrote. An interpreter always counts, since what it
runs may come from a file that the tool has just written. What is checked against names that the
program allows is none of the model's words.
"""

import ast
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import islice

from msgspec import field

from agentaudit.expressions import regex
from agentaudit.extract.programs.allowed import without_allowed
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.launched import EXECUTE, effect_of, may_run_others, runs_others
from agentaudit.extract.programs.syntax import descendants, keyword
from agentaudit.extract.python.commands import Commands
from agentaudit.extract.python.filters import without_names
from agentaudit.extract.python.own_scripts import own_script, written_by
from agentaudit.extract.python.quoting import names_in_words

_EVALUATES = frozenset({"exec", "eval"})
_SHELL = regex(r"^os\.(?:system|popen)$|^subprocess\.get(?:status)?output$|_subprocess_shell$")
_PROGRAM = regex(r"^subprocess\.(?:run|call|check_call|check_output|Popen)$|_subprocess_exec$")
_LOADS = regex(
    r"^(?!(?:json|orjson|ya?ml|ruamel|toml\w*|pickle|msgspec)\.)(?:.*\.)?(?:load|find|look_?up|get_)"
    r"(?!s(?:$|_)|_json|_ya?ml)\w*$"
)
"""What finds something of the program's own by a name; parsers make theirs of what they read."""
_LONGEST = 20
"""Names of names are followed so far."""


class Execution(Commands, frozen=True, dict=True):
    """One tool's function, and the names in it that are made of what the model passes."""

    is_tool: bool = True
    """Whether it is there to do what the model says: no function that a tool's calls is."""
    answers: frozenset[int] = frozenset()
    """Calls in it that return words of the model, by their identities."""
    _known: dict[int, frozenset[str]] = field(default_factory=dict)
    """The names in programs, each read once."""
    _started: dict[int, bool] = field(default_factory=dict)
    """Commands, each answered once: callers of callers multiply."""

    def runs_what_is_written(self, call: ast.Call, name: str) -> bool:
        """Whether a call in the body hands words of the model to something that runs them."""
        lines = name in _EVALUATES or _SHELL.search(name) is not None
        if not lines and not _PROGRAM.search(name):
            return False
        if not (self._told or self.answers) or self._is_allowed(_command(call)):
            return False
        if name in _EVALUATES and self.nameless(_command(call)):
            return False
        if lines:
            return self._chosen(_command(call))
        shell = keyword(call, "shell")
        if shell is not None and self.module.value(shell) is not False:
            return self._chosen(_command(call))
        if not self.is_tool and not (self._takes_words(call) or self._writes_words):
            return False
        return self._starts(_command(call))

    def _takes_words(self, call: ast.Call) -> bool:
        """Whether words of the model are part of a command, or what it reads; no folder is."""
        read = keyword(call, "input", "stdin", "args", "cmd", "command")
        return any(map(self.depends, (*call.args, *((read,) if read is not None else ()))))

    @cached_property
    def _writes_words(self) -> bool:
        """Whether words of the model are written to what an interpreter may read then."""
        return any(any(map(self.depends, call.args)) for call in written_by(self.function))

    def _starts(self, command: ast.expr | None) -> bool:
        """Whether a command is a program of the model's choice, or one that runs what it gets."""
        if id(command) not in self._started:
            self._started[id(command)] = any(
                program is None or self._is_chosen(program, command)
                for program in self.programs(command)
            )
        return self._started[id(command)]

    def _is_chosen(self, program: ast.expr, command: ast.expr | None) -> bool:
        if isinstance(program, ast.Name) and program.id in self.handed:
            caller, given = self.handed[program.id]
            return caller._starts(given)  # noqa: SLF001 -- another of the same kind
        if self.depends(program):
            return True
        script = own_script(self.module, self.function, program, self.assigned)
        if script is not None and not (self.depends(script) or self._may_write):
            return False
        return self.interprets(program, self.words_of(program, command))

    @property
    def _may_write(self) -> bool:
        """Whether words of the model are written to a file, here or by whoever hands them over."""
        callers = (caller for caller, _ in self.handed.values())
        return self._writes_words or any(caller._writes_words for caller in callers)  # noqa: SLF001

    @cached_property
    def _told(self) -> frozenset[str]:
        """What the model passes in words of its own."""
        return without_allowed(self.function, self.parameters)

    def _is_allowed(self, command: ast.expr | None) -> bool:
        """Whether a command holds nothing but what the program allows and has written itself."""
        names = names_in_words(command) if command is not None else frozenset[str]()
        return bool(names) and names <= self.parameters - self._told

    def nameless(self, command: ast.expr | None) -> bool:
        """Whether an expression is a name that holds numbers and operators alone."""
        return isinstance(command, ast.Name) and command.id in self._without_names

    @cached_property
    def _without_names(self) -> frozenset[str]:
        """Variables that hold numbers and operators alone, whatever the model writes."""
        return without_names(self.module, self.function)

    def _chosen(self, command: ast.expr | None) -> bool:
        """Whether a line is not the program's own; in what is no tool, if it is the model's."""
        if self.text(command):
            return False
        if command is None or self.depends(command):
            return True
        return self.is_tool and not self._begins_otherwise(command)

    def _begins_otherwise(self, command: ast.expr) -> bool:
        """Whether a line that holds no words of the model begins with a program that runs none."""
        match self.module.meant(command):
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if start[:1].strip():
                words = start.split()
                return len(words[0]) < len(start) and not runs_others(words)
            case ast.Name(id=name) if name in self.assigned:
                made = self.assigned[name]
                return all(
                    isinstance(each, ast.JoinedStr) and self._begins_otherwise(each)
                    for each in made
                )
            case _:
                return False

    def programs(self, command: ast.expr | None) -> Iterator[ast.expr | None]:
        """The first words that a command may have; None where one may be of the model's."""
        waiting, followed = [command], set[str]()
        for each in islice(waiting, _LONGEST):  # it grows meanwhile
            behind = self._behind(each, followed)
            name = each.id if isinstance(each, ast.Name) else ""
            if behind:
                waiting.extend(behind)
                followed.add(name)
            elif name in self.handed:
                yield each
            elif name and name in followed:
                if name in self._told:
                    yield None
            else:
                yield from self._programs_of(each)
        if len(waiting) > _LONGEST:
            yield None

    def _programs_of(self, command: ast.expr | None) -> Iterator[ast.expr | None]:
        """The first word of a list, or of what a function of the module makes; else the whole."""
        if isinstance(command, ast.List | ast.Tuple) and command.elts:
            yield command.elts[0]
        elif command is not None and (begun := self.begins(command)):
            yield from map(ast.Constant, begun)
        elif not self._is_looked_up(command):
            yield None if command is None or self.depends(command) else command

    def _is_looked_up(self, command: ast.expr | None) -> bool:
        """Whether it is a field of what a function loads by a name: the program's own command."""
        if not isinstance(command, ast.Attribute):
            return False
        root = _root(command)
        made = self.assigned.get(root.id, ()) if isinstance(root, ast.Name) else (root,)
        return bool(made) and all(self._loads(_root(each)) for each in made)

    def _loads(self, made: ast.expr) -> bool:
        name = self.module.dotted(made.func) if isinstance(made, ast.Call) else ""
        return _LOADS.search(name) is not None

    def _behind(self, command: ast.expr | None, followed: AbstractSet[str]) -> Sequence[ast.expr]:
        """What a command begins with, or stands for, that is a command itself."""
        match command:
            case ast.BinOp(op=ast.Add(), left=left):
                return (left,)
            case ast.Starred(value=left) | ast.List(elts=[ast.Starred(value=left), *_]):
                return (left,)
            case ast.ListComp(
                elt=ast.Call(func=ast.Attribute(value=ast.Name(id=word), attr="replace")),
                generators=[ast.comprehension(target=ast.Name(id=each), iter=words)],
            ) if word == each:
                return (words,)
            case ast.Name(id=name) if name not in followed:
                return self.assigned.get(name, ())
            case _:
                return ()

    def interprets(self, program: ast.expr, words: Sequence[str]) -> bool:
        """Whether a command, of which these words are known, runs what it is handed."""
        return self.module.dotted(program) == "sys.executable" or effect_of(words) == EXECUTE

    def words_of(self, program: ast.expr, command: ast.expr | None) -> Sequence[str]:
        """The words of a command that begins with a program, as far as they are known."""
        first = self.text(program)
        found = self.commands(command) if first and command is not None else ()
        return next((words for words in found if words[0] == first), (first,) if first else ())

    def managed(self, call: ast.Call, name: str) -> frozenset[str]:
        """What a program does that is called, if it is one that looks after others."""
        command = _command(call)
        if command is None or not _PROGRAM.search(name):
            return frozenset()
        told = map(effect_of, islice(self.commands(command), _LONGEST))
        return frozenset(told) - {"", EXECUTE}

    def depends(self, expression: ast.expr) -> bool:
        """Whether words of the model stand in an expression."""
        if id(expression) not in self._known:
            self._known[id(expression)] = names_in_words(expression, self.single)
        named = not self._written.isdisjoint(self._known[id(expression)])
        return named or self._is_answered(expression)

    def _is_answered(self, expression: ast.expr) -> bool:
        """Whether a call in an expression returns words of the model."""
        return bool(self.answers) and any(
            id(node) in self.answers for node in descendants(expression)
        )

    @cached_property
    def _written(self) -> frozenset[str]:
        """What the model's words become, by assignments and loops."""
        written = set(self._told)
        written.update(
            name for names, _, value in self._bound if self._is_answered(value) for name in names
        )
        for _ in range(_LONGEST):
            more = {
                name
                for names, behind, _ in self._bound
                if not written.isdisjoint(behind)
                for name in names - written
            }
            if not more:
                break
            written |= more
        return frozenset(written)


def _root(expression: ast.expr) -> ast.expr:
    """What an expression is a field of."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression


def starts_shell(module: Module, call: ast.Call) -> bool:
    """Whether a call starts a shell, or another program that runs what it is handed."""
    name = module.dotted(call.func)
    if _SHELL.search(name):
        return True
    command = _command(call) if _PROGRAM.search(name) else None
    first = command.elts[0] if isinstance(command, ast.List) and command.elts else command
    return first is not None and may_run_others(module.text(first))


def _command(call: ast.Call) -> ast.expr | None:
    return call.args[0] if call.args else keyword(call, "args", "cmd", "command")
