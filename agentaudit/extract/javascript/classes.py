"""Classes of TypeScript and JavaScript with those that they extend, followed through files."""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from agentaudit.extract.javascript.fields import class_members
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants
from agentaudit.extract.programs.written import Written

_LONGEST = 20
"""Classes that extend one another; a longer line is a circle, or nobody's."""
_CONSTRUCTOR = "constructor"


class Class(Struct, frozen=True, dict=True):
    """A class of the repository, and the module in which it stands."""

    module: Module
    defined: ast.ClassDef

    @cached_property
    def members(self) -> Mapping[str, FunctionDef | ast.expr]:
        """Its methods, and what its fields are given."""
        return dict(class_members(self.defined))


class Lineage(Struct, frozen=True, dict=True):
    """A class, those of the repository that it extends, and what the last of them extends."""

    classes: tuple[Class, ...]
    """The nearest first."""
    base: str
    """A full name that the repository does not define; empty where nothing is extended."""

    @property
    def defined(self) -> ast.ClassDef:
        """The class itself."""
        return self.classes[0].defined

    @property
    def name(self) -> str:
        """What the class is called; empty where it has no name."""
        name = self.defined.name
        return name if name.isidentifier() else ""

    def field(self, name: str) -> Written | None:
        """What a field is given, by the class or by the nearest that it extends."""
        for each in self.classes:
            found = each.members.get(name)
            if isinstance(found, ast.expr):
                return Written(each.module, found)
        return None

    def method(self, name: str) -> tuple[Module, FunctionDef] | None:
        """A method, of the class or of the nearest that it extends."""
        for each in self.classes:
            found = each.members.get(name)
            if isinstance(found, FunctionDef):
                return each.module, found
        return None

    @cached_property
    def _handing(self) -> tuple[tuple[Class, ast.Call], ...]:
        """The classes whose constructors hand something on, each with its call of `super(…)`."""
        calls = ((each, _super_of(each)) for each in self.classes)
        found = tuple((each, call) for each, call in calls if call is not None)
        first = next((at for at, (_, call) in enumerate(found) if call.args or call.keywords), None)
        return found[first:] if first is not None else found[-1:]

    @property
    def builds(self) -> Written | None:
        """
        The call by which a constructor makes it what it extends: `super(…)`.

        One that hands on nothing leaves that to the constructor of the class that it extends.
        """
        return next((Written(each.module, call) for each, call in self._handing), None)

    @property
    def builder(self) -> Class:
        """The class whose constructor that is; itself where there is none."""
        return self._handing[0][0] if self._handing else self.classes[0]

    @property
    def adds(self) -> bool:
        """Whether constructors of classes above hand on other things than they are given."""
        return any(
            call.keywords or not all(isinstance(arg, ast.Name | ast.Starred) for arg in call.args)
            for _, call in self._handing[1:]
        )


def _super_of(written: Class) -> ast.Call | None:
    """The first call of `super(…)` in the constructor of a class."""
    constructor = written.members.get(_CONSTRUCTOR)
    nodes = descendants(constructor) if isinstance(constructor, FunctionDef) else ()
    calls = (node for node in nodes if isinstance(node, ast.Call))
    named = ((call, call.func) for call in calls)
    return next((call for call, f in named if isinstance(f, ast.Name) and f.id == "super"), None)


def lineage_of(program: Program, module: Module, defined: ast.ClassDef) -> Lineage | None:
    """A class with those that it extends; None where its name stands for something else."""
    given = Written(module, ast.copy_location(ast.Name(id=defined.name, ctx=ast.Load()), defined))
    found: list[Class] = []
    base = ""
    for _ in range(_LONGEST):
        meant = program.meant(given)
        known = class_named(program, meant)
        if known is None:
            base = meant.name
            break
        found.append(Class(meant.module, known))
        if not known.bases:
            break
        given = meant.beside(_extended(known.bases[0]))
    return Lineage(tuple(found), base) if found else None


def class_named(program: Program, given: Written) -> ast.ClassDef | None:
    """The class of the repository that a name stands for."""
    meant = program.meant(given)
    if not isinstance(meant.node, ast.Name) or meant.node.id in meant.module.imports:
        return None
    return meant.module.classes.get(meant.node.id)


def _extended(base: ast.expr) -> ast.expr:
    """What a class extends: of what a function makes of a class, that class."""
    for _ in range(_LONGEST):
        if not isinstance(base, ast.Call) or not base.args:
            break
        base = base.args[0]
    return base


def lineages(program: Program, module: Module) -> Iterator[Lineage]:
    """The classes of a module that another class of it does not extend, from the top down."""
    extended = {
        base.id
        for defined in module.of(ast.ClassDef)
        for base in map(_extended, defined.bases)
        if isinstance(base, ast.Name)
    }
    for defined in module.classes.values():
        if defined.name not in extended and defined.bases:
            found = lineage_of(program, module, defined)
            if found is not None:
                yield found


def lineage_around(program: Program, module: Module, node: ast.AST) -> Lineage | None:
    """The class within which a node stands; None of what stands in none."""
    defined = module.class_around(node)
    if defined is None or module.classes.get(defined.name) is not defined:
        return None
    return lineage_of(program, module, defined)


def kinds_of(program: Program, asked: Callable[[str], bool]) -> Mapping[int, Lineage]:
    """
    The classes of the repository that extend what is asked for and of which something is made.

    That is taken of all that no other extends; constructors that make those are among them.
    """
    found: dict[int, Lineage] = {}
    extended: set[int] = set()
    for module in program.modules.values():
        for lineage in lineages(program, module):
            if asked(lineage.base):
                for at, each in enumerate(lineage.classes):
                    part = Lineage(lineage.classes[at:], lineage.base)
                    found.setdefault(id(each.defined), part)
                extended.update(id(each.defined) for each in lineage.classes[1:])
    made = found.keys() - (extended - (_made(program) if extended else set()))
    builders = {id(found[key].builder.defined) for key in made}
    return {key: lineage for key, lineage in found.items() if key in made | builders}


def _made(program: Program) -> set[int]:
    """The classes of the repository that are called by their names."""
    named = (
        class_named(program, Written(module, call.func))
        for module in program.modules.values()
        for call in module.of(ast.Call)
        if isinstance(call.func, ast.Name)
    )
    return {id(each) for each in named if each is not None}
