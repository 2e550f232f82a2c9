"""Classes of TypeScript and JavaScript with those that they extend, followed through files."""

import ast
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.javascript_modules import Program, Written, class_members
from agentaudit.extract.python_code import Module
from agentaudit.extract.python_names import FunctionDef

_LONGEST = 20
"""Classes that extend one another; a longer line is a circle, or nobody's."""
_CONSTRUCTOR = "constructor"


class Class(Struct, frozen=True):
    """A class of the repository, and the module in which it stands."""

    module: Module
    defined: ast.ClassDef


class Lineage(Struct, frozen=True):
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
            found = dict(class_members(each.defined)).get(name)
            if isinstance(found, ast.expr):
                return Written(each.module, found)
        return None

    def method(self, name: str) -> tuple[Module, FunctionDef] | None:
        """A method, of the class or of the nearest that it extends."""
        for each in self.classes:
            found = dict(class_members(each.defined)).get(name)
            if isinstance(found, FunctionDef):
                return each.module, found
        return None

    @property
    def builds(self) -> Written | None:
        """The call by which its constructor makes it what it extends: `super(…)`."""
        found = self.method(_CONSTRUCTOR)
        for node in found[1].body if found is not None else ():
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                called = node.value.func
                if found is not None and isinstance(called, ast.Name) and called.id == "super":
                    return Written(found[0], node.value)
        return None


def lineage_of(program: Program, given: Written) -> Lineage | None:
    """The class that a name stands for; None of what is none of the repository's."""
    found: list[Class] = []
    base = ""
    for _ in range(_LONGEST):
        meant = program.meant(given)
        defined = class_named(program, meant)
        if defined is None:
            base = meant.name
            break
        found.append(Class(meant.module, defined))
        if not defined.bases:
            break
        given = meant.beside(_extended(defined.bases[0]))
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
            named = ast.copy_location(ast.Name(id=defined.name, ctx=ast.Load()), defined)
            found = lineage_of(program, Written(module, named))
            if found is not None:
                yield found


def lineage_around(program: Program, module: Module, node: ast.AST) -> Lineage | None:
    """The class within which a node stands; None of what stands in none."""
    defined = module.class_around(node)
    if defined is None or module.classes.get(defined.name) is not defined:
        return None
    named = ast.copy_location(ast.Name(id=defined.name, ctx=ast.Load()), defined)
    return lineage_of(program, Written(module, named))


def kinds_of(program: Program, asked: Callable[[str], bool]) -> Mapping[int, Lineage]:
    """The classes of the repository that extend what is asked for and that no other extends."""
    found: dict[int, Lineage] = {}
    extended: set[int] = set()
    for module in program.modules.values():
        for lineage in lineages(program, module):
            if asked(lineage.base):
                found[id(lineage.defined)] = lineage
                extended.update(id(each.defined) for each in lineage.classes[1:])
    return {key: lineage for key, lineage in found.items() if key not in extended}
