"""
Programs in TypeScript and JavaScript as extractors ask for them: names followed through files.

A name that the repository defines itself begins with a dot, the path of its file follows, and then
how it is called there: `.lib/tools.ts.search`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.fields import members_given
from agentaudit.extract.javascript.growth import filled
from agentaudit.extract.javascript.handing import Given
from agentaudit.extract.javascript.paths import by_path, file_meant
from agentaudit.extract.javascript.words import Words
from agentaudit.extract.packages import Packages
from agentaudit.extract.programs.bindings import place_of
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.effort import Effort
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants
from agentaudit.extract.programs.trees import empty_trees, modules_in
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.fact import FactId

_LONGEST = 20
"""Names of names, and exports of exports; a longer chain is a circle, or nobody's."""
_FOLLOWED = 500_000
"""Nodes of functions that are read for those which call them, in all files together."""
_TAKEN = 2_000_000
"""Nodes of values that are read for those which import them, likewise."""


class Program(Struct, frozen=True, eq=False, dict=True):
    """All modules of the repository that are read, by their files."""

    modules: Mapping[str, Module]
    open_doing: dict[FactId, tuple[str, str]] = field(default_factory=dict)
    """Tools of which something is not known that they do: what that is, and what it leaves open."""
    _followed: Effort = field(default_factory=lambda: Effort(left=_FOLLOWED))
    _taken: Effort = field(default_factory=lambda: Effort(left=_TAKEN))
    _variables: dict[str, Mapping[int, str]] = field(default_factory=dict)
    _words: dict[tuple[int, frozenset[str]], Words] = field(default_factory=dict)
    _read: set[int] = field(default_factory=set)
    _called: dict[int, frozenset[str]] = field(default_factory=dict)
    _of_classes: dict[int, Mapping[str, FunctionDef | ast.expr]] = field(default_factory=dict)
    _owners: list[tuple[str, str]] = field(default_factory=list)
    """Names whose members are being looked for: `a = b.c; b = a.d` stands for nothing."""

    def meant(self, given: Written) -> Written:
        """What a name stands for, in this file or another; anything else stands for itself."""
        for _ in range(_LONGEST):
            found = self._step(given)
            if found is None:
                return given
            given = found
        return given

    def _step(self, given: Written) -> Written | None:
        module, node = given.module, given.node
        if isinstance(node, ast.Await):
            return given.beside(node.value)
        if isinstance(node, ast.Attribute):
            return self._own(given, node) or self._member(given, node) or self._elsewhere(given)
        if not isinstance(node, ast.Name):
            return None
        if node.id in module.imports:
            return self._elsewhere(given)
        value = module.meant(node)
        return None if value is node else given.beside(value)

    def _own(self, given: Written, node: ast.Attribute) -> Written | None:
        """What a member of the class around is given: `this.tools`."""
        if not place_of(node).startswith("this."):
            return None
        found = self.members_of(given.module, given.module.class_around(node)).get(node.attr)
        return given.beside(found) if isinstance(found, ast.expr) else None

    def _member(self, given: Written, node: ast.Attribute) -> Written | None:
        """The member of an object that is written out under a name."""
        if not isinstance(node.value, ast.Name):
            return None
        asked = given.module.document.file, node.value.id
        if asked in self._owners or len(self._owners) > _LONGEST:
            return None
        self._owners.append(asked)
        owner = self.meant(given.beside(node.value))
        self._owners.pop()
        if not isinstance(owner.node, ast.Dict):
            return None
        found = dict(written_keys(owner.module, owner.node)).get(node.attr)
        return owner.beside(found) if found is not None else None

    def _elsewhere(self, given: Written) -> Written | None:
        """What another file of the repository has under a full name."""
        file, name = defined_at(given.name)
        module = self._defining(file, name)
        if module is None:
            return None
        file = module.document.file
        value = module.constants.values.get(name)
        grown = isinstance(value, ast.Dict | ast.List) and (file, name) in self._grown
        if value is not None and not grown:
            return Written(module, value) if self._taken.affords_value(value) else None
        defined = module.functions_by_name.get(name) or module.classes.get(name)
        if defined is None:
            return None
        named = ast.Name(id=name, ctx=ast.Load())
        return Written(module, ast.copy_location(named, defined))

    def _defining(self, file: str, name: str) -> Module | None:
        """The module of a file, or the one of those which it hands on whole that defines a name."""
        module = self.modules.get(file)
        waiting = [module] if module is not None else []
        for each in islice(waiting, _LONGEST):  # it grows meanwhile
            if name in each.defined:
                return each
            if each.affords(len(each.stars)):
                others = (self.modules.get(star.removeprefix(".")) for star in each.stars)
                waiting += (other for other in others if other is not None)
        return module

    def text(self, given: Written | None) -> str:
        """A constant text, also through names and files; empty for anything else."""
        return self.meant(given).text if given is not None else ""

    def grows(self, given: Written) -> bool:
        """Whether a name stands for a list or an object to which any module adds something."""
        node = given.node
        if not isinstance(node, ast.Name):
            return False
        return self._origin(given.module, node.id) in self._grown

    @cached_property
    def _grown(self) -> frozenset[tuple[str, str]]:
        """The files and names of lists and objects that grow, wherever that is."""
        return frozenset(
            self._origin(module, name)
            for module in self.modules.values()
            for name in (*module.constants.grown, *filled(module))
        )

    def _origin(self, module: Module, name: str) -> tuple[str, str]:
        """The file that defines a name of a module, and its name there."""
        path = module.imports.get(name)
        return (module.document.file, name) if path is None else defined_at(path)

    def members_of(
        self, module: Module, defined: ast.ClassDef | None
    ) -> Mapping[str, FunctionDef | ast.expr]:
        """The methods of a class, and what its members are given, each class read once."""
        if defined is None or (module.class_around(defined) is not defined):
            return {}
        if id(defined) not in self._of_classes:
            afforded = self._followed.affords_value(defined)
            self._of_classes[id(defined)] = members_given(defined) if afforded else {}
        return self._of_classes[id(defined)]

    def words_in(self, given: Given) -> Words:
        """What words of the model reach in a function that is given some: each read once."""
        key = id(given.function), given.parameters
        if key not in self._words:
            self._words[key] = Words(given.module, given.function, given.parameters)
        return self._words[key]

    def called_in(self, module: Module, defined: ast.ClassDef) -> frozenset[str]:
        """The last names of all that a class calls, each class read once."""
        if id(defined) not in self._called:
            calls = (node for node in descendants(defined) if isinstance(node, ast.Call))
            names = frozenset(module.dotted(call.func).rpartition(".")[2] for call in calls)
            self._called[id(defined)] = names
        return self._called[id(defined)]

    def may_read(self, statement: ast.stmt) -> bool:
        """Whether a function or a loop may be read for one more of several that share it."""
        first = id(statement) not in self._read
        self._read.add(id(statement))
        return first or self._followed.affords_value(statement)

    def may_follow(self, function: FunctionDef) -> bool:
        """Whether a function may be read once more for another that calls it."""
        return self._followed.affords_value(function)

    def variable(self, call: Written) -> str:
        """The variable that the result of a call goes to; empty where it goes to none."""
        file = call.module.document.file
        if file not in self._variables:
            named = {id(each.node): each.variable for each in call.module.calls()}
            self._variables[file] = named
        return self._variables[file].get(id(call.node), "")


