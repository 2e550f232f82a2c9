"""
What a module in TypeScript or JavaScript exports, where all of it stands under one name.

`import * as tools from "./tools"` names a module; who spreads it, or takes its values, has all that
it exports.
"""

import ast
import re
from collections.abc import Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.written import Written

_DECLARED = regex(
    r"^export[ \t]+(?:const|let|var|(?:async[ \t]+)?function\*?)[ \t]+(\w+)", re.MULTILINE
)
_LISTED = regex(r"^export[ \t]*\{([^{}]{0,4000})\}", re.MULTILINE)
_ITEM = regex(r"^(?!type\b)(?:\w+[ \t]+as[ \t]+)?(\w+)$")
_SCHEMAS = ("zod", "valibot", "@sinclair/typebox")
"""Packages whose calls describe what a tool takes, and make none."""


def exported(program: Program, given: Written) -> Mapping[str, Written] | None:
    """What a name stands for that is a whole module of the repository; None of any other."""
    node = given.node
    path = given.module.imports.get(node.id, "") if isinstance(node, ast.Name) else ""
    module = program.modules.get(path.removeprefix(".")) if path.startswith(".") else None
    if module is None:
        return None
    found: dict[str, Written] = {}
    for each in _handing_on(program, module):
        names = each.once(_names)
        if not given.module.affords(len(names) + len(each.stars)):
            return None
        for name in names:  # its own before those that it hands on
            found.setdefault(name, Written(each, _named(each, name)))
    return found


def may_be_tool(program: Program, given: Written) -> bool:
    """Whether what a module exports may be a tool: a call that describes no values, or unknown."""
    meant = program.meant(given)
    made = isinstance(meant.node, ast.Call) and not meant.name.startswith(_SCHEMAS)
    return made or isinstance(meant.node, ast.Dict)


def _handing_on(program: Program, module: Module) -> Iterator[Module]:
    """A module, and those that it hands on whole."""
    waiting, seen = [module], {id(module)}
    for each in waiting:  # it grows meanwhile
        yield each
        for star in each.stars:
            other = program.modules.get(star.removeprefix(".")) if star.startswith(".") else None
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                waiting.append(other)


def _names(module: Module) -> tuple[str, ...]:
    """The names that a module says it exports."""
    text = module.document.text
    names = [found[1] for found in _DECLARED.finditer(text)]
    for listed in _LISTED.finditer(text):
        items = (_ITEM.match(item.strip()) for item in listed[1].split(","))
        names += [item[1] for item in items if item is not None]
    return tuple(dict.fromkeys(names))


def _named(module: Module, name: str) -> ast.Name:
    """A name of a module, where it is defined or, of what it hands on, at its beginning."""
    defined = module.constants.values.get(name) or module.functions_by_name.get(name)
    node = ast.Name(id=name, ctx=ast.Load())
    return ast.copy_location(node, defined or next(iter(module.tree.body), node))