def program(documents: Documents) -> Program:
    """The modules of all documents, read once; their imports name where things are defined."""
    return documents.once(_program)


def imported_files(known: Program) -> Iterator[tuple[str, frozenset[str]]]:
    """Every script with those of the repository that it imports, or takes names from."""
    for file, module in known.modules.items():
        own = [path.removeprefix(".") for path in module.imports.values() if path.startswith(".")]
        meant = (path if path in known.modules else path.rpartition(".")[0] for path in own)
        yield file, frozenset(meant)


def let_go(documents: Documents) -> None:
    """Lets go of all modules and their trees."""
    documents.close(_program)
    empty_trees(documents, "javascript")


def _program(documents: Documents) -> Program:
    modules = modules_in(documents, "javascript")
    return Program(_Exports(modules, documents.packages).resolved())


class _Exports(Struct, dict=True, eq=False):
    """What the modules export, each name followed to the file that defines it."""

    modules: Mapping[str, Module]
    packages: Packages
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def resolved(self) -> Mapping[str, Module]:
        """The modules by file, whose imports lead to where their names are defined."""
        imports = {
            file: {name: self._full_name(file, path) for name, path in module.imports.items()}
            for file, module in self.modules.items()
        }
        passed_on = {f".{file}": names for file, names in imports.items()}
        return {
            file: replace(
                module,
                imports=imports[file],
                passed_on=passed_on,
                stars=tuple(self._full_name(file, star) for star in module.stars),
            )
            for file, module in self.modules.items()
        }

    def _full_name(self, file: str, path: str, length: int = 0) -> str:
        """The full name of what a file imports by a path and a name."""
        if (file, path) in self._known or length > _LONGEST:
            return self._known.get((file, path), path)
        self._known[file, path] = path  # what leads back here comes from nowhere
        whole = self._file_of(file, path)
        if whole is not None:
            self._known[file, path] = f".{whole}"
        else:
            source, _, name = path.rpartition(".")
            target = self._file_of(file, source)
            if target is not None:
                self._known[file, path] = self._export(target, name, length + 1)
        return self._known[file, path]

    def _export(self, file: str, name: str, length: int) -> str:
        module = self.modules[file]
        if name in module.imports:
            return self._full_name(file, module.imports[name], length)
        if name not in module.defined:
            for star in module.stars:
                found = self._full_name(file, f"{star}.{name}", length)
                where, what = defined_at(found)
                if where in self.modules and what in self.modules[where].defined:
                    return found
        return f".{file}.{name}"

    def _file_of(self, file: str, source: str) -> str | None:
        """The file that a path in another means."""
        return file_meant(self._by_path, self.packages, file, source)

    @cached_property
    def _by_path(self) -> Mapping[str, Sequence[str]]:
        return by_path(self.modules)


def defined_at(name: str) -> tuple[str, str]:
    """The file and the name in it that a full name of the repository's own means."""
    if not name.startswith("."):
        return "", ""
    file, _, last = name[1:].rpartition(".")
    return file, last
